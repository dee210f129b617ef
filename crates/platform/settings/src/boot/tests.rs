//! Precedence, names, conflicts and files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn load(cli: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Boot, BootError> {
    let cli: BTreeMap<String, String> = cli.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Boot::load(cli, Environment::from_pairs(env.iter().copied()))
}

fn fault(env: &[(&str, &str)]) -> String {
    load(&[], env).err().map(|e| e.to_string()).unwrap_or_default()
}

fn file(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    (dir, path.to_str().unwrap().to_owned())
}

#[test]
fn command_line_wins_over_environment_over_file_over_default() {
    let (_dir, path) =
        file("argos.toml", "data_dir = '/file'\nworker_threads = 3\n[http]\nlisten = '127.0.0.1:1'\n[log]\nlevel = 'warn'\n");
    let env = [("ARGOS_CONFIG", path.as_str()), ("ARGOS_LISTEN", "127.0.0.1:2"), ("ARGOS_DATA_DIR", "/env")];
    let boot = load(&[("http.listen", "127.0.0.1:3")], &env).unwrap();
    assert_eq!(boot.listener("http.listen").unwrap().port, 3);
    assert_eq!(boot.source("http.listen"), Some(&Given::CommandLine("--listen".to_owned())));
    assert_eq!(boot.data_dir(), PathBuf::from("/env"));
    assert_eq!(boot.int("worker_threads"), Some(3));
    assert_eq!(boot.text("log.level").as_deref(), Some("warn"));
    assert_eq!(boot.source("log.level").unwrap().kind(), "file");
    assert_eq!(boot.text("https.mode").as_deref(), Some("direct"));
    assert_eq!(boot.source("https.mode"), None);
}

#[test]
fn two_names_with_different_values_are_refused_and_equal_ones_are_not() {
    let e = fault(&[("ARGOS_LISTEN", "127.0.0.1:1"), ("ARGOS_HTTP_LISTEN", "127.0.0.1:2")]);
    assert_eq!(e, "ARGOS_HTTP_LISTEN and ARGOS_LISTEN give different values for http.listen");
    assert!(load(&[], &[("NOBA_MAX_JOBS", "5"), ("ARGOS_MAX_JOBS", " 5"), ("ARGOS_JOBS_MAX", "5")]).is_ok());
    let e = fault(&[("NOBA_MAX_JOBS", "5"), ("ARGOS_MAX_JOBS", "6")]);
    assert!(e.contains("NOBA_MAX_JOBS") && e.contains("ARGOS_MAX_JOBS"), "{e}");
    let e = fault(&[("PORT", "9000"), ("ARGOS_LISTEN", "0.0.0.0:8000")]);
    assert!(e.contains("http.listen"), "{e}");
}

#[test]
fn invalid_values_name_the_variable_and_not_the_value() {
    assert_eq!(fault(&[("ARGOS_METRICS_RAW_DAYS", "900")]), "ARGOS_METRICS_RAW_DAYS: must be between 1 and 90");
    assert_eq!(fault(&[("LOG_LEVEL", "loud")]), "LOG_LEVEL: must be one of debug, info, warn, error");
    assert_eq!(fault(&[("API_KEY", "hush")]), "API_KEY: must be at least 32 characters");
    let e = fault(&[("ARGOS_MASTER_KEY", "change-me-change-me-change-me-change-me")]);
    assert!(e.starts_with("ARGOS_MASTER_KEY: ") && !e.contains("change-me-change"), "{e}");
    assert!(fault(&[("ENCRYPTION_KEY", "")]).starts_with("ENCRYPTION_KEY: "));
    assert_eq!(fault(&[("TZ", "Mars/Base")]), "TZ: must be an IANA time zone");
    assert!(fault(&[("ARGOS_DATABASE_URL", "mysql://x/y")]).starts_with("ARGOS_DATABASE_URL: "));
    assert_eq!(load(&[("nope", "1")], &[]).err().unwrap().to_string(), "unknown key nope");
}

#[test]
fn secrets_are_read_from_files_and_must_agree() {
    let (_dir, path) = file("key", &format!("{}\n", "k".repeat(40)));
    let boot = load(&[], &[("ENCRYPTION_KEY_FILE", path.as_str())]).unwrap();
    assert_eq!(boot.secret("master_key").unwrap().reveal(), &"k".repeat(40));
    let e = fault(&[("ENCRYPTION_KEY_FILE", path.as_str()), ("ARGOS_MASTER_KEY", &"m".repeat(40))]);
    assert_eq!(e, "ARGOS_MASTER_KEY and ENCRYPTION_KEY_FILE give different values for master_key");
    assert!(fault(&[("SMTP_PASSWORD_FILE", "/no/such/file")]).starts_with("SMTP_PASSWORD_FILE: "));
    // Only secrets have the file form.
    assert!(load(&[], &[("SMTP_HOST_FILE", "/no/such/file")]).unwrap().source("smtp.host").is_none());
}

#[test]
fn host_and_port_are_one_address() {
    let listen = |env: &[(&str, &str)]| load(&[], env).unwrap().listener("http.listen").unwrap().to_string();
    assert_eq!(listen(&[("PORT", "9000")]), "0.0.0.0:9000");
    assert_eq!(listen(&[("HOST", "127.0.0.1"), ("PORT", "9000")]), "127.0.0.1:9000");
    assert_eq!(listen(&[("HOST", "::1"), ("PORT", "9000")]), "[::1]:9000");
    assert_eq!(listen(&[("HOST", "127.0.0.1")]), "127.0.0.1:8080");
    assert_eq!(listen(&[("HOST", "my-laptop")]), "0.0.0.0:8080");
    assert_eq!(listen(&[("ARGOS_LISTEN", ":0")]), ":0");
    assert_eq!(fault(&[("PORT", "99999")]), "PORT: must be host:port");
    assert_eq!(load(&[], &[("ARGOS_PORT", "9443")]).unwrap().listener("https.listen").unwrap().port, 9443);
    assert!(load(&[], &[("ARGOS_PORT", "tcp://10.0.0.1:80")]).unwrap().source("https.listen").is_none());
}

#[test]
fn listen_flag_alone_switches_the_other_listeners_off() {
    let boot = load(&[("http.listen", "127.0.0.1:0")], &[]).unwrap();
    for key in EXTRA {
        assert_eq!(boot.listener(key), None, "{key}");
    }
    let boot = load(&[("http.listen", "127.0.0.1:0"), ("https.listen", "127.0.0.1:0")], &[]).unwrap();
    assert!(boot.listener("https.listen").is_some() && boot.listener("edge.http_listen").is_none());
    let boot = load(&[], &[("ARGOS_EDGE_HTTPS", "off")]).unwrap();
    assert_eq!(boot.listener("edge.https_listen"), None);
    assert_eq!(boot.listener("edge.http_listen").unwrap().port, 80);
    assert_eq!(boot.listener("nut_server.listen").unwrap().host, "127.0.0.1");
}

const EXTRA: [&str; 4] = ["https.listen", "edge.http_listen", "edge.https_listen", "nut_server.listen"];

#[test]
fn combined_legacy_forms_are_understood() {
    let boot =
        load(&[], &[("NOBA_TRUST_PROXY", "1"), ("GOTIFY_URL", "http://gotify"), ("GOTIFY_TOKEN", "tok"), ("ARGOS_PUBLIC_IP_DISABLE", "1")])
            .unwrap();
    assert!(boot.list("http.trusted_proxies").contains(&"10.0.0.0/8".to_owned()));
    assert_eq!(boot.value("power.alert.seed_gotify").unwrap(), serde_json::json!({"url": "http://gotify", "token": "tok"}));
    assert_eq!(boot.value("panel.public_ip_detect_url").unwrap(), "");
    assert!(load(&[], &[("ARGOS_TRUST_PROXY", "0")]).unwrap().list("http.trusted_proxies").is_empty());
    assert_eq!(load(&[], &[("ARGOS_TRUSTED_PROXIES", "10.0.0.1")]).unwrap().list("http.trusted_proxies"), ["10.0.0.1"]);
}

#[test]
fn unknown_or_misplaced_keys_of_a_file_are_named() {
    let run = |name: &str, content: &str| {
        let (_dir, path) = file(name, content);
        load(&[("config_file", &path)], &[]).map(|b| b.list("exporters.sources")).map_err(|e| e.to_string().replace(&path, "FILE"))
    };
    assert_eq!(run("a.toml", "[metrics]\nraw_dayz = 2\n"), Err("FILE: unknown key metrics.raw_dayz".to_owned()));
    assert_eq!(run("a.toml", "appsec.mode = 'block'\n"), Err("FILE: unknown key appsec.mode".to_owned()));
    assert_eq!(run("a.toml", "[jobs]\nmax = 'many'\n"), Err("FILE: jobs.max: must be a whole number".to_owned()));
    assert_eq!(run("a.toml", "'jobs.max' = 1\n[jobs]\nmax = 2\n"), Err("FILE: jobs.max: given twice".to_owned()));
    assert!(run("a.toml", "x = [").unwrap_err().starts_with("FILE: not valid TOML at line 1"));
    assert!(run("a.yaml", "a: [1").unwrap_err().starts_with("FILE: not valid YAML"));
    assert_eq!(run("a.yaml", "- 1"), Err("FILE: must be a mapping of keys".to_owned()));
    assert_eq!(run("a.yml", "exporters:\n  sources: [power, host]\n"), Ok(vec!["power".to_owned(), "host".to_owned()]));
    assert_eq!(run("a.yml", ""), Ok(vec!["power".to_owned()]));
    assert_eq!(
        load(&[("config_file", "/no/such.toml")], &[]).err().unwrap().to_string(),
        "/no/such.toml: No such file or directory (os error 2)"
    );
}

#[test]
fn reload_reads_the_file_again() {
    let (_dir, path) = file("a.toml", "log.level = 'info'\n");
    let boot = load(&[("config_file", &path)], &[]).unwrap();
    std::fs::write(&path, "log.level = 'debug'\n").unwrap();
    assert_eq!(boot.reload().unwrap().text("log.level").as_deref(), Some("debug"));
    std::fs::write(&path, "log.level = 'loud'\n").unwrap();
    assert!(boot.reload().is_err());
    assert_eq!(boot.text("log.level").as_deref(), Some("info"));
}

#[test]
fn paths_and_databases_are_resolved_against_the_data_directory() {
    let boot = load(&[("data_dir", "/srv/argos")], &[("ARGOS_SCRIPT_DIR", "my/scripts"), ("PID_FILE", "/run/argos.pid")]).unwrap();
    assert_eq!(boot.path("plugin_dir").unwrap(), PathBuf::from("/srv/argos/plugins"));
    assert_eq!(boot.path("script_dir").unwrap(), PathBuf::from("/srv/argos/my/scripts"));
    assert_eq!(boot.path("pid_file").unwrap(), PathBuf::from("/run/argos.pid"));
    assert_eq!(boot.path("https.cert"), None);
    let target = |url: &str| load(&[("data_dir", "/d"), ("database.url", url)], &[]).and_then(|b| b.database());
    assert!(target("sqlite") == Ok(DatabaseTarget::Sqlite("/d".into())));
    assert!(target("./argos.db") == Ok(DatabaseTarget::Sqlite("/d/.".into())));
    assert!(target("sqlite:///var/lib/x") == Ok(DatabaseTarget::Sqlite("/var/lib/x".into())));
    assert!(matches!(target("postgres://u:p@h/db"), Ok(DatabaseTarget::Postgres(_))));
    assert!(target("/var/other.db").is_err());
}

#[test]
fn effective_print_masks_secrets_and_passwords_in_urls() {
    let boot = load(
        &[],
        &[("ARGOS_API_KEY", &"k".repeat(40)), ("ARGOS_DATABASE_URL", "postgres://argos:hunter2@db/argos"), ("NTFY_TOKEN", "tk_hush")],
    )
    .unwrap();
    let text = crate::render_effective(&boot.effective());
    assert!(!text.contains("kkkk") && !text.contains("hunter2") && !text.contains("tk_hush"), "{text}");
    assert!(text.contains("database.url = postgres://argos:***@db/argos  # env ARGOS_DATABASE_URL"), "{text}");
    assert!(text.contains("https.mode = direct  # default"), "{text}");
}

proptest! {
    #[test]
    fn file_parsers_survive_any_text(text in "\\PC{0,200}", yaml in any::<bool>()) {
        drop(file::parse(&text, yaml));
    }

    #[test]
    fn any_environment_is_read_or_refused_without_a_panic(values in proptest::collection::vec("\\PC{0,20}", 6)) {
        let names = ["ARGOS_LISTEN", "PORT", "HOST", "ARGOS_TRUST_PROXY", "NTFY_TAGS", "ARGOS_SOCIAL_PROVIDERS"];
        drop(Boot::load(BTreeMap::new(), Environment::from_pairs(names.into_iter().zip(values))));
    }
}
