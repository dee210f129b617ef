//! What a change of settings is to the rest of the house: the audit row and the event that go into its transaction.
//! This crate stands below audit and events, so the application hands in a [`ChangeSink`]; without one nothing is
//! written.

use argos_kernel::{Actor, BoxFuture, Result};
use argos_store::Tx;

/// One changed key. The texts are masked: a secret is `***`, an unset value empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: &'static str,
    /// The member of the flat ops map, where the key has one.
    pub ops_name: Option<&'static str>,
    pub old: String,
    pub new: String,
    pub secret: bool,
    pub version: i64,
}

/// Records changes inside their transaction: an audit row, and the event `config_change`.
pub trait ChangeSink: Send + Sync + 'static {
    fn changed<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, changes: &'a [Change]) -> BoxFuture<'a, Result<()>>;
}
