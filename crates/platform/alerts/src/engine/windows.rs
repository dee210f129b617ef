//! Maintenance windows and silences in memory, and what they withhold at a time. Rebuilt when the store changed.

use argos_kernel::{Result, Timestamp};
use argos_store::Database;
use chrono_tz::Tz;

use crate::Alerts;
use crate::model::matcher::Target;
use crate::model::rule::Autonomy;
use crate::model::state::Withheld;
use crate::model::window::{Period, Planned, Window};
use crate::store::windows;

#[derive(Default)]
pub(crate) struct Windows {
    planned: Vec<Planned>,
    stamp: Option<((i64, i64, i64), Tz)>,
}

impl Windows {
    pub(crate) async fn refresh(&mut self, db: &Database, zone: Tz) -> Result<()> {
        let stamp = (windows::stamp(db).await?, zone);
        if self.stamp != Some(stamp) {
            self.planned = windows::list(db).await?.into_iter().map(|w| Planned::new(w, zone)).collect();
            self.stamp = Some(stamp);
        }
        Ok(())
    }
    /// Windows that are active now with their period, newest first.
    pub(crate) fn active(&mut self, now: Timestamp) -> Vec<(Window, Period)> {
        self.planned.iter_mut().filter_map(|p| p.at(now).map(|period| (p.window.clone(), period))).collect()
    }
}

/// What the active windows do to one alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) withheld: Option<Withheld>,
    pub(crate) autonomy: Option<Autonomy>,
    pub(crate) auto_close: bool,
}

pub(crate) fn effects(active: &[(Window, Period)], target: Target<'_>) -> Effects {
    let mut out = Effects::default();
    for (window, _) in active.iter().filter(|(w, _)| w.covers(target)) {
        if window.suppress_alerts {
            // Maintenance is the stronger word: it also explains the figures of availability.
            let word = if window.is_silence() { Withheld::Silenced } else { Withheld::Maintenance };
            out.withheld = if out.withheld == Some(Withheld::Maintenance) { out.withheld } else { Some(word) };
        }
        out.autonomy = out.autonomy.or(window.override_autonomy);
        out.auto_close |= window.auto_close_alerts;
    }
    out
}

impl Alerts {
    /// Windows that are active now with their period. Must not be called inside a transaction: it waits for the engine.
    pub(crate) async fn active_windows(&self, now: Timestamp) -> Result<Vec<(Window, Period)>> {
        let mut core = self.0.core.lock().await;
        core.windows.refresh(&self.0.db, self.zone()).await?;
        Ok(core.windows.active(now))
    }

    /// Records the periods that began or ended since the last look.
    pub(crate) async fn sync_periods(&self, now: Timestamp) -> Result<()> {
        let mut all = Windows::default();
        all.refresh(&self.0.db, self.zone()).await?;
        let active = all.active(now);
        let open = windows::open_periods(&self.0.db).await?;
        let begun: Vec<&(Window, Period)> = active.iter().filter(|(w, _)| !open.contains(&w.id)).collect();
        let ended: Vec<i64> = open.iter().copied().filter(|id| active.iter().all(|(w, _)| w.id != *id)).collect();
        if begun.is_empty() && ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.db.begin().await?;
        for id in ended {
            let planned_end = all.planned.iter().find(|p| p.window.id == id).and_then(|p| p.window.end).filter(|e| *e < now);
            windows::end_period(&mut tx, id, planned_end.unwrap_or(now)).await?;
        }
        for (window, (start, _)) in begun {
            // A window made in the middle of its period counts from when it was made.
            windows::begin_period(&mut tx, window, (*start).max(window.updated_at.min(now))).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
