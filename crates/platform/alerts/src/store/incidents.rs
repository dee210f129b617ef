//! `incidents` with their public updates and war room messages.

use argos_kernel::{Severity, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json_of, json_text};
use crate::model::incident::{Incident, Status};

macro_rules! columns {
    () => {
        "id, uid, kind, public, severity, status, title, details, source, subject, fingerprint, started_at, resolved_at, resolved_by, created_by, \
         assigned_to, auto_generated, root_cause, correlation, postmortem, merged_into, updated_at, organization_id"
    };
}

argos_store::statements! {
    state;
    INSERT = "alerts.incidents.insert",
        "insert into incidents (uid, kind, public, severity, status, title, details, source, subject, fingerprint, started_at, resolved_at, resolved_by,
           created_by, assigned_to, auto_generated, root_cause, correlation, postmortem, merged_into, updated_at, organization_id)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22) returning id";
    UPDATE = "alerts.incidents.update",
        "update incidents set public=$1, severity=$2, status=$3, title=$4, details=$5, fingerprint=$6, resolved_at=$7, resolved_by=$8, assigned_to=$9,
           root_cause=$10, correlation=$11, postmortem=$12, merged_into=$13, updated_at=$14 where id = $15";
    GET = "alerts.incidents.get", concat!("select ", columns!(), " from incidents where id = $1");
    OPEN_BY_KEY = "alerts.incidents.open_by_key", concat!("select ", columns!(), " from incidents where fingerprint = $1 and resolved_at is null");
    RECENT = "alerts.incidents.recent",
        concat!("select ", columns!(), " from incidents where (started_at >= $1 or (cast($2 as boolean) and resolved_at is null))
           and (cast($3 as text) is null or kind = $3)
           and (cast($4 as text) is null or organization_id is null or ',' || $4 || ',' like '%,' || organization_id || ',%') order by id desc limit $5");
    PUBLIC = "alerts.incidents.public", concat!("select ", columns!(), " from incidents where public order by started_at desc, id desc limit $1");
    PUBLIC_SINCE = "alerts.incidents.public_since",
        concat!("select ", columns!(), " from incidents where public and (resolved_at is null or resolved_at > $1) order by started_at desc, id desc");
    ADD_UPDATE = "alerts.incidents.add_update",
        "insert into incident_updates (incident_id, message, status, created_at, created_by) values ($1,$2,$3,$4,$5) returning id";
    UPDATES = "alerts.incidents.updates",
        "select id, message, status, created_at, created_by from incident_updates where incident_id = $1 order by id limit 500";
    ADD_MESSAGE = "alerts.incidents.add_message",
        "insert into incident_messages (incident_id, author, message, msg_type, created_at) values ($1,$2,$3,$4,$5) returning id";
    MESSAGES = "alerts.incidents.messages",
        "select id, author, message, msg_type, created_at from (select id, author, message, msg_type, created_at from incident_messages
           where incident_id = $1 order by id desc limit $2) newest order by id";
    MOVE_MESSAGES = "alerts.incidents.move_messages", "update incident_messages set incident_id = $1 where incident_id = $2";
}

/// A line of the public timeline.
pub(crate) struct Update {
    pub(crate) id: i64,
    pub(crate) message: String,
    pub(crate) status: String,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
}

/// A line of the war room.
pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) author: String,
    pub(crate) message: String,
    /// comment, system, action or note
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
}

fn read(row: &Row) -> Result<Incident, StoreError> {
    let status: String = row.get(5)?;
    Ok(Incident {
        id: row.get(0)?,
        uid: row.get(1)?,
        kind: row.get(2)?,
        public: row.get(3)?,
        severity: row.get::<Severity>(4)?,
        status: Status::parse(&status).ok_or(StoreError::Column { index: 5, wanted: "an incident status" })?,
        title: row.get(6)?,
        details: row.get(7)?,
        source: row.get(8)?,
        subject: row.get(9)?,
        fingerprint: row.get(10)?,
        started_at: row.get(11)?,
        resolved_at: row.get(12)?,
        resolved_by: row.get(13)?,
        created_by: row.get(14)?,
        assigned_to: row.get(15)?,
        auto_generated: row.get(16)?,
        root_cause: row.get(17)?,
        correlation: json_of(row, 18)?,
        postmortem: row.get(19)?,
        merged_into: row.get(20)?,
        updated_at: row.get(21)?,
        organization_id: row.get(22)?,
    })
}

pub(crate) async fn insert(tx: &mut Tx, i: &Incident) -> Result<i64, StoreError> {
    let values = args![
        &i.uid,
        &i.kind,
        i.public,
        i.severity,
        i.status.as_str(),
        &i.title,
        &i.details,
        &i.source,
        i.subject.as_deref(),
        i.fingerprint.as_deref(),
        i.started_at,
        i.resolved_at,
        i.resolved_by.as_deref(),
        &i.created_by,
        i.assigned_to.as_deref(),
        i.auto_generated,
        i.root_cause.as_deref(),
        json_text(&i.correlation),
        i.postmortem.as_deref(),
        i.merged_into,
        i.updated_at,
        i.organization_id,
    ];
    tx.one(INSERT, values).await?.get(0)
}

pub(crate) async fn update(tx: &mut Tx, i: &Incident) -> Result<(), StoreError> {
    let values = args![
        i.public,
        i.severity,
        i.status.as_str(),
        &i.title,
        &i.details,
        i.fingerprint.as_deref(),
        i.resolved_at,
        i.resolved_by.as_deref(),
        i.assigned_to.as_deref(),
        i.root_cause.as_deref(),
        json_text(&i.correlation),
        i.postmortem.as_deref(),
        i.merged_into,
        i.updated_at,
        i.id,
    ];
    tx.exec(UPDATE, values).await.map(drop)
}

pub(crate) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Incident>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn get(db: &Database, id: i64) -> Result<Option<Incident>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn open_by_key(tx: &mut Tx, key: &str) -> Result<Option<Incident>, StoreError> {
    tx.find(OPEN_BY_KEY, args![key]).await?.as_ref().map(read).transpose()
}

/// Newest first; `open` adds older ones that are still open.
pub(crate) async fn recent(
    db: &Database,
    since: Timestamp,
    open: bool,
    kind: Option<&str>,
    organizations: Option<&str>,
    limit: i64,
) -> Result<Vec<Incident>, StoreError> {
    db.query(RECENT, args![since, open, kind, organizations, limit]).await?.iter().map(read).collect()
}

pub(crate) async fn public(db: &Database, limit: i64) -> Result<Vec<Incident>, StoreError> {
    db.query(PUBLIC, args![limit]).await?.iter().map(read).collect()
}

/// Public ones that are open or ended after `since`.
pub(crate) async fn public_since(db: &Database, since: Timestamp) -> Result<Vec<Incident>, StoreError> {
    db.query(PUBLIC_SINCE, args![since]).await?.iter().map(read).collect()
}

pub(crate) async fn add_update(tx: &mut Tx, id: i64, message: &str, status: Status, by: &str, at: Timestamp) -> Result<i64, StoreError> {
    tx.one(ADD_UPDATE, args![id, message, status.as_str(), at, by]).await?.get(0)
}

pub(crate) async fn updates(db: &Database, id: i64) -> Result<Vec<Update>, StoreError> {
    let read = |r: &Row| Ok(Update { id: r.get(0)?, message: r.get(1)?, status: r.get(2)?, at: r.get(3)?, by: r.get(4)? });
    db.query(UPDATES, args![id]).await?.iter().map(read).collect()
}

pub(crate) async fn add_message(tx: &mut Tx, id: i64, author: &str, message: &str, kind: &str, at: Timestamp) -> Result<i64, StoreError> {
    tx.one(ADD_MESSAGE, args![id, author, message, kind, at]).await?.get(0)
}

/// The newest `limit`, oldest first.
pub(crate) async fn messages(db: &Database, id: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
    let read = |r: &Row| Ok(Message { id: r.get(0)?, author: r.get(1)?, message: r.get(2)?, kind: r.get(3)?, at: r.get(4)? });
    db.query(MESSAGES, args![id, limit]).await?.iter().map(read).collect()
}

pub(crate) async fn move_messages(tx: &mut Tx, to: i64, from: i64) -> Result<(), StoreError> {
    tx.exec(MOVE_MESSAGES, args![to, from]).await.map(drop)
}
