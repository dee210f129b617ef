//! Rows of `webauthn_credentials`.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{list_text, read_list};

macro_rules! columns {
    () => {
        "id, uid, user_id, credential_id, public_key, sign_count, transports, aaguid, name, backed_up, created_at, last_used_at"
    };
}

argos_store::statements! {
    state;
    BY_CREDENTIAL = "identity.passkeys.by_credential",
        concat!("select ", columns!(), " from webauthn_credentials where credential_id = $1");
    LIST = "identity.passkeys.list",
        concat!("select ", columns!(), " from webauthn_credentials where user_id = $1 order by created_at, id");
    INSERT = "identity.passkeys.insert",
        "insert into webauthn_credentials (uid, user_id, credential_id, public_key, sign_count, transports, aaguid, name, backed_up,
            created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    USED = "identity.passkeys.used",
        "update webauthn_credentials set sign_count = $1, backed_up = $2, last_used_at = $3 where id = $4 and sign_count = $5";
    RENAME = "identity.passkeys.rename", "update webauthn_credentials set name = $1 where uid = $2 and user_id = $3";
    REMOVE = "identity.passkeys.remove", "delete from webauthn_credentials where uid = $1 and user_id = $2";
}

/// A stored passkey.
pub(crate) struct Passkey {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) user_id: i64,
    /// base64url
    pub(crate) credential_id: String,
    /// base64url of the COSE key
    pub(crate) public_key: String,
    pub(crate) sign_count: i64,
    pub(crate) transports: Vec<String>,
    pub(crate) aaguid: String,
    pub(crate) name: String,
    pub(crate) backed_up: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

fn read(row: &Row) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: row.get(0)?,
        uid: row.get(1)?,
        user_id: row.get(2)?,
        credential_id: row.get(3)?,
        public_key: row.get(4)?,
        sign_count: row.get(5)?,
        transports: read_list(&row.get::<String>(6)?, 6)?,
        aaguid: row.get(7)?,
        name: row.get(8)?,
        backed_up: row.get(9)?,
        created_at: row.get(10)?,
        last_used_at: row.get(11)?,
    })
}

pub(crate) async fn by_credential(db: &Database, credential_id: &str) -> Result<Option<Passkey>, StoreError> {
    db.find(BY_CREDENTIAL, args![credential_id]).await?.as_ref().map(read).transpose()
}

/// Oldest first.
pub(crate) async fn list(db: &Database, user_id: i64) -> Result<Vec<Passkey>, StoreError> {
    db.query(LIST, args![user_id]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx, user_id: i64) -> Result<Vec<Passkey>, StoreError> {
    tx.query(LIST, args![user_id]).await?.iter().map(read).collect()
}

/// The id of the row is not read.
pub(crate) async fn insert(tx: &mut Tx, new: &Passkey) -> Result<(), StoreError> {
    let args = args![
        new.uid,
        new.user_id,
        new.credential_id.as_str(),
        new.public_key.as_str(),
        new.sign_count,
        list_text(&new.transports),
        new.aaguid.as_str(),
        new.name.as_str(),
        new.backed_up,
        new.created_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

/// Moves the counter on; false when somebody else used the passkey at the same moment.
pub(crate) async fn note_use(tx: &mut Tx, passkey: &Passkey, sign_count: u32, backed_up: bool, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(USED, args![i64::from(sign_count), backed_up, now, passkey.id, passkey.sign_count]).await? == 1)
}

pub(crate) async fn rename(tx: &mut Tx, user_id: i64, uid: Uid, name: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(RENAME, args![name, uid, user_id]).await? == 1)
}

pub(crate) async fn remove(tx: &mut Tx, user_id: i64, uid: Uid) -> Result<bool, StoreError> {
    Ok(tx.exec(REMOVE, args![uid, user_id]).await? == 1)
}
