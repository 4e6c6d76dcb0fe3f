//! Warm servers, which exist on Unix only.

#[cfg(unix)]
pub(super) use crate::warm::{Lease, WarmRequest, has_records_in, lease};

#[cfg(not(unix))]
pub(super) use elsewhere::{Lease, WarmRequest, has_records_in, lease};

#[cfg(not(unix))]
mod elsewhere {
    use std::path::Path;
    use std::time::Duration;

    use crate::client::Endpoint;
    use crate::context::{Directories, Environment};
    use crate::error::Failure;
    use crate::gate::Gate;
    use crate::server::ServerSpec;

    #[expect(dead_code, reason = "no server is found with it here")]
    pub(in crate::connect) struct WarmRequest<'a> {
        pub(in crate::connect) spec: &'a ServerSpec,
        pub(in crate::connect) environment: &'a Environment,
        pub(in crate::connect) directories: &'a Directories,
        pub(in crate::connect) keep_for: Option<Duration>,
    }

    pub(in crate::connect) fn has_records_in(_: &Directories, _: &Path) -> bool {
        false
    }

    pub(in crate::connect) async fn lease(_: WarmRequest<'_>) -> Result<Option<Lease>, Failure> {
        Ok(None)
    }

    #[derive(Debug)]
    pub(crate) enum Lease {}

    impl Lease {
        pub(in crate::connect) fn endpoint(&self) -> &Endpoint {
            match *self {}
        }

        pub(in crate::connect) async fn open_gate(&self) -> Result<Gate, Failure> {
            match *self {}
        }

        pub(in crate::connect) async fn prompting(&self, _: Option<&str>) {
            match *self {}
        }

        pub(in crate::connect) async fn gone(&self) {
            match *self {}
        }
    }
}
