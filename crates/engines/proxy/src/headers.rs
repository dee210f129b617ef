//! Header hygiene: hop-by-hop headers end here, forwarding headers tell the truth, an upgrade is passed on only on purpose.

use std::net::IpAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};

use crate::prefix::Prefix;

pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(crate) const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(crate) const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const TRUE_CLIENT_IP: HeaderName = HeaderName::from_static("true-client-ip");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const X_FORWARDED_SSL: HeaderName = HeaderName::from_static("x-forwarded-ssl");
const X_ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
const X_REWRITE_URL: HeaderName = HeaderName::from_static("x-rewrite-url");

/// Headers of one connection, besides those `Connection` names.
static HOP_BY_HOP: [HeaderName; 9] =
    [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE, HTTP2_SETTINGS];

/// What a client could use to lie about where it comes from and what it asks for.
static CLAIMS: [HeaderName; 7] =
    [FORWARDED, TRUE_CLIENT_IP, X_FORWARDED_PORT, X_FORWARDED_PREFIX, X_FORWARDED_SSL, X_ORIGINAL_URL, X_REWRITE_URL];

/// Headers that `Connection` may not make anybody remove: they carry what the proxy vouches for.
static UNTOUCHABLE: [HeaderName; 6] = [HOST, CONTENT_LENGTH, X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST, X_REAL_IP];

/// Removes what belongs to one connection only. Says whether the message asks for an upgrade to a WebSocket and whether
/// it accepts trailers.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) -> Hop {
    let mut hop = Hop::default();
    if let Some(te) = headers.get(TE) {
        hop.trailers = tokens(te).any(|t| t.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case("trailers")));
    }
    let mut upgrades = false;
    if headers.contains_key(CONNECTION) {
        let mut named: Vec<HeaderName> = Vec::new();
        for value in headers.get_all(CONNECTION) {
            for token in tokens(value) {
                if token.eq_ignore_ascii_case("upgrade") {
                    upgrades = true;
                } else if !token.eq_ignore_ascii_case("keep-alive") && !token.eq_ignore_ascii_case("close") {
                    named.extend(HeaderName::from_bytes(token.as_bytes()));
                }
            }
        }
        for name in named {
            if !UNTOUCHABLE.contains(&name) {
                headers.remove(name);
            }
        }
    }
    if upgrades && let Some(upgrade) = headers.get(UPGRADE) {
        // Nothing but WebSocket: an upgrade to h2c would tunnel requests past every rule.
        hop.websocket = upgrade.as_bytes().eq_ignore_ascii_case(b"websocket");
    }
    remove_where(headers, |name| HOP_BY_HOP.contains(name));
    hop
}

/// Whether a name in lower case is that of a header of one connection.
pub(crate) fn is_of_one_hop(name: &str) -> bool {
    HOP_BY_HOP.iter().any(|own| own.as_str() == name)
}

/// Whether a name in lower case is one that `forward` removes.
pub(crate) fn is_claim(name: &str) -> bool {
    name == "expect" || CLAIMS.iter().any(|own| own.as_str() == name)
}

/// Removes the headers with these names. Few messages have any: looking through what there is costs less than to ask for
/// each name.
fn remove_where(headers: &mut HeaderMap, is_one: impl Fn(&HeaderName) -> bool) {
    while let Some(name) = headers.keys().find(|name| is_one(name)).cloned() {
        headers.remove(name);
    }
}

/// What a message asked of this hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) websocket: bool,
    pub(crate) trailers: bool,
}

/// The comma separated parts of a value.
fn tokens(value: &HeaderValue) -> impl Iterator<Item = &str> {
    value.to_str().unwrap_or("").split(',').map(str::trim).filter(|t| !t.is_empty())
}

/// Removes the headers only the proxy may set, and every name that a backend could take for one of them or for what the
/// proxy vouches for: behind CGI and WSGI `X_Auth_User` and `X-Auth-User` are one variable.
pub(crate) fn remove_reserved(headers: &mut HeaderMap, reserved: &[HeaderName]) {
    let is_taken_for_one = |name: &HeaderName| {
        let own = reserved.iter().chain(&CLAIMS).chain(&UNTOUCHABLE).chain(&HOP_BY_HOP);
        name.as_str().contains('_') && own.map(HeaderName::as_str).any(|own| is_same_variable(name.as_str(), own))
    };
    remove_where(headers, |name| reserved.contains(name) || is_taken_for_one(name));
}

fn is_same_variable(name: &str, own: &str) -> bool {
    name.len() == own.len() && name.bytes().zip(own.bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
}

/// Trailers must not carry what frames, routes or authenticates a message, nor what only the proxy may say.
pub(crate) fn clean_trailers(trailers: &mut HeaderMap, reserved: &[HeaderName]) {
    remove_reserved(trailers, reserved);
    let of_the_head = [http::header::AUTHORIZATION, COOKIE, http::header::SET_COOKIE, http::header::CONTENT_TYPE, EXPECT];
    remove_where(trailers, |name| [&HOP_BY_HOP[..], &CLAIMS, &UNTOUCHABLE, &of_the_head].iter().any(|names| names.contains(name)));
}

/// The only transfer coding taken is one `chunked`: whatever else reaches a backend would be framed by another reading.
pub(crate) fn has_odd_framing(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let odd_coding = codings.next().is_some_and(|first| !first.as_bytes().eq_ignore_ascii_case(b"chunked")) || codings.next().is_some();
    let odd_length = headers.get(CONTENT_LENGTH).is_some_and(|l| l.is_empty() || !l.as_bytes().iter().all(u8::is_ascii_digit));
    let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
    odd_coding || odd_length || lengths > 1 || (headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH))
}

/// The client's address: the peer, or the nearest hop that is not one of the trusted proxies.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Prefix]) -> IpAddr {
    let mut client = peer;
    if !is_trusted(client, trusted) {
        return client;
    }
    let values: Vec<&HeaderValue> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    for hop in values.iter().rev().flat_map(|v| v.to_str().unwrap_or("?").rsplit(',')) {
        // What is no address was not written by a proxy of ours: the hop before it is as far as we know.
        let Some(address) = hop_address(hop.trim()) else { break };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

/// An address as proxies write it: bare, or with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
}

pub(crate) fn is_trusted(address: IpAddr, trusted: &[Prefix]) -> bool {
    trusted.iter().any(|range| range.contains(address))
}

/// What the proxy vouches for.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    /// The peer's address as a value.
    pub(crate) peer: &'a HeaderValue,
    pub(crate) client: Option<HeaderValue>,
    pub(crate) is_trusted: bool,
    /// There may be claims of the client among the headers.
    pub(crate) may_claim: bool,
    pub(crate) tls: bool,
    pub(crate) host: &'a HeaderValue,
}

/// Writes the forwarding headers of a request.
pub(crate) fn forward(headers: &mut HeaderMap, origin: &Origin<'_>) {
    if origin.may_claim {
        headers.remove(EXPECT);
    }
    let proto = HeaderValue::from_static(if origin.tls { "https" } else { "http" });
    if !origin.is_trusted {
        if origin.may_claim {
            remove_where(headers, |name| CLAIMS.contains(name));
        }
        headers.insert(X_FORWARDED_FOR, origin.peer.clone());
        headers.insert(X_FORWARDED_PROTO, proto);
        headers.insert(X_FORWARDED_HOST, origin.host.clone());
        headers.insert(X_REAL_IP, origin.peer.clone());
        return;
    }
    let mut chain: Vec<u8> = Vec::new();
    for value in headers.get_all(X_FORWARDED_FOR) {
        chain.extend_from_slice(value.as_bytes());
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(origin.peer.as_bytes());
    headers.insert(X_FORWARDED_FOR, HeaderValue::from_bytes(&chain).unwrap_or_else(|_| origin.peer.clone()));
    if !headers.get(X_FORWARDED_PROTO).is_some_and(|p| p == "http" || p == "https") {
        headers.insert(X_FORWARDED_PROTO, proto);
    }
    if !headers.contains_key(X_FORWARDED_HOST) {
        headers.insert(X_FORWARDED_HOST, origin.host.clone());
    }
    headers.insert(X_REAL_IP, origin.client.clone().unwrap_or_else(|| origin.peer.clone()));
}

/// Takes the cookies of these names out; headers without one stay byte by byte as they came.
pub(crate) fn remove_cookies(headers: &mut HeaderMap, names: &[String]) {
    let is_one = |pair: &[u8]| {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default();
        names.iter().any(|n| n.as_bytes() == name.trim_ascii())
    };
    let has_one = |line: &HeaderValue| line.as_bytes().split(|b| *b == b';').any(is_one);
    if names.is_empty() || !headers.get_all(COOKIE).iter().any(has_one) {
        return;
    }
    let lines = headers.get_all(COOKIE).iter().map(|line| {
        let kept = line.as_bytes().split(|b| *b == b';').filter(|pair| !is_one(pair));
        kept.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join(&b"; "[..])
    });
    let lines: Vec<HeaderValue> = lines.filter(|l| !l.is_empty()).filter_map(|l| HeaderValue::from_bytes(&l).ok()).collect();
    headers.remove(COOKIE);
    for line in lines {
        headers.append(COOKIE, line);
    }
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
