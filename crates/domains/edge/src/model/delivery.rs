//! How requests and answers of a site are delivered: compression, HSTS, how much a client may send and ask for at one time,
//! how long each side is waited for, and pages in place of the proxy's own errors.

use std::time::Duration;

use argos_kernel::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bad;

/// Two years: what browsers' preload lists ask for.
const HSTS_MAX_S: i64 = 63_072_000;
const BODY_BYTES_MAX: i64 = 1 << 40;
const REQUESTS_MAX: i64 = 1_000_000;
const CONNECT_MAX_S: i64 = 60;
const WAIT_MAX_S: i64 = 3_600;
const TRIES_MAX: i64 = 10;
/// Less would turn browsers away that carry a session or two.
const HEADER_BYTES_MIN: i64 = 4 << 10;
/// A connection takes what the largest site does before it says which one it is for.
const HEADER_BYTES_MAX: i64 = 64 << 10;
const PAGES_MAX: usize = 16;
const PAGE_BYTES_MAX: usize = 64 << 10;
const TYPE_MAX: usize = 200;

/// What a person set up for a site. The default is what a site without it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Delivery {
    /// Answers that gain are compressed for clients that accept it.
    pub(crate) compression: bool,
    /// How, liked best first; empty = every way there is.
    pub(crate) compression_codings: Vec<Coding>,
    /// For how long browsers keep to https; 0 = they are not told to.
    pub(crate) hsts_max_age_seconds: i64,
    pub(crate) hsts_include_subdomains: bool,
    /// Bytes of a request body; 0 = any number.
    pub(crate) request_body_bytes_max: i64,
    /// Requests in progress at one time; 0 = any number.
    pub(crate) requests_at_once_max: i64,
    /// Bytes of a request line and its headers, 4096 to 65536; 0 = 32768.
    pub(crate) request_header_bytes_max: i64,
    /// Longest wait for a connection to a target, up to 60; 0 = 5.
    pub(crate) connect_timeout_seconds: i64,
    /// Longest wait for the begin of an answer once the target has the request, up to 3600; 0 = 60, with an external Caddy without limit.
    pub(crate) response_timeout_seconds: i64,
    /// Longest silence within an upload or an answer, up to 3600; 0 = 60. WebSockets may be silent for longer.
    pub(crate) idle_timeout_seconds: i64,
    /// Targets tried for one request, up to 10; 0 = 3. Another one is tried only where that can do no harm.
    pub(crate) tries_max: i64,
    pub(crate) error_pages: Vec<Page>,
}

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Coding {
    Zstd,
    #[serde(rename = "br")]
    Brotli,
    Gzip,
}

/// What is answered in place of an error of the proxy itself. What a backend answers stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// 400 to 599
    pub(crate) status: u16,
    /// Empty = text/html
    #[serde(default)]
    pub(crate) content_type: String,
    pub(crate) body: String,
}

fn number(field: &str, value: i64, max: i64) -> Result<()> {
    if (0..=max).contains(&value) { Ok(()) } else { Err(bad(field, format!("{field} must be 0 to {max}"))) }
}

impl Delivery {
    /// The codings offered to clients, liked best first.
    pub(crate) fn codings(&self) -> Vec<argos_proxy::Coding> {
        let every = [Coding::Zstd, Coding::Brotli, Coding::Gzip];
        let wanted: &[Coding] = match (self.compression, self.compression_codings.as_slice()) {
            (false, _) => &[],
            (true, []) => &every,
            (true, some) => some,
        };
        let engine = |coding: &Coding| match coding {
            Coding::Zstd => argos_proxy::Coding::Zstd,
            Coding::Brotli => argos_proxy::Coding::Brotli,
            Coding::Gzip => argos_proxy::Coding::Gzip,
        };
        wanted.iter().map(engine).collect()
    }

    /// Times and limits of exchanges as the engine takes them.
    pub(crate) fn bounds(&self) -> argos_proxy::Bounds {
        let set = |n: i64| u32::try_from(n).ok().filter(|n| *n > 0);
        let seconds = |n: i64| set(n).map(|n| Duration::from_secs(u64::from(n)));
        argos_proxy::Bounds {
            connect_timeout: seconds(self.connect_timeout_seconds),
            answer_timeout: seconds(self.response_timeout_seconds),
            idle_timeout: seconds(self.idle_timeout_seconds),
            retries_max: set(self.tries_max).map(|tries| tries - 1),
            header_bytes_max: usize::try_from(self.request_header_bytes_max).ok().filter(|n| *n > 0),
        }
    }

    /// Judges it and fills in what is left out.
    pub(crate) fn checked(mut self) -> Result<Self> {
        number("hsts_max_age_seconds", self.hsts_max_age_seconds, HSTS_MAX_S)?;
        number("request_body_bytes_max", self.request_body_bytes_max, BODY_BYTES_MAX)?;
        number("requests_at_once_max", self.requests_at_once_max, REQUESTS_MAX)?;
        number("connect_timeout_seconds", self.connect_timeout_seconds, CONNECT_MAX_S)?;
        number("response_timeout_seconds", self.response_timeout_seconds, WAIT_MAX_S)?;
        number("idle_timeout_seconds", self.idle_timeout_seconds, WAIT_MAX_S)?;
        number("tries_max", self.tries_max, TRIES_MAX)?;
        if self.request_header_bytes_max != 0 && !(HEADER_BYTES_MIN..=HEADER_BYTES_MAX).contains(&self.request_header_bytes_max) {
            let text = format!("request_header_bytes_max must be 0, or {HEADER_BYTES_MIN} to {HEADER_BYTES_MAX}");
            return Err(bad("request_header_bytes_max", text));
        }
        let mut codings = Vec::new();
        for coding in self.compression_codings {
            if codings.contains(&coding) {
                return Err(bad("compression_codings", "compression_codings names one twice"));
            }
            codings.push(coding);
        }
        self.compression_codings = codings;
        let wrong = |text: String| Err(bad("error_pages", format!("error_pages: {text}")));
        if self.error_pages.len() > PAGES_MAX {
            return wrong(format!("at most {PAGES_MAX} pages"));
        }
        for page in &mut self.error_pages {
            let (status, kind) = (page.status, page.content_type.trim());
            if !(400..=599).contains(&status) {
                return wrong(format!("status {status} is not between 400 and 599"));
            }
            page.content_type = if kind.is_empty() { "text/html; charset=utf-8".to_owned() } else { kind.to_owned() };
            if page.content_type.len() > TYPE_MAX || !page.content_type.bytes().all(|b| (0x20..0x7f).contains(&b)) {
                return wrong(format!("the content_type of {status} is not a media type"));
            }
            if page.body.is_empty() || page.body.len() > PAGE_BYTES_MAX {
                return wrong(format!("the body of {status} must be 1 to {PAGE_BYTES_MAX} bytes"));
            }
        }
        self.error_pages.sort_by_key(|page| page.status);
        let pairs = self.error_pages.iter().zip(self.error_pages.iter().skip(1));
        match pairs.into_iter().find(|(a, b)| a.status == b.status) {
            Some((twice, _)) => wrong(format!("status {} is listed twice", twice.status)),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Delivery;

    #[test]
    fn delivery_is_judged_by_member_and_pages_are_sorted() {
        let read = |value: serde_json::Value| serde_json::from_value::<Delivery>(value).unwrap().checked();
        for (body, field) in [
            (json!({ "hsts_max_age_seconds": -1 }), "hsts_max_age_seconds"),
            (json!({ "request_body_bytes_max": -1 }), "request_body_bytes_max"),
            (json!({ "compression_codings": ["gzip", "gzip"] }), "compression_codings"),
            (json!({ "requests_at_once_max": 1_000_001 }), "requests_at_once_max"),
            (json!({ "request_header_bytes_max": 4_095 }), "request_header_bytes_max"),
            (json!({ "request_header_bytes_max": 65_537 }), "request_header_bytes_max"),
            (json!({ "connect_timeout_seconds": 61 }), "connect_timeout_seconds"),
            (json!({ "response_timeout_seconds": -1 }), "response_timeout_seconds"),
            (json!({ "idle_timeout_seconds": 3_601 }), "idle_timeout_seconds"),
            (json!({ "tries_max": 11 }), "tries_max"),
            (json!({ "error_pages": [{ "status": 200, "body": "x" }] }), "error_pages"),
            (json!({ "error_pages": [{ "status": 502, "body": "" }] }), "error_pages"),
            (json!({ "error_pages": [{ "status": 502, "body": "x", "content_type": "a\nb" }] }), "error_pages"),
            (json!({ "error_pages": [{ "status": 502, "body": "x" }, { "status": 502, "body": "y" }] }), "error_pages"),
        ] {
            assert_eq!(read(body.clone()).unwrap_err().extra()["field"], field, "{body}");
        }
        let read = read(json!({ "error_pages": [{ "status": 503, "body": "b" }, { "status": 429, "body": "a" }] })).unwrap();
        let pages: Vec<_> = read.error_pages.iter().map(|p| (p.status, p.content_type.as_str())).collect();
        assert_eq!(pages, [(429, "text/html; charset=utf-8"), (503, "text/html; charset=utf-8")]);
        assert_eq!(serde_json::from_value::<Delivery>(json!({})).unwrap().checked().unwrap(), Delivery::default());
    }
}
