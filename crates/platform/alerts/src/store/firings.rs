//! `alert_firings`: every time a rule or an event pair fired, kept at least 400 days.

use argos_kernel::{Severity, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::Value as Json;

use super::{json_of, json_text};
use crate::model::attention::OpenFiring;

macro_rules! open {
    () => {
        "select f.id, f.uid, f.rule_id, f.fingerprint, f.severity, f.message, f.cause, f.value, f.labels, f.group_name, f.started_at, f.silenced_until,
           f.acknowledged_by, f.event_id, f.notified, coalesce(r.builtin, false), f.incident_id, coalesce(r.depends_on, '[]'), f.flapping
         from alert_firings f left join alert_rules r on r.id = f.rule_id where f.resolved_at is null"
    };
}
/// $1 rule, $2 from, $3 to, $4 whether those of the organization of the house are wanted too.
macro_rules! history {
    () => {
        " from alert_firings where (cast($1 as text) is null or rule_id = $1) and (cast($2 as bigint) is null or started_at >= $2)
           and (cast($3 as bigint) is null or started_at <= $3) and (cast($4 as boolean) or labels not like '%\"organization\":\"%')"
    };
}

argos_store::statements! {
    state;
    INSERT = "alerts.firings.insert",
        "insert into alert_firings (uid, rule_id, fingerprint, severity, message, cause, value, labels, group_name, source_type, source_name,
           started_at, escalation_step, last_notified_at, notified, withheld, flapping)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,0,$13,$14,$15,$16) returning id";
    SET_EVENT = "alerts.firings.set_event", "update alert_firings set event_id = $1 where id = $2";
    PROGRESS = "alerts.firings.progress",
        "update alert_firings set escalation_step = $1, last_notified_at = $2, notified = $3, value = coalesce(cast($4 as double precision), value) where id = $5";
    RESOLVE = "alerts.firings.resolve", "update alert_firings set resolved_at = $1 where id = $2 and resolved_at is null";
    OPEN = "alerts.firings.open", concat!(open!(), " order by f.id");
    OPEN_OF_RULE = "alerts.firings.open_of_rule", concat!(open!(), " and f.rule_id = $1 order by f.id");
    OPEN_BY_FINGERPRINT = "alerts.firings.open_by_fingerprint", concat!(open!(), " and f.fingerprint = $1");
    OPEN_BY_ID = "alerts.firings.open_by_id", concat!(open!(), " and f.id = $1");
    ACK = "alerts.firings.ack", "update alert_firings set acknowledged_by = $1, acknowledged_at = $2 where id = $3 and acknowledged_by is null";
    SILENCE = "alerts.firings.silence", "update alert_firings set silenced_until = $1, silenced_by = $2 where id = $3";
    HISTORY = "alerts.firings.history",
        concat!("select id, rule_id, started_at, severity, message, resolved_at, value, labels, acknowledged_by, silenced_until, incident_id, withheld, flapping", history!(), " order by id desc limit $5");
    BY_ID = "alerts.firings.by_id",
        "select id, rule_id, started_at, severity, message, resolved_at, value, labels, acknowledged_by, silenced_until, incident_id, withheld, flapping
         from alert_firings where id = $1";
    COUNT = "alerts.firings.count", concat!("select count(*)", history!());
    ANY_OF_RULE = "alerts.firings.any_of_rule",
        "select count(*) from alert_rules where id = $1 union all select count(*) from alert_firings where rule_id = $1";
    KNOWN_SOURCES = "alerts.firings.known_sources",
        "select distinct source_type, source_name from alert_firings where source_type is not null order by source_type, source_name";
    SET_INCIDENT = "alerts.firings.set_incident", "update alert_firings set incident_id = $1 where id = $2";
    MOVE_INCIDENT = "alerts.firings.move_incident", "update alert_firings set incident_id = $1 where incident_id = $2";
    OPEN_OF_INCIDENT = "alerts.firings.open_of_incident", concat!(open!(), " and f.incident_id = $1 order by f.id");
    OF_INCIDENT = "alerts.firings.of_incident",
        "select id, rule_id, started_at, severity, message, resolved_at, value, labels, acknowledged_by, silenced_until, incident_id, withheld, flapping
         from alert_firings where incident_id = $1 order by id desc limit 200";
    SILENCE_INCIDENT = "alerts.firings.silence_incident",
        "update alert_firings set silenced_until = $1, silenced_by = $2 where incident_id = $3 and resolved_at is null";
    RECENT = "alerts.firings.recent", "select fingerprint, started_at from alert_firings where started_at > $1 order by started_at";
    OUTAGES = "alerts.firings.outages",
        "select rule_id, labels, group_name, severity, started_at, resolved_at, source_type, source_name from alert_firings
         where (resolved_at is null or resolved_at > $1) and started_at < $2 order by started_at";
    PRUNE = "alerts.firings.prune", "delete from alert_firings where resolved_at is not null and resolved_at < $1";
}

/// A firing that begins.
pub(crate) struct NewFiring<'a> {
    pub(crate) uid: Uid,
    pub(crate) rule_id: &'a str,
    pub(crate) fingerprint: &'a str,
    pub(crate) severity: Severity,
    pub(crate) message: &'a str,
    pub(crate) cause: Option<&'a str>,
    pub(crate) value: Option<f64>,
    pub(crate) labels: &'a Json,
    pub(crate) group: &'a str,
    /// `agent` or `service`, when availability summaries count it.
    pub(crate) source: Option<(&'a str, &'a str)>,
    pub(crate) at: Timestamp,
    pub(crate) notified: bool,
    /// Why channels did not hear of it.
    pub(crate) withheld: Option<&'static str>,
}

/// A row of the history.
pub(crate) struct HistoryRow {
    pub(crate) id: i64,
    pub(crate) rule_id: String,
    pub(crate) started_at: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) value: Option<f64>,
    pub(crate) labels: Json,
    pub(crate) acknowledged_by: Option<String>,
    pub(crate) silenced_until: Option<Timestamp>,
    pub(crate) incident_id: Option<i64>,
    pub(crate) withheld: Option<String>,
    pub(crate) flapping: bool,
}

/// Which part of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct HistoryFilter {
    pub(crate) rule_id: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// Of the organization of the house, whose alerts are for its members.
    pub(crate) is_member: bool,
}

fn open(row: &Row) -> Result<OpenFiring, StoreError> {
    Ok(OpenFiring {
        id: row.get(0)?,
        uid: row.get(1)?,
        rule_id: row.get(2)?,
        fingerprint: row.get(3)?,
        severity: row.get(4)?,
        message: row.get(5)?,
        cause: row.get(6)?,
        value: row.get(7)?,
        labels: json_of(row, 8)?,
        group: row.get(9)?,
        started_at: row.get(10)?,
        silenced_until: row.get(11)?,
        acknowledged_by: row.get(12)?,
        event_id: row.get(13)?,
        notified: row.get(14)?,
        builtin: row.get(15)?,
        incident_id: row.get(16)?,
        depends_on: json_of(row, 17)?,
        flapping: row.get(18)?,
    })
}

pub(crate) async fn insert(tx: &mut Tx, f: &NewFiring<'_>) -> Result<i64, StoreError> {
    let told = f.notified.then_some(f.at);
    let values = args![
        f.uid,
        f.rule_id,
        f.fingerprint,
        f.severity,
        f.message,
        f.cause,
        f.value,
        json_text(f.labels),
        f.group,
        f.source.map(|s| s.0),
        f.source.map(|s| s.1),
        f.at,
        told,
        f.notified,
        f.withheld,
        f.withheld == Some("flapping"),
    ];
    tx.one(INSERT, values).await?.get(0)
}

pub(crate) async fn set_event(tx: &mut Tx, id: i64, event_id: i64) -> Result<(), StoreError> {
    tx.exec(SET_EVENT, args![event_id, id]).await.map(drop)
}

pub(crate) async fn progress(
    tx: &mut Tx,
    id: i64,
    step: usize,
    told: Option<Timestamp>,
    notified: bool,
    value: Option<f64>,
) -> Result<(), StoreError> {
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    tx.exec(PROGRESS, args![step, told, notified, value, id]).await.map(drop)
}

pub(crate) async fn resolve(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(RESOLVE, args![now, id]).await? > 0)
}

pub(crate) async fn all_open(db: &Database) -> Result<Vec<OpenFiring>, StoreError> {
    db.query(OPEN, args![]).await?.iter().map(open).collect()
}

pub(crate) async fn open_of_rule(tx: &mut Tx, rule_id: &str) -> Result<Vec<OpenFiring>, StoreError> {
    tx.query(OPEN_OF_RULE, args![rule_id]).await?.iter().map(open).collect()
}

pub(crate) async fn open_by_fingerprint(tx: &mut Tx, fingerprint: &str) -> Result<Option<OpenFiring>, StoreError> {
    tx.find(OPEN_BY_FINGERPRINT, args![fingerprint]).await?.as_ref().map(open).transpose()
}

pub(crate) async fn open_by_id(tx: &mut Tx, id: i64) -> Result<Option<OpenFiring>, StoreError> {
    tx.find(OPEN_BY_ID, args![id]).await?.as_ref().map(open).transpose()
}

/// The first to acknowledge stays; `false` = somebody did before.
pub(crate) async fn ack(tx: &mut Tx, id: i64, by: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(ACK, args![by, now, id]).await? > 0)
}

pub(crate) async fn silence(tx: &mut Tx, id: i64, until: Option<Timestamp>, by: &str) -> Result<(), StoreError> {
    tx.exec(SILENCE, args![until, by, id]).await.map(drop)
}

pub(crate) async fn history(db: &Database, filter: &HistoryFilter, limit: i64) -> Result<(Vec<HistoryRow>, i64), StoreError> {
    let f = filter;
    let total = db.one(COUNT, args![f.rule_id.as_deref(), f.from, f.to, f.is_member]).await?.get(0)?;
    let rows = db.query(HISTORY, args![f.rule_id.as_deref(), f.from, f.to, f.is_member, limit]).await?;
    Ok((rows.iter().map(past).collect::<Result<_, StoreError>>()?, total))
}

fn past(row: &Row) -> Result<HistoryRow, StoreError> {
    Ok(HistoryRow {
        id: row.get(0)?,
        rule_id: row.get(1)?,
        started_at: row.get(2)?,
        severity: row.get(3)?,
        message: row.get(4)?,
        resolved_at: row.get(5)?,
        value: row.get(6)?,
        labels: json_of(row, 7)?,
        acknowledged_by: row.get(8)?,
        silenced_until: row.get(9)?,
        incident_id: row.get(10)?,
        withheld: row.get(11)?,
        flapping: row.get(12)?,
    })
}

/// One alert, open or past.
pub(crate) async fn by_id(db: &Database, id: i64) -> Result<Option<HistoryRow>, StoreError> {
    db.find(BY_ID, args![id]).await?.as_ref().map(past).transpose()
}

/// Alerts of an incident, newest first.
pub(crate) async fn of_incident(db: &Database, incident: i64) -> Result<Vec<HistoryRow>, StoreError> {
    db.query(OF_INCIDENT, args![incident]).await?.iter().map(past).collect()
}

pub(crate) async fn open_of_incident(tx: &mut Tx, incident: i64) -> Result<Vec<OpenFiring>, StoreError> {
    tx.query(OPEN_OF_INCIDENT, args![incident]).await?.iter().map(open).collect()
}

pub(crate) async fn set_incident(tx: &mut Tx, id: i64, incident: i64) -> Result<(), StoreError> {
    tx.exec(SET_INCIDENT, args![incident, id]).await.map(drop)
}

pub(crate) async fn move_incident(tx: &mut Tx, to: i64, from: i64) -> Result<(), StoreError> {
    tx.exec(MOVE_INCIDENT, args![to, from]).await.map(drop)
}

pub(crate) async fn silence_incident(tx: &mut Tx, incident: i64, until: Option<Timestamp>, by: &str) -> Result<(), StoreError> {
    tx.exec(SILENCE_INCIDENT, args![until, by, incident]).await.map(drop)
}

/// Fingerprint and start of every firing that began after `since`.
pub(crate) async fn recent(db: &Database, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
    db.query(RECENT, args![since]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// A firing as availability figures need it.
pub(crate) struct Outage {
    pub(crate) rule_id: String,
    pub(crate) labels: Json,
    pub(crate) group: String,
    pub(crate) severity: Severity,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    /// `agent` or `service` with its name, when availability summaries count it.
    pub(crate) source: Option<(String, String)>,
}

/// Every firing that touches `[from, to)`.
pub(crate) async fn outages(db: &Database, from: Timestamp, to: Timestamp) -> Result<Vec<Outage>, StoreError> {
    let read = |r: &Row| {
        let (kind, name): (Option<String>, Option<String>) = (r.get(6)?, r.get(7)?);
        Ok(Outage {
            rule_id: r.get(0)?,
            labels: json_of(r, 1)?,
            group: r.get(2)?,
            severity: r.get(3)?,
            start: r.get(4)?,
            end: r.get(5)?,
            source: kind.zip(name),
        })
    };
    db.query(OUTAGES, args![from, to]).await?.iter().map(read).collect()
}

/// Whether a rule or a firing of this id exists.
pub(crate) async fn is_known_rule(db: &Database, rule_id: &str) -> Result<bool, StoreError> {
    let rows = db.query(ANY_OF_RULE, args![rule_id]).await?;
    let counts = rows.iter().map(|r| r.get::<i64>(0)).collect::<Result<Vec<_>, _>>()?;
    Ok(counts.iter().any(|n| *n > 0))
}

/// Every source that ever had a firing.
pub(crate) async fn known_sources(db: &Database) -> Result<Vec<(String, String)>, StoreError> {
    let rows = db.query(KNOWN_SOURCES, args![]).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
