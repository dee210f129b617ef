//! Faults of the machine below: a disk that is full, a clock that jumps.

use std::path::{Path, PathBuf};
use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{ArgosConfig, Client, Database, packages, process, wait_until};
use serde_json::json;

use crate::edge_sites::backend;

/// A small file system of its own, unmounted when dropped.
pub(crate) struct SmallDisk {
    dir: PathBuf,
}

impl SmallDisk {
    /// `Err` says why this machine does not let us mount one.
    pub(crate) fn mount(dir: &Path, size: &str) -> Result<Self, String> {
        if !process::is_root() {
            return Err("mounting takes root".to_owned());
        }
        std::fs::create_dir_all(dir).map_err(|error| error.to_string())?;
        let mount = process::find_program(&["mount"], &[]).ok_or("no mount program")?;
        let at = dir.display().to_string();
        process::run(&mount, &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", &at], &[])?;
        Ok(Self { dir: dir.to_path_buf() })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Some(umount) = process::find_program(&["umount"], &[]) {
            drop(process::run(&umount, &["-l", &self.dir.display().to_string()], &[]));
        }
    }
}

/// Says why a test did not run here.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// Debian's libfaketime, which shifts the wall clock of one process and leaves its monotonic clock alone.
struct FakeTime(PathBuf);

impl FakeTime {
    /// `None`, with the reason printed, where it cannot be had.
    fn find() -> Option<Self> {
        let library = || {
            let dirs = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
            dirs.map(|dir| dir.path().join("faketime/libfaketime.so.1")).find(|file| file.is_file())
        };
        match packages::require("libfaketime", &["faketime"], library) {
            Ok(library) => Some(Self(library)),
            Err(reason) => {
                skip(&reason.to_string());
                None
            }
        }
    }

    fn shift(&self, config: ArgosConfig, by: &str) -> ArgosConfig {
        let config = config.env("LD_PRELOAD", &self.0.display().to_string()).env("FAKETIME", by);
        config.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1")
    }
}

#[test]
fn full_disk_refuses_writes_keeps_reads_and_loses_nothing() {
    let config = ArgosConfig::with_database(Database::Sqlite);
    let dir = config.scratch().join("small");
    let disk = match SmallDisk::mount(&dir, "48m") {
        Ok(disk) => disk,
        Err(reason) => {
            skip(&reason);
            return;
        }
    };
    let nginx = backend("one");
    let argos = config.data_dir(&dir).env("ARGOS_EDGE_HTTP", "127.0.0.1:0").env("ARGOS_EDGE_HTTPS", "off").start();
    let owner = argos.admin();
    let pool = json!({"name": "one", "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    owner.post("/api/hosts", json!({"domain": "app.test", "tls_mode": "none", "target_group": pool})).expect_status(201);
    let edge: std::net::SocketAddr = argos.ready()["edge_http"].as_str().unwrap().parse().unwrap();
    let serves = || Client::new(edge).with_header("Host", "app.test").get("/").text().starts_with("one");
    owner.post("/api/alert-rules", json!({"id": "f0110001", "condition": "mem_percent > 999"})).expect_status(200);

    let ballast = fill(&dir);
    wait_until("a write to be refused", Duration::from_secs(60), || {
        let filler = "x".repeat(30_000);
        let answer = owner.put("/api/user/preferences", json!({"preferences": {"filler": filler}}));
        assert!(answer.status == 200 || answer.status >= 500, "{} {}", answer.status, answer.text());
        let text = answer.text();
        assert!(answer.status == 200 || answer.json()["code"].is_string(), "an error is an envelope: {text}");
        assert!(!text.contains("SQLITE") && !text.contains(&dir.display().to_string()), "no internals: {text}");
        answer.status >= 500
    });
    assert_eq!(owner.get("/healthz").status, 200);
    assert!((0..50).all(|_| serves()), "sites go on, though no line of them can be kept");
    let standing = || owner.get("/api/caddy/status").expect_status(200).json();
    wait_until("the page says what is wrong", Duration::from_secs(60), || {
        assert!(serves());
        standing()["unrecorded"].as_str().is_some_and(|why| why.contains("the disk is full"))
    });
    assert_eq!((&standing()["ok"], &standing()["sites"]), (&json!(true), &json!(1)), "the sites themselves are as they should be");
    let rules = owner.get("/api/alert-rules").expect_status(200).json();
    assert!(rules.to_string().contains("f0110001"), "reads go on");

    std::fs::remove_file(ballast).unwrap();
    wait_until("writes to work again without a restart", Duration::from_secs(30), || {
        owner.put("/api/user/preferences", json!({"preferences": {"after": true}})).status == 200
    });
    wait_until("requests are recorded again", Duration::from_secs(60), || {
        assert!(serves());
        standing()["unrecorded"].is_null()
    });
    let argos = argos.kill9().restart();
    let owner = argos.anonymous().with_bearer(&argos.login("admin", ADMIN_PASSWORD));
    assert_eq!(owner.get("/api/user/preferences").json()["preferences"]["after"], true);
    assert!(owner.get("/api/alert-rules").json().to_string().contains("f0110001"));

    // Killed while nothing can be written: its sites are back before anything else.
    let ballast = fill(&dir);
    let argos = argos.kill9().restart();
    let edge: std::net::SocketAddr = argos.ready()["edge_http"].as_str().unwrap().parse().unwrap();
    let answer = Client::new(edge).with_header("Host", "app.test").get("/");
    assert!(answer.text().starts_with("one"), "{} {}", answer.status, answer.text());
    std::fs::remove_file(ballast).unwrap();
    drop(argos);
    drop(disk);
}

/// Runs statements in a database file beside the server that has it open.
fn in_database(dir: &Path, statements: &str) {
    let python = packages::require("Python", &["python3"], || process::find_program(&["python3"], &[])).unwrap();
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=20); db.executescript(sys.argv[2]); db.close()";
    process::run(&python, &["-c", script, &dir.join("argos.db").display().to_string(), statements], &[]).unwrap();
}

#[test]
fn served_state_that_could_not_be_kept_is_kept_as_soon_as_it_can_be() {
    let nginx = backend("one");
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_EDGE_HTTP", "127.0.0.1:0").env("ARGOS_EDGE_HTTPS", "off");
    let argos = config.start();
    let owner = argos.admin();
    let publish = |domain: &str| {
        let pool = json!({"name": domain.replace('.', "-"), "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
        owner.post("/api/hosts", json!({"domain": domain, "tls_mode": "none", "target_group": pool})).expect_status(201);
    };
    publish("first.test");
    let edge: std::net::SocketAddr = argos.ready()["edge_http"].as_str().unwrap().parse().unwrap();
    let status = |domain: &str| Client::new(edge).with_header("Host", domain).get("/").status;
    // As if the disk had filled between the change and what is kept of it.
    in_database(argos.data_dir(), "create trigger full before update on edge_snapshot begin select raise(fail, 'full'); end;");
    publish("second.test");
    assert_eq!((status("first.test"), status("second.test")), (200, 200), "it is served all the same");
    let warnings = || owner.get("/api/caddy/status").expect_status(200).json()["warnings"].to_string();
    wait_until("the page says so", Duration::from_secs(60), || warnings().contains("not kept on disk for the next start"));
    in_database(argos.data_dir(), "drop trigger full;");
    let told = || {
        let page = owner.get("/api/ui/timeline?limit=200").expect_status(200).json();
        page["items"].as_array().map_or(0, |items| items.iter().filter(|event| event["kind"] == "edge.state_kept").count())
    };
    wait_until("it is kept and told once", Duration::from_secs(60), || told() == 1);
    assert!(!warnings().contains("not kept"), "{}", warnings());

    // The tables are lost to the engine: what was kept late is what a start finds.
    in_database(argos.data_dir(), "update edge_targets set host = 'no host'; update edge_revision set revision = revision + 1;");
    let argos = argos.kill9().restart();
    let edge: std::net::SocketAddr = argos.ready()["edge_http"].as_str().unwrap().parse().unwrap();
    assert_eq!(Client::new(edge).with_header("Host", "second.test").get("/").status, 200);
}

/// Takes everything that is left, in one file of our own.
fn fill(dir: &Path) -> PathBuf {
    let ballast = dir.join("ballast");
    let mut chunk = 1 << 20;
    let mut file = std::fs::File::create(&ballast).unwrap();
    while chunk > 0 {
        match std::io::Write::write(&mut file, &vec![0; chunk]) {
            Ok(count) if count > 0 => {}
            _ => chunk /= 2,
        }
    }
    ballast
}

#[test]
fn start_on_a_full_disk_is_refused_with_a_clear_text() {
    let config = ArgosConfig::with_database(Database::Sqlite);
    let dir = config.scratch().join("tiny");
    let _disk = match SmallDisk::mount(&dir, "256k") {
        Ok(disk) => disk,
        Err(reason) => {
            skip(&reason);
            return;
        }
    };
    let exited = config.data_dir(&dir).try_start().expect_err("there is no room for a store");
    assert_eq!(exited.code, Some(1), "{exited}");
    let text = exited.stderr.to_lowercase();
    assert!(text.contains("full") || text.contains("no space"), "{exited}");
    assert!(!exited.stderr.contains("panicked at"), "{exited}");
}

#[test]
fn clock_that_jumped_back_between_two_starts_loses_nothing() {
    let Some(ahead) = FakeTime::find() else { return };
    // First in the future, then today: everything stored lies ahead of the clock.
    let argos = ahead.shift(ArgosConfig::new(), "+3d").start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let client = argos.anonymous().with_bearer(&token);
    client.post("/api/alert-rules", json!({"id": "c10c0001", "condition": "mem_percent > 0"})).expect_status(200);
    let mut stopped = argos.stop();
    assert_eq!(stopped.code, Some(0));
    stopped.config.unset_env("FAKETIME");
    stopped.config.unset_env("LD_PRELOAD");
    let argos = stopped.restart();
    let owner = argos.admin();
    assert!(owner.get("/api/alert-rules").expect_status(200).json().to_string().contains("c10c0001"));
    wait_until("fresh samples with the clock of today", Duration::from_secs(30), || {
        owner
            .get("/api/history/cpu_percent?range=1&resolution=1")
            .expect_status(200)
            .json()
            .as_array()
            .is_some_and(|points| !points.is_empty())
    });
    let added = json!({"action": "add", "username": "vera", "password": crate::stage::PASSWORD, "role": "viewer"});
    owner.post("/api/admin/users", added).expect_status(200);
    let verified = owner.get("/api/audit/verify").expect_status(200).json();
    assert!(verified.to_string().contains("true"), "{verified}");
}

#[test]
fn session_that_expired_while_the_clock_ran_ahead_is_refused() {
    let Some(ahead) = FakeTime::find() else { return };
    let argos = ArgosConfig::new().start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let stopped = argos.stop();
    let argos = ahead.shift(stopped.config, "+2d").start();
    let answer = argos.anonymous().with_bearer(&token).get("/api/me");
    assert_eq!(answer.status, 401, "a header token lives 24 h: {}", answer.text());
    assert_eq!(argos.admin().get("/api/me").status, 200);
}
