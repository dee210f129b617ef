//! `ui_views` and `ui_drafts`: how people like to look at pages, and what they have not finished writing.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    VIEWS = "inventory.views.list",
        "select uid, user_id, username, page, name, query, shared, updated_at from ui_views
         where (user_id = $1 or shared = true) and (cast($2 as text) is null or page = $2) order by page, name, id limit 1000";
    VIEW = "inventory.views.get", "select uid, user_id, username, page, name, query, shared, updated_at from ui_views where uid = $1";
    COUNT_VIEWS = "inventory.views.count", "select count(*) from ui_views where user_id = $1";
    ADD_VIEW = "inventory.views.add",
        "insert into ui_views (uid, user_id, username, page, name, query, shared, updated_at) values ($1,$2,$3,$4,$5,$6,$7,$8)";
    CHANGE_VIEW = "inventory.views.change", "update ui_views set name = $1, query = $2, shared = $3, updated_at = $4 where uid = $5";
    DELETE_VIEW = "inventory.views.delete", "delete from ui_views where uid = $1";
    DRAFTS = "inventory.drafts.list", "select draft_key, body, updated_at from ui_drafts where user_id = $1 order by updated_at desc, draft_key";
    DRAFT = "inventory.drafts.get", "select draft_key, body, updated_at from ui_drafts where user_id = $1 and draft_key = $2";
    PUT_DRAFT = "inventory.drafts.put",
        "insert into ui_drafts (user_id, draft_key, body, updated_at) values ($1,$2,$3,$4)
         on conflict (user_id, draft_key) do update set body = excluded.body, updated_at = excluded.updated_at";
    DELETE_DRAFT = "inventory.drafts.delete", "delete from ui_drafts where user_id = $1 and draft_key = $2";
    PRUNE_DRAFTS = "inventory.drafts.prune", "delete from ui_drafts where updated_at < $1";
}

/// A page as somebody likes to see it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) uid: Uid,
    pub(crate) user_id: i64,
    pub(crate) username: String,
    pub(crate) page: String,
    pub(crate) name: String,
    /// The query of its address.
    pub(crate) query: String,
    pub(crate) shared: bool,
    pub(crate) updated_at: Timestamp,
}

fn read_view(r: &Row) -> Result<View, StoreError> {
    Ok(View {
        uid: r.get(0)?,
        user_id: r.get(1)?,
        username: r.get(2)?,
        page: r.get(3)?,
        name: r.get(4)?,
        query: r.get(5)?,
        shared: r.get(6)?,
        updated_at: r.get(7)?,
    })
}

/// One's own and the shared ones, of one page or of all.
pub(crate) async fn views(db: &Database, user_id: i64, page: Option<&str>) -> Result<Vec<View>, StoreError> {
    db.query(VIEWS, args![user_id, page]).await?.iter().map(read_view).collect()
}
pub(crate) async fn view_in(tx: &mut Tx, uid: Uid) -> Result<Option<View>, StoreError> {
    tx.find(VIEW, args![uid]).await?.as_ref().map(read_view).transpose()
}
pub(crate) async fn count_views(tx: &mut Tx, user_id: i64) -> Result<i64, StoreError> {
    tx.one(COUNT_VIEWS, args![user_id]).await?.get(0)
}
pub(crate) async fn add_view(tx: &mut Tx, v: &View) -> Result<(), StoreError> {
    let values = args![v.uid, v.user_id, &v.username, &v.page, &v.name, &v.query, v.shared, v.updated_at];
    tx.exec(ADD_VIEW, values).await.map(drop)
}
pub(crate) async fn change_view(tx: &mut Tx, v: &View) -> Result<(), StoreError> {
    tx.exec(CHANGE_VIEW, args![&v.name, &v.query, v.shared, v.updated_at, v.uid]).await.map(drop)
}
pub(crate) async fn delete_view(tx: &mut Tx, uid: Uid) -> Result<(), StoreError> {
    tx.exec(DELETE_VIEW, args![uid]).await.map(drop)
}

/// Something unfinished.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) key: String,
    /// JSON.
    pub(crate) body: String,
    pub(crate) updated_at: Timestamp,
}

fn read_draft(r: &Row) -> Result<Draft, StoreError> {
    Ok(Draft { key: r.get(0)?, body: r.get(1)?, updated_at: r.get(2)? })
}

/// Newest first.
pub(crate) async fn drafts(db: &Database, user_id: i64) -> Result<Vec<Draft>, StoreError> {
    db.query(DRAFTS, args![user_id]).await?.iter().map(read_draft).collect()
}
pub(crate) async fn draft(db: &Database, user_id: i64, key: &str) -> Result<Option<Draft>, StoreError> {
    db.find(DRAFT, args![user_id, key]).await?.as_ref().map(read_draft).transpose()
}
pub(crate) async fn put_draft(db: &Database, user_id: i64, d: &Draft) -> Result<(), StoreError> {
    db.exec(PUT_DRAFT, args![user_id, &d.key, &d.body, d.updated_at]).await.map(drop)
}
pub(crate) async fn delete_draft(db: &Database, user_id: i64, key: &str) -> Result<(), StoreError> {
    db.exec(DELETE_DRAFT, args![user_id, key]).await.map(drop)
}
pub(crate) async fn prune_drafts(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE_DRAFTS, args![before]).await
}
