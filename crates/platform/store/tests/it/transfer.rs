//! Whole tables between stores, in every direction the engines allow.
#![expect(clippy::unwrap_used, reason = "test code")]

use argos_kernel::Timestamp;
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_store::transfer::{Depth, copy, digests};
use argos_store::{Migration, Part, args};

const PARTS: [Part; 2] = [Part::State, Part::Telemetry];
const SCHEMA: &[Migration] = &[
    Migration {
        module: "shop",
        part: Part::State,
        version: 1,
        name: "shop",
        sqlite: "create table aisles (id integer primary key autoincrement, name text not null, cold integer not null, weight real, seal blob) strict;
                 create table \"goods\" (aisle_id integer not null references aisles (id), code text not null, primary key (aisle_id, code)) strict, without rowid;",
        postgres: "create table aisles (id bigint generated always as identity primary key, name text not null, cold boolean not null, weight double precision, seal bytea);
                   create table goods (aisle_id bigint not null references aisles (id), code text not null, primary key (aisle_id, code));",
    },
    Migration {
        module: "shop",
        part: Part::Telemetry,
        version: 1,
        name: "shop",
        sqlite: "create table visits (at integer not null) strict;",
        postgres: "create table telemetry.visits (at bigint not null);",
    },
];

mod sql {
    argos_store::statements! {
        state;
        ADD = "shop.add", "insert into aisles (name, cold, weight, seal) values ($1, $2, $3, $4) returning id";
        GOOD = "shop.good", "insert into goods (aisle_id, code) values ($1, $2)";
        DROP = "shop.drop", "delete from goods where code = $1";
        DROP_AISLE = "shop.drop_aisle", "delete from aisles where id = $1";
        LEN = "shop.len", "select count(*) from goods";
    }
}
mod visits {
    argos_store::statements! {
        telemetry;
        VISIT = "shop.visit", "insert into visits (at) values ($1)";
    }
}

/// One write that gives an id back.
async fn add(t: &TestStore, values: Vec<argos_store::Value>) -> i64 {
    let mut tx = t.store.state.begin().await.unwrap();
    let id = tx.one(sql::ADD, values).await.unwrap().get(0).unwrap();
    tx.commit().await.unwrap();
    id
}

async fn fill(t: &TestStore) {
    let db = &t.store.state;
    for n in 0..1_203_i64 {
        let name = format!("Gang {n} – Ümläut 🧊");
        let weight = (n % 3 != 0).then_some(n as f64 / 7.0);
        let seal = (n % 2 == 0).then(|| vec![n as u8, 0, 255]);
        let id = add(t, args![name, n % 2 == 0, weight, seal]).await;
        if n < 700 {
            db.exec(sql::GOOD, args![id, format!("c{n}")]).await.unwrap();
        }
    }
    // The highest id is used and gone: it must not be given again.
    db.exec(sql::DROP_AISLE, args![1_203_i64]).await.unwrap();
    t.store.telemetry.exec(visits::VISIT, args![5_i64]).await.unwrap();
}

#[tokio::test]
async fn copied_store_equals_its_source_row_by_row_in_every_direction() {
    assert_eq!(sql::ALL.len() + visits::ALL.len(), 6);
    for from in each_engine(SCHEMA).await {
        fill(&from).await;
        for to in each_engine(SCHEMA).await {
            // What the target held is gone afterwards.
            add(&to, args!["old", true, None::<f64>, None::<Vec<u8>>]).await;
            let mut load = to.store.load(&PARTS).await.unwrap();
            let mut told = 0;
            let read = copy(&mut from.store.reading().await.unwrap(), &mut load, &PARTS, |rows| told = rows).await.unwrap();
            load.commit().await.unwrap();
            assert_eq!(
                read.iter().map(|t| (t.table.as_str(), t.rows)).collect::<Vec<_>>(),
                [("aisles", 1202), ("goods", 700), ("visits", 1)]
            );
            assert_eq!(told, 1903);
            let written = digests(&mut to.store.reading().await.unwrap(), &PARTS).await.unwrap();
            assert_eq!(read, written, "{:?} to {:?}", from.store.engine(), to.store.engine());
            assert_eq!(written, digests(&mut from.store.reading().await.unwrap(), &PARTS).await.unwrap());
            let next = add(&to, args!["new", true, 1.5, None::<Vec<u8>>]).await;
            assert_eq!(next, 1204, "ids are never used again");
            let after = digests(&mut to.store.reading().await.unwrap(), &PARTS).await.unwrap();
            assert!(after[0] != written[0] && after[1] == written[1]);
        }
    }
}

#[tokio::test]
async fn dropped_load_changes_nothing() {
    for t in each_engine(SCHEMA).await {
        fill(&t).await;
        let before = digests(&mut t.store.reading().await.unwrap(), &PARTS).await.unwrap();
        let load = t.store.load(&PARTS).await.unwrap();
        drop(load);
        // The rollback is on its way; the next write waits for it.
        t.store.telemetry.exec(visits::VISIT, args![6_i64]).await.unwrap();
        let after = digests(&mut t.store.reading().await.unwrap(), &[Part::State]).await.unwrap();
        assert_eq!(after, before[..2]);
    }
}

#[tokio::test]
async fn reading_does_not_see_what_is_written_after_it_began() {
    for t in each_engine(SCHEMA).await {
        fill(&t).await;
        let mut reading = t.store.reading().await.unwrap();
        t.store.state.exec(sql::DROP, args!["c5"]).await.unwrap();
        let seen = digests(&mut reading, &PARTS).await.unwrap();
        assert_eq!(seen[1].rows, 700, "{:?}", t.store.engine());
        drop(reading);
        assert_eq!(t.store.state.one(sql::LEN, args![]).await.unwrap().get::<i64>(0).unwrap(), 699);
        assert_eq!(digests(&mut t.store.reading().await.unwrap(), &PARTS).await.unwrap()[1].rows, 699);
    }
}

#[tokio::test]
async fn stores_of_different_schema_do_not_mix() {
    let from = sqlite(SCHEMA).await;
    let to = sqlite(&SCHEMA[..1]).await;
    let mut load = to.store.load(&PARTS).await.unwrap();
    let refused = copy(&mut from.store.reading().await.unwrap(), &mut load, &PARTS, |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("visits is not the same on both sides"));
}

#[tokio::test]
async fn sealed_values_are_emptied_and_listed() {
    let t = sqlite(SCHEMA).await;
    for name in ["v1:0a1b2c3d:AAAA", "{\"$sealed\":\"v1:0a1b2c3d:AAAA\"}", "v1: plain text", "other"] {
        add(&t, args![name, true, 1.0, None::<Vec<u8>>]).await;
    }
    let emptied = t.store.empty_sealed().await.unwrap();
    assert_eq!(emptied.iter().map(|e| (e.table.as_str(), e.column.as_str(), e.values)).collect::<Vec<_>>(), [("aisles", "name", 2)]);
    assert_eq!(t.store.integrity(Depth::Rows).await.unwrap(), None);
    assert!(t.store.migrate(SCHEMA, Timestamp::from_secs(1)).await.unwrap().is_empty());
}

const LINES: &[Migration] = &[Migration {
    module: "lines",
    part: Part::Telemetry,
    version: 1,
    name: "lines",
    sqlite: "create table lines (id integer primary key autoincrement, body text not null) strict;
             create index lines_body on lines (body);
             create virtual table words using fts5 (body, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');
             create trigger words_added after insert on lines begin
               insert into words (rowid, body) values (new.id, new.body || ' ');
             end;",
    postgres: "create table telemetry.lines (id bigint generated always as identity primary key, body text not null);",
}];

mod lines {
    argos_store::statements! {
        telemetry;
        ADD = "lines.add", "insert into lines (body) values ($1)";
    }

    pub(super) const FIND: argos_store::Stmt = argos_store::Stmt {
        name: "lines.find",
        part: argos_store::Part::Telemetry,
        sqlite: "select rowid from words where words match $1",
        postgres: "select id from lines where body like '%' || $1 || '%'",
    };
    pub(super) const INDEXES: argos_store::Stmt = argos_store::Stmt {
        name: "lines.indexes",
        part: argos_store::Part::Telemetry,
        sqlite: "select name from sqlite_master where name in ('lines_body', 'words_added', 'deferred_indexes') order by name",
        postgres: "select ''",
    };
}

#[tokio::test]
async fn copy_put_away_without_its_indexes_gets_them_when_it_becomes_a_store() {
    let parts = [Part::Telemetry];
    for from in each_engine(LINES).await {
        for body in ["first word", "second line"] {
            from.store.telemetry.exec(lines::ADD, args![body]).await.unwrap();
        }
        let to = sqlite(LINES).await;
        let mut load = to.store.load(&parts).await.unwrap();
        load.defer_indexes().await.unwrap();
        let read = copy(&mut from.store.reading().await.unwrap(), &mut load, &parts, |_| {}).await.unwrap();
        load.commit().await.unwrap();
        let find = async |word: &str| to.store.telemetry.query(lines::FIND, args![word]).await.unwrap().len();
        let made = async || {
            let rows = to.store.telemetry.query(lines::INDEXES, args![]).await.unwrap();
            rows.iter().map(|r| r.get::<String>(0).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((find("wor").await, made().await), (0, vec!["deferred_indexes".to_owned()]));
        assert_eq!(digests(&mut to.store.reading().await.unwrap(), &parts).await.unwrap(), read);
        for _ in 0..2 {
            assert!(to.store.migrate(LINES, Timestamp::from_secs(1)).await.unwrap().is_empty());
            assert_eq!((find("wor").await, find("lin").await), (1, 1));
            assert_eq!(made().await, ["lines_body", "words_added"]);
        }
        to.store.telemetry.exec(lines::ADD, args!["third word"]).await.unwrap();
        assert_eq!(find("wor").await, 2, "new rows are indexed as before");
        assert_eq!(to.store.integrity(Depth::Rows).await.unwrap(), None);
    }
}
