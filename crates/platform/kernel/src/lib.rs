//! The vocabulary every crate of Argos shares: time, ids, severity, roles, errors, secrets, actors and
//! supervised tasks. It does no I/O and knows no database, no HTTP and no domain.

mod actor;
mod backoff;
mod clock;
mod error;
mod id;
mod page;
mod rng;
mod role;
mod secret;
mod severity;
mod tasks;

pub use actor::{Actor, CredentialKind};
pub use backoff::Backoff;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use error::{AppError, ErrorKind, FieldError, Place, Result, places};
pub use id::Uid;
pub use page::{Page, PageRequest};
pub use rng::{Rng, SeededRng, SystemRng, hex};
pub use role::Role;
pub use secret::Secret;
pub use severity::Severity;
pub use tasks::{BoxFuture, Shutdown, TaskState, TaskStatus, Tasks};
