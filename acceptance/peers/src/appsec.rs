//! The application firewall of CrowdSec as its clients meet it, from the facts of its documentation (protocol of the remediation
//! components, version 1.6 and later): Debian's CrowdSec is too old to have one. Its only rules are the path that CrowdSec's own
//! documentation tests with, and a text of SQL injection in a body or an address. An address that its parser cannot read it
//! answers without a word, as one that a rule of its own fails at.

use crate::scripted_http::{Asked, ScriptedHttp};

/// A listener of it; it stops when dropped.
#[derive(Debug)]
pub struct AppSec(ScriptedHttp);

impl AppSec {
    /// One that bans what its rules match, for bouncers with this key.
    #[must_use]
    pub fn blocking(key: &str) -> Self {
        Self::blocking_at(0, key)
    }

    /// The same where one stood before.
    #[must_use]
    pub fn blocking_at(port: u16, key: &str) -> Self {
        let key = key.to_owned();
        Self(ScriptedHttp::start_at(port, move |asked| word(asked, &key)))
    }

    /// One that notes what its rules match and lets it pass.
    #[must_use]
    pub fn detecting(key: &str) -> Self {
        let key = key.to_owned();
        Self(ScriptedHttp::start(move |asked| match word(asked, &key) {
            (403, _) => allowed(),
            word => word,
        }))
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// What it was asked about addresses with this text.
    #[must_use]
    pub fn asked_about(&self, text: &str) -> Vec<Asked> {
        let is_about = |asked: &Asked| asked.header("x-crowdsec-appsec-uri").is_some_and(|uri| uri.contains(text));
        self.0.asked().into_iter().filter(is_about).collect()
    }
}

fn allowed() -> (u16, String) {
    (200, r#"{"action":"allow","http_status":200}"#.to_owned())
}

fn word(asked: &Asked, key: &str) -> (u16, String) {
    let told = |name: &str| asked.header(&format!("x-crowdsec-appsec-{name}")).filter(|value| !value.is_empty());
    if told("api-key") != Some(key) {
        return (401, "null".to_owned());
    }
    let (Some(_), Some(uri), Some(_), Some(_)) = (told("ip"), told("uri"), told("host"), told("verb")) else {
        return (500, "null".to_owned());
    };
    if !is_readable(uri) || uri.contains("fails-a-rule") {
        return (500, "null".to_owned());
    }
    let is_attack = uri.starts_with("/rpc2") || [uri, &asked.body].iter().any(|text| text.contains("' OR '1'='1"));
    if is_attack { (403, r#"{"action":"ban","http_status":403}"#.to_owned()) } else { allowed() }
}

/// Whether Go's `url.Parse` takes it: two slashes name a host, and a `%` of the path needs two digits.
fn is_readable(uri: &str) -> bool {
    let path = uri.split('?').next().unwrap_or_default();
    let is_escape = |digits: &str| digits.len() > 1 && digits.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    !path.starts_with("//[") && path.split('%').skip(1).all(is_escape)
}
