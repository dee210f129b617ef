//! How answers of a site are delivered: compression, HSTS, how much a client may send and ask for at one time, and pages
//! in place of the proxy's own errors.

use argos_kernel::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bad;

/// Two years: what browsers' preload lists ask for.
const HSTS_MAX_S: i64 = 63_072_000;
const BODY_BYTES_MAX: i64 = 1 << 40;
const REQUESTS_MAX: i64 = 1_000_000;
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

    /// Judges it and fills in what is left out.
    pub(crate) fn checked(mut self) -> Result<Self> {
        number("hsts_max_age_seconds", self.hsts_max_age_seconds, HSTS_MAX_S)?;
        number("request_body_bytes_max", self.request_body_bytes_max, BODY_BYTES_MAX)?;
        number("requests_at_once_max", self.requests_at_once_max, REQUESTS_MAX)?;
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
