//! The vault on its store: opening, wrong keys, rotation and re-encryption.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{AppError, Clock, ErrorKind, ManualClock, Result, Rng, SeededRng, Timestamp};
use argos_store::testing::{TestStore, each_engine};
use argos_vault::{
    KeyFile, MIGRATIONS, MasterKey, RekeyStep, RekeyWatch, ResealBatch, Resealer, RowKey, STATEMENTS, SealedColumn, Vault, VaultError,
    rekey, rekey_watched, rotate,
};

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000)))
}

fn rng(seed: u64) -> Arc<dyn Rng> {
    Arc::new(SeededRng::new(seed))
}

fn master(c: char) -> MasterKey {
    MasterKey::parse(&c.to_string().repeat(64)).expect("a strong key")
}

async fn open(t: &TestStore, key: &MasterKey, seed: u64) -> std::result::Result<Vault, VaultError> {
    Vault::unlock(&t.store.state, key, clock(), rng(seed)).await
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for t in each_engine(MIGRATIONS).await {
        for stmt in STATEMENTS.iter().copied().flatten() {
            t.store.state.prepare(*stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn sealed_secret_opens_at_its_place_only_and_after_a_restart() {
    for t in each_engine(MIGRATIONS).await {
        let vault = open(&t, &master('a'), 1).await.unwrap();
        let blob = vault.seal("settings.value:smtp.password", b"hunter2hunter2").unwrap();
        assert!(blob.starts_with("v1:"));
        let again = open(&t, &master('a'), 2).await.unwrap();
        assert_eq!(again.open_text("settings.value:smtp.password", &blob).unwrap().reveal(), "hunter2hunter2");
        assert!(vault.derive("session") == again.derive("session"));
        assert!(vault.derive("session") != vault.derive("csrf"));
        let moved: AppError = again.open("settings.value:other", &blob).err().unwrap();
        assert_eq!((moved.kind(), moved.code_str()), (ErrorKind::Unavailable, "secret_unreadable"));
        assert!(matches!(again.open_blob("x", "v1:00000000:AAAA"), Err(VaultError::UnknownKey(_))));
        assert!(matches!(again.open_blob("x", "not a blob"), Err(VaultError::Malformed)));
        assert_eq!(again.failures(), 3);
    }
}

#[tokio::test]
async fn wrong_master_key_is_refused_at_open() {
    for t in each_engine(MIGRATIONS).await {
        open(&t, &master('a'), 1).await.unwrap();
        assert!(matches!(open(&t, &master('b'), 2).await, Err(VaultError::WrongMasterKey)));
    }
}

#[tokio::test]
async fn rotation_changes_the_master_key_and_keeps_blobs_and_signing_keys() {
    for t in each_engine(MIGRATIONS).await {
        let vault = open(&t, &master('a'), 1).await.unwrap();
        let blob = vault.seal("t.c:1", b"kept").unwrap();
        assert!(matches!(rotate(&t.store.state, &master('b'), &master('c'), &SeededRng::new(9)).await, Err(VaultError::WrongMasterKey)));
        assert_eq!(rotate(&t.store.state, &master('a'), &master('b'), &SeededRng::new(9)).await.unwrap(), 2);
        assert!(matches!(open(&t, &master('a'), 2).await, Err(VaultError::WrongMasterKey)));
        let after = open(&t, &master('b'), 3).await.unwrap();
        assert_eq!(after.open("t.c:1", &blob).unwrap().reveal(), b"kept");
        assert!(after.derive("jwt") == vault.derive("jwt"));
        vault.refresh().await.unwrap();
    }
}

#[tokio::test]
async fn rotation_interrupted_after_the_store_was_rewrapped_is_finished_at_start() {
    for t in each_engine(MIGRATIONS).await {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::in_dir(dir.path());
        let vault = Vault::unlock_from_file(&t.store.state, &file, clock(), rng(1)).await.unwrap();
        let blob = vault.seal("t.c:1", b"kept").unwrap();
        let (old, _) = file.read_or_create(&*rng(2)).unwrap();
        file.stage(&master('e')).unwrap();
        rotate(&t.store.state, &old, &master('e'), &SeededRng::new(9)).await.unwrap();
        let after = Vault::unlock_from_file(&t.store.state, &file, clock(), rng(3)).await.unwrap();
        assert_eq!(after.open("t.c:1", &blob).unwrap().reveal(), b"kept");
        assert!(file.staged().unwrap().is_none());
        assert!(file.read_or_create(&*rng(4)).unwrap().0 == master('e'));
    }
}

/// A column of sealed blobs, handled one row a step.
struct Column(Mutex<Vec<String>>);

impl Resealer for Column {
    fn name(&self) -> &'static str {
        "demo.secret"
    }
    fn step<'a>(&'a self, vault: &'a Vault, cursor: Option<String>) -> Pin<Box<dyn Future<Output = Result<ResealBatch>> + Send + 'a>> {
        Box::pin(async move {
            let row: usize = cursor.map_or(0, |c| c.parse().expect("a row number"));
            let mut blobs = self.0.lock().expect("not poisoned");
            let resealed = match vault.reseal(&format!("demo.secret:{row}"), &blobs[row])? {
                Some(blob) => {
                    blobs[row] = blob;
                    1
                }
                None => 0,
            };
            let next = (row + 1 < blobs.len()).then(|| (row + 1).to_string());
            Ok(ResealBatch { resealed, next })
        })
    }
}

#[tokio::test]
async fn rekey_reencrypts_every_row_and_a_second_process_learns_the_new_key() {
    for t in each_engine(MIGRATIONS).await {
        let vault = open(&t, &master('a'), 1).await.unwrap();
        let server = open(&t, &master('a'), 2).await.unwrap();
        let old_kid = vault.active_kid();
        let blobs = (0..3).map(|i| vault.seal(&format!("demo.secret:{i}"), format!("value {i}").as_bytes()).unwrap()).collect();
        let column = Column(Mutex::new(blobs));
        let report = rekey(&vault, &[&column], Duration::ZERO).await.unwrap();
        assert_eq!(report.resealed, [("demo.secret", 3)]);
        assert_eq!(report.keys_forgotten, 1);
        assert_ne!(vault.active_kid(), old_kid);
        let blobs = column.0.lock().unwrap().clone();
        assert!(matches!(server.open_blob("demo.secret:1", &blobs[1]), Err(VaultError::UnknownKey(_))));
        server.refresh().await.unwrap();
        for (i, blob) in blobs.iter().enumerate() {
            assert_eq!(server.open_text(&format!("demo.secret:{i}"), blob).unwrap().reveal(), &format!("value {i}"));
        }
        assert_eq!(server.active_kid(), vault.active_kid());
    }
}

mod table {
    argos_store::statements! {
        state;
        INSERT = "t.demo.insert", "insert into demo (id, name, secret_enc) values ($1, $2, $3)";
        AFTER = "t.demo.after", "select id, name, secret_enc from demo where secret_enc is not null and id > $1 order by id limit $2";
        RESEAL = "t.demo.reseal", "update demo set secret_enc = $1 where id = $2 and secret_enc = $3";
        READ = "t.demo.read", "select name, secret_enc from demo order by id";
    }
    pub(crate) fn count() -> usize {
        ALL.len()
    }
}

const DEMO: argos_store::Migration = argos_store::Migration {
    module: "demo",
    part: argos_store::Part::State,
    version: 1,
    name: "demo",
    sqlite: "create table demo (id integer primary key, name text not null, secret_enc text) strict;
             create table forgotten (id integer primary key, note text) strict;",
    postgres: "create table demo (id bigint primary key, name text not null, secret_enc text);
               create table forgotten (id bigint primary key, note text);",
};

const DEMO_COLUMN: SealedColumn = SealedColumn {
    name: "demo.secret_enc",
    key: RowKey::Number,
    after: table::AFTER,
    reseal: table::RESEAL,
    place: |name| format!("demo.secret_enc:{name}"),
};

/// Ends the re-encryption after some steps, as a crash does.
struct Cut(std::sync::atomic::AtomicI64);

impl RekeyWatch for Cut {
    fn note(&self, _: RekeyStep) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        let left = self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move { if left > 0 { Ok(()) } else { Err(argos_kernel::AppError::internal("cut off")) } })
    }
}

async fn demo_rows(t: &argos_store::testing::TestStore, vault: &Vault, rows: i64) {
    for id in 1..=rows {
        let name = format!("row-{id}");
        let blob = vault.seal(&format!("demo.secret_enc:{name}"), format!("value {id}").as_bytes()).expect("sealed");
        t.store.state.exec(table::INSERT, argos_store::args![id, name, blob]).await.expect("inserted");
    }
}

#[tokio::test]
async fn rekey_cut_off_in_the_middle_is_finished_by_the_next_call_without_a_further_key() {
    assert_eq!(table::count(), 4);
    for t in each_engine(&[MIGRATIONS, &[DEMO]].concat()).await {
        let vault = open(&t, &master('a'), 1).await.unwrap();
        demo_rows(&t, &vault, 450).await;
        let column = DEMO_COLUMN.on(t.store.state.clone());
        let cut = rekey_watched(&vault, &[&*column], Duration::ZERO, &Cut(2.into())).await;
        assert!(cut.is_err());
        let half = vault.active_kid();
        assert_eq!(vault.retired_kids().await.unwrap().len(), 1, "the old key stays as long as it is needed");
        let again = open(&t, &master('a'), 2).await.unwrap();
        let report = rekey(&again, &[&*column], Duration::ZERO).await.unwrap();
        assert_eq!((again.active_kid(), report.keys_forgotten), (half, 1));
        assert_eq!(report.resealed, [("demo.secret_enc", 50)], "400 were sealed before it was cut off");
        for row in t.store.state.query(table::READ, vec![]).await.unwrap() {
            let (name, blob): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
            let value = again.open_text(&format!("demo.secret_enc:{name}"), &blob).unwrap();
            assert_eq!(value.reveal().strip_prefix("value "), name.strip_prefix("row-"));
        }
    }
}

#[tokio::test]
async fn rekey_keeps_the_old_key_while_a_column_nobody_owns_holds_a_value_of_it() {
    for t in each_engine(&[MIGRATIONS, &[DEMO]].concat()).await {
        let vault = open(&t, &master('a'), 1).await.unwrap();
        demo_rows(&t, &vault, 3).await;
        let blob = vault.seal("forgotten.note:1", b"dear").unwrap();
        t.store.state.script(&format!("insert into forgotten (id, note) values (1, '{{\"$sealed\": \"{blob}\"}}')")).await.unwrap();
        let column = DEMO_COLUMN.on(t.store.state.clone());
        let refused = rekey(&vault, &[&*column], Duration::ZERO).await.unwrap_err();
        assert_eq!(refused.code_str(), "sealed_values_left");
        assert!(refused.to_string().contains("forgotten.note (1)"), "{refused}");
        assert_eq!(vault.open("forgotten.note:1", &blob).unwrap().reveal(), b"dear", "it can still be read");
        t.store.state.script("delete from forgotten").await.unwrap();
        assert_eq!(rekey(&vault, &[&*column], Duration::ZERO).await.unwrap().keys_forgotten, 1);
    }
}
