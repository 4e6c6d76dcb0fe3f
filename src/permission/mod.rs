//! Deciding what the engine asks.
