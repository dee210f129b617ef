//! The store layer against its real engines.

use argos_kernel::Timestamp;
use argos_store::testing::each_engine;
use argos_store::{MigrateError, Migration, Part, args};

mod transfer;

mod sql {
    argos_store::statements! {
        state;
        INSERT = "demo.insert", "insert into demo (name, flag, score, body, at) values ($1, $2, $3, $4, $5) returning id";
        ALL_ROWS = "demo.all", "select id, name, flag, score, body, at from demo order by id";
        RENAME = "demo.rename", "update demo set name = $2 where id = $1";
        COUNT = "demo.count", "select count(*) from demo where (cast($1 as text) is null or name = $1)";
    }
    pub(crate) fn list() -> &'static [argos_store::Stmt] {
        ALL
    }
}

const DEMO: Migration = Migration {
    module: "demo",
    part: Part::State,
    version: 1,
    name: "demo",
    sqlite: "create table demo (id integer primary key autoincrement, name text not null unique, flag integer not null, score real, body blob, at integer not null) strict",
    postgres: "create table demo (id bigint generated always as identity primary key, name text not null, flag boolean not null, score double precision, body bytea, at bigint not null, constraint \"demo.name\" unique (name))",
};

#[tokio::test]
async fn values_written_come_back_equal_on_each_engine() {
    for t in each_engine(&[DEMO]).await {
        let at = Timestamp::from_micros(1_700_000_000_123_456);
        let mut tx = t.store.state.begin().await.unwrap();
        let id: i64 = tx.one(sql::INSERT, args!["a", true, 0.5, vec![1_u8, 2], at]).await.unwrap().get(0).unwrap();
        tx.one(sql::INSERT, args!["b", false, None::<f64>, None::<Vec<u8>>, at]).await.unwrap();
        tx.commit().await.unwrap();
        let rows = t.store.state.query(sql::ALL_ROWS, args![]).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get::<i64>(0).unwrap(), id);
        assert!(rows[0].get::<bool>(2).unwrap());
        assert_eq!(rows[0].get::<f64>(3).unwrap(), 0.5);
        assert_eq!(rows[0].get::<Vec<u8>>(4).unwrap(), vec![1, 2]);
        assert_eq!(rows[1].get::<Option<f64>>(3).unwrap(), None);
        assert_eq!(rows[1].get::<Timestamp>(5).unwrap(), at);
        let n: i64 = t.store.state.one(sql::COUNT, args![None::<&str>]).await.unwrap().get(0).unwrap();
        assert_eq!(n, 2);
        for stmt in sql::list() {
            t.store.state.prepare(*stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn dropped_transaction_is_rolled_back_and_the_next_one_runs() {
    for t in each_engine(&[DEMO]).await {
        let mut tx = t.store.state.begin().await.unwrap();
        tx.one(sql::INSERT, args!["gone", true, 1.0, None::<Vec<u8>>, 0_i64]).await.unwrap();
        drop(tx);
        let mut tx = t.store.state.begin().await.unwrap();
        tx.one(sql::INSERT, args!["kept", true, 1.0, None::<Vec<u8>>, 0_i64]).await.unwrap();
        tx.commit().await.unwrap();
        let rows = t.store.state.query(sql::ALL_ROWS, args![]).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.get::<String>(1).unwrap()).collect::<Vec<_>>(), ["kept"]);
    }
}

#[tokio::test]
async fn unique_violation_names_the_same_column_on_each_engine() {
    for t in each_engine(&[DEMO]).await {
        t.store.state.exec(sql::INSERT, args!["x", true, 1.0, None::<Vec<u8>>, 0_i64]).await.unwrap();
        let e = t.store.state.exec(sql::INSERT, args!["x", true, 1.0, None::<Vec<u8>>, 0_i64]).await.unwrap_err();
        assert!(e.is_unique("demo.name"), "{e:?}");
    }
}

#[tokio::test]
async fn batch_of_many_statements_keeps_their_order_and_fails_as_one() {
    for t in each_engine(&[DEMO]).await {
        let add = |name: String| (sql::INSERT, args![name, true, 1.0, None::<Vec<u8>>, 0_i64]);
        let all = || async { t.store.state.query(sql::ALL_ROWS, args![]).await.unwrap() };
        let names: Vec<String> = (0..600).map(|n| format!("n{n:03}")).collect();
        assert_eq!(t.store.state.batch(names.iter().cloned().map(add).collect()).await.unwrap(), 600);
        let rows = all().await;
        assert_eq!(rows.iter().map(|r| r.get::<String>(1).unwrap()).collect::<Vec<_>>(), names);

        // What one statement writes the next one sees; the last name stands.
        let id: i64 = rows[0].get(0).unwrap();
        let renames = (0..300).map(|n| (sql::RENAME, args![id, format!("r{n}")])).collect();
        assert_eq!(t.store.state.batch(renames).await.unwrap(), 300);
        assert_eq!(all().await[0].get::<String>(1).unwrap(), "r299");

        let bad = vec![add("late".to_owned()), add("n007".to_owned()), add("never".to_owned())];
        let refused = t.store.state.batch(bad).await.unwrap_err();
        assert!(refused.is_unique("demo.name"), "the first error is told: {refused:?}");
        assert_eq!(all().await.len(), 600);
        t.store.state.batch(vec![add("after".to_owned())]).await.unwrap();
    }
}

#[tokio::test]
async fn parameters_are_bound_by_number_not_by_appearance() {
    for t in each_engine(&[DEMO]).await {
        let row = t.store.state.begin().await.unwrap();
        drop(row);
        t.store.state.exec(sql::INSERT, args!["old", true, 1.0, None::<Vec<u8>>, 0_i64]).await.unwrap();
        let id: i64 = t.store.state.query(sql::ALL_ROWS, args![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(t.store.state.exec(sql::RENAME, args![id, "new"]).await.unwrap(), 1);
        assert_eq!(t.store.state.query(sql::ALL_ROWS, args![]).await.unwrap()[0].get::<String>(1).unwrap(), "new");
    }
}

#[tokio::test]
async fn migrations_apply_once_and_refuse_a_newer_or_changed_store() {
    for t in each_engine(&[DEMO]).await {
        let now = Timestamp::from_secs(1);
        assert!(t.store.migrate(&[DEMO], now).await.unwrap().is_empty());
        assert!(matches!(t.store.migrate(&[], now).await, Err(MigrateError::Newer { version: 1, .. })));
        let changed = Migration { sqlite: "select 1", postgres: "select 1", ..DEMO };
        assert!(matches!(t.store.migrate(&[changed], now).await, Err(MigrateError::Changed { .. })));
        assert_eq!(t.store.applied(Part::State).await.unwrap().len(), 1);
        t.store.close().await;
    }
}

#[tokio::test]
async fn on_commit_work_runs_after_commit_only() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    for t in each_engine(&[DEMO]).await {
        let ran = Arc::new(AtomicU32::new(0));
        for commit in [false, true] {
            let seen = Arc::clone(&ran);
            let mut tx = t.store.state.begin().await.unwrap();
            tx.on_commit(move || {
                seen.fetch_add(1, Ordering::SeqCst);
            });
            if commit {
                tx.commit().await.unwrap();
            }
        }
        assert_eq!(ran.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn damaged_file_is_refused_as_corrupt() {
    let dir = std::env::temp_dir().join(format!("argos-corrupt-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("argos.db"), vec![7_u8; 8192]).unwrap();
    let error = argos_store::Store::open_sqlite(&dir).await.err().expect("a damaged file must not open");
    assert!(matches!(error, argos_store::StoreError::Corrupt(_)), "{error:?}");
    std::fs::remove_dir_all(&dir).unwrap();
}
