//! Reports of long work, as the worker sees them.

/// An observer of a download. All methods may be called from any thread.
pub trait Progress: Send + Sync {
    /// Work with a name begins; `total` is in bytes, where it is known.
    fn begin(&self, what: &str, total: Option<u64>);
    fn advance(&self, bytes: u64);
    /// A line worth telling, such as a retry or a lock that is waited for.
    fn note(&self, line: &str);
    /// The work that began last is over.
    fn finish(&self);
}
