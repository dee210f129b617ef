//! Rows of `users`.

use argos_kernel::{Role, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{list_text, read_list};
use crate::model::permission::OrgRole;
use crate::model::user::{User, UserKind, UserSecrets, username_key};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select u.id, u.uid, u.username, u.display_name, u.email, u.email_verified, u.role, u.kind, u.is_active,
                    u.is_temporary, u.expires_at, u.allowed_node_ids, u.must_change_password, u.created_via,
                    u.totp_enabled_at, u.last_login_at, u.login_count, u.created_at, u.updated_at, m.role,
                    u.password_hash, u.totp_secret_enc, u.totp_last_step, u.recovery_enc
             from users u
             left join organization_members m on m.user_id = u.id and m.status = 'active'
                   and m.organization_id = (select o.id from organizations o where o.is_default = true) ",
            $rest
        )
    };
}

/// The same in a write transaction: on PostgreSQL the account stays locked until its end, so that what is decided about it
/// holds when it is written. SQLite has one writer.
macro_rules! lock {
    ($rest:literal) => {
        concat!(select!($rest), " for update of u")
    };
}

argos_store::statements! {
    state;
    LOCK_ID = "identity.users.lock_id", sqlite select!("where u.id = $1"), postgres lock!("where u.id = $1");
    LOCK_UID = "identity.users.lock_uid", sqlite select!("where u.uid = $1"), postgres lock!("where u.uid = $1");
    LOCK_NAME = "identity.users.lock_name", sqlite select!("where u.username_key = $1"), postgres lock!("where u.username_key = $1");
    LOCK_EMAIL = "identity.users.lock_email",
        sqlite select!("where lower(u.email) = lower($1) and u.email_verified = true"),
        postgres lock!("where lower(u.email) = lower($1) and u.email_verified = true");
    BY_ID = "identity.users.by_id", select!("where u.id = $1");
    BY_UID = "identity.users.by_uid", select!("where u.uid = $1");
    BY_NAME = "identity.users.by_name", select!("where u.username_key = $1");
    BY_EMAIL = "identity.users.by_email", select!("where lower(u.email) = lower($1) and u.email_verified = true");
    LIST = "identity.users.list", select!("order by u.id desc limit $1 offset $2");
    EXPIRED = "identity.users.expired", select!("where u.is_active = true and u.expires_at <= $1 order by u.id limit 100");
    ACTING = "identity.users.acting",
        select!("where u.is_active = true and u.role <> 'viewer' and (u.expires_at is null or u.expires_at > $1) order by u.id limit 1000");
    COUNT = "identity.users.count", "select count(*) from users";
    LOCK_OWNERS = "identity.users.lock_owners",
        sqlite "select id from users where role = 'owner' and is_active = true and expires_at is null order by id",
        postgres "select id from users where role = 'owner' and is_active = true and expires_at is null order by id for update";
    INSERT = "identity.users.insert",
        "insert into users (uid, username, username_key, display_name, email, email_verified, password_hash, role, kind,
            is_active, is_temporary, expires_at, allowed_node_ids, must_change_password, created_via, login_count,
            created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, true, $10, $11, $12, $13, $14, 0, $15, $15) returning id";
    UPDATE = "identity.users.update",
        "update users set display_name = $1, email = $2, email_verified = $3, role = $4, is_active = $5, is_temporary = $6,
            expires_at = $7, allowed_node_ids = $8, updated_at = $9 where id = $10";
    SET_PASSWORD = "identity.users.set_password",
        "update users set password_hash = $1, must_change_password = $2, updated_at = $3 where id = $4";
    SET_MUST_CHANGE = "identity.users.set_must_change", "update users set must_change_password = $1 where id = $2";
    REHASH = "identity.users.rehash", "update users set password_hash = $1 where id = $2 and password_hash = $3";
    SIGNED_IN = "identity.users.signed_in",
        "update users set last_login_at = $1, login_count = login_count + 1 where id = $2";
    PEND_TOTP = "identity.users.pend_totp",
        "update users set totp_secret_enc = $1, recovery_enc = $2, totp_enabled_at = null, totp_last_step = null, updated_at = $3
         where id = $4 and totp_enabled_at is null";
    ENABLE_TOTP = "identity.users.enable_totp",
        "update users set totp_enabled_at = $1, totp_last_step = $2, updated_at = $1
         where id = $3 and totp_enabled_at is null and totp_secret_enc is not null";
    DISABLE_TOTP = "identity.users.disable_totp",
        "update users set totp_enabled_at = null, totp_secret_enc = null, totp_last_step = null, recovery_enc = null, updated_at = $1
         where id = $2 and totp_enabled_at is not null";
    USE_STEP = "identity.users.use_step",
        "update users set totp_last_step = $1 where id = $2 and (totp_last_step is null or totp_last_step < $1)";
    SWAP_RECOVERY = "identity.users.swap_recovery", "update users set recovery_enc = $1 where id = $2 and recovery_enc = $3";
    SET_RECOVERY = "identity.users.set_recovery", "update users set recovery_enc = $1, updated_at = $2 where id = $3";
    DELETE = "identity.users.delete", "delete from users where id = $1";
}

fn read(row: &Row) -> Result<(User, UserSecrets), StoreError> {
    let nodes: Option<String> = row.get(11)?;
    let secrets = UserSecrets {
        password_hash: row.get(20)?,
        totp_secret_enc: row.get(21)?,
        totp_last_step: row.get(22)?,
        recovery_enc: row.get(23)?,
    };
    let totp_enabled_at: Option<Timestamp> = row.get(14)?;
    let user = User {
        id: row.get(0)?,
        uid: row.get(1)?,
        username: row.get(2)?,
        display_name: row.get(3)?,
        email: row.get(4)?,
        email_verified: row.get(5)?,
        has_password: secrets.password_hash.is_some(),
        role: row.get(6)?,
        kind: UserKind::parse(&row.get::<String>(7)?),
        is_active: row.get(8)?,
        is_temporary: row.get(9)?,
        expires_at: row.get(10)?,
        allowed_node_ids: nodes.map(|text| read_list(&text, 11)).transpose()?,
        must_change_password: row.get(12)?,
        created_via: row.get(13)?,
        totp_enabled_at,
        totp_pending: totp_enabled_at.is_none() && secrets.totp_secret_enc.is_some(),
        last_login_at: row.get(15)?,
        login_count: row.get(16)?,
        created_at: row.get(17)?,
        updated_at: row.get(18)?,
        org_role: row.get::<Option<String>>(19)?.as_deref().and_then(OrgRole::parse),
    };
    Ok((user, secrets))
}

/// How a caller names a user.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Id(i64),
    Uid(Uid),
    Name(&'a str),
    /// A verified e-mail address.
    Email(&'a str),
}

impl By<'_> {
    fn args(self) -> Vec<argos_store::Value> {
        match self {
            By::Id(id) => args![id],
            By::Uid(uid) => args![uid],
            By::Name(name) => args![username_key(name)],
            By::Email(email) => args![email],
        }
    }
}

pub(crate) async fn find(db: &Database, by: By<'_>) -> Result<Option<(User, UserSecrets)>, StoreError> {
    let stmt = match by {
        By::Id(_) => BY_ID,
        By::Uid(_) => BY_UID,
        By::Name(_) => BY_NAME,
        By::Email(_) => BY_EMAIL,
    };
    db.find(stmt, by.args()).await?.as_ref().map(read).transpose()
}

/// The account as it is now, and stays until the end of `tx`.
pub(crate) async fn lock(tx: &mut Tx, by: By<'_>) -> Result<Option<(User, UserSecrets)>, StoreError> {
    let stmt = match by {
        By::Id(_) => LOCK_ID,
        By::Uid(_) => LOCK_UID,
        By::Name(_) => LOCK_NAME,
        By::Email(_) => LOCK_EMAIL,
    };
    tx.find(stmt, by.args()).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn list(db: &Database, limit: i64, offset: i64) -> Result<Vec<User>, StoreError> {
    db.query(LIST, args![limit, offset]).await?.iter().map(|r| read(r).map(|(u, _)| u)).collect()
}

pub(crate) async fn expired(db: &Database, now: Timestamp) -> Result<Vec<User>, StoreError> {
    db.query(EXPIRED, args![now]).await?.iter().map(|r| read(r).map(|(u, _)| u)).collect()
}

/// Active people who may do more than look.
pub(crate) async fn acting(tx: &mut Tx, now: Timestamp) -> Result<Vec<User>, StoreError> {
    Ok(tx.query(ACTING, args![now]).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().map(|(user, _)| user).collect())
}
pub(crate) async fn count(db: &Database) -> Result<i64, StoreError> {
    db.one(COUNT, args![]).await?.get(0)
}

/// Who is an owner that may sign in and whose account does not end by itself. On PostgreSQL they stay locked until the end
/// of `tx`, so that two cannot demote each other; lock them before any other account.
pub(crate) async fn lock_owners(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    tx.query(LOCK_OWNERS, args![]).await?.iter().map(|row| row.get(0)).collect()
}

/// A row to be written.
pub(crate) struct NewUser<'a> {
    pub(crate) uid: Uid,
    pub(crate) username: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) password_hash: Option<String>,
    pub(crate) role: Role,
    pub(crate) is_temporary: bool,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) allowed_node_ids: Option<&'a [String]>,
    pub(crate) must_change_password: bool,
    pub(crate) created_via: &'a str,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewUser<'_>, now: Timestamp) -> Result<i64, StoreError> {
    let args = args![
        new.uid,
        new.username,
        username_key(new.username),
        new.display_name,
        new.email,
        false,
        new.password_hash.clone(),
        new.role,
        UserKind::Human.as_str(),
        new.is_temporary,
        new.expires_at,
        new.allowed_node_ids.map(list_text),
        new.must_change_password,
        new.created_via,
        now,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// Writes the fields an administrator may change.
pub(crate) async fn update(tx: &mut Tx, user: &User, now: Timestamp) -> Result<(), StoreError> {
    let nodes = user.allowed_node_ids.as_deref().map(list_text);
    let email = user.email.as_deref();
    let args = args![
        user.display_name.as_str(),
        email,
        user.email_verified,
        user.role,
        user.is_active,
        user.is_temporary,
        user.expires_at,
        nodes,
        now,
        user.id,
    ];
    tx.exec(UPDATE, args).await.map(drop)
}

pub(crate) async fn set_password(tx: &mut Tx, id: i64, hash: &str, must_change: bool, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SET_PASSWORD, args![hash, must_change, now, id]).await.map(drop)
}

pub(crate) async fn set_must_change(tx: &mut Tx, id: i64, must_change: bool) -> Result<(), StoreError> {
    tx.exec(SET_MUST_CHANGE, args![must_change, id]).await.map(drop)
}

/// Replaces an older stored form, unless the password changed meanwhile.
pub(crate) async fn rehash(tx: &mut Tx, id: i64, old: &str, new: &str) -> Result<(), StoreError> {
    tx.exec(REHASH, args![new, id, old]).await.map(drop)
}

pub(crate) async fn note_sign_in(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SIGNED_IN, args![now, id]).await.map(drop)
}

/// Stores a pending enrolment; false when a second factor is already on.
pub(crate) async fn pend_totp(tx: &mut Tx, id: i64, secret_enc: &str, recovery_enc: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(PEND_TOTP, args![secret_enc, recovery_enc, now, id]).await? == 1)
}

/// Turns the pending enrolment on, with the step of its first code used up.
pub(crate) async fn enable_totp(tx: &mut Tx, id: i64, step: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(ENABLE_TOTP, args![now, step, id]).await? == 1)
}

pub(crate) async fn disable_totp(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(DISABLE_TOTP, args![now, id]).await? == 1)
}

/// Uses a step up; false when it or a later one was used before.
pub(crate) async fn use_step(tx: &mut Tx, id: i64, step: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(USE_STEP, args![step, id]).await? == 1)
}

/// Compare-and-swap of the sealed recovery set; false when somebody else was faster.
pub(crate) async fn swap_recovery(tx: &mut Tx, id: i64, old: &str, new: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(SWAP_RECOVERY, args![new, id, old]).await? == 1)
}

pub(crate) async fn set_recovery(tx: &mut Tx, id: i64, sealed: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SET_RECOVERY, args![sealed, now, id]).await.map(drop)
}

/// Sessions, keys, memberships and key-value rows go with it.
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}
