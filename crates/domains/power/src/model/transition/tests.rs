use super::*;
use crate::model::snapshot::Extras;

const S: i64 = 1_000_000;

struct Stage {
    state: DeviceState,
    limits: Limits,
    now: i64,
}

impl Stage {
    fn new() -> Self {
        Self { state: DeviceState::default(), limits: Limits::default(), now: 1_000 * S }
    }
    fn sample(&mut self, s: &Snapshot) -> Vec<&'static str> {
        self.now += 5 * S;
        let out = judge_sample(&mut self.state, s, None, &self.limits, self.now);
        // What is remembered must be all there is to remember.
        let kept: DeviceState = serde_json::from_str(&serde_json::to_string(&self.state).unwrap()).unwrap();
        self.state = DeviceState { recent: self.state.recent.clone(), degraded: self.state.degraded, ..kept };
        out.iter().map(|t| t.kind).collect()
    }
    fn status(&mut self, status: &str, battery: f64) -> Vec<&'static str> {
        self.sample(&Snapshot { ups_status: Some(status.to_owned()), battery_percent: Some(battery), ..Snapshot::default() })
    }
    fn miss(&mut self) -> Vec<&'static str> {
        self.now += 5 * S;
        judge_failure(&mut self.state, &"DATA-STALE".to_owned().into(), &self.limits, self.now).iter().map(|t| t.kind).collect()
    }
}

#[test]
fn outage_tells_each_event_once() {
    let mut s = Stage::new();
    assert!(s.status("OL CHRG", 100.0).is_empty());
    assert_eq!(s.status("OB DISCHRG", 60.0), ["on_battery"]);
    assert!(s.status("OB DISCHRG", 40.0).is_empty());
    assert_eq!(s.status("OB LB", 15.0), ["battery_low"]);
    assert!(s.status("OB LB", 14.0).is_empty());
    assert_eq!(s.status("OB LB", 4.0), ["shutdown_initiated"]);
    assert_eq!(s.status("OL CHRG LB", 4.0), ["power_restored"]);
    assert!(s.status("OL CHRG", 16.0).is_empty());
    assert_eq!(s.status("OB", 15.0), ["on_battery"], "the next outage is told again");
}

#[test]
fn outage_that_runs_at_the_first_sample_is_told_as_initial() {
    let mut s = Stage::new();
    let out = judge_sample(
        &mut s.state,
        &Snapshot { ups_status: Some("OB LB".to_owned()), battery_percent: Some(10.0), ..Snapshot::default() },
        None,
        &s.limits,
        s.now,
    );
    assert_eq!(out.iter().map(|t| t.kind).collect::<Vec<_>>(), ["on_battery"]);
    assert_eq!(out[0].metadata["initial"], true);
    assert_eq!(s.status("OB LB", 10.0), ["battery_low"]);
}

#[test]
fn charge_that_falls_through_the_limit_is_low_without_the_flag_and_rearms_above_it() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    s.status("OB", 21.0);
    assert_eq!(s.status("OB", 20.0), ["battery_low"]);
    assert!(s.status("OB", 22.0).is_empty());
    assert!(s.status("OB", 19.0).is_empty(), "not armed again");
    assert_eq!(s.status("OB", 26.0), ["battery_recovered"]);
    assert_eq!(s.status("OB", 20.0), ["battery_low"]);
}

#[test]
fn status_without_supply_keeps_the_last_known() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    for status in ["", "WAIT", "BYPASS", "OFF"] {
        assert!(!s.status(status, 100.0).iter().any(|k| matches!(*k, "on_battery" | "power_restored")), "{status}");
    }
    assert!(!s.state.on_battery);
}

#[test]
fn thresholds_need_hysteresis_before_they_are_told_again() {
    let mut s = Stage::new();
    let load = |load: f64| Snapshot { ups_status: Some("OL".to_owned()), load_percent: Some(load), ..Snapshot::default() };
    s.sample(&load(20.0));
    assert_eq!(s.sample(&load(91.0)), ["threshold_crossed"]);
    assert!(s.sample(&load(89.0)).is_empty() && s.sample(&load(91.0)).is_empty());
    s.sample(&load(85.0));
    assert_eq!(s.sample(&load(112.0)), ["threshold_crossed", "overload"]);
    assert_eq!(s.sample(&load(50.0)), ["overload_cleared"]);
}

#[test]
fn device_is_offline_after_misses_and_grace_and_online_again_once() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    let told: Vec<_> = (0..11).flat_map(|_| s.miss()).collect();
    assert!(told.is_empty(), "55 s of silence are no offline yet: {told:?}");
    assert_eq!(s.miss(), ["device_offline"]);
    assert!((0..50).flat_map(|_| s.miss()).all(|k| k != "device_offline"));
    assert_eq!(s.status("OL", 100.0), ["device_online"]);
    assert!(s.status("OL", 100.0).is_empty());
}

#[test]
fn connection_that_fails_now_and_then_is_told_as_unreliable_once() {
    let mut s = Stage::new();
    let mut told = Vec::new();
    for round in 0..40 {
        told.extend(if round % 4 == 3 { s.miss() } else { s.status("OL", 100.0) });
    }
    assert_eq!(told, ["comm_degraded"]);
}

#[test]
fn voltage_must_be_off_for_ten_seconds_and_is_ignored_on_battery() {
    let mut s = Stage::new();
    let volts = |status: &str, volts: f64| Snapshot {
        ups_status: Some(status.to_owned()),
        extras: Extras { input_voltage: Some(volts), ..Extras::default() },
        ..Snapshot::default()
    };
    s.sample(&volts("OL", 231.0));
    assert!(s.sample(&volts("OL", 200.0)).is_empty());
    assert!(s.sample(&volts("OL", 200.0)).is_empty());
    assert_eq!(s.sample(&volts("OL", 200.0)), ["voltage_abnormal"]);
    assert_eq!(s.sample(&volts("OL", 229.0)), ["voltage_normal"]);
    s.sample(&volts("OB", 0.0));
    assert!((0..5).flat_map(|_| s.sample(&volts("OB", 0.0))).next().is_none());
}

#[test]
fn nominal_voltage_follows_the_usual_one_and_not_the_first() {
    let mut s = Stage::new();
    let mut at = |volts: f64, seconds: i64| {
        s.now += seconds * S;
        s.sample(&Snapshot {
            ups_status: Some("OL".to_owned()),
            extras: Extras { input_voltage: Some(volts), ..Extras::default() },
            ..Snapshot::default()
        });
        s.state.nominal_voltage
    };
    assert_eq!(at(205.0, 0), Some(208.0), "the first sample came in a brown-out");
    for _ in 0..3 {
        at(231.0, 60);
    }
    assert_eq!(at(231.0, 60), Some(230.0));
    assert_eq!(at(205.0, 60), Some(230.0), "the next one does not move it");
    // A day later what was before counts no more.
    assert_eq!((0..4).map(|_| at(118.0, 22_000)).last().unwrap(), Some(120.0));
    assert!(s.state.input_volts.len() <= 96 + VOLTS_SOON);
}

#[test]
fn each_alarm_is_told_and_the_end_of_all_of_them_once() {
    let mut s = Stage::new();
    let mut with = |alarms: &[&str]| {
        let alarms = alarms.iter().map(|a| (*a).to_owned()).collect();
        s.sample(&Snapshot { ups_status: Some("OL".to_owned()), extras: Extras { alarms, ..Extras::default() }, ..Snapshot::default() })
    };
    assert!(with(&[]).is_empty());
    assert_eq!(with(&["fan_failure", "on_battery"]), ["device_alarm"]);
    assert_eq!(with(&["charger_failed", "fan_failure"]), ["device_alarm"]);
    assert!(with(&["charger_failed"]).is_empty(), "one is left");
    assert_eq!(with(&[]), ["device_alarm_cleared"]);
}

#[test]
fn battery_that_leaves_too_little_time_is_low_once_where_a_limit_is_set() {
    let mut s = Stage::new();
    let left = |status: &str, seconds: f64| Snapshot {
        ups_status: Some(status.to_owned()),
        battery_percent: Some(80.0),
        runtime_seconds: Some(seconds),
        ..Snapshot::default()
    };
    s.sample(&left("OL", 900.0));
    s.sample(&left("OB", 900.0));
    assert!(s.sample(&left("OB", 100.0)).is_empty(), "no limit is set");
    s.limits.battery_low_seconds = Some(300.0);
    assert!(s.sample(&left("OB", 0.0)).is_empty(), "nothing is known of the time");
    assert_eq!(s.sample(&left("OB", 290.0)), ["battery_low"]);
    assert!(s.sample(&left("OB", 400.0)).is_empty() && s.sample(&left("OB", 290.0)).is_empty());
    assert_eq!(s.sample(&left("OL", 290.0)), ["power_restored"]);
    assert_eq!(s.sample(&left("OB", 290.0)), ["on_battery", "battery_low"]);
}

#[test]
fn outage_in_which_the_device_fell_silent_says_what_its_end_rests_on() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    s.status("OB", 60.0);
    let end = |s: &Stage| ["", "shut down"].map(|word| s.state.outage.as_ref().unwrap().ended_by(!word.is_empty()));
    assert_eq!(end(&s), ["power_restored", "power_restored"]);
    s.state = std::mem::take(&mut s.state).settled(s.now + 60 * S);
    assert_eq!(end(&s)[0], "power_restored", "a restart is no loss");
    let after_an_hour = s.state.clone().settled(s.now + 3_600 * S);
    assert_eq!(after_an_hour.outage.unwrap().ended_by(true), "shutdown", "this machine went down with it");
    while s.miss().is_empty() {}
    assert_eq!(end(&s), ["device_lost", "shutdown"]);
}

#[test]
fn flags_and_tests_are_told_when_they_change() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    assert_eq!(s.status("ALARM OL RB", 100.0), ["replace_battery", "device_alarm"]);
    assert_eq!(s.status("OL", 100.0), ["device_alarm_cleared"]);
    assert_eq!(s.status("OL BYPASS", 100.0), ["bypass_on"]);
    assert_eq!(s.status("OL CAL", 100.0), ["bypass_off", "calibration"]);
    assert_eq!(s.status("FSD OL", 100.0), ["fsd", "shutdown_initiated"]);
    let sample = Snapshot { ups_status: Some("FSD OL".to_owned()), ..Snapshot::default() };
    let mut told = |text| judge_sample(&mut s.state, &sample, Some(text), &s.limits, s.now).len();
    assert_eq!((told("Test in progress"), told("Done and passed"), told("Done and passed")), (0, 1, 0));
}

proptest::proptest! {
    #[test]
    fn any_sequence_alternates_outage_and_return(statuses in proptest::collection::vec(
        proptest::prelude::prop_oneof![
            proptest::prelude::Just("OL"), proptest::prelude::Just("OB"), proptest::prelude::Just("OB LB"),
            proptest::prelude::Just("OL CHRG"), proptest::prelude::Just("WAIT"), proptest::prelude::Just("FSD OB LB")], 1..60),
        battery in proptest::collection::vec(0.0..100.0_f64, 60)) {
        let mut s = Stage::new();
        let mut last = "power_restored";
        for (status, battery) in statuses.iter().zip(&battery) {
            for kind in s.status(status, *battery) {
                if matches!(kind, "on_battery" | "power_restored") {
                    proptest::prop_assert_ne!(kind, last);
                    last = kind;
                }
            }
        }
    }
}

#[test]
fn outage_is_confirmed_once_after_the_set_time() {
    let mut s = Stage::new();
    s.limits.on_battery_debounce_seconds = 8;
    s.status("OL", 100.0);
    assert_eq!(s.status("OB", 99.0), ["on_battery"]);
    assert!(s.status("OB", 98.0).is_empty(), "five seconds");
    assert_eq!(s.status("OB", 97.0), ["on_battery_lasts"]);
    assert!(s.status("OB", 96.0).is_empty());
    assert_eq!(s.status("OL", 96.0), ["power_restored"]);
    assert_eq!(s.status("OB", 95.0), ["on_battery"]);
    assert_eq!(s.status("OL", 95.0), ["power_restored"], "too short to be told");
}

#[test]
fn refused_credentials_are_told_once_until_the_device_answers() {
    let mut s = Stage::new();
    let refused = Failure { text: "ACCESS-DENIED".to_owned(), refused: true };
    let fail = |s: &mut Stage| {
        s.now += 60 * S;
        let told = judge_failure(&mut s.state, &refused, &s.limits, s.now);
        let kept = serde_json::from_str(&serde_json::to_string(&s.state).unwrap()).unwrap();
        s.state = kept;
        told.iter().map(|t| t.kind).collect::<Vec<_>>()
    };
    assert_eq!(fail(&mut s), ["access_refused"]);
    assert!(fail(&mut s).is_empty(), "also over a restart");
    assert_eq!(fail(&mut s), ["device_offline"]);
    assert_eq!(s.status("OL", 100.0), ["device_online"]);
    assert_eq!(fail(&mut s), ["access_refused"]);
}

#[test]
fn device_that_falls_silent_after_the_clock_was_put_back_is_still_told_to_be_offline() {
    let mut s = Stage::new();
    s.status("OL", 100.0);
    // A day ahead, as an earlier process wrote it.
    s.state.last_success = Some(s.now + 86_400 * S);
    s.state = std::mem::take(&mut s.state).settled(s.now);
    let told: Vec<_> = (0..12).flat_map(|_| s.miss()).collect();
    assert_eq!(told, ["device_offline"]);
}
