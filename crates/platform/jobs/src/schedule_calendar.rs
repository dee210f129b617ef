//! What runs in the next days by the clock: each slot, and how many start in each hour of the first day. Pure.

use std::collections::BTreeMap;

use argos_kernel::Timestamp;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cron::Cron;
use crate::schedule::Schedule;

/// Slots of one schedule that are listed; one that runs more often is told by its number in a day.
const SLOTS_MAX: usize = 62;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

#[derive(Serialize, JsonSchema)]
pub(crate) struct CalendarView {
    /// RFC 3339; the calendar begins now.
    from: String,
    to: String,
    /// The zone days are cut in.
    timezone: String,
    /// By time; of a schedule that runs very often none.
    slots: Vec<SlotView>,
    /// Schedules whose slots are too many to list.
    frequent: Vec<FrequentView>,
    /// The next 24 hours, one after the other.
    load: Vec<HourView>,
}

#[derive(Serialize, JsonSchema)]
struct SlotView {
    schedule_id: i64,
    name: String,
    kind: String,
    at: String,
}

#[derive(Serialize, JsonSchema)]
struct FrequentView {
    schedule_id: i64,
    name: String,
    /// Slots in the first 24 hours.
    count: usize,
}

#[derive(Serialize, JsonSchema)]
struct HourView {
    /// RFC 3339; the start of the hour.
    at: String,
    /// Runs that start in it.
    count: usize,
}

pub(crate) fn calendar(all: &[Schedule], zone: Tz, now: Timestamp, days: i64) -> CalendarView {
    let to = now.plus_secs(days * DAY_S);
    let first = now.secs() - now.secs().rem_euclid(HOUR_S);
    let day = Timestamp::from_secs(first + DAY_S);
    let mut load: BTreeMap<i64, usize> = (0..24).map(|n| (first + n * HOUR_S, 0)).collect();
    let (mut listed, mut frequent) = (Vec::new(), Vec::new());
    for s in all {
        // Of one that runs every minute no more than the first day is worked out.
        let (mut few, mut count) = (Vec::new(), 0);
        for at in slots(s, zone, now).take_while(|t| *t < to.max(day)) {
            if let Some(hour) = load.get_mut(&(at.secs() - at.secs().rem_euclid(HOUR_S))) {
                *hour += 1;
                count += 1;
            } else if few.len() > SLOTS_MAX {
                break;
            }
            if few.len() <= SLOTS_MAX && at < to {
                few.push((at, s));
            }
        }
        if few.len() > SLOTS_MAX {
            frequent.push(FrequentView { schedule_id: s.id, name: s.spec.name.clone(), count });
        } else {
            listed.append(&mut few);
        }
    }
    listed.sort_by_key(|(at, s)| (*at, s.id));
    let slot = |(at, s): (Timestamp, &Schedule)| SlotView {
        schedule_id: s.id,
        name: s.spec.name.clone(),
        kind: s.spec.job_kind.clone(),
        at: at.rfc3339(),
    };
    CalendarView {
        from: now.rfc3339(),
        to: to.rfc3339(),
        timezone: zone.name().to_owned(),
        slots: listed.into_iter().map(slot).collect(),
        frequent,
        load: load.into_iter().map(|(at, count)| HourView { at: Timestamp::from_secs(at).rfc3339(), count }).collect(),
    }
}

/// The slots of a schedule that is on, after `now`; without an end where it has none.
fn slots(s: &Schedule, zone: Tz, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let plan = s.spec.enabled.then(|| Some((s.spec.cron.parse::<Cron>().ok()?, s.spec.zone(zone).ok()?))).flatten();
    let (mut last, until) = (now, s.spec.until);
    std::iter::from_fn(move || {
        let (cron, zone) = plan.as_ref()?;
        last = cron.next_after(*zone, last)?;
        Some(last)
    })
    .take_while(move |t| until.is_none_or(|u| *t <= u))
}
