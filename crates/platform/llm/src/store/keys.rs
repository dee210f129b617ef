//! `llm_keys`: sealed keys by owner and provider.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use argos_vault::{RowKey, SealedColumn};

macro_rules! select {
    () => {
        "select id, uid, provider, key_enc, key_display, base_url, display_name, model_preference, is_valid, last_validated_at, validation_error,
           created_at, updated_at from llm_keys where owner_kind = $1 and owner_id = $2"
    };
}

argos_store::statements! {
    state;
    LIST = "llm.keys.list", concat!(select!(), " order by provider");
    FIND = "llm.keys.find", concat!(select!(), " and provider = $3");
    PUT = "llm.keys.put",
        "insert into llm_keys (uid, owner_kind, owner_id, provider, key_enc, key_display, base_url, display_name, model_preference, created_at, updated_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$10)
         on conflict (owner_kind, owner_id, provider) do update set uid = excluded.uid, key_enc = excluded.key_enc, key_display = excluded.key_display,
           base_url = excluded.base_url, display_name = excluded.display_name, model_preference = excluded.model_preference, is_valid = null,
           last_validated_at = null, validation_error = null, updated_at = excluded.updated_at";
    DELETE = "llm.keys.delete", "delete from llm_keys where owner_kind = $1 and owner_id = $2 and provider = $3";
    SECRETS_AFTER = "llm.sealed.keys_after",
        "select id, owner_kind || ':' || cast(owner_id as text) || ':' || provider, key_enc from llm_keys where id > $1 order by id limit $2";
    SECRETS = "llm.sealed.keys", "update llm_keys set key_enc = $1 where id = $2 and key_enc = $3";
    JUDGED = "llm.keys.judged", "update llm_keys set is_valid = $1, last_validated_at = $2, validation_error = $3 where id = $4";
}

/// The sealed column of this crate, for `argos vault rekey`.
pub const SEALED: &[SealedColumn] =
    &[SealedColumn { name: "llm_keys.key_enc", key: RowKey::Number, after: SECRETS_AFTER, reseal: SECRETS, place: place_of }];

/// The place of the key of `owner kind:owner id:provider`.
pub(crate) fn place_of(whose: &str) -> String {
    format!("llm_keys.key:{whose}")
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    User(i64),
    Organization(i64),
}

impl Owner {
    pub(crate) const fn parts(self) -> (&'static str, i64) {
        match self {
            Self::User(id) => ("user", id),
            Self::Organization(id) => ("org", id),
        }
    }
}

/// A stored key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) provider: String,
    pub(crate) key_enc: String,
    /// `sk-ant-…wxyz`
    pub(crate) key_display: String,
    pub(crate) base_url: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) model_preference: Option<String>,
    pub(crate) is_valid: Option<bool>,
    pub(crate) last_validated_at: Option<Timestamp>,
    pub(crate) validation_error: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

fn read(r: &Row) -> Result<Key, StoreError> {
    Ok(Key {
        id: r.get(0)?,
        uid: r.get(1)?,
        provider: r.get(2)?,
        key_enc: r.get(3)?,
        key_display: r.get(4)?,
        base_url: r.get(5)?,
        display_name: r.get(6)?,
        model_preference: r.get(7)?,
        is_valid: r.get(8)?,
        last_validated_at: r.get(9)?,
        validation_error: r.get(10)?,
        created_at: r.get(11)?,
        updated_at: r.get(12)?,
    })
}

pub(crate) async fn list(db: &Database, owner: Owner) -> Result<Vec<Key>, StoreError> {
    let (kind, id) = owner.parts();
    db.query(LIST, args![kind, id]).await?.iter().map(read).collect()
}
pub(crate) async fn find(db: &Database, owner: Owner, provider: &str) -> Result<Option<Key>, StoreError> {
    let (kind, id) = owner.parts();
    db.find(FIND, args![kind, id, provider]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn put(tx: &mut Tx, owner: Owner, k: &Key) -> Result<(), StoreError> {
    let (kind, id) = owner.parts();
    let values = args![
        k.uid,
        kind,
        id,
        &k.provider,
        &k.key_enc,
        &k.key_display,
        k.base_url.clone(),
        k.display_name.clone(),
        k.model_preference.clone(),
        k.updated_at,
    ];
    tx.exec(PUT, values).await.map(drop)
}
pub(crate) async fn delete(tx: &mut Tx, owner: Owner, provider: &str) -> Result<u64, StoreError> {
    let (kind, id) = owner.parts();
    tx.exec(DELETE, args![kind, id, provider]).await
}
pub(crate) async fn judged(tx: &mut Tx, id: i64, valid: bool, at: Timestamp, error: Option<&str>) -> Result<(), StoreError> {
    tx.exec(JUDGED, args![valid, at, error, id]).await.map(drop)
}
