//! Rows of `organizations`. A deleted one stays for the purge and is found by nobody else.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::{Map, Value};

use crate::model::organization::Organization;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select o.id, o.uid, o.name, o.slug, o.is_default, o.is_personal, o.plan, o.settings, o.features, o.ai_budget_daily,
                    o.ai_budget_monthly, o.logo_url, o.domain, o.sso_enabled,
                    (select count(*) from organization_members c where c.organization_id = o.id and c.status = 'active'),
                    o.created_at, o.updated_at
             from organizations o ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    FIND_DEFAULT = "identity.organizations.default_id", "select id from organizations where is_default = true";
    INSERT_DEFAULT = "identity.organizations.insert_default",
        "insert into organizations (uid, name, slug, is_default, created_at, updated_at) values ($1, 'Default', 'default', true, $2, $2)
         on conflict (slug) do nothing";
    DEFAULT = "identity.organizations.default", select!("where o.is_default = true");
    BY_ID = "identity.organizations.by_id", select!("where o.id = $1 and o.deleted_at is null");
    BY_UID = "identity.organizations.by_uid", select!("where o.uid = $1 and o.deleted_at is null");
    OF_USER = "identity.organizations.of_user",
        select!("join organization_members m on m.organization_id = o.id and m.user_id = $1 and m.status = 'active'
                 where o.deleted_at is null order by o.created_at desc, o.id desc");
    EVERY = "identity.organizations.every", select!("where o.deleted_at is null order by o.created_at desc, o.id desc limit 1000");
    // On PostgreSQL changes of one organization's places wait for each other, so that it never loses its last owner.
    LOCK = "identity.organizations.lock",
        sqlite "select id from organizations where id = $1",
        postgres "select id from organizations where id = $1 for update";
    SLUG_TAKEN = "identity.organizations.slug_taken", "select id from organizations where slug = $1";
    INSERT = "identity.organizations.insert",
        "insert into organizations (uid, name, slug, is_default, is_personal, created_at, updated_at)
         values ($1, $2, $3, false, $4, $5, $5) returning id";
    UPDATE = "identity.organizations.update",
        "update organizations set name = $1, plan = $2, settings = $3, features = $4, ai_budget_daily = $5, ai_budget_monthly = $6,
            logo_url = $7, domain = $8, sso_enabled = $9, updated_at = $10 where id = $11 and deleted_at is null";
    DELETE = "identity.organizations.delete",
        "update organizations set deleted_at = $1, slug = $2 where id = $3 and deleted_at is null and is_default = false";
    BURIED = "identity.organizations.buried",
        "select o.id from organizations o join projects p on p.organization_id = o.id
         where p.uid = $1 and o.deleted_at is not null and o.slug = cast($2 as text) || '~' || cast(o.id as text)";
    UNBURY = "identity.organizations.unbury",
        "update organizations set deleted_at = null, slug = $1, updated_at = $2 where id = $3 and deleted_at is not null";
    END_KEYS = "identity.organizations.end_keys",
        "update api_keys set revoked_at = $1 where organization_id = $2 and (revoked_at is null or revoked_at > $1)";
    PURGE = "identity.organizations.purge", "delete from organizations where deleted_at <= $1";
}

fn document(text: &str, index: usize) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "a JSON object" })
}

fn read(row: &Row) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        slug: row.get(3)?,
        is_default: row.get(4)?,
        is_personal: row.get(5)?,
        plan: row.get(6)?,
        settings: document(&row.get::<String>(7)?, 7)?,
        features: document(&row.get::<String>(8)?, 8)?,
        ai_budget_daily: row.get(9)?,
        ai_budget_monthly: row.get(10)?,
        logo_url: row.get(11)?,
        domain: row.get(12)?,
        sso_enabled: row.get(13)?,
        member_count: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

/// Holds an organization until the end of `tx`: what is decided about its places holds when it is written.
pub(crate) async fn lock(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.query(LOCK, args![id]).await.map(drop)
}

pub(crate) async fn default_id(db: &Database) -> Result<Option<i64>, StoreError> {
    db.find(FIND_DEFAULT, args![]).await?.map(|r| r.get(0)).transpose()
}

/// The default organization, made when it is not there yet.
pub(crate) async fn ensure_default(tx: &mut Tx, uid: Uid, now: Timestamp) -> Result<i64, StoreError> {
    tx.exec(INSERT_DEFAULT, args![uid, now]).await?;
    tx.one(FIND_DEFAULT, args![]).await?.get(0)
}

/// How a caller names an organization.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Default,
    Id(i64),
    Uid(Uid),
}

pub(crate) async fn find(db: &Database, by: By) -> Result<Option<Organization>, StoreError> {
    let row = match by {
        By::Default => db.find(DEFAULT, args![]).await?,
        By::Id(id) => db.find(BY_ID, args![id]).await?,
        By::Uid(uid) => db.find(BY_UID, args![uid]).await?,
    };
    row.as_ref().map(read).transpose()
}

/// Those somebody is an active member of, newest first.
pub(crate) async fn of_user(db: &Database, user_id: i64) -> Result<Vec<Organization>, StoreError> {
    db.query(OF_USER, args![user_id]).await?.iter().map(read).collect()
}

pub(crate) async fn every(db: &Database) -> Result<Vec<Organization>, StoreError> {
    db.query(EVERY, args![]).await?.iter().map(read).collect()
}

/// The same inside a transaction.
pub(crate) async fn every_in(tx: &mut Tx) -> Result<Vec<Organization>, StoreError> {
    tx.query(EVERY, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn slug_is_taken(tx: &mut Tx, slug: &str) -> Result<bool, StoreError> {
    Ok(tx.find(SLUG_TAKEN, args![slug]).await?.is_some())
}

pub(crate) async fn insert(tx: &mut Tx, uid: Uid, name: &str, slug: &str, is_personal: bool, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(INSERT, args![uid, name, slug, is_personal, now]).await?.get(0)
}

pub(crate) async fn update(tx: &mut Tx, org: &Organization, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![
        org.name.as_str(),
        org.plan.as_str(),
        Value::Object(org.settings.clone()).to_string(),
        Value::Object(org.features.clone()).to_string(),
        org.ai_budget_daily,
        org.ai_budget_monthly,
        org.logo_url.as_deref(),
        org.domain.as_deref(),
        org.sso_enabled,
        now,
        org.id,
    ];
    Ok(tx.exec(UPDATE, args).await? == 1)
}

/// Hides it and ends its keys; its slug is free again. False for the default organization.
pub(crate) async fn delete(tx: &mut Tx, org: &Organization, now: Timestamp) -> Result<bool, StoreError> {
    let buried = format!("{}~{}", org.slug, org.id);
    if tx.exec(DELETE, args![now, buried, org.id]).await? == 0 {
        return Ok(false);
    }
    tx.exec(END_KEYS, args![now, org.id]).await?;
    Ok(true)
}

/// The deleted one that had this slug and has the project.
pub(crate) async fn find_buried(tx: &mut Tx, slug: &str, project: Uid) -> Result<Option<i64>, StoreError> {
    tx.find(BURIED, args![project, slug]).await?.map(|row| row.get(0)).transpose()
}

/// Takes back [`delete`], except that its keys stay ended.
pub(crate) async fn unbury(tx: &mut Tx, id: i64, slug: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(UNBURY, args![slug, now, id]).await.map(drop)
}

pub(crate) async fn purge(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![before]).await
}
