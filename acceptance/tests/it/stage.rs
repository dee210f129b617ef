//! A server with people on it. Tests act as people over HTTP; nothing is arranged behind the server's back.

use argos_peers::{Argos, ArgosConfig, Client, Database, Response, packages, process};
use serde_json::{Value, json};

/// Password of every person on the stage.
pub(crate) const PASSWORD: &str = "Person-Pass-1";

/// A running server and its first user.
pub(crate) struct Stage {
    pub(crate) argos: Argos,
    /// Signed in as `admin`, role owner.
    pub(crate) owner: Client,
}

impl Stage {
    pub(crate) fn start() -> Self {
        Self::on(ArgosConfig::new())
    }

    pub(crate) fn on(config: ArgosConfig) -> Self {
        Self::of(config.start())
    }

    pub(crate) fn of(argos: Argos) -> Self {
        let owner = argos.admin();
        Self { argos, owner }
    }

    /// Adds a user.
    pub(crate) fn add_user(&self, username: &str, role: &str) {
        let body = json!({"action": "add", "username": username, "password": PASSWORD, "role": role});
        assert_eq!(self.owner.post("/api/admin/users", body).expect_status(200).json()["status"], "ok");
    }

    /// Adds a user and signs in as that user.
    pub(crate) fn person(&self, username: &str, role: &str) -> Client {
        self.add_user(username, role);
        self.sign_in(username)
    }

    pub(crate) fn sign_in(&self, username: &str) -> Client {
        self.anonymous().with_bearer(&self.argos.login(username, PASSWORD))
    }

    pub(crate) fn anonymous(&self) -> Client {
        self.argos.anonymous()
    }
}

/// Asserts the error envelope of platform 3.1 and returns its text.
#[track_caller]
pub(crate) fn assert_error(answer: &Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "body: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["code"], code, "{body}");
    for key in ["error", "detail", "request_id"] {
        assert!(!body[key].is_null(), "an error names its {key}: {body}");
    }
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"), "{body}");
    body
}

/// Runs a statement on the store of a server that does not run: what no caller can bring about.
pub(crate) fn sql(config: &ArgosConfig, text: &str) -> String {
    match config.database() {
        Database::Postgres(database) => database.sql(text).unwrap(),
        Database::Sqlite => {
            let sqlite = packages::require("sqlite3", &["sqlite3"], || process::find_program(&["sqlite3"], &[])).unwrap();
            process::run(&sqlite, &[&config.dir().join("argos.db").display().to_string(), text], &[]).unwrap()
        }
    }
}
