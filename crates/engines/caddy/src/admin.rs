//! The admin API: the running configuration, loading another one, the backends as Caddy counts them.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::transport::{HttpRequest, HttpResponse, Transport};

const LOOK: Duration = Duration::from_secs(5);
const LOAD: Duration = Duration::from_secs(10);
/// A configuration of some thousand sites is a few megabytes.
const BYTES_MAX: usize = 64 << 20;
/// Letters kept of a refusal.
const REASON_MAX: usize = 2_000;

/// Why Caddy did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminError {
    /// No answer came.
    Unreachable(String),
    /// It answered with this status and reason.
    Refused(u16, String),
    /// The answer is not one of the admin API.
    Malformed(&'static str),
}

/// A backend as Caddy counts it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Upstream {
    /// `host:port`
    pub address: String,
    /// Requests in progress.
    #[serde(default)]
    pub num_requests: u64,
    /// Failures that still count.
    #[serde(default)]
    pub fails: u64,
}

/// The admin API of one Caddy.
pub struct Admin<'a, T: Transport + ?Sized> {
    transport: &'a T,
    base: &'a str,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl AdminError {
    fn of(answer: &HttpResponse) -> Option<Self> {
        (answer.status >= 400).then(|| {
            let said = serde_json::from_slice::<Refusal>(&answer.body).map(|r| r.error);
            let said = said.unwrap_or_else(|_| String::from_utf8_lossy(&answer.body).into_owned());
            Self::Refused(answer.status, said.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect())
        })
    }

    /// The module a refused configuration needs and this build of Caddy does not have.
    #[must_use]
    pub fn missing_module(&self) -> Option<&str> {
        let Self::Refused(_, said) = self else { return None };
        let (_, rest) = said.split_once("unknown module: ")?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let name = rest.split(|c| !is_name(c)).next()?.trim_end_matches('.');
        Some(name).filter(|n| !n.is_empty())
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "Caddy does not answer: {why}"),
            Self::Refused(status, said) if said.is_empty() => write!(f, "Caddy answered HTTP {status}"),
            Self::Refused(_, said) => write!(f, "Caddy refused the configuration: {said}"),
            Self::Malformed(what) => write!(f, "{what} of Caddy is not what its admin API answers"),
        }
    }
}

impl std::error::Error for AdminError {}

impl<'a, T: Transport + ?Sized> Admin<'a, T> {
    /// `base` is the address of the admin API.
    pub fn new(transport: &'a T, base: &'a str) -> Self {
        Self { transport, base: base.trim_end_matches('/') }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, AdminError> {
        let answer = self.transport.send(request).await.map_err(AdminError::Unreachable)?;
        AdminError::of(&answer).map_or(Ok(answer), Err)
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, AdminError> {
        let url = format!("{}{path}", self.base);
        let request = HttpRequest { method: "GET", url, headers: Vec::new(), body: None, timeout: LOOK, bytes_max: BYTES_MAX };
        Ok(self.exchange(request).await?.body)
    }

    /// The configuration that runs; `Value::Null` = none.
    ///
    /// # Errors
    /// When Caddy does not answer with one.
    pub async fn config(&self) -> Result<Value, AdminError> {
        let body = self.get("/config/").await?;
        serde_json::from_slice(&body).map_err(|_| AdminError::Malformed("the configuration"))
    }

    /// Replaces the configuration, whole or not at all. `forced` loads one that is equal to the running one too, which
    /// has Caddy read certificate files again.
    ///
    /// # Errors
    /// When Caddy refuses it or does not answer.
    pub async fn load(&self, document: String, forced: bool) -> Result<(), AdminError> {
        let headers = if forced { vec![("cache-control", "must-revalidate")] } else { Vec::new() };
        let url = format!("{}/load", self.base);
        let request = HttpRequest { method: "POST", url, headers, body: Some(document), timeout: LOAD, bytes_max: 1 << 20 };
        self.exchange(request).await.map(drop)
    }

    /// The backends of the running configuration.
    ///
    /// # Errors
    /// When Caddy does not answer with a list.
    pub async fn upstreams(&self) -> Result<Vec<Upstream>, AdminError> {
        let body = self.get("/reverse_proxy/upstreams").await?;
        let list: Option<Vec<Upstream>> = serde_json::from_slice(&body).map_err(|_| AdminError::Malformed("the list of backends"))?;
        Ok(list.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;
    use crate::transport::BoxFuture;

    struct Recorded(Mutex<Vec<HttpRequest>>, u16, &'static str);

    impl Transport for Recorded {
        fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
            self.0.lock().unwrap().push(request);
            Box::pin(std::future::ready(Ok(HttpResponse { status: self.1, body: self.2.as_bytes().to_vec() })))
        }
    }

    #[tokio::test]
    async fn refused_load_names_the_module_that_is_missing() {
        // As Caddy 2.11 says it.
        let said = r#"{"error":"loading config: loading new config: loading http app module: provision http: server main: setting up route handlers: route 0: loading handler modules: position 0: loading module 'rate_limit': unknown module: http.handlers.rate_limit"}"#;
        let caddy = Recorded(Mutex::default(), 400, said);
        let error = Admin::new(&caddy, "http://c:2019/").load("{}".to_owned(), true).await.unwrap_err();
        assert_eq!(error.missing_module(), Some("http.handlers.rate_limit"));
        let asked = caddy.0.lock().unwrap();
        assert_eq!((asked[0].url.as_str(), &asked[0].headers), ("http://c:2019/load", &vec![("cache-control", "must-revalidate")]));
        assert_eq!(AdminError::Unreachable("unknown module: x".to_owned()).missing_module(), None);
    }

    #[tokio::test]
    async fn empty_caddy_has_no_configuration_and_no_backends() {
        let caddy = Recorded(Mutex::default(), 200, "null\n");
        let admin = Admin::new(&caddy, "http://c:2019");
        assert_eq!((admin.config().await, admin.upstreams().await), (Ok(Value::Null), Ok(Vec::new())));
        let caddy = Recorded(Mutex::default(), 200, r#"[{"address":"127.0.0.1:81","num_requests":2,"fails":1}]"#);
        let found = Admin::new(&caddy, "http://c:2019").upstreams().await.unwrap();
        assert_eq!(found, [Upstream { address: "127.0.0.1:81".to_owned(), num_requests: 2, fails: 1 }]);
    }

    proptest! {
        #[test]
        fn no_refusal_breaks_its_reader(said in ".{0,80}", tail in ".{0,40}") {
            let error = AdminError::of(&HttpResponse { status: 400, body: format!("{said}unknown module: {tail}").into_bytes() }).unwrap();
            let found = error.missing_module().unwrap_or_default();
            prop_assert!(found.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_'));
        }
    }
}
