//! What may be done with nodes: load, decide, write, record, tell.

pub(crate) mod commands;
mod configs;
pub(crate) use configs::{CONFIG_BYTES, READ_WAIT};
pub(crate) mod desk;
pub(crate) mod document;
pub(crate) mod facts;
pub(crate) mod flow_batch;
mod flows;
pub(crate) mod nodes;
pub(crate) mod points;
pub(crate) mod portable;
mod reconcile;
mod reveal;
mod rotation;
mod telling;
pub(crate) mod tunnels;
mod upload;
pub(crate) use upload::MEDIA_BYTES;
