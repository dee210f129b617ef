//! The bridge to an extension of a person's own browser: what it may be asked, who may connect, and recording in its tabs. Off
//! until the setting says otherwise, and reachable from this machine only. It must never ask anything of an extension nobody
//! approved, nor believe what one says before.

pub(crate) mod actions;
pub(crate) mod bridge;
pub(crate) mod desk;
mod recording;
pub(crate) mod routes;
pub mod store;
pub mod wire;
