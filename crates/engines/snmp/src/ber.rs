//! The part of the Basic Encoding Rules that SNMP uses: definite lengths, low tag numbers. Reading is bounds-checked and
//! stops at eight nested levels; positions are kept because v3 signs the message with its signature blanked out.

use crate::error::Malformed;
use crate::oid::Oid;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Deepest nesting accepted.
const MAX_DEPTH: u8 = 8;
/// Most components of an object identifier.
const MAX_OID: usize = 128;

/// Reads elements one after the other from a part of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, end: bytes.len(), depth: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// Position in the whole message.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Everything that is left.
    pub(crate) fn content(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The tag of the next element, not consumed.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.content().first().copied()
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = self.peek().ok_or(Malformed("it ends early"))?;
        self.at += 1;
        Ok(byte)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }
        let count = first & 0x7f;
        if count == 0 || count > 4 {
            return Err(Malformed("a length is indefinite or longer than four bytes"));
        }
        (0..count).try_fold(0_usize, |length, _| Ok((length << 8) | usize::from(self.byte()?)))
    }

    /// The next element: its tag and a reader of its content.
    pub(crate) fn any(&mut self) -> Result<(u8, Reader<'a>), Malformed> {
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag number is above 30"));
        }
        let length = self.length()?;
        let end =
            self.at.checked_add(length).filter(|end| *end <= self.end).ok_or(Malformed("an element is longer than its surroundings"))?;
        if self.depth >= MAX_DEPTH {
            return Err(Malformed("it is nested too deeply"));
        }
        let inner = Reader { bytes: self.bytes, at: self.at, end, depth: self.depth + 1 };
        self.at = end;
        Ok((tag, inner))
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Reader<'a>, Malformed> {
        match self.any()? {
            (found, inner) if found == tag => Ok(inner),
            _ => Err(Malformed("an element has another type than expected")),
        }
    }

    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Malformed> {
        Ok(self.expect(OCTET_STRING)?.content())
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        i32::try_from(signed(self.expect(INTEGER)?.content())?).map_err(|_| Malformed("an integer has more than 32 bits"))
    }
}

/// Two's complement of up to eight bytes.
pub(crate) fn signed(content: &[u8]) -> Result<i64, Malformed> {
    match content {
        [] => Err(Malformed("an integer is empty")),
        [first, ..] if content.len() <= 8 => {
            let start = if first & 0x80 == 0 { 0 } else { -1 };
            Ok(content.iter().fold(start, |value, byte| (value << 8) | i64::from(*byte)))
        }
        _ => Err(Malformed("an integer has more than 64 bits")),
    }
}

/// An unsigned number of at most `bytes` bytes. Agents exist that forget the zero byte in front of a set top bit, so the
/// sign is ignored.
pub(crate) fn unsigned(content: &[u8], bytes: usize) -> Result<u64, Malformed> {
    let content = content.strip_prefix(&[0]).filter(|_| content.len() > bytes).unwrap_or(content);
    if content.is_empty() || content.len() > bytes {
        return Err(Malformed("an unsigned number has the wrong size"));
    }
    Ok(content.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// The content of an object identifier.
pub(crate) fn oid(content: &[u8]) -> Result<Oid, Malformed> {
    let mut components = Vec::with_capacity(content.len() + 1);
    let mut value: u64 = 0;
    let mut open = false;
    for byte in content {
        value = (value << 7) | u64::from(byte & 0x7f);
        open = byte & 0x80 != 0;
        if value > u64::from(u32::MAX) + 80 {
            return Err(Malformed("a component of an object identifier has more than 32 bits"));
        }
        if open {
            continue;
        }
        if components.is_empty() {
            let first = (value / 40).min(2);
            components.push(u32::try_from(first).map_err(|_| Malformed("unreachable component"))?);
            value -= first * 40;
        }
        components.push(u32::try_from(value).map_err(|_| Malformed("a component of an object identifier has more than 32 bits"))?);
        value = 0;
    }
    if open || components.is_empty() || components.len() > MAX_OID {
        return Err(Malformed("an object identifier is cut off or too long"));
    }
    Ok(Oid::new(&components))
}

/// Writes elements one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Bytes that are elements already.
    pub(crate) fn raw(&mut self, elements: &[u8]) {
        self.out.extend_from_slice(elements);
    }

    pub(crate) fn element(&mut self, tag: u8, content: &[u8]) {
        self.out.push(tag);
        match content.len() {
            length @ 0..0x80 => self.out.push(length as u8),
            length => {
                let bytes = length.to_be_bytes();
                let used = bytes.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
                self.out.push(0x80 | used.len() as u8);
                self.out.extend(used);
            }
        }
        self.out.extend_from_slice(content);
    }

    pub(crate) fn nested(&mut self, tag: u8, fill: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::default();
        fill(&mut inner);
        self.element(tag, &inner.out);
    }

    pub(crate) fn octets(&mut self, content: &[u8]) {
        self.element(OCTET_STRING, content);
    }

    pub(crate) fn i64(&mut self, tag: u8, value: i64) {
        let bytes = value.to_be_bytes();
        let spare = (0..7).take_while(|at| {
            let pad = if value < 0 { 0xff } else { 0 };
            bytes[*at] == pad && (bytes[at + 1] & 0x80) == (pad & 0x80)
        });
        self.element(tag, &bytes[spare.count()..]);
    }

    pub(crate) fn u64(&mut self, tag: u8, value: u64) {
        let mut bytes = vec![0];
        bytes.extend(value.to_be_bytes());
        let spare = (0..8).take_while(|at| bytes[*at] == 0 && bytes[at + 1] & 0x80 == 0).count();
        self.element(tag, &bytes[spare..]);
    }

    pub(crate) fn oid(&mut self, oid: &Oid) {
        let mut content = Vec::new();
        let mut rest = oid.components();
        if let [first, second, ..] = rest {
            push_base128(&mut content, u64::from(*first) * 40 + u64::from(*second));
            rest = &rest[2..];
        } else {
            // No such identifier can be written; 0.0 is "none" by custom.
            content.push(0);
            rest = &[];
        }
        for component in rest {
            push_base128(&mut content, u64::from(*component));
        }
        self.element(OBJECT_IDENTIFIER, &content);
    }
}

fn push_base128(out: &mut Vec<u8>, value: u64) {
    let groups = (1..10).find(|groups| value >> (7 * groups) == 0).unwrap_or(10);
    for group in (0..groups).rev() {
        let low = ((value >> (7 * group)) & 0x7f) as u8;
        out.push(if group == 0 { low } else { low | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::{INTEGER, Reader, Writer, oid, signed, unsigned};
    use crate::oid::Oid;

    fn integer(value: i64) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.i64(INTEGER, value);
        writer.into_bytes()
    }

    #[test]
    fn integer_is_written_in_fewest_bytes() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer(-1), [2, 1, 255]);
        assert_eq!(integer(-129), [2, 2, 255, 127]);
    }

    #[test]
    fn unsigned_number_with_set_top_bit_keeps_its_value() {
        let mut writer = Writer::default();
        writer.u64(0x42, 0xffff_ffff);
        assert_eq!(writer.into_bytes(), [0x42, 5, 0, 255, 255, 255, 255]);
        assert_eq!(unsigned(&[0, 255, 255, 255, 255], 4), Ok(0xffff_ffff));
        assert_eq!(unsigned(&[255, 255, 255, 255], 4), Ok(0xffff_ffff));
        assert!(unsigned(&[1, 0, 0, 0, 0], 4).is_err());
    }

    #[test]
    fn oid_with_large_components_survives() {
        let wanted = Oid::from([2, 999, 318, u32::MAX]);
        let mut writer = Writer::default();
        writer.oid(&wanted);
        let bytes = writer.into_bytes();
        assert_eq!(oid(&bytes[2..]), Ok(wanted));
    }

    #[test]
    fn reader_of_cut_or_deep_bytes_says_so() {
        assert!(Reader::new(&[0x30, 5, 1]).any().is_err());
        assert!(Reader::new(&[0x30, 0x80]).any().is_err());
        assert!(Reader::new(&[0x30, 0x84, 255, 255, 255, 255]).any().is_err());
        assert!(signed(&[]).is_err());
        let mut deep = Vec::new();
        for _ in 0..12 {
            let mut writer = Writer::default();
            writer.element(0x30, &deep);
            deep = writer.into_bytes();
        }
        let mut reader = Reader::new(&deep);
        let mut levels = 0;
        while let Ok((_, inner)) = reader.any() {
            reader = inner;
            levels += 1;
        }
        assert_eq!(levels, 8);
    }
}
