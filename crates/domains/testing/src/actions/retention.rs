//! What is forgotten, and when: runs with their results, what they said, artifacts and their files.

use argos_kernel::Result;

use crate::discovery::store::{patterns as page_patterns, sessions};
use crate::service::Testing;
use crate::store::{alternatives, artifacts, chats, patterns, recordings, run_events, runs, suggestions};
use crate::visual::store::{comparisons, snapshots};

/// A chat nobody wrote in for so long is forgotten.
const CHATS_DAYS: i64 = 180;

impl Testing {
    /// The number of rows and files removed.
    pub(crate) async fn prune(&self) -> Result<u64> {
        let now = self.platform.clock.now();
        let before = |setting: &str| Ok::<_, argos_kernel::AppError>(now.minus_secs(self.settings().i64(setting)?.saturating_mul(86_400)));
        let mut gone = runs::prune(&self.platform.store.state, before("quality.retention.runs_days")?).await?;
        gone += sessions::prune(&self.platform.store.state, before("quality.retention.runs_days")?).await?;
        gone += run_events::prune(&self.platform.store.telemetry, before("quality.retention.traces_days")?).await?;
        gone += snapshots::prune(&self.platform.store.state, before("quality.retention.snapshots_days")?).await?;
        gone += comparisons::prune(&self.platform.store.state, before("quality.retention.failure_evidence_days")?).await?;
        // Without its pictures nobody can judge a suggestion.
        gone += suggestions::expire(&self.platform.store.state, before("quality.retention.failure_evidence_days")?).await?;
        gone += suggestions::forget_uses(&self.platform.store.state, now.minus_secs(86_400)).await?;
        gone += patterns::sweep_configs(&self.platform.store.state).await?;
        gone += alternatives::prune(&self.platform.store.state, before("quality.retention.runs_days")?).await?;
        gone += page_patterns::prune(&self.platform.store.state, before("quality.retention.runs_days")?).await?;
        gone += recordings::prune(&self.platform.store.state, before("quality.retention.recordings_days")?).await?;
        gone += chats::prune(&self.platform.store.state, now.minus_secs(CHATS_DAYS * 86_400)).await?;
        gone += artifacts::prune(&self.platform.store.state, now).await?;
        gone += self.sweep_files().await?;
        self.forget_unheard();
        Ok(gone)
    }
}
