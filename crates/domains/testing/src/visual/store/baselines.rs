//! Rows of `testing_baselines` and `testing_baseline_versions`.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::visual::model::record::{Baseline, BaselineVersion};
use crate::visual::model::wanted::Viewport;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, organization_id, project_id, project_uid, test_uid, name, url, browser, viewport, branch, version, picture,
                    facts, ignore_regions, tolerance, created_by, created_at, updated_at, taken from testing_baselines ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    GET = "testing.baselines.get", select!("where uid = $1");
    AT = "testing.baselines.at", select!("where project_id = $1 and place = $2");
    LIST = "testing.baselines.list",
        select!("where project_id = $1 and (cast($2 as text) is null or branch = $2) order by name, id limit $3 offset $4");
    COUNT = "testing.baselines.count",
        "select count(*) from testing_baselines where project_id = $1 and (cast($2 as text) is null or branch = $2)";
    INSERT = "testing.baselines.insert",
        "insert into testing_baselines (uid, organization_id, project_id, project_uid, test_uid, name, url, browser, viewport, branch, place,
            version, picture, facts, ignore_regions, tolerance, created_by, created_at, updated_at, taken)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         on conflict (project_id, place) do nothing returning id";
    PUT = "testing.baselines.put",
        "update testing_baselines set name = $3, url = $4, place = $5, version = $6, picture = $7, facts = $8, ignore_regions = $9,
            tolerance = $10, updated_at = $11, taken = $12 where id = $1 and version = $2";
    DELETE = "testing.baselines.delete", "delete from testing_baselines where id = $1";
    VERSIONS = "testing.baselines.versions",
        "select version, picture, facts, note, created_by, created_at, taken from testing_baseline_versions
         where baseline_id = $1 order by version desc limit $2";
    COUNT_VERSIONS = "testing.baselines.count_versions", "select count(*) from testing_baseline_versions where baseline_id = $1";
    VERSION = "testing.baselines.version",
        "select version, picture, facts, note, created_by, created_at, taken from testing_baseline_versions
         where baseline_id = $1 and version = $2";
    INSERT_VERSION = "testing.baselines.insert_version",
        "insert into testing_baseline_versions (baseline_id, version, picture, facts, note, created_by, created_at, taken)
         values ($1, $2, $3, $4, $5, $6, $7, $8)";
    // Pictures of baselines outlive every retention; those of one that was removed do not.
    KEEP = "testing.baselines.keep", "update testing_artifacts set expires_at = $2 where id = $1";
    // Others may have the same pictures: another baseline keeps them, whatever else shows them has its own end.
    RELEASE = "testing.baselines.release",
        "update testing_artifacts set expires_at = cast($2 as bigint)
         where id in (select picture from testing_baseline_versions where baseline_id = $1
                union all select facts from testing_baseline_versions where baseline_id = $1 and facts is not null)
            and id not in (select picture from testing_baseline_versions where baseline_id <> $1
                union all select facts from testing_baseline_versions where baseline_id <> $1 and facts is not null)";
    SCREENS = "testing.baselines.screens",
        select!("where project_id = $1 and branch = $2 and name = $3 and browser = $4 and coalesce(test_uid, '') = $5 order by id limit $6");
}

/// The rule that no two baselines of a project have one place.
pub(crate) const PLACE_TAKEN: &str = "testing_baselines.project_id, testing_baselines.place";

/// What must not be there twice in a project.
pub(crate) fn place(test: Option<Uid>, name: &str, browser: &str, viewport: &Viewport, branch: &str) -> String {
    let test = test.map_or_else(String::new, |t| t.to_string());
    let size = format!("{}x{}@{}", viewport.width, viewport.height, viewport.device_scale_factor);
    text(&[test.as_str(), name, browser, size.as_str(), branch])
}

fn place_of(b: &Baseline) -> String {
    place(b.test_uid, &b.name, &b.browser, &b.viewport, &b.branch)
}

fn read(row: &Row) -> Result<Baseline, StoreError> {
    Ok(Baseline {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        test_uid: row.get(5)?,
        name: row.get(6)?,
        url: row.get(7)?,
        browser: row.get(8)?,
        viewport: json(&row.get::<String>(9)?, 9)?,
        branch: row.get(10)?,
        version: row.get(11)?,
        picture: row.get(12)?,
        facts: row.get(13)?,
        ignore_regions: json(&row.get::<String>(14)?, 14)?,
        tolerance: row.get::<Option<String>>(15)?.map(|t| json(&t, 15)).transpose()?,
        created_by: row.get(16)?,
        created_at: row.get(17)?,
        updated_at: row.get(18)?,
        taken: row.get::<Option<String>>(19)?.map(|t| json(&t, 19)).transpose()?.unwrap_or_default(),
    })
}

fn read_version(row: &Row) -> Result<BaselineVersion, StoreError> {
    Ok(BaselineVersion {
        version: row.get(0)?,
        picture: row.get(1)?,
        facts: row.get(2)?,
        note: row.get(3)?,
        created_by: row.get(4)?,
        created_at: row.get(5)?,
        taken: row.get::<Option<String>>(6)?.map(|t| json(&t, 6)).transpose()?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Baseline>, StoreError> {
    db.find(GET, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, uid: Uid) -> Result<Option<Baseline>, StoreError> {
    tx.find(GET, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_at(db: &Database, project_id: i64, place: &str) -> Result<Option<Baseline>, StoreError> {
    db.find(AT, args![project_id, place]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_at_in(tx: &mut Tx, project_id: i64, place: &str) -> Result<Option<Baseline>, StoreError> {
    tx.find(AT, args![project_id, place]).await?.as_ref().map(read).transpose()
}

/// By name.
pub(crate) async fn list(db: &Database, project_id: i64, branch: Option<&str>, page: PageRequest) -> Result<Page<Baseline>, StoreError> {
    let total = db.one(COUNT, args![project_id, branch]).await?.get(0)?;
    let rows = db.query(LIST, args![project_id, branch, page.limit, page.offset]).await?;
    Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// Writes a new baseline and returns it, or the one that has its place already. None: that one was removed meanwhile.
pub(crate) async fn ensure(tx: &mut Tx, b: Baseline) -> Result<Option<Baseline>, StoreError> {
    match insert(tx, &b).await? {
        Some(id) => Ok(Some(Baseline { id, ..b })),
        None => find_at_in(tx, b.project_id, &place_of(&b)).await,
    }
}

/// The number of the new row; none when its place is taken.
async fn insert(tx: &mut Tx, b: &Baseline) -> Result<Option<i64>, StoreError> {
    let args = args![
        b.uid,
        b.organization_id,
        b.project_id,
        b.project_uid,
        b.test_uid,
        b.name.as_str(),
        b.url.as_str(),
        b.browser.as_str(),
        text(&b.viewport),
        b.branch.as_str(),
        place_of(b),
        b.version,
        b.picture.as_deref(),
        b.facts.as_deref(),
        text(&b.ignore_regions),
        b.tolerance.as_ref().map(text),
        b.created_by.as_str(),
        b.created_at,
        b.updated_at,
        text(&b.taken),
    ];
    tx.find(INSERT, args).await?.map(|row| row.get(0)).transpose()
}

/// Writes a baseline over the version it was read with; false when it has another one by now. A name that another one has
/// is a violation of [`PLACE_TAKEN`].
pub(crate) async fn put(tx: &mut Tx, b: &Baseline, read_version: i64) -> Result<bool, StoreError> {
    let args = args![
        b.id,
        read_version,
        b.name.as_str(),
        b.url.as_str(),
        place_of(b),
        b.version,
        b.picture.as_deref(),
        b.facts.as_deref(),
        text(&b.ignore_regions),
        b.tolerance.as_ref().map(text),
        b.updated_at,
        text(&b.taken),
    ];
    Ok(tx.exec(PUT, args).await? == 1)
}

/// The baselines of its name, test, branch and browser, itself among them: one for each size of the screen.
pub(crate) async fn screens(db: &Database, b: &Baseline, limit: i64) -> Result<Vec<Baseline>, StoreError> {
    let test = b.test_uid.map_or_else(String::new, |t| t.to_string());
    let args = args![b.project_id, b.branch.as_str(), b.name.as_str(), b.browser.as_str(), test, limit];
    db.query(SCREENS, args).await?.iter().map(read).collect()
}

/// Removes it with its comparisons; its pictures go when `until` is past: results of runs, snapshots and comparisons may
/// show them till then.
pub(crate) async fn delete(tx: &mut Tx, b: &Baseline, until: Timestamp) -> Result<bool, StoreError> {
    tx.exec(RELEASE, args![b.id, until]).await?;
    Ok(tx.exec(DELETE, args![b.id]).await? == 1)
}

/// Newest first.
pub(crate) async fn versions(db: &Database, id: i64, limit: i64) -> Result<Page<BaselineVersion>, StoreError> {
    let total = db.one(COUNT_VERSIONS, args![id]).await?.get(0)?;
    let rows = db.query(VERSIONS, args![id, limit]).await?;
    Ok(Page { items: rows.iter().map(read_version).collect::<Result<_, _>>()?, total })
}

pub(crate) async fn version(db: &Database, id: i64, version: i64) -> Result<Option<BaselineVersion>, StoreError> {
    db.find(VERSION, args![id, version]).await?.as_ref().map(read_version).transpose()
}

/// Notes a version and keeps its pictures until `forever`; false when its picture is not kept any more.
pub(crate) async fn add_version(tx: &mut Tx, id: i64, v: &BaselineVersion, forever: Timestamp) -> Result<bool, StoreError> {
    if tx.exec(KEEP, args![v.picture.as_str(), forever]).await? != 1 {
        return Ok(false);
    }
    let taken = v.taken.as_ref().map(text);
    let args = args![id, v.version, v.picture.as_str(), v.facts.as_deref(), v.note.as_str(), v.created_by.as_str(), v.created_at, taken];
    tx.exec(INSERT_VERSION, args).await?;
    if let Some(facts) = v.facts.as_deref() {
        tx.exec(KEEP, args![facts, forever]).await?;
    }
    Ok(true)
}
