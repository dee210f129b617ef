//! Rows of `identities`: accounts of other providers that belong to a user.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    OWNER = "identity.identities.owner", "select user_id from identities where provider = $1 and issuer = $2 and subject = $3";
    INSERT = "identity.identities.insert",
        "insert into identities (user_id, provider, issuer, subject, email, name, linked_at) values ($1, $2, $3, $4, $5, $6, $7)";
    REFRESH = "identity.identities.refresh",
        "update identities set email = $1, name = $2 where provider = $3 and issuer = $4 and subject = $5";
    LIST = "identity.identities.list",
        "select provider, email, name, linked_at from identities where user_id = $1 order by linked_at, id";
    COUNT = "identity.identities.count", "select count(*) from identities where user_id = $1";
    REMOVE = "identity.identities.remove", "delete from identities where user_id = $1 and provider = $2";
    ADOPT = "identity.identities.adopt", "update identities set issuer = $1 where provider = $2 and issuer = ''";
}

/// One linked account as lists show it.
pub(crate) struct Linked {
    pub(crate) provider: String,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) linked_at: Timestamp,
}

/// What is kept of a provider's account.
pub(crate) struct Account<'a> {
    pub(crate) provider: &'a str,
    /// Who gave the subject; empty where the provider alone says it.
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
}

/// The user an account belongs to.
pub(crate) async fn owner(tx: &mut Tx, account: &Account<'_>) -> Result<Option<i64>, StoreError> {
    tx.find(OWNER, args![account.provider, account.issuer, account.subject]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn find_owner(db: &Database, account: &Account<'_>) -> Result<Option<i64>, StoreError> {
    db.find(OWNER, args![account.provider, account.issuer, account.subject]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, user_id: i64, account: &Account<'_>, now: Timestamp) -> Result<(), StoreError> {
    let args = args![user_id, account.provider, account.issuer, account.subject, account.email, account.name, now];
    tx.exec(INSERT, args).await.map(drop)
}

pub(crate) async fn refresh(tx: &mut Tx, account: &Account<'_>) -> Result<(), StoreError> {
    tx.exec(REFRESH, args![account.email, account.name, account.provider, account.issuer, account.subject]).await.map(drop)
}

pub(crate) async fn list(db: &Database, user_id: i64) -> Result<Vec<Linked>, StoreError> {
    let rows = db.query(LIST, args![user_id]).await?;
    rows.iter().map(|r| Ok(Linked { provider: r.get(0)?, email: r.get(1)?, name: r.get(2)?, linked_at: r.get(3)? })).collect()
}

pub(crate) async fn count(tx: &mut Tx, user_id: i64) -> Result<i64, StoreError> {
    tx.one(COUNT, args![user_id]).await?.get(0)
}

pub(crate) async fn remove(tx: &mut Tx, user_id: i64, provider: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(REMOVE, args![user_id, provider]).await? > 0)
}

/// Gives a provider's accounts from before issuers were kept the one they came from; how many.
pub(crate) async fn adopt(db: &Database, provider: &str, issuer: &str) -> Result<u64, StoreError> {
    db.exec(ADOPT, args![issuer, provider]).await
}
