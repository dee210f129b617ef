//! The chunk codec: lossless on every bit pattern, small on what hosts produce, calm on damaged bytes.

use argos_tschunk::{
    Bucket, BucketParts, DecodeError, EncodeError, Function, Grid, Kind, MAX_POINTS, Point, Step, decode, decode_buckets,
    decode_buckets_partly, decode_columns, encode, encode_buckets, encode_columns, header, resample, rollup,
};
use proptest::prelude::*;

const START: i64 = 1_767_225_600_000_000;

fn bits(points: &[Point]) -> Vec<(i64, u64)> {
    points.iter().map(|p| (p.t, p.v.to_bits())).collect()
}

fn regular(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
    values.into_iter().enumerate().map(|(i, v)| Point::new(START + i as i64 * 5_000_000, v)).collect()
}

fn assert_round_trip(points: &[Point]) -> usize {
    let bytes = encode(points).expect("ascending points");
    assert_eq!(bits(&decode(&bytes).expect("own chunk")), bits(points));
    let header = header(&bytes).expect("own chunk");
    assert_eq!(header.count, points.len());
    assert_eq!(header.t_min, points.first().map_or(0, |p| p.t));
    assert_eq!(header.t_max, points.last().map_or(0, |p| p.t));
    bytes.len()
}

/// Deterministic noise for size tests.
fn noise(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as f64 / (1_u64 << 31) as f64
}

#[test]
fn encode_of_nothing_and_of_one_point_round_trips() {
    assert_round_trip(&[]);
    assert_round_trip(&[Point::new(i64::MIN, f64::NAN)]);
    assert_round_trip(&[Point::new(i64::MIN, -0.0), Point::new(i64::MAX, 1.0)]);
}

#[test]
fn encode_of_constant_regular_series_costs_a_few_bytes() {
    for value in [0.0, 42.5, 1.0 / 3.0, 1e300, f64::NAN, -0.0] {
        let size = assert_round_trip(&regular(vec![value; 17_280]));
        assert!(size <= 44, "{value}: {size} bytes for a day");
    }
}

#[test]
fn encode_of_special_values_keeps_every_bit() {
    let quiet_with_payload = f64::from_bits(0x7ff8_0000_dead_beef);
    let specials = [f64::NAN, quiet_with_payload, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE, 5e-324];
    let points = regular((0..2000).map(|i| if i % 97 == 0 { specials[i / 97 % 7] } else { i as f64 / 10.0 }));
    assert_round_trip(&points);
    assert_round_trip(&regular(specials));
    assert_round_trip(&regular((0..2000).map(|i| specials[i % 7])));
}

#[test]
fn encode_of_host_like_series_stays_under_target() {
    let mut seed = 7;
    let mut level = 30.0;
    let cpu = regular((0..1440).map(|_| {
        level = (level + 0.2 * (30.0 - level) + 12.0 * (noise(&mut seed) - 0.5)).clamp(0.0, 100.0_f64);
        (level * 10.0).round() / 10.0
    }));
    assert!(assert_round_trip(&cpu) as f64 / 1440.0 <= 1.2);
    let mut total = 5.0e11;
    let counter = regular((0..1440).map(|_| {
        total += (4096.0 * noise(&mut seed)).floor();
        total
    }));
    assert!(assert_round_trip(&counter) as f64 / 1440.0 <= 1.7);
    let mut pages = 2_000_000.0;
    let memory = regular((0..1440).map(|_| {
        pages += (200.0 * (noise(&mut seed) - 0.5)).round();
        pages * 4096.0
    }));
    assert!(assert_round_trip(&memory) as f64 / 1440.0 <= 1.2);
}

#[test]
fn encode_of_millisecond_jitter_costs_little() {
    let mut seed = 3;
    let points: Vec<Point> = (0..1440).map(|i| Point::new(START + i * 5_000_000 + (noise(&mut seed) * 3.0) as i64 * 1000, 1.0)).collect();
    assert!(assert_round_trip(&points) as f64 / 1440.0 <= 0.35);
}

#[test]
fn encode_of_bad_input_names_the_fault() {
    let twice = [Point::new(1, 0.0), Point::new(1, 0.0)];
    assert_eq!(encode(&twice), Err(EncodeError::NotAscending(1)));
    assert_eq!(encode_columns(&[1, 2], &[&[0.0]]), Err(EncodeError::BadColumns));
    let many: Vec<Point> = (0..=MAX_POINTS as i64).map(|t| Point::new(t, 0.0)).collect();
    assert_eq!(encode(&many), Err(EncodeError::TooManyPoints));
}

#[test]
fn decode_of_any_flipped_bit_is_refused() {
    let bytes = encode(&regular((0..300).map(|i| f64::from(i % 7) / 10.0))).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            assert!(decode(&damaged).is_err(), "byte {at} bit {bit}");
        }
    }
    assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(DecodeError::Checksum));
    assert_eq!(decode(&[]), Err(DecodeError::Truncated));
    assert_eq!(decode(&[9, 0, 0, 0, 0, 0, 0]), Err(DecodeError::UnknownVersion(9)));
}

#[test]
fn decode_of_bucket_chunk_as_points_is_refused() {
    let buckets = rollup(&regular([1.0, 2.0]), Kind::Gauge, Step::MINUTE, None);
    let bytes = encode_buckets(&buckets).unwrap();
    assert_eq!(decode(&bytes), Err(DecodeError::WrongColumns));
    assert_eq!(decode_buckets(&encode(&regular([1.0])).unwrap()), Err(DecodeError::WrongColumns));
}

#[test]
fn encode_buckets_of_a_day_of_minutes_stays_small() {
    let mut seed = 11;
    let points = regular((0..17_280).map(|_| (noise(&mut seed) * 300.0).round() / 10.0));
    let buckets = rollup(&points, Kind::Gauge, Step::MINUTE, None);
    let bytes = encode_buckets(&buckets).unwrap();
    assert_eq!(decode_buckets(&bytes).unwrap(), buckets);
    assert!(bytes.len() as f64 / buckets.len() as f64 <= 6.0, "{} bytes", bytes.len());
}

/// Rewrites the checksum, so that the parser behind it is reached.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= 5 {
        bytes[0] = 1;
        let mut crc = !0_u32;
        for b in &bytes[5..] {
            crc ^= u32::from(*b);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            }
        }
        bytes[1..5].copy_from_slice(&(!crc).to_le_bytes());
    }
    bytes
}

/// Points and buckets that could be read; none when the bytes are refused.
fn decoded(bytes: &[u8]) -> usize {
    let none = decode_buckets_partly(bytes, BucketParts::of(Function::Count)).map_or(0, |b| b.len());
    decode(bytes).map_or(0, |p| p.len()) + decode_buckets(bytes).map_or(0, |b| b.len()).max(none)
}

/// Values as hosts produce them, and any bits at all.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-1000_i32..1000).prop_map(|k| f64::from(k) / 10.0),
        2 => any::<i64>().prop_map(|k| k as f64 / 1000.0),
        2 => any::<u64>().prop_map(f64::from_bits),
        1 => Just(f64::NAN),
    ]
}

fn any_points(max: usize) -> impl Strategy<Value = Vec<Point>> {
    let step = prop_oneof![4 => Just(5_000_000_u64), 2 => 1_u64..20_000_000, 1 => 1..u64::MAX / 4];
    (any::<i64>(), proptest::collection::vec((step, any_value()), 0..max)).prop_map(|(start, steps)| {
        let mut t = start;
        let mut points: Vec<Point> = Vec::new();
        for (step, v) in steps {
            points.push(Point::new(t, v));
            let Some(next) = t.checked_add_unsigned(step) else {
                break;
            };
            t = next;
        }
        points
    })
}

proptest! {
    #[test]
    fn encode_of_any_points_round_trips(points in any_points(400)) {
        let bytes = encode(&points).unwrap();
        prop_assert_eq!(bits(&decode(&bytes).unwrap()), bits(&points));
    }

    #[test]
    fn encode_columns_of_any_values_round_trips(a in proptest::collection::vec(any_value(), 0..200)) {
        let times: Vec<i64> = (0..a.len() as i64).collect();
        let b: Vec<f64> = a.iter().rev().copied().collect();
        let bytes = encode_columns(&times, &[&a, &b, &a]).unwrap();
        let (back, columns) = decode_columns(&bytes).unwrap();
        prop_assert_eq!(back, times);
        for (column, expected) in columns.iter().zip([&a, &b, &a]) {
            let column: Vec<u64> = column.iter().map(|v| v.to_bits()).collect();
            let expected: Vec<u64> = expected.iter().map(|v| v.to_bits()).collect();
            prop_assert_eq!(column, expected);
        }
    }

    #[test]
    fn decode_of_arbitrary_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decoded(&bytes) <= MAX_POINTS);
        let bytes = with_checksum(bytes);
        prop_assert!(decoded(&bytes) <= MAX_POINTS);
    }

    #[test]
    fn decode_of_damage_behind_a_right_checksum_never_panics(
        points in any_points(200),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&points).unwrap();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        prop_assert!(decoded(&with_checksum(bytes.clone())) <= MAX_POINTS);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(decoded(&with_checksum(bytes)) <= MAX_POINTS);
    }

    #[test]
    fn encode_buckets_of_any_rollup_round_trips(points in any_points(200)) {
        let clean: Vec<Point> = points.into_iter().filter(|p| p.v.is_finite()).map(|p| Point::new(p.t % (1 << 50), p.v)).collect();
        let mut clean = clean;
        clean.sort_by_key(|p| p.t);
        clean.dedup_by_key(|p| p.t);
        for kind in [Kind::Gauge, Kind::Counter] {
            let buckets: Vec<Bucket> = rollup(&clean, kind, Step::MINUTE, None);
            prop_assert_eq!(decode_buckets(&encode_buckets(&buckets).unwrap()).unwrap(), buckets);
        }
    }

    #[test]
    fn decode_of_the_parts_a_function_needs_gives_the_same_answer(points in any_points(200), step in 1_u32..40) {
        let mut clean: Vec<Point> = points.into_iter().filter(|p| p.v.is_finite()).map(|p| Point::new(p.t % (1 << 32), p.v)).collect();
        clean.sort_by_key(|p| p.t);
        clean.dedup_by_key(|p| p.t);
        let grid = Grid::new(-1 << 32, 1 << 32, Step::from_secs(step * 60).unwrap()).unwrap();
        for kind in [Kind::Gauge, Kind::Counter] {
            let bytes = encode_buckets(&rollup(&clean, kind, Step::MINUTE, None)).unwrap();
            let whole = decode_buckets(&bytes).unwrap();
            for f in [
                Function::Avg, Function::Min, Function::Max, Function::Sum, Function::Last, Function::Count,
                Function::Rate, Function::Delta, Function::Increase, Function::Quantile(0.7),
            ] {
                let some = decode_buckets_partly(&bytes, BucketParts::of(f)).unwrap();
                let (a, b) = (resample(some, kind, &grid, f), resample(whole.iter().copied(), kind, &grid, f));
                let bits = |v: Vec<Option<f64>>| v.into_iter().map(|v| v.map(f64::to_bits)).collect::<Vec<_>>();
                prop_assert_eq!(bits(a), bits(b));
            }
        }
    }
}
