//! The wake-on-LAN packet. Pure.

/// Six bytes in hexadecimal, with colons, dashes or nothing between them.
pub fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.len() != 12 || !digits.is_ascii() {
        return None;
    }
    let mut mac = [0; 6];
    for (i, byte) in mac.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(mac)
}

/// Six times 0xff, then the address sixteen times.
pub fn magic_packet(mac: [u8; 6]) -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    for _ in 0..16 {
        packet.extend(mac);
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_usual_spelling_are_read() {
        for text in ["aa:bb:cc:00:11:FF", "AA-BB-CC-00-11-ff", "aabb.cc00.11ff", "aabbcc0011ff"] {
            assert_eq!(parse_mac(text), Some([0xaa, 0xbb, 0xcc, 0, 0x11, 0xff]), "{text}");
        }
        let packet = magic_packet([1, 2, 3, 4, 5, 6]);
        assert_eq!(
            (packet.len(), &packet[..12], &packet[96..]),
            (102, &[255, 255, 255, 255, 255, 255, 1, 2, 3, 4, 5, 6][..], &[1, 2, 3, 4, 5, 6][..])
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_address_or_nothing(text in "\\PC{0,20}") {
            proptest::prop_assert!(parse_mac(&text).is_none_or(|_| text.chars().filter(char::is_ascii_hexdigit).count() >= 10));
        }
    }
}
