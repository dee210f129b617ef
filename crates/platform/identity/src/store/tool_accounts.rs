//! Rows of `tool_accounts`: the accounts at other tools that people connected, with their sealed tokens.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select uid, user_id, platform, account_id, account_name, scopes_json, token_enc, token_expires_at, connected_at,
                 refresh_at, refresh_failures from tool_accounts ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    OF_USER = "identity.tool_accounts.of_user", select!("where user_id = $1 order by platform");
    OF_ORGANIZATION = "identity.tool_accounts.of_organization",
        select!("where organization_id = $1 order by platform, id limit 500");
    PUT = "identity.tool_accounts.put",
        "insert into tool_accounts (uid, user_id, organization_id, platform, account_id, account_name, scopes_json, token_enc, token_expires_at,
           connected_at, refresh_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)";
    DELETE = "identity.tool_accounts.delete", "delete from tool_accounts where user_id = $1 and platform = $2 returning id";
    DUE = "identity.tool_accounts.due", select!("where refresh_at <= $1 order by refresh_at, id limit 50");
    // Nothing is written when the account was connected anew or forgotten meanwhile.
    REFRESHED = "identity.tool_accounts.refreshed",
        "update tool_accounts set token_enc = $1, token_expires_at = $2, refresh_at = $3, refresh_failures = 0 where uid = $4 and token_enc = $5";
    POSTPONED = "identity.tool_accounts.postponed",
        "update tool_accounts set refresh_at = $1, refresh_failures = refresh_failures + 1 where uid = $2 and token_enc = $3";
}

/// A connected account.
pub(crate) struct ToolAccount {
    pub(crate) uid: Uid,
    pub(crate) user_id: i64,
    pub(crate) platform: String,
    pub(crate) account_id: Option<String>,
    pub(crate) account_name: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) token_enc: String,
    pub(crate) token_expires_at: Option<Timestamp>,
    pub(crate) connected_at: Timestamp,
    /// When its token is to be renewed; `None` = never: there is nothing to renew it with, or the tool refused.
    pub(crate) refresh_at: Option<Timestamp>,
    pub(crate) refresh_failures: i64,
}

/// The place its tokens are sealed for.
pub(crate) fn place_of(uid: &str) -> String {
    format!("tool_accounts.token_enc:{uid}")
}

fn read(row: &Row) -> Result<ToolAccount, StoreError> {
    let scopes: String = row.get(5)?;
    Ok(ToolAccount {
        uid: row.get(0)?,
        user_id: row.get(1)?,
        platform: row.get(2)?,
        account_id: row.get(3)?,
        account_name: row.get(4)?,
        scopes: serde_json::from_str(&scopes).map_err(|_| StoreError::Column { index: 5, wanted: "a list of scopes" })?,
        token_enc: row.get(6)?,
        token_expires_at: row.get(7)?,
        connected_at: row.get(8)?,
        refresh_at: row.get(9)?,
        refresh_failures: row.get(10)?,
    })
}

pub(crate) async fn of_user(db: &Database, user_id: i64) -> Result<Vec<ToolAccount>, StoreError> {
    db.query(OF_USER, args![user_id]).await?.iter().map(read).collect()
}
/// Those that people connected while they acted in an organization.
pub(crate) async fn of_organization(db: &Database, organization_id: i64) -> Result<Vec<ToolAccount>, StoreError> {
    db.query(OF_ORGANIZATION, args![organization_id]).await?.iter().map(read).collect()
}
/// Replaces the account this person had there.
pub(crate) async fn put(tx: &mut Tx, a: &ToolAccount, organization_id: Option<i64>) -> Result<(), StoreError> {
    tx.exec(DELETE, args![a.user_id, &a.platform]).await?;
    let scopes = serde_json::Value::from(a.scopes.clone()).to_string();
    let values = args![
        a.uid,
        a.user_id,
        organization_id,
        &a.platform,
        a.account_id.clone(),
        a.account_name.clone(),
        scopes,
        &a.token_enc,
        a.token_expires_at,
        a.connected_at,
        a.refresh_at,
    ];
    tx.exec(PUT, values).await.map(drop)
}
/// False when there was none.
pub(crate) async fn delete(tx: &mut Tx, user_id: i64, platform: &str) -> Result<bool, StoreError> {
    Ok(tx.find(DELETE, args![user_id, platform]).await?.is_some())
}

/// Those whose token is to be renewed now.
pub(crate) async fn due(db: &Database, now: Timestamp) -> Result<Vec<ToolAccount>, StoreError> {
    db.query(DUE, args![now]).await?.iter().map(read).collect()
}
/// Puts a new token in the place of the one of `old`. False when that is not there any more.
pub(crate) async fn refreshed(tx: &mut Tx, new: &ToolAccount, old: &str) -> Result<bool, StoreError> {
    let values = args![&new.token_enc, new.token_expires_at, new.refresh_at, new.uid, old];
    Ok(tx.exec(REFRESHED, values).await? > 0)
}
/// Tries again at `at`, or never. False when another token is there.
pub(crate) async fn postponed(tx: &mut Tx, account: &ToolAccount, at: Option<Timestamp>) -> Result<bool, StoreError> {
    Ok(tx.exec(POSTPONED, args![at, account.uid, &account.token_enc]).await? > 0)
}
