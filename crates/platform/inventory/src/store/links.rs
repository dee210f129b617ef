//! `thing_links`: SQL and row mapping.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::link::{Link, LinkType, NewLink};

/// Links that a picture of the whole may hold.
const ALL_MAX: i64 = 20_000;

macro_rules! select {
    () => {
        "select id, from_ref, to_ref, link, evidence, guess, origin, hidden_by, created_at from thing_links"
    };
}

argos_store::statements! {
    state;
    OF_THING = "inventory.links.of_thing", concat!(select!(), " where from_ref = $1 or to_ref = $1 order by link, from_ref, to_ref limit 1000");
    ALL_LINKS = "inventory.links.all", concat!(select!(), " order by id limit $1");
    OF_ORIGIN = "inventory.links.of_origin", concat!(select!(), " where origin = $1");
    GET = "inventory.links.get", concat!(select!(), " where id = $1");
    PUT = "inventory.links.put",
        "insert into thing_links (from_ref, to_ref, link, evidence, guess, origin, created_at, seen_at) values ($1,$2,$3,$4,$5,$6,$7,$7)
         on conflict (from_ref, to_ref, link) do update set evidence = excluded.evidence, guess = excluded.guess, origin = excluded.origin,
           seen_at = excluded.seen_at
         where thing_links.origin = excluded.origin or excluded.origin = 'person'";
    OF_ENDS = "inventory.links.of_ends", concat!(select!(), " where from_ref = $1 and to_ref = $2 and link = $3");
    DELETE = "inventory.links.delete", "delete from thing_links where id = $1";
    HIDE = "inventory.links.hide", "update thing_links set hidden_by = $1 where id = $2";
}

/// The origin of what a person set.
pub(crate) const PERSON: &str = "person";

fn read(row: &Row) -> Result<Link, StoreError> {
    Ok(Link {
        id: row.get(0)?,
        from: row.get(1)?,
        to: row.get(2)?,
        link: row.get(3)?,
        evidence: row.get(4)?,
        guess: row.get(5)?,
        origin: row.get(6)?,
        hidden_by: row.get(7)?,
        created_at: row.get(8)?,
    })
}

pub(crate) async fn of_thing(db: &Database, reference: &str) -> Result<Vec<Link>, StoreError> {
    db.query(OF_THING, args![reference]).await?.iter().map(read).collect()
}
pub(crate) async fn all(db: &Database) -> Result<Vec<Link>, StoreError> {
    db.query(ALL_LINKS, args![ALL_MAX]).await?.iter().map(read).collect()
}
pub(crate) async fn of_origin(tx: &mut Tx, origin: &str) -> Result<Vec<Link>, StoreError> {
    tx.query(OF_ORIGIN, args![origin]).await?.iter().map(read).collect()
}
pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Link>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn of_ends(tx: &mut Tx, from: &str, to: &str, link: LinkType) -> Result<Option<Link>, StoreError> {
    tx.find(OF_ENDS, args![from, to, link]).await?.as_ref().map(read).transpose()
}
/// A person replaces what a source reports, and nobody else does; false when the link is another one's.
pub(crate) async fn put(tx: &mut Tx, l: &NewLink, origin: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(PUT, args![&l.from, &l.to, l.link, &l.evidence, l.guess, origin, now]).await? > 0)
}
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
pub(crate) async fn hide(tx: &mut Tx, id: i64, by: Option<&str>) -> Result<(), StoreError> {
    tx.exec(HIDE, args![by, id]).await.map(drop)
}
