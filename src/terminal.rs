//! Streams, tty facts, colour, control-sequence stripping.
