//! A backup is made, verified, found again, damaged, expired.

use argos_backup::Consent;
use argos_kernel::{Actor, Secret};
use argos_settings::{Input, Write};
use argos_store::{Part, transfer};
use serde_json::json;

use crate::{House, house, houses};

async fn set(h: &House, key: &str, value: serde_json::Value) {
    h.settings.set_many(&Actor::system(), &[Write::new(key, Input::Json(value))]).await.unwrap();
}

fn archive(h: &House, name: &str) -> std::path::PathBuf {
    h.dir.join("backups").join(name)
}

#[tokio::test]
async fn backup_is_written_verified_and_announced() {
    for (h, _t, _dir) in houses().await {
        set(&h, "smtp.password", json!("hunter2hunter2")).await;
        let made = h.backups.create_now(Some("before the change".to_owned())).await.unwrap();
        assert_eq!(made.filename, "argos-backup-20260101-000000.tar.gz");
        assert_eq!(
            (made.kind.as_str(), made.note.as_deref(), made.verify_state.as_deref()),
            ("manual", Some("before the change"), Some("ok"))
        );
        assert!(made.verify_detail.as_deref().unwrap().ends_with("signature good"), "{made:?}");
        assert!(made.row_count.unwrap() > 3 && made.engine.is_some());
        let file = std::fs::read(archive(&h, &made.filename)).unwrap();
        assert_eq!(file.len() as i64, made.size_bytes);
        let found = h.events.find("1").await.unwrap().unwrap();
        assert_eq!((found.kind.as_str(), found.data["file"].as_str()), ("backup.completed", Some(made.filename.as_str())));
        // Nothing but the archive is left.
        assert_eq!(std::fs::read_dir(h.dir.join("backups")).unwrap().count(), 1);
        // Another of the same second gets another name.
        let again = h.backups.create_now(None).await.unwrap();
        assert_eq!(again.filename, "argos-backup-20260101-000000-1.tar.gz");
        assert_eq!(h.backups.list(10).await.unwrap().len(), 2);
        assert!(h.backups.verify_now(made.id).await.unwrap().0);
    }
}

#[tokio::test]
async fn damaged_archive_fails_its_verification_and_is_announced() {
    for (h, _t, _dir) in houses().await {
        let made = h.backups.create_now(None).await.unwrap();
        let path = archive(&h, &made.filename);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        std::fs::write(&path, bytes).unwrap();
        let (ok, detail) = h.backups.verify_now(made.id).await.unwrap();
        assert!(!ok && detail.contains("checksum differs"), "{detail}");
        assert_eq!(h.backups.find(made.id).await.unwrap().verify_state.as_deref(), Some("failed"));
        assert_eq!(h.events.find("2").await.unwrap().unwrap().kind, "backup.failed");
        let refused = h.backups.restore(&Actor::system(), made.id, Consent::default()).await.unwrap_err();
        assert_eq!(refused.kind().status(), 400);
        // A refused restore leaves nothing behind.
        assert!(std::fs::read_dir(&h.dir).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().starts_with(".restore")));
    }
}

#[tokio::test]
async fn encrypted_backup_needs_its_passphrase() {
    for (h, _t, _dir) in houses().await {
        set(&h, "backup.passphrase", json!("correct horse battery")).await;
        let made = h.backups.create_now(None).await.unwrap();
        assert!(made.encrypted && made.filename.ends_with(".tar.gz.enc"));
        set(&h, "backup.passphrase", json!(null)).await;
        let refused = h.backups.preview(made.id, None).await.unwrap_err();
        assert_eq!((refused.kind().status(), refused.code_str()), (400, "passphrase_needed"));
        let wrong = h.backups.preview(made.id, Some(Secret::new("wrong".to_owned()))).await.unwrap_err();
        assert!(wrong.message().contains("passphrase is wrong"), "{wrong:?}");
        let preview = h.backups.preview(made.id, Some(Secret::new("correct horse battery".to_owned()))).await.unwrap();
        let changed: Vec<_> = preview.tables.iter().filter(|t| t.changed).map(|t| t.table.as_str()).collect();
        assert!(changed.contains(&"settings") && changed.contains(&"backups") && !changed.contains(&"vault_keys"), "{changed:?}");
        assert!(preview.same_master_key);
    }
}

#[tokio::test]
async fn unknown_archive_gets_a_row_and_a_lost_one_loses_its() {
    for (h, t, dir) in houses().await {
        let kept = h.backups.create_now(Some("kept".to_owned())).await.unwrap();
        h.clock.advance_secs(60);
        let lost = h.backups.create_now(None).await.unwrap();
        std::fs::rename(archive(&h, &kept.filename), archive(&h, "argos-backup-20260101-000000-9.tar.gz")).unwrap();
        std::fs::remove_file(archive(&h, &lost.filename)).unwrap();
        std::fs::create_dir(h.dir.join("backups/.argos-work-dead")).unwrap();
        let again = house(&t.store, dir.path().to_owned(), crate::KEY, 6).await;
        again.backups.start(&again.tasks);
        let found = loop {
            let all = again.backups.list(10).await.unwrap();
            if all.len() == 1 && all[0].filename.ends_with("-9.tar.gz") {
                break all;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        assert_eq!(
            (found[0].kind.as_str(), found[0].note.as_deref(), found[0].sha256.as_str()),
            ("manual", Some("kept"), kept.sha256.as_str())
        );
        assert!(!h.dir.join("backups/.argos-work-dead").exists());
        again.tasks.shutdown().trigger();
        again.tasks.join(std::time::Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn archive_leaves_telemetry_out_when_it_is_told_to() {
    for (h, _t, _dir) in houses().await {
        set(&h, "backup.include_telemetry", json!(false)).await;
        let made = h.backups.create_now(None).await.unwrap();
        let preview = h.backups.preview(made.id, None).await.unwrap();
        assert!(!preview.includes_telemetry && preview.tables.iter().all(|t| t.part == "state"));
        assert_eq!(preview.warnings.len(), 1);
    }
}

#[tokio::test]
async fn live_rows_equal_the_rows_of_the_archive_before_anything_else_is_written() {
    for (h, _t, _dir) in houses().await {
        let before = transfer::digests(&mut h.store.reading().await.unwrap(), &[Part::State]).await.unwrap();
        let made = h.backups.create_now(None).await.unwrap();
        let preview = h.backups.preview(made.id, None).await.unwrap();
        for table in before {
            let row = preview.tables.iter().find(|t| t.table == table.table).unwrap();
            assert_eq!(row.backup_rows, Some(table.rows), "{}", table.table);
        }
    }
}
