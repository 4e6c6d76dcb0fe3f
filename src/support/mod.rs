//! Small named pieces that several stages share and that know nothing of the domain.

pub mod amounts;
pub mod atomic_file;
pub mod brought;
pub mod duration;
pub mod hexadecimal;
pub mod identifier;
pub mod instruction_files;
pub mod json;
pub mod lines;
pub mod lock;
pub mod look_alike;
pub mod loopback;
pub mod mutex;
pub mod named_file;
pub mod names;
pub mod nearest;
pub mod output_files;
pub mod overlay;
pub(crate) mod private_directory;
pub mod progress;
pub mod retry;
pub mod secret;
pub(crate) mod secret_files;
pub mod state_file;
pub mod timestamp;
pub mod visible;
