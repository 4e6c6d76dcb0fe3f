//! The cut catalog: never a different answer.

mod doubts;
mod engine;
mod support;
