//! `inbox` and `inbox_reads`. A row belongs to one user, to everyone with at least a role, or to everyone.

use argos_kernel::{Role, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::Value as Json;

use super::json_text;

/// Parameters: the user, and a comma list of the roles up to the caller's.
macro_rules! mine {
    ($user:literal, $roles:literal) => {
        concat!(
            "(i.user_id is null or i.user_id = cast($",
            $user,
            " as bigint)) and (i.role is null or ',' || cast($",
            $roles,
            " as text) || ',' like '%,' || i.role || ',%')"
        )
    };
}

argos_store::statements! {
    state;
    INSERT = "notify.inbox.insert",
        "insert into inbox (uid, user_id, role, type, level, priority, title, message, action_url, data, event_id, created_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)";
    LIST = "notify.inbox.list", concat!(
        "select i.id, i.created_at, i.level, i.title, i.message, case when r.reader is null then false else true end, i.user_id, i.type, i.action_url
         from inbox i left join inbox_reads r on r.inbox_id = i.id and r.reader = $1 where ", mine!(2, 3),
        " and (cast($4 as boolean) = false or r.reader is null) order by i.id desc limit $5");
    UNREAD = "notify.inbox.unread", concat!(
        "select count(*) from inbox i where ", mine!(1, 2), " and not exists (select 1 from inbox_reads r where r.inbox_id = i.id and r.reader = $3)");
    FIND = "notify.inbox.find", concat!("select i.id from inbox i where ", mine!(1, 2), " and i.id = $3");
    READ = "notify.inbox.read", "insert into inbox_reads (inbox_id, reader, read_at) values ($1,$2,$3) on conflict (inbox_id, reader) do nothing";
    READ_ALL = "notify.inbox.read_all", concat!(
        "insert into inbox_reads (inbox_id, reader, read_at) select i.id, cast($1 as text), cast($2 as bigint) from inbox i where ", mine!(3, 4),
        " on conflict (inbox_id, reader) do nothing");
    PRUNE = "notify.inbox.prune", "delete from inbox where created_at < $1";
}

/// A message for people.
#[derive(Clone, Debug)]
pub(crate) struct NewInboxItem {
    pub(crate) uid: Uid,
    pub(crate) user_id: Option<i64>,
    /// Everyone with at least this role.
    pub(crate) role: Option<Role>,
    pub(crate) kind: String,
    /// info, warning, danger or critical
    pub(crate) level: &'static str,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) action_url: Option<String>,
    pub(crate) data: Json,
    pub(crate) event_id: Option<i64>,
    pub(crate) at: Timestamp,
}

/// A message as one reader sees it.
pub(crate) struct InboxItem {
    pub(crate) id: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) level: String,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) read: bool,
    pub(crate) user_id: Option<i64>,
    pub(crate) kind: String,
    pub(crate) action_url: Option<String>,
}

/// Who reads.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) user_id: Option<i64>,
    pub(crate) role: Option<Role>,
    /// What read marks are kept under: `user:<id>` or `key:<id>`.
    pub(crate) mark: String,
}

impl Reader {
    pub(crate) fn roles(&self) -> String {
        let upto = |r: &Role| self.role.is_some_and(|own| *r <= own);
        Role::ALL.iter().filter(|r| upto(r)).map(|r| r.as_str()).collect::<Vec<_>>().join(",")
    }
}

pub(crate) async fn insert(tx: &mut Tx, i: &NewInboxItem) -> Result<(), StoreError> {
    let values = args![
        i.uid,
        i.user_id,
        i.role,
        &i.kind,
        i.level,
        "normal",
        &i.title,
        &i.message,
        i.action_url.as_deref(),
        json_text(&i.data),
        i.event_id,
        i.at
    ];
    tx.exec(INSERT, values).await.map(drop)
}

fn read(row: &Row) -> Result<InboxItem, StoreError> {
    Ok(InboxItem {
        id: row.get(0)?,
        created_at: row.get(1)?,
        level: row.get(2)?,
        title: row.get(3)?,
        message: row.get(4)?,
        read: row.get(5)?,
        user_id: row.get(6)?,
        kind: row.get(7)?,
        action_url: row.get(8)?,
    })
}

/// Newest first, and how many are unread in all.
pub(crate) async fn list(db: &Database, reader: &Reader, unread_only: bool, limit: i64) -> Result<(Vec<InboxItem>, i64), StoreError> {
    let unread = db.one(UNREAD, args![reader.user_id, reader.roles(), &reader.mark]).await?.get(0)?;
    let rows = db.query(LIST, args![&reader.mark, reader.user_id, reader.roles(), unread_only, limit]).await?;
    Ok((rows.iter().map(read).collect::<Result<_, StoreError>>()?, unread))
}

/// `false` = no such message for this reader.
pub(crate) async fn mark_read(tx: &mut Tx, reader: &Reader, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    if tx.find(FIND, args![reader.user_id, reader.roles(), id]).await?.is_none() {
        return Ok(false);
    }
    tx.exec(READ, args![id, &reader.mark, now]).await?;
    Ok(true)
}

pub(crate) async fn mark_all_read(db: &Database, reader: &Reader, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(READ_ALL, args![&reader.mark, now, reader.user_id, reader.roles()]).await
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
