#![expect(clippy::needless_pass_by_value, reason = "documents are written inline")]

use serde_json::json;

use super::*;

fn plan(triggers: serde_json::Value, groups: &[(&str, &str)], min_healthy: i64) -> PlanBody {
    let sources: Vec<_> = groups.iter().map(|(id, group)| json!({"device_id": id, "group": group})).collect();
    let mut all = json!({"fsd": true, "low_battery": false, "battery_percent": null, "runtime_seconds": null, "on_battery_seconds": 0,
        "lost_polls": 0, "stabilise_seconds": 0, "grace_seconds": 0});
    for (name, value) in triggers.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(json!({"sources": sources, "triggers": all, "groups": [{"name": "a", "min_healthy": min_healthy}]})).unwrap()
}

fn one(triggers: serde_json::Value) -> PlanBody {
    plan(triggers, &[("u", "a")], 1)
}

/// A good sample: flags, charge, runtime.
fn sample(status: &str, percent: impl Into<Option<f64>>, runtime: impl Into<Option<f64>>) -> SourceView {
    let (battery_percent, runtime_seconds) = (percent.into(), runtime.into());
    SourceView { monitored: true, fresh: true, flags: Flags::parse(status), battery_percent, runtime_seconds, ..SourceView::default() }
}

fn silent(lost_polls: i64) -> SourceView {
    SourceView { monitored: true, lost_polls, ..SourceView::default() }
}

struct Run {
    body: PlanBody,
    watch: PlanWatch,
    now: i64,
}

impl Run {
    fn new(body: PlanBody) -> Self {
        Self { body, watch: PlanWatch::default(), now: 1_000 * SECOND }
    }
    fn look_all(&mut self, seconds: i64, views: &[(&str, SourceView)], busy: bool) -> Verdict {
        self.now += seconds * SECOND;
        let views = views.iter().map(|(id, v)| ((*id).to_owned(), SourceView { sample_at: self.now, ..v.clone() })).collect();
        self.watch.judge(&self.body, &views, busy, self.now)
    }
    fn look(&mut self, seconds: i64, view: SourceView) -> Verdict {
        self.look_all(seconds, &[("u", view)], false)
    }
}

#[test]
fn each_trigger_fires_at_its_limit_and_not_before() {
    use Reason::{BatteryPercent, Fsd, LowBattery, OnBatteryTime, Runtime};
    let ob = |percent: Option<f64>, runtime: Option<f64>| sample("OB DISCHRG", percent, runtime);
    let rows: Vec<(&str, serde_json::Value, SourceView, Option<Reason>)> = vec![
        ("T1", json!({}), sample("FSD OB LB", 50.0, None), Some(Fsd)),
        ("T1 off", json!({"fsd": false}), sample("FSD OB", 50.0, None), None),
        ("T2", json!({"low_battery": true}), sample("OB LB", 15.0, None), Some(LowBattery)),
        ("T2 needs OB", json!({"low_battery": true}), sample("OL LB", 15.0, None), None),
        ("T2 off", json!({}), sample("OB LB", 15.0, None), None),
        ("T3 at", json!({"battery_percent": 20}), ob(Some(20.0), None), Some(BatteryPercent)),
        ("T3 above", json!({"battery_percent": 20}), ob(Some(20.1), None), None),
        ("T3 unknown charge", json!({"battery_percent": 20}), ob(None, None), None),
        ("T3 on mains", json!({"battery_percent": 20}), sample("OL CHRG", 5.0, None), None),
        ("T3 in a calibration", json!({"battery_percent": 20}), sample("OB CAL", 5.0, None), None),
        ("T3 in a test", json!({"battery_percent": 20}), sample("OB TEST", 5.0, None), None),
        ("T4 at", json!({"runtime_seconds": 600}), ob(Some(90.0), Some(600.0)), Some(Runtime)),
        ("T4 above", json!({"runtime_seconds": 600}), ob(Some(90.0), Some(601.0)), None),
        ("T4 zero while full", json!({"runtime_seconds": 600}), ob(Some(51.0), Some(0.0)), None),
        ("T4 zero while low", json!({"runtime_seconds": 600}), ob(Some(50.0), Some(0.0)), Some(Runtime)),
        ("T4 zero, charge unknown", json!({"runtime_seconds": 600}), ob(None, Some(0.0)), None),
        ("T4 unknown while low", json!({"runtime_seconds": 600}), ob(Some(10.0), None), None),
        ("T6", json!({"on_battery_seconds": 10}), ob(None, None), Some(OnBatteryTime)),
        ("T6 off", json!({"on_battery_seconds": 0}), ob(None, None), None),
        ("starting", json!({"low_battery": true, "battery_percent": 20}), sample("WAIT", 5.0, 1.0), None),
        ("bypass", json!({"low_battery": true, "battery_percent": 20}), sample("BYPASS LB", 5.0, 1.0), None),
        ("OB inside a word", json!({"low_battery": true}), sample("OL TROUBLE LB", 5.0, 1.0), None),
    ];
    for (name, triggers, view, wanted) in rows {
        let mut run = Run::new(one(triggers));
        let full = if view.flags.on_battery() { sample("OB", 100.0, 9_000.0) } else { sample("OL", 100.0, 9_000.0) };
        assert_eq!(run.look(0, full), Verdict::Nothing, "{name}: first sample");
        let verdict = run.look(10, view);
        assert_eq!(verdict, wanted.map_or(Verdict::Nothing, Verdict::Fire), "{name}");
    }
}

#[test]
fn test_result_in_progress_holds_back_the_charge_triggers() {
    let mut run = Run::new(one(json!({"battery_percent": 20})));
    let testing = SourceView { testing: true, ..sample("OB", 5.0, None) };
    assert_eq!(run.look(0, testing), Verdict::Nothing);
    assert_eq!(run.look(2, sample("OB", 5.0, None)), Verdict::Fire(Reason::BatteryPercent));
}

#[test]
fn stabilise_time_holds_back_charge_runtime_and_rate_but_not_low_battery() {
    let mut run = Run::new(one(json!({"battery_percent": 20, "runtime_seconds": 600, "stabilise_seconds": 30})));
    run.look(0, sample("OL", 100.0, 3_000.0));
    assert_eq!(run.look(5, sample("OB", 5.0, 10.0)), Verdict::Nothing);
    assert_eq!(run.look(29, sample("OB", 5.0, 10.0)), Verdict::Nothing);
    assert_eq!(run.look(1, sample("OB", 5.0, 10.0)), Verdict::Fire(Reason::BatteryPercent));
    let mut run = Run::new(one(json!({"low_battery": true, "stabilise_seconds": 30})));
    assert_eq!(run.look(0, sample("OB LB", 5.0, 10.0)), Verdict::Fire(Reason::LowBattery));
}

#[test]
fn low_battery_is_held_as_long_as_asked_without_a_gap() {
    let mut run = Run::new(one(json!({"low_battery": true, "lb_hold_seconds": 20})));
    run.look(0, sample("OB", 30.0, None));
    assert_eq!(run.look(2, sample("OB LB", 15.0, None)), Verdict::Nothing);
    assert_eq!(run.look(10, sample("OB", 15.0, None)), Verdict::Nothing, "LB went away");
    assert_eq!(run.look(2, sample("OB LB", 15.0, None)), Verdict::Nothing);
    assert_eq!(run.look(19, sample("OB LB", 15.0, None)), Verdict::Nothing);
    assert_eq!(run.look(1, sample("OB LB", 15.0, None)), Verdict::Fire(Reason::LowBattery));
}

#[test]
fn depletion_rate_needs_enough_samples_and_time() {
    let mut run = Run::new(one(json!({"percent_per_minute": 15})));
    let mut fired_at = None;
    for n in 0..60 {
        // 20 points a minute, a sample every 4 seconds.
        let verdict = run.look(4, sample("OB", 100.0 - f64::from(n) * 20.0 / 15.0, None));
        if verdict == Verdict::Fire(Reason::DepletionRate) {
            fired_at = Some(n * 4);
            break;
        }
    }
    assert_eq!(fired_at, Some(116), "30 samples, and more than 90 seconds");
    let mut slow = Run::new(one(json!({"percent_per_minute": 15})));
    assert!((0..60).all(|n| slow.look(4, sample("OB", 100.0 - f64::from(n) * 0.9, None)) == Verdict::Nothing));
    let mut same_sample = Run::new(one(json!({"percent_per_minute": 15})));
    assert!((0..100).all(|n| {
        same_sample.now += 2 * SECOND;
        let view = SourceView { sample_at: 1 + n / 50, ..sample("OB", 100.0 - f64::from(i32::try_from(n).unwrap()), None) };
        same_sample.watch.judge(&same_sample.body, &[("u".to_owned(), view)].into(), false, same_sample.now) == Verdict::Nothing
    }));
}

#[test]
fn contact_lost_on_battery_fires_after_polls_and_dead_time() {
    let mut run = Run::new(one(json!({"lost_polls": 3})));
    run.look(0, sample("OB", 80.0, None));
    assert_eq!(run.look(5, silent(3)), Verdict::Nothing, "polls, not the time");
    assert_eq!(run.look(10, silent(2)), Verdict::Nothing, "time, not the polls");
    assert_eq!(run.look(1, silent(4)), Verdict::Fire(Reason::LostOnBattery));
}

#[test]
fn contact_lost_is_counted_anew_after_a_restart_and_after_a_pause() {
    let body = one(json!({"lost_polls": 3}));
    let mut run = Run::new(body.clone());
    run.look(0, sample("OB", 80.0, None));
    run.watch = serde_json::from_str(&serde_json::to_string(&run.watch).unwrap()).unwrap();
    assert_eq!(run.look(3_600, silent(500)), Verdict::Nothing, "what failed before the restart is no loss of contact");
    assert_eq!(run.look(14, silent(503)), Verdict::Nothing);
    assert_eq!(run.look(1, silent(503)), Verdict::Fire(Reason::LostOnBattery));

    let mut run = Run::new(body);
    run.look(0, sample("OB", 80.0, None));
    run.watch.pause();
    assert_eq!(run.look(3_600, silent(1)), Verdict::Nothing, "nobody asked meanwhile");
    assert_eq!(run.look(20, silent(4)), Verdict::Fire(Reason::LostOnBattery));
}

#[test]
fn clock_put_back_over_a_restart_does_not_hold_the_timers_up() {
    let body =
        one(json!({"low_battery": true, "lb_hold_seconds": 10, "stabilise_seconds": 30, "battery_percent": 20, "grace_seconds": 60}));
    let mut run = Run::new(body.clone());
    run.look(0, sample("OB LB", 15.0, None));
    assert_eq!(run.look(10, sample("OB LB", 15.0, None)), Verdict::Countdown(Reason::LowBattery));
    run.watch = serde_json::from_str(&serde_json::to_string(&run.watch).unwrap()).unwrap();
    run.now -= 86_400 * SECOND;
    run.watch.settle(&body, run.now);
    assert_eq!(run.look(59, sample("OB LB", 15.0, None)), Verdict::Nothing);
    assert_eq!(run.look(1, sample("OB LB", 15.0, None)), Verdict::Fire(Reason::LowBattery));
}

#[test]
fn two_sources_that_fail_in_one_look_fire_once_with_the_graver_reason() {
    let triggers = json!({"low_battery": true, "battery_percent": 20});
    let mut pair = Run::new(plan(triggers, &[("u", "a"), ("v", "a")], 1));
    pair.look_all(0, &[("u", sample("OL", 100.0, None)), ("v", sample("OL", 100.0, None))], false);
    let both = [("u", sample("OB", 10.0, None)), ("v", sample("OB LB", 10.0, None))];
    assert_eq!(pair.look_all(1, &both, false), Verdict::Fire(Reason::LowBattery));
    assert!((0..20).all(|_| pair.look_all(1, &both, false) == Verdict::Nothing), "once");
}

#[test]
fn contact_lost_on_mains_never_fires() {
    let mut run = Run::new(one(json!({"lost_polls": 3, "low_battery": true, "on_battery_seconds": 1})));
    run.look(0, sample("OL", 80.0, None));
    assert!((0..100).all(|n| run.look(60, silent(n)) == Verdict::Nothing));
    let mut never_seen = Run::new(one(json!({"lost_polls": 3, "low_battery": true, "on_battery_seconds": 1})));
    assert!((0..100).all(|n| never_seen.look(60, silent(n)) == Verdict::Nothing));
    assert_eq!(never_seen.watch.stage, Stage::Idle);
}

#[test]
fn stale_data_is_never_judged() {
    let mut run = Run::new(one(json!({"on_battery_seconds": 60, "battery_percent": 20})));
    run.look(0, sample("OB", 90.0, None));
    assert!((0..50).all(|_| run.look(60, silent(1)) == Verdict::Nothing), "the time on battery is not known any more");
    assert_eq!(run.look(1, sample("OL", 90.0, None)), Verdict::Nothing);
    assert_eq!(run.watch.stage, Stage::Idle);
}

#[test]
fn countdown_runs_out_is_cancelled_by_the_mains_and_skipped_by_a_forced_shutdown() {
    let body = one(json!({"low_battery": true, "grace_seconds": 60}));
    let mut run = Run::new(body.clone());
    run.look(0, sample("OL", 100.0, None));
    assert_eq!(run.look(5, sample("OB", 60.0, None)), Verdict::Nothing);
    assert_eq!(run.watch.stage, Stage::OnBattery);
    assert_eq!(run.look(5, sample("OB LB", 15.0, None)), Verdict::Countdown(Reason::LowBattery));
    assert_eq!(run.look(30, sample("OL LB", 15.0, None)), Verdict::Cancelled);
    assert_eq!(run.watch.stage, Stage::Idle);

    let mut run = Run::new(body.clone());
    run.look(0, sample("OB LB", 15.0, None));
    assert_eq!(run.look(59, sample("OB LB", 15.0, None)), Verdict::Nothing);
    assert_eq!(run.look(1, silent(1)), Verdict::Nothing, "not on a guess");
    assert_eq!(run.look(1, sample("OB", 15.0, None)), Verdict::Fire(Reason::LowBattery));

    let mut run = Run::new(body);
    run.look(0, sample("OB LB", 15.0, None));
    assert_eq!(run.look(1, sample("FSD OB LB", 15.0, None)), Verdict::Fire(Reason::Fsd));
}

#[test]
fn plan_that_ran_does_not_run_again_before_the_mains_were_back() {
    let mut run = Run::new(one(json!({"low_battery": true})));
    run.look(0, sample("OL", 90.0, None));
    assert_eq!(run.look(1, sample("OB LB", 15.0, None)), Verdict::Fire(Reason::LowBattery));
    assert!((0..20).all(|_| run.look(5, sample("OB LB", 10.0, None)) == Verdict::Nothing));
    run.look(5, sample("OL", 10.0, None));
    assert_eq!(run.watch.stage, Stage::Idle);
    assert_eq!(run.look(5, sample("OB LB", 10.0, None)), Verdict::Fire(Reason::LowBattery));
}

#[test]
fn forced_shutdown_that_stays_shown_acts_once() {
    let mut run = Run::new(one(json!({})));
    run.look(0, sample("OL", 90.0, None));
    assert_eq!(run.look(1, sample("FSD OL", 90.0, None)), Verdict::Fire(Reason::Fsd));
    assert!((0..20).all(|_| run.look(5, sample("FSD OL", 90.0, None)) == Verdict::Nothing));
    assert_eq!(run.look(5, sample("OL", 90.0, None)), Verdict::Nothing);
    let latched = SourceView { forced: true, ..sample("OL", 90.0, None) };
    assert_eq!(run.look(5, latched), Verdict::Fire(Reason::Fsd), "a new one, at our own server");

    let mut returned = Run::new(one(json!({})));
    assert!((0..20).all(|_| returned.look(5, sample("FSD OL", 90.0, None)) == Verdict::Nothing), "we are the ones who came back");
    let mut started_in_it = Run::new(one(json!({})));
    assert_eq!(started_in_it.look(5, sample("FSD OB LB", 9.0, None)), Verdict::Fire(Reason::Fsd));
}

#[test]
fn redundant_supplies_fire_only_when_too_few_are_healthy() {
    let triggers = json!({"low_battery": true, "lost_polls": 3});
    let (low, fine) = (|| sample("OB LB", 10.0, None), || sample("OL", 100.0, None));
    let mut pair = Run::new(plan(triggers.clone(), &[("u", "a"), ("v", "a")], 1));
    pair.look_all(0, &[("u", fine()), ("v", fine())], false);
    assert_eq!(pair.look_all(1, &[("u", low()), ("v", fine())], false), Verdict::Nothing);
    assert_eq!(pair.look_all(60, &[("u", low()), ("v", silent(50))], false), Verdict::Nothing, "lost on mains is degraded, not critical");
    assert_eq!(pair.look_all(1, &[("u", low()), ("v", low())], false), Verdict::Fire(Reason::LowBattery));

    let mut both_needed = Run::new(plan(triggers.clone(), &[("u", "a"), ("v", "a")], 2));
    assert_eq!(both_needed.look_all(1, &[("u", low()), ("v", fine())], false), Verdict::Fire(Reason::LowBattery));
    let mut apart = Run::new(plan(triggers, &[("u", "a"), ("v", "b")], 1));
    assert_eq!(apart.look_all(1, &[("u", fine()), ("v", low())], false), Verdict::Fire(Reason::LowBattery));
}

#[test]
fn plan_that_runs_is_not_started_a_second_time() {
    let mut run = Run::new(one(json!({"low_battery": true})));
    assert_eq!(run.look_all(1, &[("u", sample("OB LB", 10.0, None))], true), Verdict::Nothing);
    assert_eq!(run.look_all(1, &[("u", sample("OB LB", 10.0, None))], false), Verdict::Nothing);
}

#[test]
fn what_is_not_monitored_is_not_judged() {
    let mut run = Run::new(one(json!({"low_battery": true, "lost_polls": 1})));
    let off = || SourceView { monitored: false, ..sample("OB LB", 10.0, None) };
    assert!((0..10).all(|_| run.look(10, off()) == Verdict::Nothing));
}

#[test]
fn memory_survives_a_restart_in_the_countdown() {
    let mut run = Run::new(one(json!({"low_battery": true, "grace_seconds": 60, "on_battery_seconds": 0})));
    run.look(0, sample("OB LB", 15.0, None));
    let text = serde_json::to_string(&run.watch).unwrap();
    run.watch = serde_json::from_str(&text).unwrap();
    assert_eq!(run.watch.stage, Stage::Countdown);
    assert_eq!(run.look(30, silent(0)), Verdict::Nothing);
    assert_eq!(run.look(30, sample("OB LB", 15.0, None)), Verdict::Fire(Reason::LowBattery));
}

proptest::proptest! {
    #[test]
    fn source_that_was_never_on_battery_never_fires(looks in proptest::collection::vec((0_i64..120, 0_i64..50, proptest::bool::ANY), 1..60)) {
        let mut run = Run::new(one(json!({"low_battery": true, "battery_percent": 20, "runtime_seconds": 600, "on_battery_seconds": 1, "lost_polls": 1})));
        for (seconds, lost, good) in looks {
            let view = if good { sample("OL LB CHRG", 3.0, 5.0) } else { silent(lost) };
            proptest::prop_assert_eq!(run.look(seconds, view), Verdict::Nothing);
        }
    }
}
