//! Rows of `tool_accounts`: the accounts at other tools that people connected, with their sealed tokens.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

macro_rules! select {
    ($rest:literal) => {
        concat!("select uid, user_id, platform, account_id, account_name, scopes_json, token_enc, token_expires_at, connected_at from tool_accounts ", $rest)
    };
}

argos_store::statements! {
    state;
    OF_USER = "identity.tool_accounts.of_user", select!("where user_id = $1 order by platform");
    PUT = "identity.tool_accounts.put",
        "insert into tool_accounts (uid, user_id, organization_id, platform, account_id, account_name, scopes_json, token_enc, token_expires_at, connected_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)";
    DELETE = "identity.tool_accounts.delete", "delete from tool_accounts where user_id = $1 and platform = $2 returning id";
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
    })
}

pub(crate) async fn of_user(db: &Database, user_id: i64) -> Result<Vec<ToolAccount>, StoreError> {
    db.query(OF_USER, args![user_id]).await?.iter().map(read).collect()
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
    ];
    tx.exec(PUT, values).await.map(drop)
}
/// False when there was none.
pub(crate) async fn delete(tx: &mut Tx, user_id: i64, platform: &str) -> Result<bool, StoreError> {
    Ok(tx.find(DELETE, args![user_id, platform]).await?.is_some())
}
