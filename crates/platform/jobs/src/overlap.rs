//! What becomes of a slot while a run of the same schedule is still there.

use argos_kernel::Result;
use argos_store::{Tx, args};

use crate::job::State;
use crate::schedule::{Overlap, Schedule};
use crate::scheduler::Schedules;
use crate::store as sql;

impl Schedules {
    /// Applies the overlap policy; a reason when this slot must not run.
    pub(crate) async fn overlap(&self, tx: &mut Tx, schedule: &Schedule) -> Result<Option<&'static str>> {
        if schedule.spec.overlap == Overlap::Allow {
            return Ok(None);
        }
        let mut active = Vec::new();
        for row in tx.query(sql::ACTIVE_OF_SCHEDULE, args![schedule.id]).await? {
            active.push((row.get::<i64>(0)?, row.get::<String>(1)?));
        }
        match schedule.spec.overlap {
            Overlap::Skip if !active.is_empty() => Ok(Some("the previous run is still in progress")),
            Overlap::Queue if active.iter().any(|(_, s)| s == State::Queued.as_str()) => Ok(Some("a run is already waiting")),
            Overlap::Replace => {
                for (id, _) in active {
                    self.jobs().cancel(tx, id).await?;
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
