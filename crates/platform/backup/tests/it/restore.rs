//! Restores: onto each engine, from each engine, under the same and another master key, cut off at every step.

use std::path::Path;

use argos_backup::pending::{self, Target};
use argos_backup::{Consent, FileSet, NamesIn};
use argos_kernel::{Actor, Shutdown, Timestamp};
use argos_settings::{Input, Write};
use argos_store::testing::{TestStore, each_engine, postgres, sqlite};
use argos_store::transfer::{TableDigest, digests};
use argos_store::{Engine, Part, Signal, Store, args};
use argos_vault::MasterKey;
use serde_json::json;

use crate::{House, KEY, OTHER_KEY, house, houses, migrations};

mod sql {
    argos_store::statements! {
        state;
        USER = "t.user",
            "insert into users (uid, username, username_key, display_name, email_verified, role, kind, is_active, is_temporary, must_change_password, created_via,
               login_count, created_at, updated_at, totp_secret_enc, totp_enabled_at) values ($1, $1, $1, $1, false, 'owner', 'local', true, false, false, 't', 0, 1, 1, $2, $3) returning id";
        SESSION = "t.session",
            "insert into sessions (uid, user_id, kind, token_hash, prefix, auth_methods, setup_only, created_at, last_seen_at, expires_at)
             values ($1, $2, 'web', $1, 'p', '[]', false, 1, 1, 99)";
        REVOKE = "t.revoke", "update sessions set revoked_at = 7 where uid = $1";
        OPEN = "t.open", "select uid from sessions where revoked_at is null order by uid";
        NAMES = "t.names", "select username from users";
        FORGET = "t.forget", "delete from users where username = $1";
        USERS = "t.users", "select username, totp_enabled_at from users order by id";
    }
    pub(crate) fn count() -> usize {
        ALL.len()
    }
}

fn target<'a>(store: &'a Store, dir: &'a Path) -> Target<'a> {
    match store.engine() {
        Engine::Sqlite => Target::Sqlite(dir),
        Engine::Postgres => Target::Postgres(store),
    }
}

pub(crate) async fn tables(store: &Store) -> Vec<TableDigest> {
    digests(&mut store.reading().await.unwrap(), &[Part::State, Part::Telemetry]).await.unwrap()
}

async fn user(store: &Store, name: &str, factor: Option<String>, enabled: Option<i64>) -> i64 {
    let mut tx = store.state.begin().await.unwrap();
    let id = tx.one(sql::USER, args![name, factor, enabled]).await.unwrap().get(0).unwrap();
    tx.commit().await.unwrap();
    id
}

pub(crate) async fn people(h: &House) {
    let blob = h.vault.seal("users.totp_secret_enc:ada", b"JBSWY3DP").unwrap();
    let id = user(&h.store, "ada", Some(blob), Some(5)).await;
    for session in ["kept", "revoked-later"] {
        h.store.state.exec(sql::SESSION, args![session, id]).await.unwrap();
    }
    h.settings.set_many(&Actor::system(), &[Write::new("smtp.password", Input::Json(json!("hunter2hunter2")))]).await.unwrap();
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_secs(1_767_230_000)
}

#[tokio::test]
async fn restored_store_equals_the_backup_row_by_row_on_every_engine() {
    assert_eq!(sql::count(), 7);
    for (h, _t, _dir) in houses().await {
        people(&h).await;
        let before = tables(&h.store).await;
        let made = h.backups.create_now(None).await.unwrap();
        for to in each_engine(&migrations()).await {
            // A fresh installation with the same master key, as after the loss of a machine.
            let dir = tempfile::tempdir().unwrap();
            let fresh = house(&to.store, dir.path().to_owned(), KEY, 77).await;
            let file = h.dir.join("backups").join(&made.filename);
            let staged = fresh.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap();
            assert!(staged.warnings.is_empty(), "{:?}", staged.warnings);
            assert!(pending::is_pending(dir.path()));
            let again = fresh.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap_err();
            assert_eq!((again.kind().status(), again.code_str()), (409, "restore_pending"));
            let restored = match to.store.engine() {
                Engine::Sqlite => {
                    pending::apply(dir.path(), Target::Sqlite(dir.path()), &migrations(), now()).await.unwrap();
                    Store::open_sqlite(dir.path()).await.unwrap()
                }
                Engine::Postgres => {
                    pending::apply(dir.path(), Target::Postgres(&to.store), &migrations(), now()).await.unwrap();
                    to.store.clone()
                }
            };
            let after = tables(&restored).await;
            // The archive was written before its own row, event and audit rows.
            assert_eq!(after, before, "{:?} to {:?}", h.store.engine(), restored.engine());
            assert!(!pending::is_pending(dir.path()));
            assert!(std::fs::read_dir(dir.path()).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().starts_with(".restore-")));
            // Secrets open: it is the same vault again.
            let opened = house(&restored, dir.path().to_owned(), KEY, 78).await;
            assert_eq!(opened.settings.secret("smtp.password").unwrap().unwrap().reveal(), "hunter2hunter2");
        }
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test itself ends what it begins")]
async fn restore_beneath_other_servers_of_the_database_is_refused() {
    let Some(t) = postgres(&migrations()).await else { return };
    let dir = tempfile::tempdir().unwrap();
    let h = house(&t.store, dir.path().to_owned(), KEY, 5).await;
    let made = h.backups.create_now(None).await.unwrap();
    let stop = Shutdown::new();
    let (told, mut heard) = tokio::sync::mpsc::channel(64);
    let serve = |name: &'static str| {
        let (db, stop, told) = (t.store.state.clone(), stop.clone(), told.clone());
        let hear = async move { db.hear(name, &stop, move |signal| drop(told.try_send((name, signal)))).await };
        tokio::spawn(hear)
    };
    let mut stands = async |name: &str| while heard.recv().await.unwrap() != (name, Signal::Connected) {};
    let own = serve("own");
    stands("own").await;
    let other = serve("beside");
    stands("beside").await;
    let refused = h.backups.restore(&Actor::cli(), made.id, Consent::default()).await.unwrap_err();
    assert_eq!((refused.kind().status(), refused.code_str()), (409, "other_replicas"));
    assert_eq!(refused.extra()["replicas"], json!(["beside", "own"]));
    assert!(!pending::is_pending(dir.path()));
    other.abort();
    assert!(other.await.unwrap_err().is_cancelled());
    // The server takes its session off the list a moment later.
    while t.store.state.processes().await.unwrap() > 1 {
        tokio::task::yield_now().await;
    }
    h.backups.restore(&Actor::cli(), made.id, Consent::default()).await.unwrap();
    assert!(pending::is_pending(dir.path()));
    stop.trigger();
    own.await.unwrap().unwrap();
}

/// On SQLite a restore replaces the files of a directory, so the store has to lie in it.
async fn store_in(t: &TestStore, dir: &Path) -> Option<Store> {
    if t.store.engine() == Engine::Postgres {
        return None;
    }
    let own = Store::open_sqlite(dir).await.unwrap();
    own.migrate(&migrations(), now()).await.unwrap();
    Some(own)
}

#[tokio::test]
async fn files_of_other_parts_travel_with_the_backup_and_only_some_come_back() {
    for t in each_engine(&migrations()).await {
        let dir = tempfile::tempdir().unwrap();
        let own = store_in(&t, dir.path()).await;
        let store = own.as_ref().unwrap_or(&t.store);
        let h = house(store, dir.path().to_owned(), KEY, 5).await;
        let (artifacts, certificates) = (dir.path().join("artifacts"), dir.path().join("elsewhere/caddy"));
        let write = |place: &Path, text: &str| {
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        };
        write(&artifacts.join("runs/7/video.webm"), "then");
        write(&certificates.join("certificates/example.com.crt"), "then");
        h.backups.add_files(FileSet { name: "artifacts", dir: artifacts.clone(), restored: true, named: None });
        h.backups.add_files(FileSet { name: "caddy", dir: certificates.clone(), restored: false, named: None });
        h.backups.add_files(FileSet { name: "acme", dir: dir.path().join("not-there"), restored: true, named: None });
        let made = h.backups.create_now(None).await.unwrap();
        assert!(made.verify_detail.as_deref().unwrap().contains("4 files equal"), "{made:?}");
        assert!(h.backups.verify_now(made.id).await.unwrap().0);
        write(&artifacts.join("runs/7/video.webm"), "now");
        write(&artifacts.join("runs/8/video.webm"), "now");
        write(&certificates.join("certificates/example.com.crt"), "renewed");
        h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap();
        if store.engine() == Engine::Sqlite {
            store.close().await;
        }
        let report = pending::apply(dir.path(), target(store, dir.path()), &migrations(), now()).await.unwrap().unwrap();
        assert_eq!(report.fault, None);
        let read = |place: std::path::PathBuf| std::fs::read_to_string(place).ok();
        assert_eq!(read(artifacts.join("runs/7/video.webm")).as_deref(), Some("then"));
        assert_eq!(read(artifacts.join("runs/8/video.webm")), None);
        assert_eq!(read(certificates.join("certificates/example.com.crt")).as_deref(), Some("renewed"), "carried, not restored");
        let kept = dir.path().join(format!("{}-artifacts", report.pending.kept_as));
        assert_eq!(read(kept.join("runs/8/video.webm")).as_deref(), Some("now"), "what was replaced is kept");
    }
}

/// A file of evidence for every user.
fn evidence(dir: &Path) -> FileSet {
    let named: NamesIn = |db| {
        Box::pin(async move {
            let rows = db.query(sql::NAMES, args![]).await?;
            rows.iter().map(|row| Ok(format!("u/{}", row.get::<String>(0)?))).collect()
        })
    };
    FileSet { name: "artifacts", dir: dir.to_owned(), restored: true, named: Some(named) }
}

#[tokio::test]
async fn every_file_that_the_store_names_is_in_the_backup_or_told_to_be_lost() {
    for t in each_engine(&migrations()).await {
        let dir = tempfile::tempdir().unwrap();
        let own = store_in(&t, dir.path()).await;
        let store = own.as_ref().unwrap_or(&t.store);
        let h = house(store, dir.path().to_owned(), KEY, 6).await;
        let artifacts = dir.path().join("artifacts");
        std::fs::create_dir_all(artifacts.join("u")).unwrap();
        for name in ["ada", "grace", "nobody"] {
            std::fs::write(artifacts.join("u").join(name), name).unwrap();
        }
        h.backups.add_files(evidence(&artifacts));
        user(store, "ada", None, None).await;
        user(store, "grace", None, None).await;
        // The database, its telemetry and two files; what no row names stays out.
        let made = h.backups.create_now(None).await.unwrap();
        assert!(made.verify_detail.as_deref().unwrap().ends_with("4 files equal; signature good"), "{made:?}");
        let (ok, detail) = h.backups.verify_now(made.id).await.unwrap();
        assert!(ok && detail.ends_with("signature good; 2 files of its rows"), "{detail}");
        assert_eq!(std::fs::read_to_string(artifacts.join("u/ada")).unwrap(), "ada", "the file itself is where it was");

        std::fs::remove_dir_all(&artifacts).unwrap();
        let lossy = h.backups.create_now(None).await.unwrap();
        assert!(lossy.verify_detail.as_deref().unwrap().ends_with("2 files that the database names were lost before"), "{lossy:?}");
        let (ok, detail) = h.backups.verify_now(lossy.id).await.unwrap();
        assert!(ok && detail.ends_with("2 files that the database names were lost before"), "{detail}");

        h.settings.set_many(&Actor::system(), &[Write::new("backup.include_artifacts", Input::Json(json!(false)))]).await.unwrap();
        let without = h.backups.create_now(None).await.unwrap();
        assert!(h.backups.verify_now(without.id).await.unwrap().0);
        let preview = h.backups.preview(without.id, None).await.unwrap();
        assert_eq!(preview.warnings, ["The backup holds no artifacts; those of now are kept"]);

        store.state.exec(sql::FORGET, args!["grace"]).await.unwrap();
        h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap();
        if store.engine() == Engine::Sqlite {
            store.close().await;
        }
        let report = pending::apply(dir.path(), target(store, dir.path()), &migrations(), now()).await.unwrap().unwrap();
        assert_eq!(report.fault, None);
        let restored = |name: &str| std::fs::read_to_string(artifacts.join("u").join(name)).ok();
        assert_eq!((restored("ada").as_deref(), restored("grace").as_deref(), restored("nobody")), (Some("ada"), Some("grace"), None));
    }
}

#[tokio::test]
async fn evidence_with_too_many_files_is_left_out_and_every_verdict_says_so() {
    let t = sqlite(&migrations()).await;
    let dir = tempfile::tempdir().unwrap();
    let own = store_in(&t, dir.path()).await;
    let h = house(own.as_ref().unwrap_or(&t.store), dir.path().to_owned(), KEY, 6).await;
    let many: NamesIn = |_| Box::pin(async { Ok((0..=200_000).map(|n| n.to_string()).collect()) });
    h.backups.add_files(FileSet { name: "artifacts", dir: dir.path().join("artifacts"), restored: true, named: Some(many) });
    let made = h.backups.create_now(None).await.unwrap();
    let told = "; too many files, not all are inside: artifacts";
    assert!(made.verify_detail.as_deref().unwrap().ends_with(told), "{made:?}");
    let (ok, detail) = h.backups.verify_now(made.id).await.unwrap();
    assert!(ok && detail.ends_with(told), "{detail}");
}

#[tokio::test]
async fn restore_carries_over_what_was_revoked_since_and_keeps_the_old_store() {
    for t in each_engine(&migrations()).await {
        let dir = tempfile::tempdir().unwrap();
        let own = store_in(&t, dir.path()).await;
        let store = own.as_ref().unwrap_or(&t.store);
        let h = house(store, dir.path().to_owned(), KEY, 5).await;
        people(&h).await;
        let made = h.backups.create_now(None).await.unwrap();
        store.state.exec(sql::REVOKE, args!["revoked-later"]).await.unwrap();
        assert!(user(store, "late", None, None).await > 1);
        h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap();
        if store.engine() == Engine::Sqlite {
            store.close().await;
        }
        let report = pending::apply(dir.path(), target(store, dir.path()), &migrations(), now()).await.unwrap().unwrap();
        assert_eq!((report.revoked, report.fault.as_deref()), (1, None));
        let opened = if store.engine() == Engine::Sqlite { Store::open_sqlite(dir.path()).await.unwrap() } else { store.clone() };
        let open = opened.state.query(sql::OPEN, args![]).await.unwrap();
        assert_eq!(open.iter().map(|r| r.get::<String>(0).unwrap()).collect::<Vec<_>>(), ["kept"]);
        assert_eq!(opened.state.query(sql::USERS, args![]).await.unwrap().len(), 1, "late is gone");
        let kept = dir.path().join(format!("{}.db", report.pending.kept_as));
        assert!(kept.is_file(), "the replaced store is kept");
        // The next server tells of it once, and the archive on disk has a row again.
        let next = house(&opened, dir.path().to_owned(), KEY, 9).await;
        next.backups.start(&next.tasks);
        loop {
            let filter = argos_events::Filter {
                kinds: vec![argos_events::Pattern::Exact("backup.restored".to_owned())],
                ..argos_events::Filter::default()
            };
            if next.events.count(&filter).await.unwrap() == 1 && next.backups.list(9).await.unwrap().len() == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        next.tasks.shutdown().trigger();
        next.tasks.join(std::time::Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn backup_of_another_master_key_needs_that_key_or_loses_its_secrets() {
    for (h, _t, _dir) in houses().await {
        people(&h).await;
        let made = h.backups.create_now(None).await.unwrap();
        let file = h.dir.join("backups").join(&made.filename);
        for without_secrets in [false, true] {
            let to = sqlite(&migrations()).await;
            let dir = tempfile::tempdir().unwrap();
            let other = house(&to.store, dir.path().to_owned(), OTHER_KEY, 8).await;
            let refused = other.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap_err();
            assert_eq!((refused.kind().status(), refused.code_str()), (409, "foreign_master_key"));
            let wrong = MasterKey::parse(&"e".repeat(64)).unwrap();
            let consent = Consent { archive_key: Some(wrong), ..Consent::default() };
            assert_eq!(other.backups.restore_file(&Actor::cli(), &file, consent).await.unwrap_err().code_str(), "wrong_archive_key");
            let archive_key = (!without_secrets).then(|| MasterKey::parse(KEY).unwrap());
            let consent = Consent { archive_key, without_secrets, passphrase: None };
            let staged = other.backups.restore_file(&Actor::cli(), &file, consent).await.unwrap();
            pending::apply(dir.path(), Target::Sqlite(dir.path()), &migrations(), now()).await.unwrap().unwrap();
            let opened = Store::open_sqlite(dir.path()).await.unwrap();
            let house = house(&opened, dir.path().to_owned(), OTHER_KEY, 10).await;
            let password = house.settings.secret("smtp.password").unwrap().map(|s| s.reveal().clone());
            let factor: Option<i64> = opened.state.query(sql::USERS, args![]).await.unwrap()[0].get(1).unwrap();
            if without_secrets {
                assert!(staged.warnings.iter().any(|w| w.starts_with("settings.value: 1 secrets emptied")), "{:?}", staged.warnings);
                assert!(staged.warnings.contains(&"1 users lost their second factor".to_owned()), "{:?}", staged.warnings);
                assert_eq!((password, factor), (None, None));
            } else {
                assert_eq!((password.as_deref(), factor), (Some("hunter2hunter2"), Some(5)));
            }
        }
    }
}

/// Cuts the swap of files off after every single step, as kill -9 would, by arranging what it leaves.
#[tokio::test]
async fn swap_cut_off_anywhere_is_finished_by_the_next_start() {
    for cut in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open_sqlite(dir.path()).await.unwrap();
        store.migrate(&migrations(), now()).await.unwrap();
        let h = house(&store, dir.path().to_owned(), KEY, 5).await;
        people(&h).await;
        let before = tables(&store).await;
        let made = h.backups.create_now(None).await.unwrap();
        user(&store, "late", None, None).await;
        h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap();
        store.close().await;
        let flag = dir.path().join(".restore_pending");
        let mut pending: serde_json::Value = serde_json::from_slice(&std::fs::read(&flag).unwrap()).unwrap();
        let payload = std::path::PathBuf::from(pending["path"].as_str().unwrap());
        let kept = pending["kept_as"].as_str().unwrap().to_owned();
        let at = |name: &str| dir.path().join(name);
        if cut > 0 {
            pending["moving"] = json!(true);
            std::fs::write(&flag, pending.to_string()).unwrap();
        }
        if cut > 1 {
            std::fs::rename(at("telemetry.db"), at(&format!("{kept}-telemetry.db"))).unwrap();
        }
        if cut > 2 {
            std::fs::rename(payload.join("telemetry.db"), at("telemetry.db")).unwrap();
        }
        if cut > 3 {
            std::fs::rename(at("argos.db"), at(&format!("{kept}.db"))).unwrap();
        }
        if cut > 4 {
            std::fs::rename(payload.join("argos.db"), at("argos.db")).unwrap();
        }
        let report = pending::apply(dir.path(), Target::Sqlite(dir.path()), &migrations(), now()).await.unwrap().unwrap();
        assert_eq!(report.fault, None, "cut {cut}");
        let restored = Store::open_sqlite(dir.path()).await.unwrap();
        assert_eq!(tables(&restored).await, before, "cut {cut}");
        restored.close().await;
        assert!(at(&format!("{kept}.db")).is_file() && at(&format!("{kept}-telemetry.db")).is_file(), "cut {cut}");
        assert!(pending::apply(dir.path(), Target::Sqlite(dir.path()), &migrations(), now()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn broken_payload_clears_the_flag_and_the_old_data_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_sqlite(dir.path()).await.unwrap();
    store.migrate(&migrations(), now()).await.unwrap();
    let h = house(&store, dir.path().to_owned(), KEY, 5).await;
    people(&h).await;
    let made = h.backups.create_now(None).await.unwrap();
    h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap();
    let before = tables(&store).await;
    store.close().await;
    let pending: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.path().join(".restore_pending")).unwrap()).unwrap();
    std::fs::write(std::path::Path::new(pending["path"].as_str().unwrap()).join("argos.db"), vec![9_u8; 5000]).unwrap();
    let report = pending::apply(dir.path(), Target::Sqlite(dir.path()), &migrations(), now()).await.unwrap().unwrap();
    assert!(report.fault.unwrap().contains("damaged"));
    let opened = Store::open_sqlite(dir.path()).await.unwrap();
    assert_eq!(tables(&opened).await, before);
    assert!(!pending::is_pending(dir.path()));
}
