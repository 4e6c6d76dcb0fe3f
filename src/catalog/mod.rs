//! The small model catalog, cut from the engine's own.
