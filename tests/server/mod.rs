//! Starting, watching and stopping engines, real ones and scripts that behave like bad ones.

mod clean_up;
mod owner;
mod start;
mod support;
