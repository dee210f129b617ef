//! The vault on its store: opening, wrong keys, rotation and re-encryption.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{AppError, Clock, ErrorKind, ManualClock, Result, Rng, SeededRng, Timestamp};
use argos_store::testing::{TestStore, each_engine};
use argos_vault::{KeyFile, MIGRATIONS, MasterKey, ResealBatch, Resealer, STATEMENTS, Vault, VaultError, rekey, rotate};

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
