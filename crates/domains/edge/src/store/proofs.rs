//! `edge_proofs` and `edge_planes`: what authorities are shown, and which processes show it.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

argos_store::statements! {
    state;
    LIST = "edge.proofs.list", "select id, kind, name, key_authorization from edge_proofs where created_at > $1 order by id";
    ADD = "edge.proofs.add",
        "insert into edge_proofs (kind, name, key_authorization, created_at) values ($1, $2, $3, $4) returning id";
    FORGET = "edge.proofs.forget", "delete from edge_proofs where created_at < $1";
    DELETE = "edge.proofs.delete", "delete from edge_proofs where kind = $1 and name = $2";
    PLANES = "edge.planes.list", "select id, http, https, proof_id from edge_planes where seen_at > $1 order by id";
    SEE = "edge.planes.see",
        "insert into edge_planes (id, http, https, proof_id, seen_at) values ($1, $2, $3, $4, $5)
         on conflict (id) do update set http = excluded.http, https = excluded.https, proof_id = excluded.proof_id, seen_at = excluded.seen_at";
    LEAVE = "edge.planes.leave", "delete from edge_planes where id = $1";
    DROP_OLD = "edge.planes.drop_old", "delete from edge_planes where seen_at < $1";
}

/// An authority looks within minutes; what is older was left behind by a crash.
pub(crate) const SHOWN_MAX_S: i64 = 3_600;

/// How something is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Http,
    Alpn,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Alpn => "alpn",
        }
    }
}

/// What an authority is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Grows with every proof; 0 until it is stored.
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    /// Token or domain.
    pub(crate) name: String,
    pub(crate) key_authorization: String,
}

/// A process with a data plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) id: String,
    pub(crate) http: bool,
    pub(crate) https: bool,
    /// The newest proof it shows.
    pub(crate) proof_id: i64,
}

/// What was to be shown after this moment.
pub(crate) async fn list(db: &Database, after: Timestamp) -> Result<Vec<Proof>, StoreError> {
    let rows = db.query(LIST, args![after]).await?;
    let read = |row: &argos_store::Row| {
        let kind = if row.get::<String>(1)? == Kind::Http.word() { Kind::Http } else { Kind::Alpn };
        Ok(Proof { id: row.get(0)?, kind, name: row.get(2)?, key_authorization: row.get(3)? })
    };
    rows.iter().map(read).collect()
}

/// Replaces what was to be shown for the same name, and forgets what was left behind by somebody who died. Its id.
pub(crate) async fn put(db: &Database, proof: &Proof, now: Timestamp) -> Result<i64, StoreError> {
    let mut tx = db.begin().await?;
    tx.exec(FORGET, args![now.minus_secs(SHOWN_MAX_S)]).await?;
    tx.exec(DELETE, args![proof.kind.word(), &proof.name]).await?;
    let id = tx.one(ADD, args![proof.kind.word(), &proof.name, &proof.key_authorization, now]).await?.get(0)?;
    tx.commit().await?;
    Ok(id)
}

pub(crate) async fn delete(db: &Database, kind: Kind, name: &str) -> Result<(), StoreError> {
    db.exec(DELETE, args![kind.word(), name]).await.map(drop)
}

/// Processes that were seen after this moment.
pub(crate) async fn planes(db: &Database, after: Timestamp) -> Result<Vec<Plane>, StoreError> {
    let rows = db.query(PLANES, args![after]).await?;
    let read = |row: &argos_store::Row| Ok(Plane { id: row.get(0)?, http: row.get(1)?, https: row.get(2)?, proof_id: row.get(3)? });
    rows.iter().map(read).collect()
}

/// Says that a process is there, and forgets those that were not seen for a day.
pub(crate) async fn see(db: &Database, plane: &Plane, now: Timestamp) -> Result<(), StoreError> {
    let seen = args![&plane.id, plane.http, plane.https, plane.proof_id, now];
    db.batch(vec![(SEE, seen), (DROP_OLD, args![now.minus_secs(86_400)])]).await.map(drop)
}

/// A process ends: nobody waits for it any more.
pub(crate) async fn leave(db: &Database, id: &str) -> Result<(), StoreError> {
    db.exec(LEAVE, args![id]).await.map(drop)
}
