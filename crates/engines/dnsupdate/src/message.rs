//! Messages of the DNS (RFC 1035 4, RFC 2136 2): written as far as updates and one query need, read without trust.

use crate::Change;
use crate::name::Name;

const IN: u16 = 1;
const NONE: u16 = 254;
const OPCODE_UPDATE: u16 = 5 << 11;
/// Records read of one section; more says the message is not an answer to us.
const RECORDS_MAX: u16 = 64;

/// The types of records this crate has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordType {
    Soa = 6,
    Text = 16,
    Tsig = 250,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) is_answer: bool,
    pub(crate) code: u8,
    pub(crate) answers: Vec<Record>,
    /// The last record of the message, when it is a signature.
    pub(crate) tsig: Option<Record>,
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: Name,
    pub(crate) kind: u16,
    /// Where the record begins in the message.
    pub(crate) start: usize,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn query(id: u16, name: &Name, kind: RecordType) -> Vec<u8> {
    let mut message = header(id, 0, [1, 0, 0, 0]);
    question(&mut message, name, kind);
    message
}

pub(crate) fn update(id: u16, zone: &Name, changes: &[Change]) -> Vec<u8> {
    let count = u16::try_from(changes.len()).unwrap_or(u16::MAX);
    let mut message = header(id, OPCODE_UPDATE, [1, 0, count, 0]);
    question(&mut message, zone, RecordType::Soa);
    for change in changes.iter().take(usize::from(count)) {
        let (name, class, ttl_s, text) = match change {
            Change::Add { name, ttl_s, text } => (name, IN, *ttl_s, text),
            Change::Remove { name, text } => (name, NONE, 0, text),
        };
        let data = text_data(text);
        message.extend_from_slice(name.wire());
        put(&mut message, &[RecordType::Text as u16, class]);
        message.extend_from_slice(&ttl_s.to_be_bytes());
        put(&mut message, &[u16::try_from(data.len()).unwrap_or(u16::MAX)]);
        message.extend_from_slice(&data);
    }
    message
}

fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    let mut message = Vec::with_capacity(512);
    put(&mut message, &[id, flags]);
    put(&mut message, &counts);
    message
}

fn question(message: &mut Vec<u8>, name: &Name, kind: RecordType) {
    message.extend_from_slice(name.wire());
    put(message, &[kind as u16, IN]);
}

pub(crate) fn put(message: &mut Vec<u8>, words: &[u16]) {
    message.extend(words.iter().flat_map(|word| word.to_be_bytes()));
}

/// Strings of at most 255 bytes, each after its length.
fn text_data(text: &str) -> Vec<u8> {
    let mut data = Vec::new();
    for part in text.as_bytes().chunks(255) {
        data.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        data.extend_from_slice(part);
    }
    data
}

pub(crate) fn word(message: &[u8], at: usize) -> Option<u16> {
    message.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

impl Message {
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let (id, flags) = (word(message, 0)?, word(message, 2)?);
        let mut at = 12;
        for _ in 0..count(message, 0)? {
            at = Name::read(message, at)?.1 + 4;
        }
        let mut sections = [Vec::new(), Vec::new(), Vec::new()];
        for (section, records) in sections.iter_mut().enumerate() {
            for _ in 0..count(message, section + 1)? {
                let record = Record::read(message, &mut at)?;
                records.push(record);
            }
        }
        let [answers, _, mut additional] = sections;
        let tsig = additional.pop().filter(|record| record.kind == RecordType::Tsig as u16 && at == message.len());
        Some(Self { id, is_answer: flags & 0x8000 != 0, code: (flags & 0xf) as u8, answers, tsig })
    }

    /// What the server says is wrong with our signature.
    pub(crate) fn tsig_error(&self) -> Option<&'static str> {
        let record = self.tsig.as_ref()?;
        let (_, after_name) = Name::read(&record.data, 0)?;
        let mac_length = usize::from(word(&record.data, after_name + 8)?);
        match word(&record.data, after_name + 10 + mac_length + 2)? {
            0 => None,
            16 => Some("the secret of the key is wrong (BADSIG)"),
            17 => Some("it does not know the key (BADKEY)"),
            18 => Some("the clocks differ too much (BADTIME)"),
            _ => Some("the signature is refused"),
        }
    }
}

fn count(message: &[u8], section: usize) -> Option<u16> {
    word(message, 4 + section * 2).filter(|count| *count <= RECORDS_MAX)
}

impl Record {
    fn read(message: &[u8], at: &mut usize) -> Option<Self> {
        let start = *at;
        let (name, after) = Name::read(message, start)?;
        let (kind, length) = (word(message, after)?, usize::from(word(message, after + 8)?));
        let data = message.get(after + 10..after + 10 + length)?.to_vec();
        *at = after + 10 + length;
        Some(Self { name, kind, start, data })
    }
}

/// The name of a code that is no success.
pub(crate) fn refusal(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => return None,
        1 => "it does not understand the update (FORMERR)",
        2 => "it failed itself (SERVFAIL)",
        3 => "there is no such name (NXDOMAIN)",
        4 => "it takes no updates (NOTIMP)",
        5 => "the key may not change this name (REFUSED)",
        9 => "it is not the authority of the zone, or does not know the key (NOTAUTH)",
        10 => "the name is not in the zone (NOTZONE)",
        _ => "an unknown code",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert!(Message::read(&bytes).is_none_or(|message| message.answers.len() <= usize::from(RECORDS_MAX) && message.tsig_error() != Some("")));
        }

        #[test]
        fn damaged_update_does_not_panic(at in 0_usize..120, byte in any::<u8>()) {
            let zone: Name = "example.org".parse().unwrap();
            let key = crate::Key { name: "k".parse().unwrap(), algorithm: crate::Algorithm::Sha256, secret: b"s".to_vec() };
            let changes = [Change::Add { name: "_acme-challenge.example.org".parse().unwrap(), ttl_s: 60, text: "x".repeat(300) }];
            let mut message = update(7, &zone, &changes);
            let mac = crate::tsig::sign(&mut message, &key, 1);
            if let Some(place) = message.get_mut(at) {
                *place = byte;
            }
            if let Some(read) = Message::read(&message) {
                crate::tsig::verify(&message, &read, &key, &mac, 1);
            }
        }
    }
}
