//! The dialog, on a real terminal against the real engine.

mod first;
