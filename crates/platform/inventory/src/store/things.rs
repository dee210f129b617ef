//! `things`: one row per thing that is or lately was.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, Value, args};

use crate::model::thing::{NewThing, Thing};

argos_store::statements! {
    state;
    // A revision is one transaction's and holds at most a batch of them; see `feed`.
    AFTER = "inventory.after", concat!("select ", thing_columns!(), " from things t where t.rev > $1 order by t.rev, t.id limit 2000");
    DIGESTS = "inventory.digests", "select ref, digest from things where source = $1 and gone_at is null";
    GET = "inventory.get", concat!("select ", thing_columns!(), " from things t where t.ref = $1");
    OF_REFS = "inventory.of_refs",
        sqlite concat!("select ", thing_columns!(), " from things t where t.ref in (select value from json_each($1))"),
        postgres concat!("select ", thing_columns!(), " from things t where t.ref in (select jsonb_array_elements_text(cast(cast($1 as text) as jsonb)))");
    PUT = "inventory.put",
        "insert into things (ref, kind, name, status, severity_rank, word, detail, page, tags, own_tags, facts, subject_type, subject_id, node_uid, source,
           digest, rev, first_seen, status_since) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,'[]',$10,$11,$12,$13,$14,$15,$16,$17,$17)
         on conflict (ref) do update set kind = excluded.kind, name = excluded.name, status = excluded.status, severity_rank = excluded.severity_rank,
           word = excluded.word, detail = excluded.detail, page = excluded.page, tags = excluded.tags, facts = excluded.facts,
           subject_type = excluded.subject_type, subject_id = excluded.subject_id, node_uid = excluded.node_uid, source = excluded.source,
           digest = excluded.digest, rev = excluded.rev, gone_at = null,
           status_since = case when things.status = excluded.status and things.gone_at is null then things.status_since else excluded.status_since end
         returning id";
    GONE = "inventory.gone", "update things set gone_at = $1, rev = $2, digest = 0 where ref = $3 and gone_at is null";
    ANNOTATE = "inventory.annotate", "update things set own_tags = $1, note = $2, rev = $3, digest = 0 where ref = $4";
    PRUNE = "inventory.prune", "delete from things where gone_at < $1";
    FORGET = "inventory.forget", "delete from things where source = $1 and gone_at is not null";
    TEXT = "inventory.text", "select text from thing_texts where thing_id = $1";
    PUT_TEXT = "inventory.put_text", "insert into thing_texts (thing_id, text) values ($1,$2) on conflict (thing_id) do update set text = excluded.text";
    DROP_WORDS = "inventory.drop_words", "delete from thing_words where thing_id = $1";
    ADD_WORDS = "inventory.add_words",
        sqlite "insert into thing_words (word, thing_id) select value, $1 from json_each($2) where true on conflict do nothing",
        postgres "insert into thing_words (word, thing_id) select jsonb_array_elements_text(cast(cast($2 as text) as jsonb)), $1 on conflict do nothing";
    NEXT_REV = "inventory.next_rev", "update inventory_revision set rev = rev + 1 where id = 1 returning rev";
    REV = "inventory.rev", "select rev from inventory_revision where id = 1";
}

pub(super) fn read(row: &Row) -> Result<Thing, StoreError> {
    let list = |at| -> Result<Vec<String>, StoreError> { Ok(serde_json::from_str(&row.get::<String>(at)?).unwrap_or_default()) };
    let (mut tags, own_tags) = (list(8)?, list(9)?);
    tags.extend(own_tags.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    tags.retain(|t| seen.insert(t.clone()));
    let (kind, id): (Option<String>, Option<String>) = (row.get(12)?, row.get(13)?);
    Ok(Thing {
        id: row.get(0)?,
        reference: row.get(1)?,
        kind: row.get(2)?,
        name: row.get(3)?,
        status: row.get(4)?,
        word: row.get(5)?,
        detail: row.get(6)?,
        page: row.get(7)?,
        tags,
        own_tags,
        note: row.get(10)?,
        facts: serde_json::from_str(&row.get::<String>(11)?).unwrap_or_default(),
        subject: kind.zip(id),
        node_uid: row.get(14)?,
        source: row.get(15)?,
        rev: row.get(16)?,
        first_seen: row.get(17)?,
        status_since: row.get(18)?,
        gone_at: row.get(19)?,
    })
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> Value {
    Value::Text(serde_json::to_string(value).unwrap_or_default())
}

pub(crate) async fn digests(db: &Database, source: &str) -> Result<Vec<(String, i64)>, StoreError> {
    db.query(DIGESTS, args![source]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}
pub(crate) async fn find(db: &Database, reference: &str) -> Result<Option<Thing>, StoreError> {
    db.find(GET, args![reference]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_in(tx: &mut Tx, reference: &str) -> Result<Option<Thing>, StoreError> {
    tx.find(GET, args![reference]).await?.as_ref().map(read).transpose()
}
/// Those of `refs` that are known.
pub(crate) async fn of_refs(db: &Database, refs: &[String]) -> Result<Vec<Thing>, StoreError> {
    db.query(OF_REFS, vec![json(&refs)]).await?.iter().map(read).collect()
}
/// Its id.
pub(crate) async fn put(tx: &mut Tx, source: &str, t: &NewThing, rev: i64, now: Timestamp) -> Result<i64, StoreError> {
    let (kind, id) = t.subject.clone().unzip();
    let mut values = args![&t.reference, t.kind(), &t.name, t.status, t.status.rank(), &t.word, &t.detail, &t.page];
    values.extend([json(&t.tags), json(&t.facts)]);
    values.extend(args![kind, id, t.node_uid.clone(), source, t.digest(), rev, now]);
    tx.one(PUT, values).await?.get(0)
}
pub(crate) async fn gone(tx: &mut Tx, reference: &str, rev: i64, now: Timestamp) -> Result<u64, StoreError> {
    tx.exec(GONE, args![now, rev, reference]).await
}
pub(crate) async fn annotate(tx: &mut Tx, reference: &str, tags: &[String], note: Option<&str>, rev: i64) -> Result<(), StoreError> {
    tx.exec(ANNOTATE, vec![json(&tags), note.into(), rev.into(), reference.into()]).await.map(drop)
}
/// Removes what a source no longer names, at once.
pub(crate) async fn forget(db: &Database, source: &str) -> Result<u64, StoreError> {
    db.exec(FORGET, args![source]).await
}
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

/// Makes the thing be found by `text`; does nothing when it is found by it already.
pub(crate) async fn index(tx: &mut Tx, id: i64, text: &str) -> Result<(), StoreError> {
    let before: Option<String> = tx.find(TEXT, args![id]).await?.map(|r| r.get(0)).transpose()?;
    if before.as_deref() == Some(text) {
        return Ok(());
    }
    tx.exec(PUT_TEXT, args![id, text]).await?;
    if before.is_some() {
        tx.exec(DROP_WORDS, args![id]).await?;
    }
    tx.exec(ADD_WORDS, vec![id.into(), json(&crate::model::words::words(text))]).await.map(drop)
}
pub(crate) async fn text_of(tx: &mut Tx, id: i64) -> Result<String, StoreError> {
    Ok(tx.find(TEXT, args![id]).await?.map(|r| r.get(0)).transpose()?.unwrap_or_default())
}
pub(crate) async fn next_rev(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(NEXT_REV, args![]).await?.get(0)
}
/// What changed after a revision, in order; whole revisions only.
pub(crate) async fn after(db: &Database, rev: i64) -> Result<Vec<Thing>, StoreError> {
    let mut changed = db.query(AFTER, args![rev]).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if changed.len() == 2_000 {
        let cut = changed.last().map(|t| t.rev);
        changed.retain(|t| Some(t.rev) != cut);
    }
    Ok(changed)
}
pub(crate) async fn rev(db: &Database) -> Result<i64, StoreError> {
    db.one(REV, args![]).await?.get(0)
}
