//! What every reply gets on its way out: cross-origin headers and compression.

use http::{HeaderMap, HeaderValue, header};

use crate::body::ReplyBody;
use crate::{Reply, WebConfig};

/// Lets the configured origins read the reply.
pub(crate) fn cors(reply: &mut Reply, origin: Option<&HeaderValue>, preflight: bool, config: &WebConfig) {
    let Some(origin) = origin.filter(|o| o.to_str().is_ok_and(|o| config.cors_origins.iter().any(|c| c == o))) else { return };
    reply.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    reply.headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if preflight {
        let set = |h: &mut HeaderMap, name, value| drop(h.insert(name, HeaderValue::from_static(value)));
        set(&mut reply.headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE");
        set(
            &mut reply.headers,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, X-API-Key, X-CSRF-Token, X-Request-Id, Idempotency-Key",
        );
        set(&mut reply.headers, header::ACCESS_CONTROL_MAX_AGE, "600");
    }
}

/// Gzips whole text replies that are worth it.
pub(crate) fn compress(reply: &mut Reply) {
    const WORTH_IT: usize = 4096;
    let ReplyBody::Full(Some(bytes)) = &reply.body else { return };
    let text = reply.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let textual = text.starts_with("application/json") || text.starts_with("text/");
    if bytes.len() < WORTH_IT || !textual || reply.headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let mut out = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    if std::io::Write::write_all(&mut out, bytes).is_err() {
        return;
    }
    if let Ok(zipped) = out.finish() {
        reply.body = ReplyBody::Full(Some(zipped.into()));
        reply.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        reply.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}
