//! Parses, builds the context, dispatches, reports, picks the exit status.
