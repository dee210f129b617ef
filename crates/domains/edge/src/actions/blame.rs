//! Whose change it is that the engine refuses: found in the audit log, among what was changed since the tables said what is
//! served.

use argos_audit::{AuditRow, Column, Filter, Order};
use argos_kernel::{PageRequest, Timestamp};

use crate::model::obstacle::{Cause, Obstacle};
use crate::service::Edge;
use crate::store::revision::State;

/// What rows of the log are about when they change what is served.
const TARGETS: [&str; 6] = ["host", "rule", "target_group", "target", "exclusion", "custom_rule"];
/// Rows that are looked through.
const ROWS_MAX: i64 = 500;

/// Why a state is not served.
pub(crate) struct Refusal {
    pub(crate) why: String,
    /// The engine read it; else it could not be asked, or something around it is missing.
    pub(crate) by_engine: bool,
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self { why, by_engine: false }
    }
}

impl Edge {
    /// The revision that was refused first, and by whose change, where it is known.
    pub(super) async fn blame(&self, refusal: &Refusal, revision: i64) -> Option<(i64, Option<Cause>)> {
        let standing = self.standing();
        if standing.error.as_ref() == Some(&refusal.why) {
            return standing.refused;
        }
        let (served, as_of) = match (standing.revision, standing.as_of) {
            (Some(revision), Some(as_of)) => (revision, as_of),
            _ => self.last_good().await.ok().flatten().map(|kept| (kept.revision, kept.as_of))?,
        };
        if !refusal.by_engine || revision <= served {
            return None;
        }
        let is_ours = |row: &AuditRow| row.target_type.as_deref().is_some_and(|kind| TARGETS.contains(&kind));
        Some((revision, self.first_change(as_of, is_ours).await))
    }

    /// The same for each obstacle that was not there before.
    pub(super) async fn blame_each(&self, obstacles: &mut [Obstacle], wanted: &State, before: Option<&State>) {
        let mut known = self.standing().obstacles;
        known.extend(before.iter().flat_map(|state| state.desired.obstacles.iter().cloned()));
        for obstacle in obstacles {
            if let Some(same) = known.iter().find(|o| o.is_same(obstacle)) {
                (obstacle.since, obstacle.cause) = (same.since, same.cause.clone());
                continue;
            }
            // A state that was served as it is now is refused by another engine, after an upgrade: nobody changed it.
            let Some(before) = before.filter(|before| before.revision < wanted.revision) else { continue };
            let is_about = |row: &AuditRow| {
                let target = row.target_type.as_deref().zip(row.target_id.as_deref().and_then(|id| id.parse().ok()));
                target.is_some_and(|(kind, id)| obstacle.is_about(&wanted.desired, kind, id))
            };
            let cause = self.first_change(before.as_of, is_about).await;
            (obstacle.since, obstacle.cause) = (Some(wanted.revision), cause);
        }
    }

    async fn first_change(&self, from: Timestamp, is_it: impl Fn(&AuditRow) -> bool) -> Option<Cause> {
        let filter = Filter { from: Some(from), category: Some("config".to_owned()), ..Filter::default() };
        let oldest = Order { by: Column::Time, descending: false };
        match self.platform.audit.slice(&filter, oldest, PageRequest { limit: ROWS_MAX, offset: 0 }).await {
            Ok(rows) => rows.into_iter().find(|row| is_it(row)).map(|row| Cause {
                audit_id: row.id,
                at: row.at.rfc3339(),
                actor: row.actor_name,
                description: row.description,
            }),
            Err(error) => {
                tracing::warn!(?error, "whose change was refused could not be looked up");
                None
            }
        }
    }
}
