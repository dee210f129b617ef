//! When an expression would run, before anybody saves it: the slots with their offset, and what clock changes do to them.

use argos_kernel::{AppError, Result, Timestamp};
use chrono::{LocalResult, Offset, TimeZone};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cron::{self, Cron};

/// One slot to come.
#[derive(Serialize, JsonSchema, PartialEq, Debug)]
pub(crate) struct SlotView {
    at: String,
    /// Wall time in the zone, with its offset.
    local: String,
    /// `gap`: the wall time it names does not exist that day, so it runs when the gap ends. `repeated`: that wall time
    /// comes twice; it runs the first time.
    clock_change: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PreviewView {
    valid: bool,
    /// Why it is refused, in the documented words.
    error: Option<String>,
    /// Member at fault: `cron` or `timezone`.
    field: Option<&'static str>,
    readable: Option<String>,
    timezone: Option<String>,
    next: Vec<SlotView>,
}

impl PreviewView {
    fn refused(field: &'static str, error: String) -> Self {
        Self { valid: false, error: Some(error), field: Some(field), readable: None, timezone: None, next: Vec::new() }
    }
}

/// A refused expression is an answer here, not an error.
pub(crate) fn preview(text: &str, zone: Option<&str>, system: Tz, now: Timestamp, count: usize) -> Result<PreviewView> {
    let zone = match zone {
        None => system,
        Some(name) => match name.parse() {
            Ok(zone) => zone,
            Err(_) => return Ok(PreviewView::refused("timezone", format!("Unknown timezone: {name}"))),
        },
    };
    let parsed = text.parse::<Cron>().and_then(|cron| cron.check(zone, now).map(|()| cron));
    let cron = match parsed {
        Ok(cron) => cron,
        Err(error) => return Ok(PreviewView::refused("cron", error.to_string())),
    };
    let next = cron.upcoming(zone, now, count).into_iter().map(|at| slot(&cron, zone, at)).collect::<Option<Vec<_>>>();
    let next = next.ok_or_else(|| AppError::internal("a slot outside the calendar"))?;
    let readable = Some(cron::readable(text, zone.name()));
    Ok(PreviewView { valid: true, error: None, field: None, readable, timezone: Some(zone.name().to_owned()), next })
}

fn slot(cron: &Cron, zone: Tz, at: Timestamp) -> Option<SlotView> {
    let local = at.datetime().with_timezone(&zone);
    let wall = local.naive_local();
    let clock_change = if cron.names_wall(wall) {
        matches!(zone.from_local_datetime(&wall), LocalResult::Ambiguous(..)).then_some("repeated")
    } else {
        Some("gap")
    };
    let offset = local.offset().fix();
    Some(SlotView { at: at.rfc3339(), local: format!("{} {offset}", wall.format("%Y-%m-%d %H:%M")), clock_change })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(cron: &str, zone: &str, now: &str, count: usize) -> Vec<(String, Option<&'static str>)> {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        let view = preview(cron, Some(zone), Tz::UTC, now, count).unwrap();
        assert!(view.valid, "{:?}", view.error);
        view.next.into_iter().map(|s| (s.local, s.clock_change)).collect()
    }

    #[test]
    fn clock_changes_are_marked_on_the_slots_they_move() {
        assert_eq!(
            slots("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", 2),
            [("2026-03-29 03:00 +02:00".to_owned(), Some("gap")), ("2026-03-30 02:30 +02:00".to_owned(), None)]
        );
        assert_eq!(
            slots("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", 2),
            [("2026-10-25 02:30 +02:00".to_owned(), Some("repeated")), ("2026-10-26 02:30 +01:00".to_owned(), None)]
        );
    }

    #[test]
    fn refused_expression_is_answered_with_its_member() {
        let now = Timestamp::from_secs(1_750_000_000);
        let bad = preview("0 24 * * *", None, Tz::UTC, now, 3).unwrap();
        assert_eq!((bad.field, bad.error.as_deref()), (Some("cron"), Some("Value out of range in hour field: 24 (valid: 0-23)")));
        let bad = preview("0 2 * * *", Some("Mars/Base"), Tz::UTC, now, 3).unwrap();
        assert_eq!((bad.field, bad.error.as_deref()), (Some("timezone"), Some("Unknown timezone: Mars/Base")));
    }
}
