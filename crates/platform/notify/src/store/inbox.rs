//! `inbox` and `inbox_reads`. A row belongs to one user, to everyone with at least a role, to the members of
//! an organization, or to everyone.

use argos_kernel::{Role, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::Value as Json;

use super::json_text;

/// Parameters: the user, a comma list of the roles up to the caller's, and one of his organizations (null = all).
/// A message to one person is his wherever he belongs.
macro_rules! mine {
    ($user:literal, $roles:literal, $organizations:literal) => {
        concat!(
            "(i.user_id is null or i.user_id = cast($",
            $user,
            " as bigint)) and (i.role is null or ',' || cast($",
            $roles,
            " as text) || ',' like '%,' || i.role || ',%') and (cast($",
            $organizations,
            " as text) is null or i.user_id is not null or i.organization_id is null or ',' || cast($",
            $organizations,
            " as text) || ',' like '%,' || i.organization_id || ',%')"
        )
    };
}

argos_store::statements! {
    state;
    INSERT = "notify.inbox.insert",
        "insert into inbox (uid, user_id, role, organization_id, type, level, priority, title, message, action_url, data, event_id, created_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)";
    LIST = "notify.inbox.list", concat!(
        "select i.id, i.created_at, i.level, i.title, i.message, case when r.reader is null then false else true end, i.user_id, i.type, i.action_url
         from inbox i left join inbox_reads r on r.inbox_id = i.id and r.reader = $1 where ", mine!(2, 3, 4),
        " and (cast($5 as boolean) = false or r.reader is null) order by i.id desc limit $6");
    UNREAD = "notify.inbox.unread", concat!(
        "select count(*) from inbox i where ", mine!(1, 2, 3), " and not exists (select 1 from inbox_reads r where r.inbox_id = i.id and r.reader = $4)");
    FIND = "notify.inbox.find", concat!("select i.id from inbox i where ", mine!(1, 2, 3), " and i.id = $4");
    READ = "notify.inbox.read", "insert into inbox_reads (inbox_id, reader, read_at) values ($1,$2,$3) on conflict (inbox_id, reader) do nothing";
    READ_ALL = "notify.inbox.read_all", concat!(
        "insert into inbox_reads (inbox_id, reader, read_at) select i.id, cast($1 as text), cast($2 as bigint) from inbox i where ", mine!(3, 4, 5),
        " on conflict (inbox_id, reader) do nothing");
    // What somebody has not read yet waits longer for him; what is for many goes when it is old.
    PRUNE = "notify.inbox.prune",
        "delete from inbox where created_at < $1
           or (created_at < $2 and (user_id is null or exists (select 1 from inbox_reads r where r.inbox_id = inbox.id)))";
}

/// A message for people.
#[derive(Clone, Debug)]
pub(crate) struct NewInboxItem {
    pub(crate) uid: Uid,
    pub(crate) user_id: Option<i64>,
    /// Everyone with at least this role.
    pub(crate) role: Option<Role>,
    /// Whose matter it is; nothing = the instance's.
    pub(crate) organization_id: Option<i64>,
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
    /// A comma list of the organizations he belongs to; nothing = all: the owner of the instance.
    pub(crate) organizations: Option<String>,
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
        i.organization_id,
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
    let unread = db.one(UNREAD, args![reader.user_id, reader.roles(), reader.organizations.as_deref(), &reader.mark]).await?.get(0)?;
    let rows =
        db.query(LIST, args![&reader.mark, reader.user_id, reader.roles(), reader.organizations.as_deref(), unread_only, limit]).await?;
    Ok((rows.iter().map(read).collect::<Result<_, StoreError>>()?, unread))
}

/// `false` = no such message for this reader.
pub(crate) async fn mark_read(tx: &mut Tx, reader: &Reader, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    if tx.find(FIND, args![reader.user_id, reader.roles(), reader.organizations.as_deref(), id]).await?.is_none() {
        return Ok(false);
    }
    tx.exec(READ, args![id, &reader.mark, now]).await?;
    Ok(true)
}

pub(crate) async fn mark_all_read(db: &Database, reader: &Reader, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(READ_ALL, args![&reader.mark, now, reader.user_id, reader.roles(), reader.organizations.as_deref()]).await
}

/// Removes what is older than `unread`, and what is older than `read` unless its one reader has not read it.
pub(crate) async fn prune(db: &Database, unread: Timestamp, read: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![unread, read]).await
}
