//! What a browser asks of its proxy (RFC 9112): a tunnel, or one plain exchange that is passed on. Pure: bytes in, a wish
//! out; bytes that are not one are refused.

/// A head may be this long.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// `CONNECT`: bytes in both directions. TLS and WebSockets come this way.
    Tunnel { host: String, port: u16 },
    /// One request to be passed on with this head and so many bytes of body.
    Forward { host: String, port: u16, head: Vec<u8>, body: u64 },
}

/// Where a head ends, behind its empty line.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a whole head; `None` when it is no request to a proxy.
pub(super) fn asked(head: &[u8]) -> Option<Asked> {
    let (first, rest) = line(head)?;
    let words: Vec<&str> = std::str::from_utf8(first).ok()?.split(' ').collect();
    let [method, target, "HTTP/1.1" | "HTTP/1.0"] = words[..] else { return None };
    if method == "CONNECT" {
        let (host, port) = authority(target, None)?;
        return Some(Asked::Tunnel { host, port });
    }
    let is_token = !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let address = target.get(..7).filter(|scheme| is_token && scheme.eq_ignore_ascii_case("http://")).and_then(|_| target.get(7..))?;
    let place = address.find(['/', '?', '#']).unwrap_or(address.len());
    let (host, port) = authority(address.get(..place)?, Some(80))?;
    let path = address.get(place..)?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mut out = format!("{method} {slash}{path} HTTP/1.1\r\n").into_bytes();
    let body = kept_headers(rest, &mut out)?;
    out.extend_from_slice(b"Connection: close\r\n\r\n");
    Some(Asked::Forward { host, port, head: out, body })
}

/// The head of an answer as the browser gets it: its connection is not used again. `None` when it is none.
pub(super) fn answered(head: &[u8]) -> Option<(u16, Vec<u8>)> {
    let (first, rest) = line(head)?;
    let status = std::str::from_utf8(first.get(9..12)?).ok()?.parse().ok().filter(|_| first.starts_with(b"HTTP/1."))?;
    let mut out = [first, b"\r\n"].concat();
    for header in headers(rest) {
        if !is_of_the_connection(name_of(header)) {
            out.extend_from_slice(header);
            out.extend_from_slice(b"\r\n");
        }
    }
    // An interim answer is followed by another one.
    out.extend_from_slice(if (100..200).contains(&status) { b"\r\n".as_slice() } else { b"Connection: close\r\n\r\n" });
    Some((status, out))
}

/// Copies what is for the other side; the length of the body. A body of unknown length is refused: no browser sends one
/// to a proxy.
fn kept_headers(rest: &[u8], out: &mut Vec<u8>) -> Option<u64> {
    let mut body = None;
    for header in headers(rest) {
        let name = name_of(header);
        if name.is_empty() || name.eq_ignore_ascii_case(b"transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(header.get(name.len() + 1..)?).ok()?.trim().parse().ok()?;
            // Two lengths are two opinions about where the next request begins.
            if body.replace(length).is_some_and(|before: u64| before != length) {
                return None;
            }
        }
        if !is_of_the_connection(name) {
            out.extend_from_slice(header);
            out.extend_from_slice(b"\r\n");
        }
    }
    Some(body.unwrap_or(0))
}

fn is_of_the_connection(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive", b"proxy-authenticate"];
    NAMES.iter().any(|own| name.eq_ignore_ascii_case(own))
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(2).position(|w| w == b"\r\n")?;
    Some((bytes.get(..at)?, bytes.get(at + 2..)?))
}

fn headers(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (first, after) = line(rest)?;
        rest = after;
        (!first.is_empty()).then_some(first)
    })
}

/// Empty when the line has no name.
fn name_of(header: &[u8]) -> &[u8] {
    let name = header.iter().position(|b| *b == b':').and_then(|at| header.get(..at)).unwrap_or_default();
    if name.iter().any(u8::is_ascii_whitespace) { &[] } else { name }
}

/// `host:port` or `[v6]:port`, without credentials.
fn authority(text: &str, port: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, port?),
    };
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:%".contains(&b);
    (!host.is_empty() && host.len() <= 255 && port > 0 && host.bytes().all(fits)).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forward(head: &str) -> Option<(String, u16, String, u64)> {
        match asked(head.as_bytes())? {
            Asked::Forward { host, port, head, body } => Some((host, port, String::from_utf8(head).unwrap(), body)),
            Asked::Tunnel { .. } => None,
        }
    }

    #[test]
    fn tunnels_and_plain_requests_are_told_apart() {
        let tunnel = asked(b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n");
        assert_eq!(tunnel, Some(Asked::Tunnel { host: "shop.example".into(), port: 443 }));
        assert_eq!(asked(b"CONNECT [::1]:8080 HTTP/1.1\r\n\r\n"), Some(Asked::Tunnel { host: "[::1]".into(), port: 8080 }));
        let head = "POST http://shop.example:8080/a?b HTTP/1.1\r\nHost: shop.example:8080\r\nProxy-Connection: keep-alive\r\nContent-Length: 3\r\n\r\n";
        let expected = "POST /a?b HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
        assert_eq!(forward(head), Some(("shop.example".into(), 8080, expected.into(), 3)));
        assert_eq!(
            forward("GET http://h HTTP/1.1\r\n\r\n").map(|(h, p, head, _)| (h, p, head.starts_with("GET / "))),
            Some(("h".into(), 80, true))
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET https://shop.example/ HTTP/1.1\r\n\r\n",
            "GET http://user@shop.example/ HTTP/1.1\r\n\r\n",
            "GET http://shop.example/ HTTP/2\r\n\r\n",
            "POST http://h/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST http://h/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "POST http://h/ HTTP/1.1\r\nContent-Length : 3\r\n\r\n",
            "CONNECT shop.example HTTP/1.1\r\n\r\n",
            "CONNECT shop.example:0 HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(asked(head.as_bytes()), None, "{head}");
        }
    }

    #[test]
    fn answer_ends_its_connection_but_an_interim_one_does_not() {
        let (status, head) = answered(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nX: 1\r\n\r\n").unwrap();
        assert_eq!((status, head.as_slice()), (200, b"HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\n".as_slice()));
        assert_eq!(answered(b"HTTP/1.1 103 Early Hints\r\n\r\n").unwrap().1, b"HTTP/1.1 103 Early Hints\r\n\r\n");
        assert_eq!(answered(b"SSH-2.0-x\r\n\r\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "(GET|CONNECT) [ -~]{0,40} HTTP/1.1\r\n([ -~]{0,20}\r\n){0,3}\r\n") {
            drop((asked(&bytes), answered(&bytes), end_of_head(&bytes)));
            if let Some(Asked::Forward { head, .. }) = asked(text.as_bytes()) {
                prop_assert_eq!(end_of_head(&head), Some(head.len()), "one head and nothing behind it");
            }
        }
    }
}
