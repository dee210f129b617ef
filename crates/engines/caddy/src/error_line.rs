//! Lines of the error log: what Caddy says about itself, its certificates and the backends it asks.

use serde_json::Value;

use crate::{host_name, micros, text};

/// The part of Caddy that asks backends how they are.
const CHECKER: &str = "http.handlers.reverse_proxy.health_checker.active";

/// What Caddy said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorLine {
    /// Microseconds since 1970.
    pub at: i64,
    /// debug, info, warn, error, panic or fatal
    pub level: String,
    /// The part of Caddy that speaks.
    pub logger: String,
    pub msg: String,
    pub error: Option<String>,
    /// The name of a certificate.
    pub identifier: Option<String>,
    /// The backend that was asked, `host:port`.
    pub upstream: Option<String>,
    /// What it answered.
    pub status: Option<u16>,
    /// The name that was asked for.
    pub requested: Option<String>,
}

impl ErrorLine {
    /// Reads a line; `None` when it is none.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(line).ok()?;
        let logger = text(&all, "logger").unwrap_or_default().to_owned();
        let upstream = text(&all, "host").filter(|_| logger.starts_with(CHECKER)).map(str::to_owned);
        let requested = all.get("request").and_then(|r| text(r, "host")).map(host_name);
        Some(Self {
            at: micros(all.get("ts")?.as_f64()?)?,
            level: text(&all, "level")?.to_owned(),
            msg: all.get("msg")?.as_str()?.to_owned(),
            error: text(&all, "error").map(str::to_owned),
            identifier: text(&all, "identifier").map(str::to_ascii_lowercase),
            status: all.get("status_code").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok()),
            upstream,
            requested,
            logger,
        })
    }

    /// As people read it.
    #[must_use]
    pub fn message(&self) -> String {
        let mut out = if self.logger.is_empty() { String::new() } else { format!("{}: ", self.logger) };
        out.push_str(&self.msg);
        if let Some(error) = &self.error {
            out.push_str(" -- ");
            out.push_str(error);
        }
        out
    }

    /// The certificate that could not be had, and why.
    #[must_use]
    pub fn failed_certificate(&self) -> Option<(&str, String)> {
        let domain = self.identifier.as_deref()?;
        (self.level == "error" && self.msg.contains("certificate"))
            .then(|| (domain, self.error.clone().unwrap_or_else(|| self.msg.clone())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ErrorLine;

    #[test]
    fn line_about_a_certificate_names_it() {
        let line = r#"{"level":"error","ts":1732213131.5,"logger":"tls.obtain","msg":"could not get certificate from issuer","identifier":"App.test","issuer":"acme","error":"HTTP 400"}"#;
        let line = ErrorLine::parse(line).unwrap();
        assert_eq!(line.message(), "tls.obtain: could not get certificate from issuer -- HTTP 400");
        assert_eq!(line.failed_certificate(), Some(("app.test", "HTTP 400".to_owned())));
        let line = r#"{"level":"error","ts":1732213131.5,"logger":"tls.obtain","msg":"will retry","error":"[a.test] Obtain: x"}"#;
        assert_eq!(ErrorLine::parse(line).unwrap().failed_certificate(), None, "the same failure, told again");
        let line = r#"{"level":"info","ts":1.5,"logger":"tls.obtain","msg":"certificate obtained successfully","identifier":"a.test"}"#;
        assert_eq!(ErrorLine::parse(line).unwrap().failed_certificate(), None);
    }

    #[test]
    fn only_the_checker_speaks_of_backends() {
        let line = r#"{"level":"info","ts":1.5,"logger":"http.handlers.reverse_proxy.health_checker.active","msg":"unexpected status code","status_code":500,"host":"127.0.0.1:81"}"#;
        let line = ErrorLine::parse(line).unwrap();
        assert_eq!((line.upstream.as_deref(), line.status), (Some("127.0.0.1:81"), Some(500)));
        let line = r#"{"level":"error","ts":1.5,"logger":"http.log.error","msg":"dial tcp","host":"x","request":{"host":"App.test:80"}}"#;
        let line = ErrorLine::parse(line).unwrap();
        assert_eq!((line.upstream, line.requested.as_deref()), (None, Some("app.test")));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(line in ".{0,200}", word in ".{0,30}", n in any::<u64>()) {
            drop(ErrorLine::parse(&line));
            let built = serde_json::json!({ "ts": 1, "level": word, "msg": word, "logger": word, "host": word, "status_code": n });
            if let Some(line) = ErrorLine::parse(&built.to_string()) {
                drop((line.message(), line.failed_certificate()));
            }
        }
    }
}
