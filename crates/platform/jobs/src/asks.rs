//! What has to be decided before a job runs: who holds work, and what kinds ask for it.

use std::sync::{Arc, PoisonError};

use argos_kernel::Result;

use crate::hold::{Gate, Hold};
use crate::jobs::Jobs;

impl Jobs {
    /// Names who keeps the questions of jobs that wait. Once, before anything is queued.
    pub fn set_gate(&self, gate: Arc<dyn Gate>) {
        *self.0.gate.write().unwrap_or_else(PoisonError::into_inner) = Some(gate);
    }
    /// Says what has to be decided before jobs of a kind run; asked whenever one is about to be queued.
    pub fn ask_first(&self, kind: &str, ask: impl Fn(&serde_json::Value) -> Result<Option<Hold>> + Send + Sync + 'static) {
        self.0.asks.write().unwrap_or_else(PoisonError::into_inner).insert(kind.to_owned(), Arc::new(ask));
    }
    /// What a job of this kind with this payload waits for.
    pub fn asks(&self, kind: &str, payload: &serde_json::Value) -> Result<Option<Hold>> {
        let ask = self.0.asks.read().unwrap_or_else(PoisonError::into_inner).get(kind).cloned();
        ask.map_or(Ok(None), |ask| ask(payload))
    }
    pub(crate) fn gate(&self) -> Option<Arc<dyn Gate>> {
        self.0.gate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
