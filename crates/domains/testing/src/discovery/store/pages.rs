//! Rows of `testing_discovery_pages`.

use argos_kernel::{PageRequest, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::discovery::model::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, position, url, title, page_type, depth, status_code, structure_hash, load_time_ms, requires_auth, screenshot,
                    elements_count, forms_count, links_count, seen, findings, discovered_at from testing_discovery_pages ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    OF = "testing.discovery.pages.of",
        select!("where discovery_id = $1 and (cast($2 as text) is null or page_type = $2) order by position limit $3 offset $4");
    BY_UID = "testing.discovery.pages.by_uid", select!("where discovery_id = $1 and uid = $2");
    COUNT = "testing.discovery.pages.count",
        "select count(*) from testing_discovery_pages where discovery_id = $1 and (cast($2 as text) is null or page_type = $2)";
    INSERT = "testing.discovery.pages.insert",
        "insert into testing_discovery_pages (uid, discovery_id, position, url, title, page_type, depth, status_code, structure_hash,
            load_time_ms, requires_auth, screenshot, elements_count, forms_count, links_count, seen, findings, discovered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         on conflict (discovery_id, url) do nothing";
}

fn read(row: &Row) -> Result<Page, StoreError> {
    Ok(Page {
        id: row.get(0)?,
        uid: row.get(1)?,
        position: row.get(2)?,
        url: row.get(3)?,
        title: row.get(4)?,
        page_type: row.get(5)?,
        depth: row.get(6)?,
        status_code: row.get(7)?,
        structure_hash: row.get(8)?,
        load_time_ms: row.get(9)?,
        requires_auth: row.get(10)?,
        screenshot: row.get(11)?,
        elements_count: row.get(12)?,
        forms_count: row.get(13)?,
        links_count: row.get(14)?,
        seen: json(&row.get::<String>(15)?, 15)?,
        findings: json(&row.get::<String>(16)?, 16)?,
        discovered_at: row.get(17)?,
    })
}

/// In the order they were visited.
pub(crate) async fn of(db: &Database, discovery: i64, kind: Option<&str>, page: PageRequest) -> Result<Vec<Page>, StoreError> {
    db.query(OF, args![discovery, kind, page.limit, page.offset]).await?.iter().map(read).collect()
}

/// All of them; there are at most 500.
pub(crate) async fn all(db: &Database, discovery: i64) -> Result<Vec<Page>, StoreError> {
    of(db, discovery, None, PageRequest { limit: 1_000, offset: 0 }).await
}

pub(crate) async fn count(db: &Database, discovery: i64, kind: Option<&str>) -> Result<i64, StoreError> {
    db.one(COUNT, args![discovery, kind]).await?.get(0)
}

pub(crate) async fn find(db: &Database, discovery: i64, uid: Uid) -> Result<Option<Page>, StoreError> {
    db.find(BY_UID, args![discovery, uid]).await?.as_ref().map(read).transpose()
}

/// False when the page was there before, under another address that led to it.
pub(crate) async fn insert(tx: &mut Tx, discovery: i64, p: &Page) -> Result<bool, StoreError> {
    let args = args![
        p.uid,
        discovery,
        p.position,
        p.url.as_str(),
        p.title.as_str(),
        p.page_type.as_str(),
        p.depth,
        p.status_code,
        p.structure_hash.as_str(),
        p.load_time_ms,
        p.requires_auth,
        p.screenshot.clone(),
        p.elements_count,
        p.forms_count,
        p.links_count,
        text(&p.seen),
        text(&p.findings),
        p.discovered_at,
    ];
    Ok(tx.exec(INSERT, args).await? == 1)
}
