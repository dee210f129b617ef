//! No answers at all may make a reader panic or invent a value.

use argos_powermib::{Answers, Depth, Profile};
use argos_snmp::{Value, VarBind};
use proptest::prelude::*;

use crate::recording::bindings;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<u32>().prop_map(Value::Gauge32),
        any::<u64>().prop_map(Value::Counter64),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(Value::OctetString),
        Just(Value::NoSuchInstance),
        Just(Value::Oid([1, 3, 6, 1, 2, 1, 33, 1, 6, 3, 99].into())),
    ]
}

proptest! {
    #[test]
    fn profile_with_any_values_stays_within_its_promises(which in 0..Profile::ALL.len(), values in prop::collection::vec(value(), 60)) {
        let profile = Profile::ALL[which];
        let answers: Answers = bindings(profile.name()).into_iter().zip(values.iter().cycle())
            .map(|(binding, value)| VarBind { oid: binding.oid, value: value.clone() }).collect();
        let reading = profile.read(&answers);
        prop_assert!(reading.battery_percent.is_none_or(|charge| (0.0..=100.0).contains(&charge)));
        prop_assert!(reading.load_percent.is_none_or(|load| (0.0..=1000.0).contains(&load)));
        prop_assert!(reading.power_watts.is_none_or(|watts| watts >= 0.0));
        prop_assert!(reading.runtime_seconds.is_none_or(|left| left >= 0.0));
    }
}

#[test]
fn profile_without_answers_knows_nothing() {
    for profile in Profile::ALL {
        let reading = profile.read(&Answers::default());
        assert!(reading.is_empty(), "{}: {reading:?}", profile.name());
    }
}

#[test]
fn status_poll_asks_for_less_than_a_full_one() {
    for profile in Profile::ALL {
        let (status, full) = (profile.wants(Depth::Status), profile.wants(Depth::Full));
        assert!(status.scalars.len() + status.tables.len() > 0, "{}", profile.name());
        assert!(status.scalars.iter().all(|oid| full.scalars.contains(oid)), "{}", profile.name());
    }
}
