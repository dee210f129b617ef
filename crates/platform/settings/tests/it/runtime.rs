//! The runtime store: seeding, locking, versions, secrets, other processes.

use std::time::Duration;

use argos_kernel::{Actor, ErrorKind};
use argos_settings::{STATEMENTS, Write, render_effective};
use argos_store::Stmt;
use argos_vault::Resealer;
use serde_json::json;

use crate::house::{start, stores};

const RAW: Stmt = Stmt {
    name: "test.raw",
    sqlite: "select value from settings where key = $1",
    postgres: "select value from settings where key = $1",
    part: argos_store::Part::State,
};
const SPOIL: Stmt = Stmt {
    name: "test.spoil",
    sqlite: "update settings set value = $1 where key = $2",
    postgres: "update settings set value = $1 where key = $2",
    part: argos_store::Part::State,
};

async fn raw(t: &argos_store::testing::TestStore, key: &str) -> String {
    t.store.state.one(RAW, argos_store::args![key]).await.expect("the row").get::<Option<String>>(0).expect("a text").unwrap_or_default()
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for t in stores().await {
        for stmt in STATEMENTS.iter().copied().flatten() {
            t.store.state.prepare(*stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn environment_seeds_the_first_start_only() {
    for t in stores().await {
        let first = start(&t, &[("ARGOS_METRICS_RAW_DAYS", "9"), ("SMTP_PASSWORD", "hunter2hunter2")]).await.settings;
        assert_eq!(first.i64("metrics.raw_days").unwrap(), 9);
        assert_eq!(first.secret("smtp.password").unwrap().unwrap().reveal(), "hunter2hunter2");
        assert!(raw(&t, "smtp.password").await.starts_with("{\"$sealed\":\"v1:"));
        let second = start(&t, &[("ARGOS_METRICS_RAW_DAYS", "20"), ("ARGOS_JOBS_MAX", "9")]).await.settings;
        assert_eq!(second.i64("metrics.raw_days").unwrap(), 9);
        assert_eq!(second.i64("jobs.max").unwrap(), 3);
        assert_eq!(second.versions("metrics.raw_days").await.unwrap()[0].source, "env");
    }
}

#[tokio::test]
async fn override_keys_and_locked_runtime_keys_follow_the_environment_and_refuse_writes() {
    for t in stores().await {
        let env = [("CROWDSEC_LAPI_URL", "http://lapi:1"), ("ARGOS_METRICS_RAW_DAYS", "9"), ("ARGOS_SETTINGS_LOCK", "1")];
        let house = start(&t, &env).await;
        let s = &house.settings;
        assert_eq!(s.text("crowdsec.lapi_url").unwrap(), "http://lapi:1");
        for key in ["crowdsec.lapi_url", "metrics.raw_days", "data_dir"] {
            let e = s.set_many(&Actor::cli(), &[Write::text(key, "5")]).await.unwrap_err();
            assert_eq!((e.kind(), e.code_str()), (ErrorKind::Conflict, "setting_locked"), "{key}");
        }
        // Not given by the environment, so not locked.
        s.set_many(&Actor::cli(), &[Write::json("jobs.max", 5)]).await.unwrap();
        let e = s.set_many(&Actor::cli(), &[Write::text("appsec.mode", "block")]).await.unwrap_err();
        assert_eq!(e.code_str(), "setting_read_only");
        s.set_many(&Actor::system(), &[Write::text("appsec.mode", "block").by_owner()]).await.unwrap();
        assert_eq!(s.text("appsec.mode").unwrap(), "block");
        // Without the lock the stored seed counts again, and V still follows.
        let unlocked = start(&t, &[("ARGOS_METRICS_RAW_DAYS", "30"), ("CROWDSEC_LAPI_URL", "http://lapi:2")]).await.settings;
        assert_eq!(unlocked.i64("metrics.raw_days").unwrap(), 9);
        assert_eq!(unlocked.text("crowdsec.lapi_url").unwrap(), "http://lapi:2");
        let none = start(&t, &[]).await.settings;
        assert_eq!(none.text("crowdsec.lapi_url").unwrap(), "http://crowdsec:8081");
    }
}

#[tokio::test]
async fn writes_are_all_or_nothing_and_name_every_fault() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let s = &house.settings;
        let before = *s.watch().borrow();
        let writes = [Write::json("jobs.max", 5), Write::json("metrics.raw_days", 900), Write::text("smtp.port", "x")];
        let e = s.set_many(&Actor::cli(), &writes).await.unwrap_err();
        assert_eq!(e.message(), "metrics.raw_days: must be between 1 and 90; smtp.port: must be a whole number");
        assert_eq!(s.i64("jobs.max").unwrap(), 3);
        assert_eq!(*s.watch().borrow(), before);
        let e = s.set_many(&Actor::cli(), &[Write::json("jobs.maxx", 5)]).await.unwrap_err();
        assert_eq!((e.message(), e.kind()), ("unknown setting key", ErrorKind::BadRequest));
    }
}

#[tokio::test]
async fn change_without_its_record_is_rolled_back() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        *house.recorder.refuse.lock().unwrap() = true;
        assert!(house.settings.set_many(&Actor::cli(), &[Write::json("jobs.max", 5)]).await.is_err());
        assert_eq!(house.settings.i64("jobs.max").unwrap(), 3);
        house.settings.reload().await.unwrap();
        assert_eq!(house.settings.i64("jobs.max").unwrap(), 3);
        *house.recorder.refuse.lock().unwrap() = false;
        let changes = house.settings.set_many(&Actor::cli(), &[Write::json("jobs.max", 5)]).await.unwrap();
        assert_eq!((changes[0].old.as_str(), changes[0].new.as_str(), changes[0].version), ("3", "5", 1));
        assert_eq!(house.recorder.seen.lock().unwrap()[0], ("cli".to_owned(), changes));
        // Writing the same again changes nothing and records nothing.
        assert!(house.settings.set_many(&Actor::cli(), &[Write::text("jobs.max", "5")]).await.unwrap().is_empty());
        assert_eq!(house.recorder.seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn change_acts_at_once_here_and_within_a_poll_in_another_process() {
    for t in stores().await {
        let (here, there) = (start(&t, &[]).await, start(&t, &[]).await);
        let mut seen = here.settings.watch();
        here.settings.set_many(&Actor::cli(), &[Write::json("jobs.max", 5)]).await.unwrap();
        assert!(seen.has_changed().unwrap());
        assert_eq!(*seen.borrow_and_update(), 2);
        assert_eq!(here.settings.i64("jobs.max").unwrap(), 5);
        assert_eq!(there.settings.i64("jobs.max").unwrap(), 3);
        let clock: std::sync::Arc<dyn argos_kernel::Clock> = std::sync::Arc::new(there.clock.clone());
        let rng = std::sync::Arc::new(argos_kernel::SeededRng::new(1));
        let stop = argos_kernel::Shutdown::new();
        let tasks = argos_kernel::Tasks::new(clock, rng, stop.clone());
        there.settings.start(&tasks);
        let mut level = there.settings.watch();
        tokio::time::timeout(Duration::from_secs(5), level.wait_for(|n| *n >= 2)).await.unwrap().unwrap();
        assert_eq!(there.settings.i64("jobs.max").unwrap(), 5);
        stop.trigger();
        assert!(tasks.join(Duration::from_secs(5)).await);
    }
}

#[tokio::test]
async fn clearing_returns_to_the_default_and_versions_go_on() {
    for t in stores().await {
        let s = start(&t, &[]).await.settings;
        s.set_many(&Actor::cli(), &[Write::json("jobs.max", 5)]).await.unwrap();
        s.set_many(&Actor::cli(), &[Write::clear("jobs.max")]).await.unwrap();
        assert_eq!(s.i64("jobs.max").unwrap(), 3);
        s.set_many(&Actor::cli(), &[Write::json("jobs.max", 6)]).await.unwrap();
        let versions = s.versions("jobs.max").await.unwrap();
        let shown: Vec<(i64, &str, &str)> = versions.iter().map(|v| (v.version, v.previous.as_str(), v.value.as_str())).collect();
        assert_eq!(shown, [(3, "3", "6"), (2, "5", "3"), (1, "3", "5")]);
    }
}

#[tokio::test]
async fn only_the_last_fifty_versions_are_kept() {
    for t in stores().await {
        let s = start(&t, &[]).await.settings;
        for n in 0..53 {
            s.set_many(&Actor::cli(), &[Write::json("jobs.timeout_s", 100 + n)]).await.unwrap();
        }
        let versions = s.versions("jobs.timeout_s").await.unwrap();
        assert_eq!((versions.len(), versions[0].version, versions[49].version), (50, 53, 4));
    }
}

#[tokio::test]
async fn secrets_are_sealed_redacted_and_kept_by_placeholders() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let s = &house.settings;
        let set = [
            Write::text("smtp.password", "a-long-password"),
            Write::json("ops.notifications", json!({"email": {"server": "mx", "password": "nested-password"}})),
            Write::json("ops.agentKeys", json!(["agent-key-one", "agent-key-two"])),
        ];
        let changes = s.set_many(&Actor::cli(), &set).await.unwrap();
        assert!(changes.iter().all(|c| !format!("{c:?}").contains("password\":\"n") && !c.new.contains("agent-key")), "{changes:?}");
        for key in ["smtp.password", "ops.notifications", "ops.agentKeys"] {
            assert!(raw(&t, key).await.starts_with("{\"$sealed\":"), "{key}");
        }
        assert_eq!(house.vault.redactor().text("a-long-password nested-password agent-key-two"), "*** *** ***");
        let keep = [
            Write::text("smtp.password", "__UNCHANGED__"),
            Write::json("ops.notifications", json!({"email": {"server": "mx2", "password": "***"}})),
            Write::json("ops.agentKeys", json!("***")),
        ];
        let changed: Vec<&str> = s.set_many(&Actor::cli(), &keep).await.unwrap().iter().map(|c| c.key).collect();
        assert_eq!(changed, ["ops.notifications"]);
        assert_eq!(s.json("ops.notifications").unwrap()["email"]["password"], "nested-password");
        assert_eq!(s.secret("ops.agentKeys").unwrap().unwrap().reveal(), "agent-key-one,agent-key-two");
        let e = s.set_many(&Actor::cli(), &[Write::text("mqtt.password", "***")]).await.unwrap_err();
        assert_eq!(e.message(), "mqtt.password: a placeholder was given but no secret is stored");
        let text = render_effective(&s.effective());
        assert!(text.contains("smtp.password = ***  # stored") && !text.contains("a-long-password"));
        s.set_many(&Actor::cli(), &[Write::text("smtp.password", "")]).await.unwrap();
        assert!(s.secret("smtp.password").unwrap().is_none());
    }
}

#[tokio::test]
async fn unreadable_secret_is_a_503_never_empty_and_can_be_replaced() {
    for t in stores().await {
        let s = start(&t, &[]).await.settings;
        s.set_many(&Actor::cli(), &[Write::text("smtp.password", "a-long-password")]).await.unwrap();
        let moved = raw(&t, "smtp.password").await;
        s.set_many(&Actor::cli(), &[Write::text("mqtt.password", "another-password")]).await.unwrap();
        t.store.state.exec(SPOIL, argos_store::args![moved, "mqtt.password"]).await.unwrap();
        s.reload().await.unwrap();
        let e = s.secret("mqtt.password").err().unwrap();
        assert_eq!((e.kind(), e.code_str()), (ErrorKind::Unavailable, "secret_unreadable"));
        assert_eq!(s.secret("smtp.password").unwrap().unwrap().reveal(), "a-long-password");
        // A form posted back keeps it, an empty value removes it, a new one replaces it.
        assert!(s.set_many(&Actor::cli(), &[Write::text("mqtt.password", "__UNCHANGED__")]).await.unwrap().is_empty());
        assert!(s.secret("mqtt.password").is_err());
        s.set_many(&Actor::cli(), &[Write::text("mqtt.password", "")]).await.unwrap();
        assert!(s.secret("mqtt.password").unwrap().is_none());
        s.set_many(&Actor::cli(), &[Write::text("mqtt.password", "third-password")]).await.unwrap();
        assert_eq!(s.secret("mqtt.password").unwrap().unwrap().reveal(), "third-password");
    }
}

#[tokio::test]
async fn rekey_reseals_values_and_versions() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let s = &house.settings;
        for n in 0..3 {
            s.set_many(&Actor::cli(), &[Write::text("smtp.password", format!("password-number-{n}"))]).await.unwrap();
        }
        let owners = s.resealers();
        let owners: Vec<&dyn Resealer> = owners.iter().map(AsRef::as_ref).collect();
        let report = argos_vault::rekey(&house.vault, &owners, Duration::ZERO).await.unwrap();
        assert_eq!(report.resealed, [("settings.value", 1), ("settings_history.value", 3)]);
        assert_eq!(report.keys_forgotten, 1);
        s.reload().await.unwrap();
        assert_eq!(s.secret("smtp.password").unwrap().unwrap().reveal(), "password-number-2");
    }
}

#[tokio::test]
async fn reading_a_key_wrongly_is_an_error_and_not_a_made_up_value() {
    for t in stores().await {
        let s = start(&t, &[]).await.settings;
        assert!(s.i64("no.such.key").is_err());
        assert!(s.i64("smtp.host").is_err());
        assert!(s.text("smtp.password").is_err());
        assert!(s.json("smtp.password").is_err());
        assert!(s.secret("smtp.host").is_err());
        assert!(s.i64("ops.backupMaxDelete").is_err());
        assert_eq!(s.opt_i64("ops.backupMaxDelete").unwrap(), None);
        assert_eq!(s.opt_f64("quality.energy_price").unwrap(), None);
        assert_eq!(s.f64("llm.temperature").unwrap(), 0.3);
        assert!(!s.bool("ops.pushoverEnabled").unwrap());
        assert_eq!(s.list("access.lan_ranges").unwrap().len(), 6);
        assert_eq!(s.opt_text("smtp.host").unwrap(), None);
        assert_eq!(s.secret("smtp.password").unwrap().map(|p| p.reveal().clone()), None);
    }
}

#[tokio::test]
async fn file_is_read_again_on_request() {
    for t in stores().await {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("argos.toml");
        std::fs::write(&path, "[log]\nlevel = 'info'\n[crowdsec]\nlapi_url = 'http://one:1'\n").unwrap();
        let s = start(&t, &[("ARGOS_CONFIG", path.to_str().unwrap())]).await.settings;
        assert_eq!(s.text("crowdsec.lapi_url").unwrap(), "http://one:1");
        let seen = *s.watch().borrow();
        std::fs::write(&path, "[log]\nlevel = 'debug'\n[crowdsec]\nlapi_url = 'http://two:1'\n").unwrap();
        let boot = s.reload_file().unwrap();
        assert_eq!(boot.text("log.level").as_deref(), Some("debug"));
        assert_eq!(s.text("crowdsec.lapi_url").unwrap(), "http://two:1");
        assert!(*s.watch().borrow() > seen);
        std::fs::write(&path, "nonsense = 1").unwrap();
        assert!(s.reload_file().is_err());
        assert_eq!(s.text("crowdsec.lapi_url").unwrap(), "http://two:1");
    }
}
