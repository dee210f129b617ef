//! Headers every reply carries (platform spec 3.5).

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
    connect-src 'self'; worker-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

const ALWAYS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-xss-protection", "0"),
    ("permissions-policy", "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-site"),
    ("content-security-policy", CSP),
    ("x-api-version", crate::API_VERSION),
];

/// Adds what is not there yet; a handler's own value wins.
pub(crate) fn secure(headers: &mut HeaderMap, path: &str, token_in_query: bool, https: bool) {
    let mut add = |name: &'static str, value: &'static str| {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    };
    for (name, value) in ALWAYS {
        add(name, value);
    }
    add("referrer-policy", if token_in_query { "no-referrer" } else { "strict-origin-when-cross-origin" });
    if https {
        add("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    if path.starts_with("/api/") && !headers.contains_key(header::ETAG) {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
