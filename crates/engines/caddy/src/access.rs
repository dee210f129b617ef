//! Lines of the access log: one finished request each.

use serde_json::Value;

use crate::{header, host_name, micros, text};

/// A finished request. `None` = the line does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessLine {
    /// Microseconds since 1970.
    pub at: i64,
    pub status: u16,
    /// Bytes of the answer.
    pub size: u64,
    pub duration_s: f64,
    /// The client after trusted proxies, else the peer.
    pub client: Option<String>,
    pub method: Option<String>,
    /// Without port.
    pub host: Option<String>,
    /// Path and query.
    pub uri: Option<String>,
    pub user_agent: Option<String>,
    /// Texts that the configuration had Caddy append to the line, by name.
    appended: serde_json::Map<String, Value>,
}

impl AccessLine {
    /// Reads a line; `None` when it is none of a finished request.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let Value::Object(mut all) = serde_json::from_str::<Value>(line).ok()? else { return None };
        let request = all.remove("request")?;
        let own = |name: &str| text(&request, name).map(str::to_owned);
        Some(Self {
            at: micros(all.get("ts")?.as_f64()?)?,
            status: u16::try_from(all.get("status")?.as_u64()?).ok()?,
            size: all.get("size").and_then(Value::as_u64).unwrap_or(0),
            duration_s: all.get("duration").and_then(Value::as_f64).filter(|d| d.is_finite() && *d >= 0.0).unwrap_or(0.0),
            client: own("client_ip").or_else(|| own("remote_ip")),
            method: own("method"),
            host: text(&request, "host").map(host_name),
            uri: own("uri"),
            user_agent: header(request.get("headers"), "user-agent").map(str::to_owned),
            appended: all,
        })
    }

    /// The address without its query.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.uri.as_deref().map(|uri| uri.split('?').next().unwrap_or(uri))
    }

    /// A text that the configuration had Caddy append; an empty one, or a placeholder nobody filled in, is none.
    #[must_use]
    pub fn appended(&self, name: &str) -> Option<&str> {
        self.appended.get(name)?.as_str().filter(|t| !t.is_empty() && !t.starts_with('{'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::AccessLine;

    /// As Caddy 2.11 writes it.
    const LINE: &str = r#"{"level":"info","ts":1732213131.5278,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.2","remote_port":"51234","client_ip":"198.51.100.7","proto":"HTTP/1.1","method":"GET","host":"App.test:8443","uri":"/a?b=1","headers":{"User-Agent":["curl/8"],"Accept":["*/*"]}},"bytes_read":0,"user_id":"","duration":0.001234,"size":17,"status":200,"resp_headers":{"Server":["Caddy"]},"site":"7","upstream":"{http.reverse_proxy.upstream.hostport}"}"#;

    #[test]
    fn line_of_a_request_says_who_what_and_how_long() {
        let line = AccessLine::parse(LINE).unwrap();
        assert_eq!((line.at, line.status, line.size), (1_732_213_131_527_800, 200, 17));
        assert_eq!((line.client.as_deref(), line.host.as_deref()), (Some("198.51.100.7"), Some("app.test")));
        assert_eq!((line.path(), line.uri.as_deref(), line.user_agent.as_deref()), (Some("/a"), Some("/a?b=1"), Some("curl/8")));
        assert!((line.duration_s - 0.001_234).abs() < 1e-9);
        assert_eq!((line.appended("site"), line.appended("upstream"), line.appended("x")), (Some("7"), None, None));
    }

    #[test]
    fn other_lines_are_none() {
        for line in ["", "{}", "[1]", r#"{"level":"info","ts":1.0,"msg":"server running"}"#, r#"{"ts":"now","status":200,"request":{}}"#] {
            assert_eq!(AccessLine::parse(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(line in ".{0,200}", host in ".{0,30}", ts in any::<f64>(), cut in 0..LINE.len()) {
            drop(AccessLine::parse(&line));
            drop(AccessLine::parse(LINE.get(..cut).unwrap_or_default()));
            let built = serde_json::json!({ "ts": ts, "status": 1, "request": { "host": host, "headers": { "user-agent": host } } });
            drop(AccessLine::parse(&built.to_string()));
        }
    }
}
