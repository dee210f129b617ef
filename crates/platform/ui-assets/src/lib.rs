//! The user interface inside the binary: files gzipped at build time, strong ETags, `immutable` for hashed names,
//! and the shell for every address that is no file.

use std::io::Read;

use argos_web::{Fallback, Reply};
use bytes::Bytes;
use http::{HeaderMap, Method, header};

struct Asset {
    path: &'static str,
    etag: &'static str,
    gz: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Pages a browser without a session is sent to the sign-in from.
const GUARDED_PAGES: [&str; 6] = ["/dashboard", "/topology", "/events", "/admin", "/ai", "/nodes"];

/// Serves the embedded interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct UiAssets;

impl UiAssets {
    /// Whether the binary was built with an interface inside.
    pub fn is_built() -> bool {
        !ASSETS.is_empty()
    }
    /// Compressed size of everything embedded, in bytes.
    pub fn size_bytes() -> usize {
        ASSETS.iter().map(|a| a.gz.len()).sum()
    }
    /// One file as text.
    pub fn text(path: &str) -> Option<String> {
        let index = ASSETS.binary_search_by(|a| a.path.cmp(path)).ok()?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(ASSETS.get(index)?.gz).read_to_string(&mut text).ok().map(|_| text)
    }
    /// One file as a reply, e.g. `/docs.html`.
    pub fn file(path: &str, headers: &HeaderMap) -> Option<Reply> {
        let index = ASSETS.binary_search_by(|a| a.path.cmp(path)).ok()?;
        ASSETS.get(index).map(|asset| render(asset, headers))
    }
}

impl Fallback for UiAssets {
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, signed_in: bool) -> Option<Reply> {
        if *method != Method::GET && *method != Method::HEAD {
            return None;
        }
        if let Some(reply) = Self::file(path, headers) {
            return Some(reply);
        }
        if path.starts_with("/assets/") || path.starts_with("/docs-assets/") {
            return None;
        }
        let wants_page = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
        if !signed_in && wants_page && guarded(path) {
            return Some(Reply::redirect(307, &format!("/login?next={path}")));
        }
        let shell = Self::file("/index.html", headers);
        Some(shell.unwrap_or_else(|| Reply::text("The user interface is not part of this build. Run `cargo xtask up`.").status(503)))
    }
}

fn guarded(path: &str) -> bool {
    GUARDED_PAGES.iter().any(|p| path == *p || path.strip_prefix(p).is_some_and(|rest| rest.starts_with('/')))
}

fn render(asset: &Asset, headers: &HeaderMap) -> Reply {
    let cache = if asset.path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let text = |name: http::HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let known = text(header::IF_NONE_MATCH).split(',').any(|t| t.trim().trim_start_matches("W/") == asset.etag);
    let reply = if known {
        Reply::new(304)
    } else if text(header::ACCEPT_ENCODING).contains("gzip") {
        Reply::bytes(content_type(asset.path), Bytes::from_static(asset.gz)).header("content-encoding", "gzip")
    } else {
        let mut plain = Vec::new();
        match flate2::read::GzDecoder::new(asset.gz).read_to_end(&mut plain) {
            Ok(_) => Reply::bytes(content_type(asset.path), plain),
            Err(_) => Reply::new(500),
        }
    };
    reply.header("etag", asset.etag).header("cache-control", cache).header("vary", "Accept-Encoding")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, e)| e) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_pages_are_whole_segments() {
        assert!(guarded("/dashboard") && guarded("/admin/users"));
        assert!(!guarded("/administrator") && !guarded("/"));
    }

    #[test]
    fn assets_are_sorted_so_that_they_can_be_found() {
        assert!(ASSETS.windows(2).all(|w| w[0].path < w[1].path));
    }
}
