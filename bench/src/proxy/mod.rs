//! The proxy engine beside Debian's nginx and Caddy: the same backend, the same load, processor time per request.
//!
//! The engine runs as a process of its own (this program again, as `proxy.serve`), so that only its own work is counted.

mod contest;
mod inside;
mod serve;

use crate::Outcome;

pub(crate) use serve::serve;

pub(crate) fn run() -> Outcome {
    inside::run()?;
    contest::run()
}
