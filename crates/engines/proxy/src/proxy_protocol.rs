//! The PROXY protocol, versions 1 and 2, as a receiver (haproxy's specification): who the connection is really from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What the bytes read so far are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preamble {
    /// More bytes are needed.
    Partial,
    /// A header of so many bytes; `None` when the proxy speaks for itself or the family is not known.
    Header(Option<SocketAddr>, usize),
    /// Something else.
    Bad,
}

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const LINE_MAX: usize = 107;
/// Bytes of version 2 after its fixed part: addresses and more than enough extensions.
const V2_BYTES_MAX: usize = 2048;

/// Reads a header from the front of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Preamble {
    match bytes {
        [] => Preamble::Partial,
        [b'P', ..] => v1(bytes),
        [b'\r', ..] => v2(bytes),
        _ => Preamble::Bad,
    }
}

fn v1(bytes: &[u8]) -> Preamble {
    let head = bytes.get(..LINE_MAX.min(bytes.len())).unwrap_or_default();
    let Some(end) = head.windows(2).position(|w| w == b"\r\n") else {
        let begins = head.starts_with(b"PROXY ") || b"PROXY ".starts_with(head);
        return if head.len() < LINE_MAX && begins { Preamble::Partial } else { Preamble::Bad };
    };
    let line = head.get(..end).and_then(|line| std::str::from_utf8(line).ok()).unwrap_or("");
    let words: Vec<&str> = line.split(' ').collect();
    let source = match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Some(None),
        ["PROXY", "TCP4", source, target, from, to] => pair::<Ipv4Addr>(source, target, from, to),
        ["PROXY", "TCP6", source, target, from, to] => pair::<Ipv6Addr>(source, target, from, to),
        _ => None,
    };
    source.map_or(Preamble::Bad, |source| Preamble::Header(source, end + 2))
}

fn pair<T: std::str::FromStr + Into<IpAddr>>(source: &str, target: &str, from: &str, to: &str) -> Option<Option<SocketAddr>> {
    let port = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    target.parse::<T>().ok().zip(port(to))?;
    let (address, port) = source.parse::<T>().ok().zip(port(from))?;
    Some(Some(SocketAddr::new(address.into(), port)))
}

fn v2(bytes: &[u8]) -> Preamble {
    let Some((signature, rest)) = bytes.split_first_chunk::<12>() else {
        return if SIGNATURE.starts_with(bytes) { Preamble::Partial } else { Preamble::Bad };
    };
    if signature != SIGNATURE {
        return Preamble::Bad;
    }
    let [command, family, high, low, rest @ ..] = rest else { return Preamble::Partial };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > V2_BYTES_MAX || command >> 4 != 2 {
        return Preamble::Bad;
    }
    let Some(addresses) = rest.get(..length) else { return Preamble::Partial };
    let whole = 16 + length;
    match (command & 0xf, family) {
        (0, _) => Preamble::Header(None, whole),
        (1, 0x11) => match addresses.first_chunk::<12>() {
            Some([a, b, c, d, _, _, _, _, high, low, ..]) => {
                Preamble::Header(Some(SocketAddr::new(Ipv4Addr::new(*a, *b, *c, *d).into(), u16::from_be_bytes([*high, *low]))), whole)
            }
            None => Preamble::Bad,
        },
        (1, 0x21) => match (addresses.first_chunk::<16>(), addresses.get(32..34)) {
            (Some(source), Some([high, low])) if length >= 36 => {
                Preamble::Header(Some(SocketAddr::new(Ipv6Addr::from(*source).into(), u16::from_be_bytes([*high, *low]))), whole)
            }
            _ => Preamble::Bad,
        },
        (1, _) => Preamble::Header(None, whole),
        _ => Preamble::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::{Preamble, SIGNATURE, parse};
    use proptest::prelude::*;

    fn source(text: &str) -> Option<std::net::SocketAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn lines_of_version_one_are_read_or_refused() {
        let whole = b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\r\nGET /";
        assert_eq!(parse(whole), Preamble::Header(source("192.0.2.1:1000"), 41));
        assert_eq!(parse(b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n"), Preamble::Header(source("[2001:db8::1]:1"), 32));
        assert_eq!(parse(b"PROXY UNKNOWN\r\n"), Preamble::Header(None, 15));
        assert_eq!(parse(b"PROXY TCP4 1"), Preamble::Partial);
        assert_eq!(parse(b"PR"), Preamble::Partial);
        let long = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat();
        for bad in [
            b"PRI * HTTP".as_slice(),
            b"GET / HTTP/1.1\r\n",
            b"PROXY TCP4 ::1 ::1 1 2\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 +1 2\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
            &long,
        ] {
            assert_eq!(parse(bad), Preamble::Bad, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn headers_of_version_two_are_read_or_refused() {
        let v2 = |head: &[u8], addresses: &[u8]| [SIGNATURE, head, &[0, u8::try_from(addresses.len()).unwrap()], addresses].concat();
        let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 3, 232, 1, 187];
        assert_eq!(parse(&v2(&[0x21, 0x11], &v4)), Preamble::Header(source("192.0.2.1:1000"), 28));
        let with_more = [v4.as_slice(), &[4, 0, 1, 9]].concat();
        assert_eq!(parse(&v2(&[0x21, 0x11], &with_more)), Preamble::Header(source("192.0.2.1:1000"), 32));
        let mut v6 = [0u8; 36];
        (v6[15], v6[33]) = (1, 80);
        assert_eq!(parse(&v2(&[0x21, 0x21], &v6)), Preamble::Header(source("[::1]:80"), 52));
        assert_eq!(parse(&v2(&[0x20, 0x00], &[])), Preamble::Header(None, 16));
        assert_eq!(parse(&v2(&[0x21, 0x11], &v4[..8])), Preamble::Bad);
        assert_eq!(parse(&v2(&[0x11, 0x11], &v4)), Preamble::Bad);
        assert_eq!(parse(&v2(&[0x22, 0x11], &v4)), Preamble::Bad);
        assert_eq!(parse(&[SIGNATURE.as_slice(), &[0x21, 0x11, 0xff, 0xff]].concat()), Preamble::Bad);
        let whole = v2(&[0x21, 0x11], &v4);
        for n in 0..whole.len() {
            assert_eq!(parse(&whole[..n]), Preamble::Partial, "{n}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(tail in prop::collection::vec(any::<u8>(), 0..80), v2 in any::<bool>()) {
            let bytes = if v2 { [SIGNATURE.as_slice(), &tail].concat() } else { [b"PROXY ".as_slice(), &tail].concat() };
            if let Preamble::Header(_, length) = parse(&bytes) {
                prop_assert!(length <= bytes.len());
                prop_assert_eq!(parse(&bytes[..length]), parse(&bytes));
            }
        }
    }
}
