//! Platform 19 and 20: each way a start can fail has its exit code and a text that names the cause.

use argos_peers::argos::{Exited, MASTER_KEY};
use argos_peers::{Argos, ArgosConfig, Database, process};

use crate::stage::sql;

/// Spoils a database file.
type Damage = fn(&mut Vec<u8>);

#[track_caller]
fn refused(config: ArgosConfig, code: i32, named: &str) -> Exited {
    let exited = config.try_start().expect_err("the server must not start");
    assert_eq!(exited.code, Some(code), "{exited}");
    assert!(exited.stderr.contains(named), "the text names {named}:\n{exited}");
    assert!(!exited.stdout.contains("ARGOS_READY"));
    assert!(!exited.stderr.contains("panicked at"), "{exited}");
    *exited
}

#[test]
fn second_server_on_the_same_directory_is_refused_with_4() {
    let argos = ArgosConfig::with_database(Database::Sqlite).start();
    let dir = argos.data_dir().to_path_buf();
    refused(ArgosConfig::with_database(Database::Sqlite).data_dir(&dir), 4, &dir.display().to_string());
    assert_eq!(argos.anonymous().get("/readyz").status, 200, "the first one works on");
}

#[test]
fn taken_port_is_refused_with_4_and_named() {
    let argos = Argos::start();
    let address = argos.address().to_string();
    refused(ArgosConfig::new().listen(&address), 4, &argos.address().port().to_string());
}

#[test]
fn bad_values_are_refused_with_2_naming_the_variable() {
    let cases: [(&str, &str); 6] = [
        ("ARGOS_MASTER_KEY", "too-short"),
        ("ARGOS_MASTER_KEY", "change-me-change-me-change-me-change-me"),
        ("ARGOS_TRUSTED_PROXIES", "not-an-address"),
        ("ARGOS_SESSION_SECRET", "short"),
        ("ARGOS_INITIAL_ADMIN_PASSWORD", "short"),
        ("ARGOS_SESSION_MAX_PER_USER", "many"),
    ];
    for (name, value) in cases {
        refused(ArgosConfig::new().env(name, value), 2, name);
    }
}

#[test]
fn two_names_of_one_setting_with_different_values_are_refused() {
    let other = MASTER_KEY.replace('6', "7");
    refused(ArgosConfig::new().env("ENCRYPTION_KEY", &other), 2, "ENCRYPTION_KEY");
}

#[test]
fn bad_command_line_is_refused_with_2() {
    refused(ArgosConfig::new().listen("nonsense"), 2, "listen");
    refused(ArgosConfig::new().arg("--no-such-flag"), 2, "--no-such-flag");
}

#[test]
fn wrong_master_key_is_refused_with_2_and_the_right_one_still_works() {
    let mut stopped = Argos::start().stop();
    stopped.config.set_env("ARGOS_MASTER_KEY", &MASTER_KEY.replace('6', "7"));
    let mut config = refused(stopped.config, 2, "master").config;
    config.set_env("ARGOS_MASTER_KEY", MASTER_KEY);
    let argos = config.start();
    assert_eq!(argos.admin().get("/api/me").status, 200);
}

#[test]
fn lost_master_key_file_is_refused_with_2_and_no_new_key_is_made() {
    let argos = ArgosConfig::new().without_env("ARGOS_MASTER_KEY").start();
    let key = argos.data_dir().join("master.key");
    assert!(key.exists());
    let stopped = argos.stop();
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let config = refused(stopped.config, 2, "master").config;
    assert!(!key.exists(), "a new key would make the old secrets unreadable for good");
    std::fs::write(&key, kept).unwrap();
    assert_eq!(config.start().admin().get("/api/me").status, 200);
}

#[test]
fn newer_store_is_refused_with_3_and_left_alone() {
    let stopped = Argos::start().stop();
    let newer = "insert into schema_migrations (module, version, name, checksum, applied_at) \
                 select module, 9999, name, checksum, applied_at from schema_migrations where version = 1 limit 1";
    let count = "select count(*) from schema_migrations";
    sql(&stopped.config, newer);
    let before = sql(&stopped.config, count);
    let exited = refused(stopped.config, 3, "newer");
    assert_eq!(sql(&exited.config, count), before);
}

#[test]
fn damaged_database_file_is_refused_with_a_clear_text_and_left_alone() {
    let mut stopped = ArgosConfig::with_database(Database::Sqlite).start().stop();
    let file = stopped.config.dir().join("argos.db");
    let whole = std::fs::read(&file).unwrap();
    let damages: [(&str, Damage); 3] = [
        ("header", |bytes| bytes[..16].fill(b'x')),
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("page", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 8192].fill(0xa5);
        }),
    ];
    for (name, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        let exited = refused(stopped.config, 1, "damaged");
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{name}: the file is left as it was found");
        stopped.config = exited.config;
    }
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(stopped.config.start().admin().get("/api/me").status, 200);
}

#[test]
fn unreachable_database_server_is_refused_without_its_password() {
    let config = ArgosConfig::with_database(Database::Sqlite).arg("--database-url").arg("postgres://argos:hidden-word@127.0.0.1:1/argos");
    let exited = refused(config, 1, "127.0.0.1");
    assert!(!exited.stderr.contains("hidden-word"), "{exited}");
}

#[test]
fn read_only_data_directory_is_refused_with_its_name() {
    let config = ArgosConfig::with_database(Database::Sqlite);
    let dir = config.scratch().join("sealed");
    std::fs::create_dir(&dir).unwrap();
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o555);
    std::fs::set_permissions(&dir, readable).unwrap();
    // Permission bits do not bind root.
    let config = match (process::is_root(), process::account("nobody")) {
        (true, Some(nobody)) => config.run_as(nobody),
        _ => config,
    };
    refused(config.data_dir(&dir), 1, &dir.display().to_string());
}
