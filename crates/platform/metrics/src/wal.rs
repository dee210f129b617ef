//! The body of a write-ahead row: points of many series, small and quick rather than small and slow. It lives for two
//! hours at most. Layout: per point zigzag varint of the row-id difference, zigzag varint of the time difference,
//! eight bytes of the value, little endian.

/// A point on its way to the store: the series' stored id, microseconds UTC, value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WalPoint {
    pub(crate) row: i64,
    pub(crate) t: i64,
    pub(crate) v: f64,
}

pub(crate) fn encode(points: &[WalPoint]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 11);
    let (mut row, mut t) = (0_i64, 0_i64);
    for p in points {
        put(&mut out, p.row.wrapping_sub(row));
        put(&mut out, p.t.wrapping_sub(t));
        out.extend_from_slice(&p.v.to_le_bytes());
        (row, t) = (p.row, p.t);
    }
    out
}

/// `None` when the body is not whole: the row is then damaged.
pub(crate) fn decode(mut body: &[u8]) -> Option<Vec<WalPoint>> {
    let mut out = Vec::with_capacity(body.len() / 11);
    let (mut row, mut t) = (0_i64, 0_i64);
    while !body.is_empty() {
        row = row.wrapping_add(take(&mut body)?);
        t = t.wrapping_add(take(&mut body)?);
        let (value, rest) = body.split_first_chunk::<8>()?;
        body = rest;
        out.push(WalPoint { row, t, v: f64::from_le_bytes(*value) });
    }
    Some(out)
}

fn put(out: &mut Vec<u8>, value: i64) {
    let mut n = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn take(body: &mut &[u8]) -> Option<i64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = body.split_first()?;
        *body = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((n >> 1).cast_signed() ^ -((n & 1).cast_signed()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn points_come_back_equal(raw in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<u64>()), 0..50)) {
            let points: Vec<WalPoint> = raw.into_iter().map(|(row, t, v)| WalPoint { row, t, v: f64::from_bits(v) }).collect();
            let back = decode(&encode(&points)).unwrap();
            prop_assert_eq!(back.len(), points.len());
            for (a, b) in back.iter().zip(&points) {
                prop_assert_eq!((a.row, a.t, a.v.to_bits()), (b.row, b.t, b.v.to_bits()));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(decode(&bytes));
        }
    }
}
