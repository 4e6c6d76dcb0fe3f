//! What can be typed.

pub mod rehearse;
