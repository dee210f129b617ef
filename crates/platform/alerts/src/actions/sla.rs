//! Availability of rules, agents and services from firings, maintenance and the time the engine was looking.

use std::collections::BTreeMap;

use argos_kernel::{Result, Severity, Timestamp};
use serde_json::{Value, json};

use crate::Alerts;
use crate::model::interval::{merge, without};
use crate::model::matcher::{Target, covers};
use crate::model::sla::{Availability, Raw, availability};
use crate::store::firings::{self, Outage};
use crate::store::windows::PastPeriod;
use crate::store::{watch, windows};

/// The running span is written once a minute; until the next write it counts as going on.
const WATCH_SLACK_US: i64 = 120 * 1_000_000;

/// The stored past of a window of time.
pub(crate) struct Record {
    from: Timestamp,
    to: Timestamp,
    outages: Vec<Outage>,
    periods: Vec<PastPeriod>,
    watched: Vec<Raw>,
    host: Option<String>,
}

impl Alerts {
    pub(crate) async fn sla_record(&self, from: Timestamp, to: Timestamp) -> Result<Record> {
        let outages = firings::outages(&self.0.db, from, to).await?;
        let periods = windows::periods(&self.0.db, (from, to)).await?;
        let spans = watch::list(&self.0.db, (from, to)).await?;
        let watched = spans.into_iter().map(|(a, b)| (a, Some(if to.micros() - b <= WATCH_SLACK_US { to.micros() } else { b }))).collect();
        Ok(Record { from, to, outages, periods, watched, host: self.host_name() })
    }

    pub(crate) async fn knows_rule(&self, id: &str) -> Result<bool> {
        Ok(firings::is_known_rule(&self.0.db, id).await?)
    }

    /// Whether the thing a status component is bound to was heard of: a rule, a source of outages, or an instance sampled now.
    pub(crate) async fn knows_subject(&self, key: &str) -> Result<bool> {
        let (kind, name) = key.split_once(':').unwrap_or(("", key));
        if kind == "rule" {
            return self.knows_rule(name).await;
        }
        if kind == "endpoint" {
            return self.knows_rule(&format!("endpoint_down:{name}")).await;
        }
        if self.host_name().as_deref() == Some(name) {
            return Ok(true);
        }
        let sampled = self.live().is_some_and(|l| l.values.names().iter().any(|n| n.name == name || n.selector.as_deref() == Some(name)));
        Ok(sampled || self.known_sources().await?.iter().any(|(k, n)| n == name && (kind.is_empty() || k == kind)))
    }

    /// Every agent and service that was ever down.
    pub(crate) async fn known_sources(&self) -> Result<Vec<(String, String)>> {
        Ok(firings::known_sources(&self.0.db).await?)
    }
}

impl Record {
    /// Maintenance that covers an alert, merged.
    fn maintenance(&self, rule_id: &str, group: &str, severity: Severity, labels: &Value) -> Vec<Raw> {
        let target = Target { rule_id, group, severity, labels, host: self.host.as_deref() };
        let hit = self.periods.iter().filter(|p| covers(&p.scope, &p.matchers, target));
        hit.map(|p| (p.start.micros(), p.end.map(Timestamp::micros))).collect()
    }

    fn judge<'a>(&'a self, outages: impl Iterator<Item = &'a Outage>, excluded: &[Raw]) -> (Availability, usize) {
        let (from, to) = (self.from.micros(), self.to.micros());
        let (mut down, mut count): (Vec<Raw>, usize) = (Vec::new(), 0);
        for o in outages {
            // An outage may be planned for its own labels only (one mount, one service).
            let own = merge(self.maintenance(&o.rule_id, &o.group, o.severity, &o.labels), from, to);
            let left = without(&merge([(o.start.micros(), o.end.map(Timestamp::micros))], from, to), &own);
            count += usize::from(!left.is_empty());
            down.extend(left.into_iter().map(|(a, b)| (a, Some(b))));
        }
        (availability(&down, excluded, &self.watched, from, to), count)
    }

    pub(crate) fn rule(&self, id: &str, group: &str, severity: Severity) -> (Availability, usize) {
        let excluded = self.maintenance(id, group, severity, &json!({}));
        self.judge(self.outages.iter().filter(|o| o.rule_id == id), &excluded)
    }

    /// Agents and services by `(kind, name)`.
    pub(crate) fn sources(&self, known: Vec<(String, String)>) -> BTreeMap<(String, String), (Availability, usize)> {
        let line = |(kind, name): (String, String)| {
            let excluded = self.maintenance("", "", Severity::Error, &json!({ kind.as_str(): name }));
            let mine = self.outages.iter().filter(|o| o.source.as_ref().is_some_and(|(k, n)| *k == kind && *n == name));
            let judged = self.judge(mine, &excluded);
            ((kind, name), judged)
        };
        known.into_iter().map(line).collect()
    }

    /// The window itself: what nobody saw of it.
    pub(crate) fn whole(&self) -> Availability {
        availability(&[], &[], &self.watched, self.from.micros(), self.to.micros())
    }
}
