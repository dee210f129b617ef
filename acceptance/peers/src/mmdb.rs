//! Writes small databases in MaxMind's format (version 2.0, records of 32 bits), since the real ones may not be shipped.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

/// A search tree over 128 bits; IPv4 lies below `::/96`.
struct Tree {
    nodes: Vec<[Record; 2]>,
}

#[derive(Clone, Copy)]
enum Record {
    Empty,
    Node(usize),
    Data(usize),
}

impl Tree {
    /// Puts data at a range; what lies below it is replaced.
    fn insert(&mut self, bits: u128, length: u32, offset: usize) {
        let mut at = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                self.nodes[at][side] = Record::Data(offset);
                return;
            }
            at = match self.nodes[at][side] {
                Record::Node(next) => next,
                before => {
                    self.nodes.push([before; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[at][side] = Record::Node(next);
                    next
                }
            };
        }
    }
}

/// A database of ranges such as `203.0.113.0/24` with a record each; whole numbers are written with 32 bits.
///
/// # Panics
/// When a range is none, or a record holds what the format has no type for.
#[must_use]
pub fn database(kind: &str, built_at: u64, ranges: &[(&str, Value)]) -> Vec<u8> {
    let mut tree = Tree { nodes: vec![[Record::Empty; 2]] };
    let mut data = Vec::new();
    for (range, record) in ranges {
        let (address, length) = range.split_once('/').expect("a range");
        let length: u32 = length.parse().expect("a length");
        let (bits, length) = match address.parse().expect("an address") {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), length + 96),
            IpAddr::V6(v6) => (v6.to_bits(), length),
        };
        tree.insert(bits, length, data.len());
        encode(&mut data, record);
    }
    let count = tree.nodes.len();
    let number = |record: &Record| match record {
        Record::Empty => count,
        Record::Node(next) => *next,
        Record::Data(offset) => count + 16 + offset,
    };
    let records = tree.nodes.iter().flatten().map(|r| u32::try_from(number(r)).expect("a small database"));
    let mut out: Vec<u8> = records.flat_map(u32::to_be_bytes).collect();
    out.extend([0; 16]);
    out.extend(data);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    out.push(7 << 5 | 9);
    let mut member = |name: &str, value: &[u8]| {
        encode(&mut out, &json!(name));
        out.extend(value);
    };
    let narrow = |n: u16| [&[5 << 5 | 2][..], &n.to_be_bytes()].concat();
    let text = |value: Value| {
        let mut bytes = Vec::new();
        encode(&mut bytes, &value);
        bytes
    };
    member("binary_format_major_version", &narrow(2));
    member("binary_format_minor_version", &narrow(0));
    member("build_epoch", &[&[8, 2][..], &built_at.to_be_bytes()].concat());
    member("database_type", &text(json!(kind)));
    member("description", &text(json!({ "en": "for tests" })));
    member("ip_version", &narrow(6));
    member("languages", &[1, 4, 2 << 5 | 2, b'e', b'n']);
    member("node_count", &text(json!(count)));
    member("record_size", &narrow(32));
    out
}

/// A database of countries by their two letters.
#[must_use]
pub fn countries(built_at: u64, ranges: &[(&str, &str, &str)]) -> Vec<u8> {
    let record = |code: &str, name: &str| json!({ "country": { "iso_code": code, "names": { "en": name } } });
    let ranges: Vec<_> = ranges.iter().map(|(range, code, name)| (*range, record(code, name))).collect();
    database("DBIP-Country-Lite", built_at, &ranges)
}

/// A database of networks by number and owner.
#[must_use]
pub fn networks(built_at: u64, ranges: &[(&str, u32, &str)]) -> Vec<u8> {
    let record = |number: u32, name: &str| json!({ "autonomous_system_number": number, "autonomous_system_organization": name });
    let ranges: Vec<_> = ranges.iter().map(|(range, number, name)| (*range, record(*number, name))).collect();
    database("DBIP-ASN-Lite", built_at, &ranges)
}

fn head(out: &mut Vec<u8>, kind: u8, size: usize) {
    match u8::try_from(size) {
        Ok(size @ 0..29) => out.push(kind << 5 | size),
        Ok(size) => out.extend([kind << 5 | 29, size - 29]),
        Err(_) => panic!("a text of {size} bytes is too long for a test"),
    }
}

fn encode(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => {
            head(out, 2, text.len());
            out.extend(text.as_bytes());
        }
        Value::Number(number) => {
            let number = number.as_u64().and_then(|n| u32::try_from(n).ok()).expect("a number of 32 bits");
            head(out, 6, 4);
            out.extend(number.to_be_bytes());
        }
        Value::Object(members) => encode_map(out, members),
        other => panic!("no type for {other}"),
    }
}

fn encode_map(out: &mut Vec<u8>, members: &Map<String, Value>) {
    head(out, 7, members.len());
    for (name, value) in members {
        encode(out, &Value::String(name.clone()));
        encode(out, value);
    }
}
