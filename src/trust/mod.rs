//! Code that a directory brings along.
