//! A digest of a table that does not depend on the engine or the order of rows: the sum of the SHA-256 of every row,
//! modulo 2^256. It recognises any row that is missing, added, doubled or changed.

use argos_kernel::hex;

use crate::transfer::Table;
use crate::{Part, Value};

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDigest {
    pub part: Part,
    pub table: String,
    pub rows: u64,
    /// 64 hexadecimal digits.
    pub digest: String,
}

/// The running sum over the rows of one table.
#[derive(Clone, Debug, Default)]
pub struct RowSum {
    limbs: [u64; 4],
    rows: u64,
}

impl RowSum {
    pub fn add(&mut self, values: &[Value]) {
        let mut canonical = Vec::with_capacity(values.len() * 16);
        for value in values {
            encode(value, &mut canonical);
        }
        let hash = ring::digest::digest(&ring::digest::SHA256, &canonical);
        let mut carry = false;
        for (limb, bytes) in self.limbs.iter_mut().zip(hash.as_ref().chunks_exact(8)) {
            let word = u64::from_be_bytes(bytes.try_into().unwrap_or_default());
            let (sum, over) = limb.overflowing_add(word);
            let (sum, also) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over || also;
        }
        self.rows += 1;
    }

    pub fn finish(self, table: &Table) -> TableDigest {
        let bytes: Vec<u8> = self.limbs.iter().flat_map(|l| l.to_be_bytes()).collect();
        TableDigest { part: table.part, table: table.name.clone(), rows: self.rows, digest: hex(&bytes) }
    }
}

/// One value, the same on both engines: switches are integers there and booleans here, and zero has one sign.
fn encode(value: &Value, out: &mut Vec<u8>) {
    let mut framed = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    match value {
        Value::Null => framed(0, &[]),
        Value::Bool(b) => framed(1, &i64::from(*b).to_be_bytes()),
        Value::Int(n) => framed(1, &n.to_be_bytes()),
        Value::Real(x) => framed(2, &(if *x == 0.0 { 0.0 } else { *x }).to_bits().to_be_bytes()),
        Value::Text(t) => framed(3, t.as_bytes()),
        Value::Blob(b) => framed(4, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[Vec<Value>]) -> TableDigest {
        let table = Table { part: Part::State, name: "t".to_owned(), columns: Vec::new(), sequence: None, counter: None };
        let mut sum = RowSum::default();
        rows.iter().for_each(|r| sum.add(r));
        sum.finish(&table)
    }

    #[test]
    fn table_digest_ignores_order_and_engine_but_no_row() {
        let (a, b) = (vec![Value::Int(1), Value::Text("x".into())], vec![Value::Int(0), Value::Null]);
        assert_eq!(sum(&[a.clone(), b.clone()]), sum(&[b.clone(), a.clone()]));
        assert_eq!(sum(&[vec![Value::Bool(true)]]), sum(&[vec![Value::Int(1)]]));
        assert_eq!(sum(&[vec![Value::Real(-0.0)]]), sum(&[vec![Value::Real(0.0)]]));
        assert_ne!(sum(&[a.clone(), a.clone()]), sum(&[b.clone(), b.clone()]));
        assert_ne!(sum(&[a.clone(), a.clone()]), sum(std::slice::from_ref(&a)));
        assert_ne!(
            sum(&[vec![Value::Text("ab".into()), Value::Text("c".into())]]),
            sum(&[vec![Value::Text("a".into()), Value::Text("bc".into())]])
        );
        assert_ne!(sum(&[vec![Value::Null]]), sum(&[vec![Value::Text(String::new())]]));
    }
}
