//! Header hygiene.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{Hop, Origin, client, forward, has_odd_framing, remove_cookies, remove_hop_by_hop};
use crate::prefix::Prefix;

fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn hop_by_hop_headers_and_those_connection_names_are_removed() {
    let mut headers = map(&[
        ("connection", "close, X-Secret , host"),
        ("connection", "keep-alive,x-forwarded-for"),
        ("keep-alive", "5"),
        ("te", "gzip, trailers;q=1"),
        ("upgrade", "websocket"),
        ("x-secret", "1"),
        ("x-forwarded-for", "1"),
        ("host", "a"),
        ("accept", "*/*"),
        ("proxy-authorization", "x"),
    ]);
    assert_eq!(remove_hop_by_hop(&mut headers), Hop { websocket: false, trailers: true });
    assert_eq!(names(&headers), ["accept", "host", "x-forwarded-for"]);
}

#[test]
fn reserved_cookies_are_taken_out_and_the_others_stay() {
    let reserved = ["sid".to_owned()];
    let mut headers = map(&[("cookie", "a=1; sid=x;b=2"), ("cookie", "c=3;  d=\"4\""), ("cookie", "sid=y"), ("cookie", "sid")]);
    remove_cookies(&mut headers, &reserved);
    let left: Vec<&str> = headers.get_all("cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(left, ["a=1; b=2", "c=3; d=\"4\""]);
    let mut untouched = map(&[("cookie", "a=1;;sid2=x;  SID=y")]);
    remove_cookies(&mut untouched, &reserved);
    assert_eq!(untouched.get("cookie").unwrap(), "a=1;;sid2=x;  SID=y");
}

proptest! {
    #[test]
    fn no_reserved_cookie_is_left(line in "[a-z=; ]{0,40}") {
        let mut headers = map(&[("cookie", &line)]);
        remove_cookies(&mut headers, &["a".to_owned()]);
        for value in headers.get_all("cookie") {
            let text = value.to_str().unwrap();
            prop_assert!(text.split(';').all(|pair| pair.split('=').next().unwrap().trim() != "a"), "{text}");
        }
    }
}

#[test]
fn only_a_websocket_upgrade_is_an_upgrade() {
    for (connection, upgrade, expected) in [
        ("Upgrade", "websocket", true),
        ("keep-alive, upgrade", "WebSocket", true),
        ("keep-alive", "websocket", false),
        ("upgrade, http2-settings", "h2c", false),
        ("upgrade", "h2c, websocket", false),
    ] {
        let mut headers = map(&[("connection", connection), ("upgrade", upgrade), ("http2-settings", "x")]);
        assert_eq!(remove_hop_by_hop(&mut headers).websocket, expected, "{connection} {upgrade}");
        assert!(headers.is_empty());
    }
}

#[test]
fn odd_framing_is_noticed() {
    for (lines, odd) in [
        (vec![("transfer-encoding", "chunked")], false),
        (vec![("transfer-encoding", "Chunked")], false),
        (vec![("content-length", "10")], false),
        (vec![], false),
        (vec![("transfer-encoding", "gzip, chunked")], true),
        (vec![("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], true),
        (vec![("transfer-encoding", "identity")], true),
        (vec![("transfer-encoding", "chunked"), ("content-length", "3")], true),
        (vec![("content-length", "+3")], true),
        (vec![("content-length", "")], true),
    ] {
        assert_eq!(has_odd_framing(&map(&lines)), odd, "{lines:?}");
    }
}

#[test]
fn the_client_is_the_nearest_hop_that_is_not_trusted() {
    let trusted: Vec<Prefix> = ["10.0.0.0/8", "fd00::/8"].map(|p| p.parse().unwrap()).to_vec();
    for (peer, chain, expected) in [
        ("192.0.2.1", vec!["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", vec![], "10.0.0.1"),
        ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", vec!["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", vec!["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", vec!["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", vec!["1.1.1.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", vec!["203.0.113.9:4711"], "203.0.113.9"),
        ("::ffff:10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", vec!["2001:db8::1"], "2001:db8::1"),
    ] {
        let headers = map(&chain.iter().map(|v| ("x-forwarded-for", *v)).collect::<Vec<_>>());
        let peer: IpAddr = peer.parse().unwrap();
        assert_eq!(client(peer, &headers, &trusted).to_string(), expected, "{peer} {chain:?}");
    }
}

#[test]
fn claims_of_strangers_are_replaced_and_those_of_proxies_kept() {
    let lines = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("x-original-url", "/admin"),
    ];
    let (peer, host) = (HeaderValue::from_static("192.0.2.1"), HeaderValue::from_static("app.test"));
    let mut headers = map(&lines);
    forward(&mut headers, &Origin { peer: &peer, client: None, is_trusted: false, may_claim: true, tls: false, host: &host });
    assert_eq!(names(&headers), ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"]);
    assert_eq!(
        (&headers["x-forwarded-for"], &headers["x-forwarded-proto"], &headers["x-real-ip"]),
        (&peer, &HeaderValue::from_static("http"), &peer)
    );
    let mut headers = map(&lines);
    let client = Some(HeaderValue::from_static("6.6.6.6"));
    forward(&mut headers, &Origin { peer: &peer, client, is_trusted: true, may_claim: true, tls: false, host: &host });
    assert_eq!(
        (&headers["x-forwarded-for"], &headers["x-forwarded-proto"]),
        (&HeaderValue::from_static("6.6.6.6, 192.0.2.1"), &HeaderValue::from_static("https"))
    );
}

proptest! {
    #[test]
    fn any_connection_header_leaves_no_hop_by_hop_header(value in "[ -~]{0,40}") {
        let mut headers = map(&[("upgrade", "h2c"), ("te", "x"), ("host", "a")]);
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert("connection", value);
        }
        remove_hop_by_hop(&mut headers);
        prop_assert_eq!(names(&headers), vec!["host"]);
    }
}
