//! Rows of `testing_tests`.

use argos_identity::ProjectFigures;
use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text, word};
use crate::model::test::{Document, Priority, Source, Test, TestLine};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, organization_id, project_id, project_uid, name, description, definition, tags, priority, is_active, source,
                    version, created_by, created_at, updated_at from testing_tests ",
            $rest
        )
    };
}
macro_rules! lines {
    ($what:literal, $organizations:literal, $tags:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from testing_tests where organization_id in (",
            $organizations,
            ") and (cast($2 as bigint) is null or project_id = $2)
               and (cast($3 as text) is null or (case when is_active = true then 'y' else 'n' end) = $3)
               and (cast($4 as text) is null or priority = $4) and (cast($5 as text) is null or source = $5)
               and (cast($6 as text) is null or ",
            $tags,
            ")
               and (cast($7 as text) is null or lower(name) like $7 escape '!' or lower(coalesce(description, '')) like $7 escape '!')
               and (cast($8 as text) is null or $8 = case when is_active = true then coalesce(
                    (select r.status from testing_results r where r.test_uid = testing_tests.uid order by r.id desc limit 1), 'never')
                    else 'off' end) ",
            $rest
        )
    };
}
macro_rules! of_lite {
    ($what:literal, $rest:literal) => {
        lines!(
            $what,
            "select value from json_each($1)",
            "exists (select 1 from json_each(tags) a, json_each($6) b where a.value = b.value)",
            $rest
        )
    };
}
macro_rules! of_postgres {
    ($what:literal, $rest:literal) => {
        lines!(
            $what,
            "select cast(value as bigint) from jsonb_array_elements_text(cast(cast($1 as text) as jsonb))",
            "exists (select 1 from jsonb_array_elements_text(cast(tags as jsonb)) a (tag),
                     jsonb_array_elements_text(cast(cast($6 as text) as jsonb)) b (tag) where a.tag = b.tag)",
            $rest
        )
    };
}

// Where nothing is said of the order, and among equals, the newest come first.
macro_rules! ordered {
    () => {
        "order by case when cast($9 as text) = 'name' then lower(name) end, case when $9 = '-name' then lower(name) end desc,
            case when $9 = 'source' then source end, case when $9 = '-source' then source end desc,
            case when $9 = 'priority' then case priority when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end end,
            case when $9 = '-priority' then case priority when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end end desc,
            case when $9 = 'updated' then updated_at end, case when $9 = '-updated' then updated_at end desc,
            created_at desc, id desc limit $10 offset $11"
    };
}
argos_store::statements! {
    state;
    BY_UID = "testing.tests.by_uid", select!("where uid = $1");
    OF_IDS = "testing.tests.of_ids",
        sqlite select!("where project_id = $1 and uid in (select value from json_each($2))"),
        postgres select!("where project_id = $1 and uid in (select jsonb_array_elements_text(cast(cast($2 as text) as jsonb)))");
    BY_NAME = "testing.tests.by_name", select!("where project_id = $1 and name = $2 and is_active = true order by id limit 1");
    OF_PROJECT = "testing.tests.of_project", select!("where project_id = $1 and is_active = true order by id limit 10000");
    EVERY = "testing.tests.every", select!("order by project_uid, id");
    EVERY_OF = "testing.tests.every_of", select!("where project_id = $1 order by id");
    LIST = "testing.tests.list",
        sqlite concat!(of_lite!("uid, project_uid, name, description, tags, priority, is_active, source, version, step_count, created_at, updated_at",
            ""), ordered!()),
        postgres concat!(of_postgres!("uid, project_uid, name, description, tags, priority, is_active, source, version, step_count, created_at, updated_at",
            ""), ordered!());
    TAGS = "testing.tests.tags",
        sqlite "select distinct t.value from testing_tests, json_each(testing_tests.tags) t where organization_id in (select value from json_each($1))
                  and (cast($2 as bigint) is null or project_id = $2) order by 1 limit 500",
        postgres "select distinct t.tag from testing_tests, lateral jsonb_array_elements_text(cast(testing_tests.tags as jsonb)) t (tag)
                  where organization_id in (select cast(value as bigint) from jsonb_array_elements_text(cast(cast($1 as text) as jsonb)))
                  and (cast($2 as bigint) is null or project_id = $2) order by 1 limit 500";
    COUNT = "testing.tests.count", sqlite of_lite!("count(*)", ""), postgres of_postgres!("count(*)", "");
    INSERT = "testing.tests.insert",
        "insert into testing_tests (uid, organization_id, project_id, project_uid, name, description, definition, tags, priority, is_active,
            source, version, step_count, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14, $14) returning id";
    UPDATE = "testing.tests.update",
        "update testing_tests set name = $3, description = $4, definition = $5, tags = $6, priority = $7, is_active = $8, source = $9,
            step_count = $10, version = version + 1, updated_at = $11
         where id = $1 and version = $2 returning version";
    // Of many projects at once, in the order they are named in.
    OF_PROJECTS = "testing.tests.of_projects",
        sqlite "select (select count(*) from testing_tests t where t.project_id = p.value),
                       (select max(r.started_at) from testing_runs r where r.project_id = p.value) from json_each($1) p order by p.key",
        postgres "select (select count(*) from testing_tests t where t.project_id = cast(p.id as bigint)),
                         (select max(r.started_at) from testing_runs r where r.project_id = cast(p.id as bigint))
                  from jsonb_array_elements_text(cast(cast($1 as text) as jsonb)) with ordinality p (id, place) order by p.place";
    DELETE = "testing.tests.delete", "delete from testing_tests where id = $1";
}

fn read(row: &Row) -> Result<Test, StoreError> {
    Ok(Test {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        document: Document {
            name: row.get(5)?,
            description: row.get(6)?,
            definition: json(&row.get::<String>(7)?, 7)?,
            tags: json(&row.get::<String>(8)?, 8)?,
            priority: word(Priority::parse(&row.get::<String>(9)?), 9)?,
            is_active: row.get(10)?,
            source: word(Source::parse(&row.get::<String>(11)?), 11)?,
        },
        version: row.get(12)?,
        created_by: row.get(13)?,
        created_at: row.get(14)?,
        updated_at: row.get(15)?,
    })
}

fn read_line(row: &Row) -> Result<TestLine, StoreError> {
    Ok(TestLine {
        uid: row.get(0)?,
        project_uid: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        tags: json(&row.get::<String>(4)?, 4)?,
        priority: word(Priority::parse(&row.get::<String>(5)?), 5)?,
        is_active: row.get(6)?,
        source: word(Source::parse(&row.get::<String>(7)?), 7)?,
        version: row.get(8)?,
        step_count: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}

/// Which tests a list wants; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of any of them.
    pub(crate) organizations: Vec<i64>,
    pub(crate) project_id: Option<i64>,
    pub(crate) is_active: Option<bool>,
    pub(crate) priority: Option<Priority>,
    pub(crate) source: Option<Source>,
    /// Any of them.
    pub(crate) tags: Vec<String>,
    pub(crate) search: Option<String>,
    /// How its last result ended; `never` without one, `off` when it is switched off.
    pub(crate) result: Option<String>,
    /// `name`, `priority`, `source`, `updated`, the other way round with a `-` before it; `None` = newest first.
    pub(crate) sort: Option<String>,
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Test>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, uid: Uid) -> Result<Option<Test>, StoreError> {
    tx.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// All there are, by project.
pub(crate) async fn every(db: &Database) -> Result<Vec<Test>, StoreError> {
    db.query(EVERY, args![]).await?.iter().map(read).collect()
}

/// All of a project, switched off or not, oldest first.
pub(crate) async fn every_of_in(tx: &mut Tx, project_id: i64) -> Result<Vec<Test>, StoreError> {
    tx.query(EVERY_OF, args![project_id]).await?.iter().map(read).collect()
}

/// What the tests of these projects come to, in their order.
pub(crate) async fn figures(db: &Database, projects: &[i64]) -> Result<Vec<ProjectFigures>, StoreError> {
    let rows = db.query(OF_PROJECTS, args![serde_json::json!(projects).to_string()]).await?;
    rows.iter().map(|row| Ok(ProjectFigures { tests: row.get(0)?, last_run_at: row.get(1)? })).collect()
}

/// The active tests of a project, oldest first.
pub(crate) async fn active_of(db: &Database, project_id: i64) -> Result<Vec<Test>, StoreError> {
    db.query(OF_PROJECT, args![project_id]).await?.iter().map(read).collect()
}

/// Those of a project among these ids, switched off or not, in any order.
pub(crate) async fn of_ids(db: &Database, project_id: i64, ids: &[Uid]) -> Result<Vec<Test>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    db.query(OF_IDS, args![project_id, text(&ids)]).await?.iter().map(read).collect()
}

/// The oldest active test of a project with this name.
pub(crate) async fn named(db: &Database, project_id: i64, name: &str) -> Result<Option<Test>, StoreError> {
    db.find(BY_NAME, args![project_id, name]).await?.as_ref().map(read).transpose()
}

/// The tags that the tests of these organizations have, or of one project of theirs; at most 500.
pub(crate) async fn tags(db: &Database, organizations: &[i64], project_id: Option<i64>) -> Result<Vec<String>, StoreError> {
    db.query(TAGS, args![text(&organizations), project_id]).await?.iter().map(|row| row.get(0)).collect()
}

/// As the filter orders them.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<TestLine>, StoreError> {
    let pattern = |s: &String| format!("%{}%", s.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let mut args = args![
        text(&filter.organizations),
        filter.project_id,
        filter.is_active.map(|yes| if yes { "y" } else { "n" }),
        filter.priority.map(Priority::as_str),
        filter.source.map(Source::as_str),
        (!filter.tags.is_empty()).then(|| text(&filter.tags)),
        filter.search.as_ref().map(pattern),
        filter.result.as_deref(),
    ];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![filter.sort.as_deref(), page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read_line).collect::<Result<_, _>>()?, total })
}

/// A row to be written.
pub(crate) struct NewTest<'a> {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
    pub(crate) project_uid: Uid,
    pub(crate) document: &'a Document,
    pub(crate) created_by: &'a str,
    pub(crate) now: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewTest<'_>) -> Result<i64, StoreError> {
    let d = new.document;
    let args = args![
        new.uid,
        new.organization_id,
        new.project_id,
        new.project_uid,
        d.name.as_str(),
        d.description.as_deref(),
        text(&d.definition),
        text(&d.tags),
        d.priority.as_str(),
        d.is_active,
        d.source.as_str(),
        d.step_count(),
        new.created_by,
        new.now,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// The new version; `None` when the stored one is not `version` any more.
pub(crate) async fn update(tx: &mut Tx, id: i64, version: i64, d: &Document, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let args = args![
        id,
        version,
        d.name.as_str(),
        d.description.as_deref(),
        text(&d.definition),
        text(&d.tags),
        d.priority.as_str(),
        d.is_active,
        d.source.as_str(),
        d.step_count(),
        now,
    ];
    tx.find(UPDATE, args).await?.map(|row| row.get(0)).transpose()
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}
