//! The open head: order of arrival does not matter, the last twin wins, the limit holds.

use argos_tschunk::{Appended, Head, Point, decode};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn append_in_and_out_of_order_says_which() {
    let mut head = Head::new(10);
    assert_eq!(head.append(Point::new(10, 1.0)), Appended::InOrder);
    assert_eq!(head.append(Point::new(20, 2.0)), Appended::InOrder);
    assert_eq!(head.append(Point::new(15, 3.0)), Appended::OutOfOrder);
    assert_eq!(head.append(Point::new(20, 4.0)), Appended::OutOfOrder);
    assert_eq!((head.oldest(), head.newest(), head.len()), (Some(10), Some(20), 4));
    assert_eq!(head.range(11, 21), [Point::new(15, 3.0), Point::new(20, 4.0)]);
    let chunk = head.seal().unwrap().unwrap();
    assert_eq!(decode(&chunk).unwrap(), [Point::new(10, 1.0), Point::new(15, 3.0), Point::new(20, 4.0)]);
    assert!(head.is_empty());
    assert_eq!(head.seal().unwrap(), None);
}

#[test]
fn append_to_full_head_is_refused_until_sealed() {
    let mut head = Head::new(2);
    head.append(Point::new(1, 1.0));
    head.append(Point::new(2, 1.0));
    assert_eq!(head.append(Point::new(3, 1.0)), Appended::Full);
    // A twin replaces in place: no room needed.
    assert_eq!(head.append(Point::new(1, 9.0)), Appended::OutOfOrder);
    assert_eq!(head.drain(), [Point::new(1, 9.0), Point::new(2, 1.0)]);
    assert_eq!(head.append(Point::new(0, 1.0)), Appended::InOrder);
}

#[test]
fn append_to_head_full_of_twins_makes_room() {
    let mut head = Head::new(2);
    head.append(Point::new(1, 1.0));
    head.append(Point::new(1, 2.0));
    assert_eq!(head.append(Point::new(5, 3.0)), Appended::InOrder);
    assert_eq!(head.points(), [Point::new(1, 2.0), Point::new(5, 3.0)]);
}

#[test]
fn append_of_the_smallest_time_first_is_in_order() {
    let mut head = Head::default();
    assert_eq!(head.append(Point::new(i64::MIN, 1.0)), Appended::InOrder);
    assert_eq!(head.append(Point::new(i64::MIN, 2.0)), Appended::OutOfOrder);
    assert_eq!(head.points(), [Point::new(i64::MIN, 2.0)]);
}

proptest! {
    #[test]
    fn seal_of_any_arrival_equals_a_sorted_map(arrivals in proptest::collection::vec((0_i64..60, -9_i32..9), 0..120)) {
        let mut head = Head::new(1000);
        let mut model = BTreeMap::new();
        for (t, v) in arrivals {
            prop_assert_ne!(head.append(Point::new(t, f64::from(v))), Appended::Full);
            model.insert(t, f64::from(v));
        }
        let expected: Vec<Point> = model.iter().map(|(&t, &v)| Point::new(t, v)).collect();
        prop_assert_eq!(head.points(), expected.clone());
        let middle: Vec<Point> = expected.iter().copied().filter(|p| (20..40).contains(&p.t)).collect();
        prop_assert_eq!(head.range(20, 40), middle);
        prop_assert_eq!(head.oldest(), model.keys().next().copied());
        prop_assert_eq!(head.newest(), model.keys().last().copied());
        let sealed = head.seal().unwrap().map(|c| decode(&c).unwrap()).unwrap_or_default();
        prop_assert_eq!(sealed, expected);
    }
}
