//! What the public status page says (ops-core D.7): the state of a component, of everything, and the bars of 90 days.

use argos_kernel::{Severity, Timestamp};
use chrono::{Days, NaiveDate, TimeZone};
use chrono_tz::Tz;

use crate::model::attention::OpenFiring;
use crate::model::incident::status_word;
use crate::model::matcher::Target;

pub(crate) const DAYS: u64 = 90;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Operational,
    Unknown,
    Degraded,
    MajorOutage,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::MajorOutage => "major_outage",
        }
    }
}

/// An open incident as far as components care.
pub(crate) struct Named<'a> {
    pub(crate) title: &'a str,
    pub(crate) severity: Severity,
}

/// A component bound to rules, services or machines follows their open alerts; one without a key follows open
/// incidents that name it. `known` = the thing behind the key exists or was heard of.
pub(crate) fn component(
    name: &str,
    key: Option<&str>,
    open: &[OpenFiring],
    incidents: &[Named<'_>],
    known: bool,
    host: Option<&str>,
) -> State {
    let of = |severity: Severity| if severity >= Severity::Critical { State::MajorOutage } else { State::Degraded };
    let Some(key) = key.filter(|k| !k.is_empty()) else {
        let named = incidents.iter().filter(|i| i.title.to_lowercase().contains(&name.to_lowercase()));
        return named.map(|i| of(i.severity)).max().unwrap_or(State::Operational);
    };
    let about = |f: &&OpenFiring| {
        let target = Target { rule_id: &f.rule_id, group: &f.group, severity: f.severity, labels: &f.labels, host };
        match key.split_once(':') {
            Some(("agent", machine)) => target.in_scope(&format!("host:{machine}")),
            Some(("endpoint", endpoint)) => f.rule_id == format!("endpoint_down:{endpoint}"),
            _ => target.in_scope(key),
        }
    };
    // A warning is no outage.
    let worst = open.iter().filter(about).map(|f| f.severity).max().filter(|s| *s >= Severity::Warning);
    match worst {
        Some(severity) => of(severity),
        None if known => State::Operational,
        None => State::Unknown,
    }
}

pub(crate) fn overall(components: &[State], open: &[Severity]) -> &'static str {
    if open.iter().any(|s| *s >= Severity::Critical) || components.contains(&State::MajorOutage) {
        "major_outage"
    } else if !open.is_empty() || components.contains(&State::Degraded) {
        "degraded"
    } else {
        "operational"
    }
}

/// One bar.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Bar {
    /// YYYY-MM-DD
    date: String,
    /// Incidents that overlap the day.
    incidents: usize,
    /// none, minor, major or critical
    worst_severity: &'static str,
    /// Whether anybody watched on that day; a day before the first start is not known to be good.
    known: bool,
}

/// The last 90 local days, oldest first, from `(start, end, severity)`; it is watched since `began`.
pub(crate) fn bars(incidents: &[(Timestamp, Option<Timestamp>, Severity)], began: Option<Timestamp>, zone: Tz, now: Timestamp) -> Vec<Bar> {
    let today = now.datetime().with_timezone(&zone).date_naive();
    let days = (0..DAYS).rev().filter_map(|back| today.checked_sub_days(Days::new(back)));
    days.map(|date| {
        let (start, end) = (midnight(date, zone), date.succ_opt().map_or(i64::MAX, |d| midnight(d, zone)));
        let that_day = incidents.iter().filter(|(a, b, _)| a.secs() < end && b.is_none_or(|b| b.secs() > start || a.secs() >= start));
        let severities: Vec<Severity> = that_day.map(|(_, _, s)| *s).collect();
        let worst_severity = severities.iter().max().map_or("none", |s| status_word(*s));
        let known = !severities.is_empty() || began.is_some_and(|t| t.secs() < end);
        Bar { date: date.format("%Y-%m-%d").to_string(), incidents: severities.len(), worst_severity, known }
    })
    .collect()
}

/// The first instant of a local day; where midnight does not exist, the first that does.
fn midnight(date: NaiveDate, zone: Tz) -> i64 {
    let hours = (0..24).filter_map(|h| date.and_hms_opt(h, 0, 0));
    hours.filter_map(|wall| zone.from_local_datetime(&wall).earliest()).map(|t| t.timestamp()).next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_count_every_day_an_incident_touches() {
        let at = |t: &str| Timestamp::parse_rfc3339(t).unwrap();
        let incidents = [
            (at("2026-11-18T22:30:00Z"), Some(at("2026-11-20T10:00:00Z")), Severity::Error),
            (at("2026-11-20T09:00:00Z"), None, Severity::Critical),
            (at("2026-11-21T03:00:00Z"), Some(at("2026-11-21T03:00:00Z")), Severity::Warning),
        ];
        let began = Some(at("2026-11-17T20:00:00Z"));
        let bars = bars(&incidents, began, chrono_tz::Europe::Berlin, at("2026-11-21T05:00:00Z"));
        assert_eq!(bars.iter().filter(|b| b.known).count(), 5, "the days before the first start are not known");
        assert_eq!((bars.len(), bars[0].date.as_str()), (90, "2026-08-24"));
        let last: Vec<(&str, usize, &str)> = bars[86..].iter().map(|b| (b.date.as_str(), b.incidents, b.worst_severity)).collect();
        // 22:30 UTC is 23:30 in Berlin: still the 18th.
        let expected =
            [("2026-11-18", 1, "major"), ("2026-11-19", 1, "major"), ("2026-11-20", 2, "critical"), ("2026-11-21", 2, "critical")];
        assert_eq!(last, expected);
    }

    #[test]
    fn overall_follows_the_worst_of_incidents_and_components() {
        use State::{Degraded, MajorOutage, Operational, Unknown};
        assert_eq!(overall(&[Operational, Unknown], &[]), "operational");
        assert_eq!(overall(&[Operational, Degraded], &[]), "degraded");
        assert_eq!(overall(&[], &[Severity::Warning]), "degraded");
        assert_eq!(overall(&[Operational], &[Severity::Warning, Severity::Critical]), "major_outage");
        assert_eq!(overall(&[MajorOutage], &[]), "major_outage");
    }
}
