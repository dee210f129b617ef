//! A certified OpenID provider (the npm package `oidc-provider`) that signs in whoever the test names.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;

use crate::http::Client;
use crate::packages::Unavailable;
use crate::process::{self, Launch, Process};

const PACKAGE: &str = "oidc-provider@8.8.1";
const SCRIPT: &str = include_str!("../assets/oidc-provider.mjs");
/// Secret of the clients `argos` (RS256), `argos-es` (ES256) and `social`.
pub const CLIENT_SECRET: &str = "provider-secret-of-the-test";

/// A running provider.
#[derive(Debug)]
pub struct OidcProvider {
    /// Its address, which is its name.
    pub issuer: String,
    // Ended when dropped.
    _process: Process,
}

impl OidcProvider {
    /// The directory with the package, installed there by npm when it is missing.
    ///
    /// # Errors
    /// When Node is not here or the package cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
        let dir = home.unwrap_or_else(std::env::temp_dir).join("argos-peers").join(PACKAGE.replace('@', "-"));
        std::fs::create_dir_all(&dir).map_err(io_failure)?;
        let lock = std::fs::File::create(dir.join("install.lock")).map_err(io_failure)?;
        lock.lock().map_err(io_failure)?;
        if !dir.join("node_modules/oidc-provider/package.json").exists() {
            let npm = process::find_program(&["npm"], &[]).ok_or_else(|| Unavailable("npm is not installed".to_owned()))?;
            let prefix = dir.display().to_string();
            process::run(&npm, &["install", "--prefix", &prefix, "--no-audit", "--no-fund", PACKAGE], &[])
                .map_err(|error| Unavailable(format!("{PACKAGE} could not be installed: {error}")))?;
        }
        // Another test may be starting its provider from this file: it is replaced in one step, and only when it differs.
        let (script, new) = (dir.join("provider.mjs"), dir.join("provider.new"));
        if std::fs::read_to_string(&script).ok().as_deref() != Some(SCRIPT) {
            std::fs::write(&new, SCRIPT).and_then(|()| std::fs::rename(&new, &script)).map_err(io_failure)?;
        }
        Ok(dir)
    }

    /// Starts a provider that knows these redirect addresses.
    ///
    /// # Errors
    /// When Node or the package cannot be had, or the provider does not start.
    pub fn start(callbacks: &[String]) -> Result<Self, Unavailable> {
        let dir = Self::find()?;
        let node = process::find_program(&["node"], &[]).ok_or_else(|| Unavailable("Node is not installed".to_owned()))?;
        let mut process = Launch::new(&node, "KILL")
            .args(["provider.mjs"])
            .args(callbacks)
            .with(|command| {
                command.current_dir(&dir).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
            })
            .spawn()
            .map_err(io_failure)?;
        let stdout = process.take_stdout().ok_or_else(|| Unavailable("the provider has no output".to_owned()))?;
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if line.starts_with("http://") {
                return Ok(Self { issuer: line, _process: process });
            }
        }
        Err(Unavailable("the provider did not start".to_owned()))
    }

    /// Speaks to the provider.
    ///
    /// # Panics
    /// When its address is no socket address.
    #[must_use]
    pub fn client(&self) -> Client {
        let address: SocketAddr = self.issuer.trim_start_matches("http://").parse().expect("an address with a port");
        Client::new(address)
    }

    /// Whom the next sign-in is: the claims of an account; `refuses` makes that person decline.
    #[track_caller]
    pub fn next_person(&self, claims: Value) {
        drop(self.client().post("/person", claims).expect_status(200));
    }

    /// An access token that the issuer `<address>/issuer` signs: `{claims, without, kid}`.
    #[track_caller]
    #[must_use]
    pub fn access_token(&self, wanted: &Value) -> String {
        let reply = self.client().post("/issuer/sign", wanted.clone()).expect_status(200).json();
        reply["token"].as_str().expect("a token").to_owned()
    }

    /// The issuer makes a new key and forgets the old one.
    #[track_caller]
    pub fn rotate(&self) {
        drop(self.client().post("/issuer/rotate", Value::Object(serde_json::Map::new())).expect_status(200));
    }

    /// How often the issuer was asked for its keys.
    #[track_caller]
    #[must_use]
    pub fn times_asked(&self) -> u64 {
        self.client().get("/issuer/asked").expect_status(200).json()["asked"].as_u64().expect("a number")
    }

    /// Walks a browser from an authorization address to where the provider sends it back.
    ///
    /// # Panics
    /// When the provider does not end the walk with a redirect to somebody else.
    #[track_caller]
    #[must_use]
    pub fn walk(&self, authorization: &str) -> String {
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut next = authorization.to_owned();
        for _ in 0..10 {
            let Some(target) = next.strip_prefix(&self.issuer) else { return next };
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = self.client().with_header("Cookie", &jar.join("; ")).get(target);
            for set in answer.header_all("set-cookie") {
                let pair = set.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    cookies.retain(|(known, _)| known != name);
                    cookies.push((name.to_owned(), value.to_owned()));
                }
            }
            let location = answer.header("location");
            let location = location.unwrap_or_else(|| panic!("{} {}: {}", answer.status, target, answer.text()));
            next = if location.starts_with('/') { format!("{}{location}", self.issuer) } else { location.to_owned() };
        }
        panic!("the provider redirects without end");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads as `map_err(io_failure)`")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(error.to_string())
}
