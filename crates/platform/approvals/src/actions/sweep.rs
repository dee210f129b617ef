//! Deadlines: a question is raised to administrators, or ends as its policy says. Also what ran out while nobody was there.

use argos_jobs::OnTimeout;
use argos_kernel::{Result, Timestamp};

use crate::model::{Approval, Status};
use crate::{Approvals, store};

impl Approvals {
    /// Acts on every deadline that has passed. The number of questions touched.
    pub async fn sweep(&self) -> Result<usize> {
        let now = self.0.clock.now();
        let due = store::due(&self.0.db, now).await?;
        for approval in &due {
            // One that cannot be ended must not keep the others open.
            if let Err(error) = self.pass_deadline(approval, now).await {
                tracing::error!(?error, approval = approval.id, "the deadline of an approval could not be kept");
            }
        }
        Ok(due.len())
    }

    async fn pass_deadline(&self, found: &Approval, now: Timestamp) -> Result<()> {
        let mut tx = self.0.db.begin().await?;
        let Some(mut a) = store::lock(&mut tx, found.id).await?.filter(|a| a.status == Status::Pending) else { return Ok(()) };
        if a.expires_at.is_some_and(|t| t <= now) {
            let status = if a.policy.on_timeout == OnTimeout::Approve { Status::AutoApproved } else { Status::Expired };
            if !self.end(&mut tx, &mut a, status, None, None, None).await? {
                return Ok(());
            }
        } else if a.escalate_at.is_some_and(|t| t <= now) && store::escalate(&mut tx, a.id).await? {
            "admin".clone_into(&mut a.stage);
            self.announce_request(&mut tx, &a).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The next deadline of any open question.
    pub(crate) async fn next_deadline(&self) -> Result<Option<Timestamp>> {
        Ok(store::next_due(&self.0.db).await?)
    }
}
