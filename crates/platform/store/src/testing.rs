//! Databases for tests: a fresh SQLite directory always, and a fresh PostgreSQL database when
//! `ARGOS_TEST_POSTGRES_URL` names a server (the test command starts one).

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use argos_kernel::{Secret, Timestamp};

use crate::{Migration, Store};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A store in its own directory or database, removed when dropped (SQLite).
pub struct TestStore {
    pub store: Store,
    dir: Option<PathBuf>,
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Some(dir) = &self.dir {
            drop(std::fs::remove_dir_all(dir));
        }
    }
}

/// A fresh, migrated SQLite store.
pub async fn sqlite(migrations: &[Migration]) -> TestStore {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("argos-store-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("the temporary directory can be written");
    let store = Store::open_sqlite(&dir).await.expect("a fresh store opens");
    store.migrate(migrations, Timestamp::from_secs(1_700_000_000)).await.expect("migrations apply to an empty store");
    TestStore { store, dir: Some(dir) }
}

/// A fresh, migrated PostgreSQL database, or `None` when no server is named in the environment.
#[expect(clippy::disallowed_methods, reason = "tests find their server through the environment")]
pub async fn postgres(migrations: &[Migration]) -> Option<TestStore> {
    let url = std::env::var("ARGOS_TEST_POSTGRES_URL").ok()?;
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("argos_test_{}_{n}", std::process::id());
    let admin = crate::postgres::PostgresDatabase::connect(&Secret::new(url.clone())).await.expect("the test server answers");
    admin.unwrapped(&format!("create database {name}")).await.expect("the test user may create databases");
    let (base, _) = url.rsplit_once('/').expect("the URL ends with a database name");
    let store = Store::open_postgres(&Secret::new(format!("{base}/{name}"))).await.expect("the new database answers");
    store.migrate(migrations, Timestamp::from_secs(1_700_000_000)).await.expect("migrations apply to an empty store");
    Some(TestStore { store, dir: None })
}

/// SQLite, and PostgreSQL when there is one: store tests run their story on each.
pub async fn each_engine(migrations: &[Migration]) -> Vec<TestStore> {
    let mut stores = vec![sqlite(migrations).await];
    stores.extend(postgres(migrations).await);
    stores
}
