//! Rows of `invitations`. The token is stored hashed.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::organization::Invitation;
use crate::model::permission::OrgRole;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select i.id, i.uid, i.organization_id, o.uid, o.name, i.member_id, i.email, i.role, i.message, i.status, i.may_register,
                    i.invited_by, i.created_at, i.expires_at
             from invitations i join organizations o on o.id = i.organization_id and o.deleted_at is null ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    LIST = "identity.invitations.list", select!("where i.organization_id = $1 order by i.id desc limit 1000");
    BY_UID = "identity.invitations.by_uid", select!("where i.organization_id = $1 and i.uid = $2");
    BY_HASH = "identity.invitations.by_hash", select!("where i.token_hash = $1");
    INSERT = "identity.invitations.insert",
        "insert into invitations (uid, organization_id, member_id, email, role, token_hash, message, status, may_register, invited_by,
            created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11)";
    END = "identity.invitations.end",
        "update invitations set status = $1, ended_at = $2 where id = $3 and status = 'pending'";
    END_OF_PLACE = "identity.invitations.end_of_place",
        "update invitations set status = 'revoked', ended_at = $1 where member_id = $2 and status = 'pending'";
    FREE_PLACES = "identity.invitations.free_places",
        "delete from organization_members where status = 'pending'
            and id in (select i.member_id from invitations i where i.status = 'pending' and i.expires_at <= $1)";
    EXPIRE = "identity.invitations.expire",
        "update invitations set status = 'expired', ended_at = $1 where status = 'pending' and expires_at <= $1";
}

fn read(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        organization_uid: row.get(3)?,
        organization_name: row.get(4)?,
        member_id: row.get(5)?,
        email: row.get(6)?,
        role: OrgRole::parse(&row.get::<String>(7)?).ok_or(StoreError::Column { index: 7, wanted: "an organization role" })?,
        message: row.get(8)?,
        status: row.get(9)?,
        may_register: row.get(10)?,
        invited_by: row.get(11)?,
        created_at: row.get(12)?,
        expires_at: row.get(13)?,
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database, organization_id: i64) -> Result<Vec<Invitation>, StoreError> {
    db.query(LIST, args![organization_id]).await?.iter().map(read).collect()
}

pub(crate) async fn by_uid(tx: &mut Tx, organization_id: i64, uid: Uid) -> Result<Option<Invitation>, StoreError> {
    tx.find(BY_UID, args![organization_id, uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_hash(db: &Database, token_hash: &str) -> Result<Option<Invitation>, StoreError> {
    db.find(BY_HASH, args![token_hash]).await?.as_ref().map(read).transpose()
}

/// A row to be written.
pub(crate) struct NewInvitation<'a> {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) member_id: i64,
    pub(crate) email: &'a str,
    pub(crate) role: OrgRole,
    pub(crate) token_hash: String,
    pub(crate) message: Option<&'a str>,
    pub(crate) may_register: bool,
    pub(crate) invited_by: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewInvitation<'_>) -> Result<(), StoreError> {
    let args = args![
        new.uid,
        new.organization_id,
        new.member_id,
        new.email,
        new.role.as_str(),
        new.token_hash.as_str(),
        new.message,
        new.may_register,
        new.invited_by,
        new.now,
        new.expires_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

/// Accepts or revokes; false when it is no longer open.
pub(crate) async fn end(tx: &mut Tx, id: i64, status: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(END, args![status, now, id]).await? == 1)
}

/// Revokes the open invitation of a kept place.
pub(crate) async fn end_of_place(tx: &mut Tx, member_id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(END_OF_PLACE, args![now, member_id]).await.map(drop)
}

/// Frees the places kept by invitations nobody accepted in time.
pub(crate) async fn expire(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.batch(vec![(FREE_PLACES, args![now]), (EXPIRE, args![now])]).await
}
