//! Edge scenario 19 and platform 13: what a backup holds comes back row by row, whatever ends the process meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_peers::{Argos, ArgosConfig, Client, Database, PostgresDatabase, S3Server, Sshd, s3, wait_until};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, assert_error};

/// Tables that a start writes to by itself: its own records, sessions, time series, what runs on a schedule.
const LIVING: [&str; 30] = [
    "incidents",
    "incident_messages",
    "incident_updates",
    "watch_spans",
    "audit_log",
    "audit_head",
    "audit_anchors",
    "events",
    "bus_cursors",
    "jobs",
    "job_pools",
    "schedules",
    "sessions",
    "backups",
    "log_entries",
    "metric_wal",
    "metric_wal_mark",
    "metric_chunks",
    "metric_rollups",
    "series",
    "login_attempts",
    "alert_firings",
    // Fed anew from what is there.
    "inventory_revision",
    "things",
    "thing_texts",
    "thing_words",
    "thing_links",
    "thing_changes",
    "inbox",
    "notification_deliveries",
];

/// Rows and digest of every table that stands still.
fn digest(config: &ArgosConfig) -> BTreeMap<String, String> {
    let output = config.cli(&["db", "digest"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|l| {
        let words: Vec<&str> = l.split_whitespace().collect();
        Some(((*words.get(1)?).to_owned(), format!("{} {}", words.get(2)?, words.get(3)?)))
    });
    let still: BTreeMap<String, String> =
        lines.filter(|(table, _)| !LIVING.contains(&table.as_str()) && table != "rule_states" && table != "users").collect();
    assert!(still.contains_key("settings") && still.contains_key("alert_rules") && still.len() > 10, "{still:?}");
    still
}

fn rule(client: &Client, id: &str) {
    client.post("/api/alert-rules", json!({"id": id, "condition": "mem_percent > 999", "enabled": false})).expect_status(200);
}

fn rules(client: &Client) -> Vec<String> {
    let list = client.get("/api/alert-rules").expect_status(200).json();
    list.as_array().unwrap().iter().filter_map(|r| r["id"].as_str().map(str::to_owned)).collect()
}

/// Waits until the server went through its restart: what was written after the backup is gone.
fn wait_restored(client: &Client, gone: &str) {
    wait_until("the restored server answers", Duration::from_secs(60), || {
        let answer = client.request("GET", "/api/alert-rules").try_send();
        answer.is_ok_and(|a| a.status == 200 && !a.text().contains(gone))
    });
}

fn back_up(client: &Client) -> Value {
    client.post("/api/backups", json!({"note": "before"})).expect_status(201).json()
}

#[test]
fn restore_brings_back_the_rows_of_the_backup_and_tells_of_it() {
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    stage.add_user("kept", "viewer");
    rule(&stage.owner, "aaaa0001");
    stage.owner.put("/api/settings/smtp.password", json!({"value": "hunter2hunter2"})).expect_status(200);
    let before = digest(stage.argos.config());
    let made = back_up(&stage.owner);
    assert_eq!((&made["kind"], &made["note"], &made["verify_state"]), (&json!("manual"), &json!("before"), &json!("ok")), "{made}");
    rule(&stage.owner, "bbbb0002");
    stage.add_user("late", "viewer");
    stage.owner.put("/api/settings/smtp.password", json!({"value": "another-one-now"})).expect_status(200);
    assert_ne!(digest(stage.argos.config()), before);

    let path = format!("/api/backups/{}", made["id"]);
    let preview = stage.owner.post(&format!("{path}/preview"), json!({})).expect_status(200).json();
    let changed: Vec<&str> =
        preview["tables"].as_array().unwrap().iter().filter(|t| t["changed"] == true).filter_map(|t| t["table"].as_str()).collect();
    assert!(changed.contains(&"alert_rules") && changed.contains(&"settings") && !changed.contains(&"vault_keys"), "{changed:?}");

    assert_error(&stage.owner.post(&format!("{path}/restore"), json!({})), 400, "confirmation_required");
    let answer = stage.owner.post(&format!("{path}/restore"), json!({"confirm": true})).expect_status(202).json();
    assert_eq!((&answer["scheduled"], &answer["backup"]["filename"], &answer["warnings"]), (&json!(true), &made["filename"], &json!([])));
    assert_error(&stage.owner.post(&format!("{path}/restore"), json!({"confirm": true})), 409, "restore_pending");
    let pid = stage.argos.pid();
    wait_restored(&stage.owner, "bbbb0002");

    // The owner's session was in the backup and was not revoked; it still holds, and so does the process id.
    assert_eq!(stage.argos.pid(), pid);
    assert!(rules(&stage.owner).contains(&"aaaa0001".to_owned()));
    assert_eq!(digest(stage.argos.config()), before, "row by row what it was");
    let users = stage.owner.get("/api/users").expect_status(200).text();
    assert!(users.contains("kept") && !users.contains("late"), "{users}");
    wait_until("the restore is told", Duration::from_secs(10), || {
        stage.owner.get("/api/audit?limit=50").text().contains("backup.restored")
    });
    let list = stage.owner.get("/api/backups").expect_status(200).json();
    assert_eq!((&list[0]["filename"], &list[0]["sha256"]), (&made["filename"], &made["sha256"]), "the archive is still there: {list}");
    let kept = std::fs::read_dir(stage.argos.data_dir())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("pre-restore-"));
    assert!(kept.count() >= 1, "the replaced database is kept");
}

#[test]
fn uploaded_archive_restores_on_another_server_with_the_same_key_and_sessions_revoked_since_stay_revoked() {
    let stage = Stage::on(ArgosConfig::new());
    rule(&stage.owner, "aaaa0001");
    let made = back_up(&stage.owner);
    let archive = stage.owner.get(&format!("/api/backups/{}/download", made["id"])).expect_status(200);
    assert_eq!(archive.header("content-length"), Some(made["size_bytes"].to_string().as_str()));
    assert!(archive.header("content-disposition").unwrap().contains(made["filename"].as_str().unwrap()));

    let other = Stage::on(ArgosConfig::new());
    rule(&other.owner, "cccc0003");
    let form = |bytes: &[u8], confirm: &str| {
        let mut body = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x.tar.gz\"\r\n\r\n".to_vec();
        body.extend_from_slice(bytes);
        body.extend_from_slice(
            format!("\r\n--XX\r\nContent-Disposition: form-data; name=\"confirm\"\r\n\r\n{confirm}\r\n--XX--\r\n").as_bytes(),
        );
        body
    };
    let send = |client: &Client, body: Vec<u8>| {
        client
            .request("POST", "/api/backups/upload-and-restore")
            .header("content-type", "multipart/form-data; boundary=XX")
            .body(body)
            .send()
    };
    assert_error(&send(&other.owner, form(&archive.body, "false")), 400, "confirmation_required");
    let mut damaged = archive.body.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x20;
    assert_error(&send(&other.owner, form(&damaged, "true")), 400, "bad_archive");
    assert_eq!(other.owner.get("/api/backups").json(), json!([]), "nothing of a refused upload stays");
    send(&other.owner, form(&archive.body, "true")).expect_status(202);
    // The other server's sessions are those of the first now.
    wait_restored(&other.anonymous().with_bearer(&bearer(&stage)), "cccc0003");
    assert!(rules(&other.anonymous().with_bearer(&bearer(&stage))).contains(&"aaaa0001".to_owned()));
}

/// The owner's token, which the backup of the stage holds.
fn bearer(stage: &Stage) -> String {
    stage.owner.bearer().unwrap().to_owned()
}

#[test]
fn only_those_who_may_restore_can_and_viewers_cannot_download() {
    let stage = Stage::start();
    let made = back_up(&stage.owner);
    let operator = stage.person("olga", "operator");
    assert_eq!(operator.get("/api/backups").status, 200);
    for path in ["restore", "preview", "verify"] {
        let answer = operator.post(&format!("/api/backups/{}/{path}", made["id"]), json!({"confirm": true}));
        assert_error(&answer, 403, "permission_denied");
    }
    assert_error(&operator.get(&format!("/api/backups/{}/download", made["id"])), 403, "permission_denied");
    assert_error(&stage.owner.get("/api/backups/999"), 404, "not_found");
    assert_error(&stage.owner.get("/api/backups/x"), 400, "invalid_id");
    assert_eq!(stage.owner.delete(&format!("/api/backups/{}", made["id"])).status, 204);
    assert_eq!(stage.owner.get("/api/backups").json(), json!([]));
    assert!(!PASSWORD.is_empty());
}

#[test]
fn kill_during_a_backup_leaves_no_half_archive_and_a_working_server() {
    let mut argos = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").start();
    // On PostgreSQL a dead process holds its job for a minute: another replica could still be running it.
    let rounds = if matches!(argos.config().database(), Database::Postgres(_)) { 1 } else { 8_u64 };
    for round in (0..rounds).map(|r| if rounds == 1 { 5 } else { r }) {
        let client = argos.admin();
        let job = client.post("/api/backups?wait=false", json!({})).expect_status(202).json()["job_id"].clone();
        std::thread::sleep(Duration::from_millis(round * 23));
        argos = argos.kill9().restart();
        let client = argos.admin();
        wait_until("the interrupted job has ended", Duration::from_secs(90), || {
            let state = client.get(&format!("/api/jobs/{job}")).json()["state"].clone();
            state == "failed" || state == "succeeded"
        });
        let listed: Vec<Value> = client.get("/api/backups").expect_status(200).json().as_array().unwrap().clone();
        let dir = argos.data_dir().join("backups");
        let files = std::fs::read_dir(&dir)
            .map(|d| d.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_else(|_| Vec::new());
        assert_eq!(files.len(), listed.len(), "round {round}: {files:?} {listed:?}");
        for backup in listed {
            let job = client.post(&format!("/api/backups/{}/verify", backup["id"]), json!({})).expect_status(202).json()["job_id"].clone();
            wait_until("the verification has ended", Duration::from_secs(60), || {
                client.get(&format!("/api/jobs/{job}")).json()["state"] == "succeeded"
            });
        }
    }
}

#[test]
fn kill_during_a_restore_ends_with_the_restored_rows() {
    let stage = Stage::on(ArgosConfig::new());
    rule(&stage.owner, "aaaa0001");
    let before = digest(stage.argos.config());
    let made = back_up(&stage.owner);
    let file = stage.argos.data_dir().join("backups").join(made["filename"].as_str().unwrap()).display().to_string();
    let mut argos: Argos = stage.argos;
    for round in 0..6_u64 {
        rule(&argos.admin(), "bbbb0002");
        let stopped = argos.kill9();
        let refused = stopped.config.cli(&["restore", "--file", &file]);
        assert_eq!(refused.status.code(), Some(2), "without --yes nothing happens");
        let staged = stopped.config.cli(&["restore", "--file", &file, "--yes"]);
        assert!(staged.status.success(), "{}", String::from_utf8_lossy(&staged.stderr));
        for cut in 0..4 {
            let mut process = stopped.config.spawn_unready();
            std::thread::sleep(Duration::from_millis(3 + cut * 9 + round * 5));
            process.kill();
            process.wait_exit(Duration::from_secs(5));
        }
        argos = stopped.restart();
        assert!(!rules(&argos.admin()).contains(&"bbbb0002".to_owned()), "round {round}");
        assert_eq!(digest(argos.config()), before, "round {round}");
    }
}

#[test]
fn backup_is_copied_to_object_storage_and_deleted_there() {
    let server = S3Server::start().unwrap_or_else(|e| panic!("{e}"));
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let target = json!({
        "type": "s3", "endpoint": server.endpoint(), "bucket": s3::BUCKET, "prefix": "home",
        "access_key_id": s3::ACCESS_KEY, "secret_access_key": s3::SECRET_KEY,
    });
    let set = |value: &Value| stage.owner.put("/api/settings/backup.target", json!({"value": value.to_string()})).expect_status(200);
    let mut wrong = target.clone();
    wrong["access_key_id"] = json!("NOBODY");
    set(&wrong);
    let refused = stage.owner.post("/api/backups/target/test", json!({}));
    assert_error(&refused, 503, "backup_target_failed");
    assert!(refused.text().contains("InvalidAccessKeyId"), "the server's own word is passed on: {}", refused.text());
    set(&target);
    let shown = stage.owner.get("/api/settings/backup.target").text();
    assert!(!shown.contains("secret_access_key\":\"S3RVER"), "{shown}");
    let tested = stage.owner.post("/api/backups/target/test", json!({})).expect_status(200).json();
    assert_eq!(tested["target"], "s3://argos-backups/home/");
    let made = back_up(&stage.owner);
    assert_eq!((&made["remote_state"], &made["remote_error"]), (&json!("uploaded"), &Value::Null), "{made}");
    let name = made["filename"].as_str().unwrap();
    assert_eq!(server.objects("home"), [name]);
    let local = std::fs::read(stage.argos.data_dir().join("backups").join(name)).unwrap();
    assert_eq!(server.read(&format!("home/{name}")).unwrap(), local);
    assert_eq!(stage.owner.delete(&format!("/api/backups/{}", made["id"])).status, 204);
    assert_eq!(server.objects("home"), [""; 0]);
}

#[test]
fn backup_is_copied_over_sftp_to_a_host_whose_key_is_pinned() {
    let mut server = Sshd::start().unwrap_or_else(|e| panic!("{e}"));
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let place = server.path().join("copies/argos");
    let mut target = json!({
        "type": "sftp", "host": "127.0.0.1", "port": server.port(), "user": server.user(), "path": place.display().to_string(),
        "private_key": server.account_key(),
    });
    let set = |value: &Value| stage.owner.put("/api/settings/backup.target", json!({"value": value.to_string()})).expect_status(200);
    let test = || stage.owner.post("/api/backups/target/test", json!({}));
    set(&target);
    // Nothing is sent to a host nobody vouched for; what it shows is handed back to be compared.
    let unknown = test();
    assert_error(&unknown, 409, "host_key_unpinned");
    let shown = unknown.json()["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(shown, server.fingerprint().unwrap());
    assert!(!place.exists());
    target["fingerprint"] = json!(shown);
    set(&target);
    let stored = stage.owner.get("/api/settings/backup.target").text();
    assert!(stored.contains(&shown) && !stored.contains("PRIVATE KEY"), "{stored}");
    let tested = test().expect_status(200).json();
    assert!(tested["target"].as_str().unwrap().starts_with("sftp://"), "{tested}");
    let made = back_up(&stage.owner);
    assert_eq!((&made["remote_state"], &made["remote_error"]), (&json!("uploaded"), &Value::Null), "{made}");
    let name = made["filename"].as_str().unwrap();
    let local = std::fs::read(stage.argos.data_dir().join("backups").join(name)).unwrap();
    assert_eq!(std::fs::read(place.join(name)).unwrap(), local);
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "neither a partial file nor the probe stays");

    server.change_host_key().unwrap();
    assert_error(&test(), 409, "host_key_changed");
    let failed = back_up(&stage.owner);
    assert_eq!(failed["remote_state"], "failed", "{failed}");
    assert!(failed["remote_error"].as_str().unwrap().contains("host key changed"), "{failed}");
    target["fingerprint"] = json!(server.fingerprint().unwrap());
    set(&target);
    assert_eq!(stage.owner.delete(&format!("/api/backups/{}", made["id"])).status, 204);
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0, "the copy goes with its backup");
}

#[test]
fn database_moves_between_engines_and_back_without_losing_a_row() {
    let Ok(postgres) = PostgresDatabase::on_shared_server() else { panic!("PostgreSQL cannot be had") };
    let stage = Stage::of(ArgosConfig::with_database(Database::Sqlite).start());
    rule(&stage.owner, "aaaa0001");
    stage.add_user("kept", "viewer");
    let stopped = stage.argos.stop();
    let before = digest(&stopped.config);
    let (from, url) = (stopped.config.dir().display().to_string(), postgres.url());
    let run = |args: &[&str]| {
        let output = stopped.config.cli(args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let copied = run(&["db", "copy", "--from", &from, "--to", &url]);
    assert!(copied.0 == Some(0) && copied.1.contains("copied and compared"), "{}", copied.1);
    assert_eq!(run(&["db", "copy", "--from", &from, "--to", &url]).0, Some(2), "a target that is not empty is not overwritten");
    let back = stopped.config.scratch().join("back");
    let back = back.display().to_string();
    assert_eq!(run(&["db", "copy", "--from", &url, "--to", &back]).0, Some(0));
    let moved = ArgosConfig::with_database(Database::Sqlite).data_dir(std::path::Path::new(&back));
    assert_eq!(digest(&moved), before);
}
