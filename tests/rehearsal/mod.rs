//! The scripted model, asked over real sockets.

mod engine;
mod faults;
mod http;
mod support;
