//! The link to nodes: they dial in, prove themselves with their first frame, and stay. It must never log a frame, and
//! never let one node hold up another.

mod admit;
mod door;
mod doorway;
mod ingest;
mod session;

pub(crate) use admit::hash_of;
pub(crate) use door::open;
pub(crate) use doorway::Doorway;
pub(crate) use session::{arrival, departure};
