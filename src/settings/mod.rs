//! Configuration file, environment, profiles.
