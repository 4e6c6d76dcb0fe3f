//! From an executable to a reachable address.
