//! The life of one alert: ok -> pending (`for_s`) -> firing -> resolved (platform spec 5.3). A pure function of the
//! state, what was seen and the time; what it wants done comes back as effects. It must never read a clock.

use argos_condition::Truth;
use argos_kernel::Timestamp;

/// Evaluations in a row that must be false before a firing without a clear condition ends.
const CLEAR_AFTER: u8 = 2;

/// Where one instance of a rule stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleState {
    pub(crate) phase: Phase,
    /// When channels last heard of this instance. It outlives a firing, so that a flapping metric keeps its cooldown.
    pub(crate) last_notified_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Phase {
    #[default]
    Ok,
    /// True since then, but not yet for long enough.
    Pending {
        since: Timestamp,
    },
    Firing(Firing),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Firing {
    pub(crate) since: Timestamp,
    /// Whether the problem was sent: only then a recovery is.
    pub(crate) notified: bool,
    /// Escalation tiers done.
    pub(crate) escalation_step: usize,
    /// False evaluations in a row. Not stored: after a restart the count begins again.
    pub(crate) false_streak: u8,
}

/// The numbers of a rule that the machine needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timing {
    pub(crate) for_s: i64,
    /// 0 = no reminders.
    pub(crate) cooldown_s: i64,
    /// Seconds after the start of the firing at which each tier escalates, ascending.
    pub(crate) escalation_s: Vec<i64>,
}

/// One evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) truth: Truth,
    /// The clear condition, when the rule has one (hysteresis).
    pub(crate) clear: Option<Truth>,
    pub(crate) hold: Hold,
}

/// Why channels shall not hear of a firing right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) acknowledged: bool,
    pub(crate) silenced: bool,
    /// Another reason outside of this firing.
    pub(crate) withheld: Option<Withheld>,
}

impl Hold {
    /// People asked for quiet: not even the end is announced.
    const fn is_quiet(self) -> bool {
        self.silenced || matches!(self.withheld, Some(Withheld::Maintenance | Withheld::Silenced))
    }
}

/// Why a notification is kept back; the word stored with the suppressed delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withheld {
    Cooldown,
    /// A firing of the same group and instance, at least as severe, is open.
    Duplicate,
    /// Something it depends on is firing.
    Dependency,
    /// It fires and ends again and again.
    Flapping,
    Maintenance,
    Silenced,
}

impl Withheld {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cooldown => "cooldown",
            Self::Duplicate => "duplicate",
            Self::Dependency => "dependency",
            Self::Flapping => "flapping",
            Self::Maintenance => "maintenance",
            Self::Silenced => "silenced",
        }
    }
}

/// What the engine shall do about a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Fire {
        withheld: Option<Withheld>,
    },
    /// Still firing after the cooldown.
    Remind,
    /// Tier `step`, counted from 0; each happens once.
    Escalate {
        step: usize,
    },
    /// `announce`: the problem was sent, so its end is too.
    Resolve {
        announce: bool,
    },
}

/// One evaluation of one instance. Unknown counts as false (platform spec 5.2).
pub(crate) fn step(state: &RuleState, seen: Seen, now: Timestamp, rule: &Timing) -> (RuleState, Vec<Effect>) {
    let holds = seen.truth.is_true();
    let cooled = state.last_notified_at.is_none_or(|at| now.secs_since(at) >= rule.cooldown_s || now < at);
    match &state.phase {
        Phase::Ok | Phase::Pending { .. } if !holds => {
            let last_notified_at = if cooled { None } else { state.last_notified_at };
            (RuleState { phase: Phase::Ok, last_notified_at }, Vec::new())
        }
        Phase::Ok if rule.for_s <= 0 => fire(state, seen.hold, now, cooled),
        Phase::Ok => (RuleState { phase: Phase::Pending { since: now }, ..state.clone() }, Vec::new()),
        Phase::Pending { since } if now.secs_since(*since) >= rule.for_s => fire(state, seen.hold, now, cooled),
        // A wall clock set back must not make a rule wait for ever.
        Phase::Pending { since } => (RuleState { phase: Phase::Pending { since: *since.min(&now) }, ..state.clone() }, Vec::new()),
        Phase::Firing(firing) => {
            let false_streak = if holds { 0 } else { (firing.false_streak + 1).min(CLEAR_AFTER) };
            let clears = match seen.clear {
                None => false_streak >= CLEAR_AFTER,
                Some(Truth::True) => true,
                Some(Truth::False) => false,
                // What cannot be told any more at all (the disk is gone) ends like a false condition.
                Some(Truth::Unknown) => seen.truth == Truth::Unknown && false_streak >= CLEAR_AFTER,
            };
            if clears {
                let announce = firing.notified && !seen.hold.is_quiet();
                return (RuleState { phase: Phase::Ok, ..state.clone() }, vec![Effect::Resolve { announce }]);
            }
            let firing = Firing { since: firing.since.min(now), false_streak, ..firing.clone() };
            stay(state, firing, seen.hold, now, rule, cooled)
        }
    }
}

fn fire(state: &RuleState, hold: Hold, now: Timestamp, cooled: bool) -> (RuleState, Vec<Effect>) {
    let withheld = hold.withheld.or((!cooled).then_some(Withheld::Cooldown));
    let notified = withheld.is_none();
    let phase = Phase::Firing(Firing { since: now, notified, escalation_step: 0, false_streak: 0 });
    let last_notified_at = if notified { Some(now) } else { state.last_notified_at };
    (RuleState { phase, last_notified_at }, vec![Effect::Fire { withheld }])
}

fn stay(state: &RuleState, mut firing: Firing, hold: Hold, now: Timestamp, rule: &Timing, cooled: bool) -> (RuleState, Vec<Effect>) {
    let mut effects = Vec::new();
    let mut last_notified_at = state.last_notified_at;
    if !hold.acknowledged && !hold.silenced && hold.withheld.is_none() {
        while rule.escalation_s.get(firing.escalation_step).is_some_and(|delay| now.secs_since(firing.since) >= *delay) {
            effects.push(Effect::Escalate { step: firing.escalation_step });
            firing.escalation_step += 1;
        }
        if cooled && (!firing.notified || rule.cooldown_s > 0) {
            effects.push(Effect::Remind);
            firing.notified = true;
            last_notified_at = Some(now);
        }
    }
    (RuleState { phase: Phase::Firing(firing), last_notified_at }, effects)
}

impl RuleState {
    /// Whether storing it can be left out: nothing is known that a fresh state would not know.
    pub(crate) fn is_blank(&self) -> bool {
        *self == Self::default()
    }
    /// Equal in everything that is stored.
    pub(crate) fn same_durable(&self, other: &Self) -> bool {
        let durable = |s: &Self| match &s.phase {
            Phase::Firing(f) => RuleState { phase: Phase::Firing(Firing { false_streak: 0, ..f.clone() }), ..s.clone() },
            _ => s.clone(),
        };
        durable(self) == durable(other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FREE: Hold = Hold { acknowledged: false, silenced: false, withheld: None };

    fn at(s: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + s)
    }
    fn seen(truth: bool) -> Seen {
        Seen { truth: truth.into(), clear: None, hold: FREE }
    }
    /// Feeds `(second, seen)` in order and lists the effects with their seconds.
    fn run(rule: &Timing, story: &[(i64, Seen)]) -> Vec<(i64, Effect)> {
        let mut state = RuleState::default();
        let mut all = Vec::new();
        for (s, seen) in story {
            let (next, effects) = step(&state, *seen, at(*s), rule);
            all.extend(effects.into_iter().map(|e| (*s, e)));
            state = next;
        }
        all
    }
    const FIRE: Effect = Effect::Fire { withheld: None };
    const OVER: Effect = Effect::Resolve { announce: true };

    #[test]
    fn condition_true_for_long_enough_fires_once_and_two_false_evaluations_resolve() {
        let rule = Timing { for_s: 10, cooldown_s: 300, ..Timing::default() };
        let story = [(0, true), (5, true), (10, true), (15, true), (20, false), (25, true), (30, false), (35, false), (40, false)];
        assert_eq!(run(&rule, &story.map(|(s, t)| (s, seen(t)))), [(10, FIRE), (35, OVER)]);
    }

    #[test]
    fn condition_that_breaks_before_its_time_starts_again() {
        let rule = Timing { for_s: 10, ..Timing::default() };
        assert_eq!(run(&rule, &[(0, seen(true)), (5, seen(false)), (10, seen(true)), (15, seen(true)), (20, seen(true))]), [(20, FIRE)]);
    }

    #[test]
    fn clear_condition_alone_ends_a_firing_with_hysteresis() {
        let rule = Timing { cooldown_s: 300, ..Timing::default() };
        let s = |truth: Truth, clear: Truth| Seen { truth, clear: Some(clear), hold: FREE };
        use Truth::{False, True, Unknown};
        let between = [(0, s(True, False)), (5, s(False, False)), (10, s(False, False)), (15, s(False, False)), (20, s(False, True))];
        assert_eq!(run(&rule, &between), [(0, FIRE), (20, OVER)]);
        let gone = [(0, s(True, False)), (5, s(Unknown, Unknown)), (10, s(Unknown, Unknown))];
        assert_eq!(run(&rule, &gone), [(0, FIRE), (10, OVER)]);
    }

    #[test]
    fn unknown_counts_as_false() {
        let unknown = Seen { truth: Truth::Unknown, clear: None, hold: FREE };
        assert_eq!(run(&Timing::default(), &[(0, unknown), (5, seen(true)), (10, unknown), (15, unknown)]), [(5, FIRE), (15, OVER)]);
    }

    #[test]
    fn reminders_follow_the_cooldown_and_escalation_tiers_happen_once() {
        let rule = Timing { for_s: 0, cooldown_s: 60, escalation_s: vec![30, 120] };
        let story: Vec<_> = (0..=13).map(|i| (i * 10, seen(true))).collect();
        let expected = [
            (0, FIRE),
            (30, Effect::Escalate { step: 0 }),
            (60, Effect::Remind),
            (120, Effect::Escalate { step: 1 }),
            (120, Effect::Remind),
        ];
        assert_eq!(run(&rule, &story), expected);
    }

    #[test]
    fn acknowledged_or_silenced_firings_are_quiet_and_a_silenced_end_is_too() {
        let rule = Timing { cooldown_s: 10, escalation_s: vec![5], ..Timing::default() };
        let hold = |acknowledged, silenced| Hold { acknowledged, silenced, withheld: None };
        let held = |truth: bool, hold| Seen { truth: truth.into(), clear: None, hold };
        let acked = [
            (0, seen(true)),
            (20, held(true, hold(true, false))),
            (40, held(false, hold(true, false))),
            (45, held(false, hold(true, false))),
        ];
        assert_eq!(run(&rule, &acked), [(0, FIRE), (45, OVER)]);
        let silenced = [
            (0, seen(true)),
            (20, held(true, hold(false, true))),
            (25, held(false, hold(false, true))),
            (30, held(false, hold(false, true))),
        ];
        assert_eq!(run(&rule, &silenced), [(0, FIRE), (30, Effect::Resolve { announce: false })]);
    }

    #[test]
    fn flapping_within_the_cooldown_fires_without_a_notification() {
        let rule = Timing { cooldown_s: 300, ..Timing::default() };
        let story = [(0, true), (5, false), (10, false), (15, true), (20, false), (25, false), (400, true)];
        let expected = [
            (0, FIRE),
            (10, OVER),
            (15, Effect::Fire { withheld: Some(Withheld::Cooldown) }),
            (25, Effect::Resolve { announce: false }),
            (400, FIRE),
        ];
        assert_eq!(run(&rule, &story.map(|(s, t)| (s, seen(t)))), expected);
    }

    #[test]
    fn covered_firing_speaks_up_when_its_cover_is_gone() {
        let rule = Timing { cooldown_s: 300, ..Timing::default() };
        let covered = Seen { truth: Truth::True, clear: None, hold: Hold { withheld: Some(Withheld::Duplicate), ..FREE } };
        let story = [(0, covered), (5, covered), (10, seen(true)), (15, seen(true))];
        assert_eq!(run(&rule, &story), [(0, Effect::Fire { withheld: Some(Withheld::Duplicate) }), (10, Effect::Remind)]);
    }

    #[test]
    fn maintenance_keeps_quiet_until_it_ends_and_an_end_inside_is_not_announced() {
        let rule = Timing { cooldown_s: 300, escalation_s: vec![3], ..Timing::default() };
        let held = |truth: bool| Seen { truth: truth.into(), clear: None, hold: Hold { withheld: Some(Withheld::Maintenance), ..FREE } };
        let fired = Effect::Fire { withheld: Some(Withheld::Maintenance) };
        let over = Effect::Resolve { announce: false };
        assert_eq!(run(&rule, &[(0, held(true)), (5, held(true)), (10, held(false)), (15, held(false))]), [(0, fired), (15, over)]);
        // It is told when the window ends while it still fires, and escalates only then.
        let after = [(0, held(true)), (5, held(true)), (10, seen(true))];
        assert_eq!(run(&rule, &after), [(0, fired), (10, Effect::Escalate { step: 0 }), (10, Effect::Remind)]);
        // A problem told before the window ends inside it without a word.
        assert_eq!(run(&rule, &[(0, seen(true)), (5, held(false)), (10, held(false))]), [(0, FIRE), (5 + 5, over)].to_vec());
    }

    proptest! {
        /// Whatever is seen: fire and resolve alternate, nothing fires before `for_s` of unbroken truth, channels hear
        /// at most once per cooldown, tiers ascend by one within a firing.
        #[test]
        fn any_story_keeps_the_promises(
            for_s in 0_i64..30, cooldown_s in 0_i64..60, tiers in prop::collection::vec(0_i64..100, 0..4),
            story in prop::collection::vec((1_i64..10, any::<bool>(), any::<bool>(), any::<bool>()), 0..120),
        ) {
            let mut escalation_s = tiers;
            escalation_s.sort_unstable();
            let rule = Timing { for_s, cooldown_s, escalation_s };
            let (mut state, mut now) = (RuleState::default(), 0);
            let (mut open, mut told, mut true_since, mut tier) = (false, None::<i64>, None::<i64>, 0);
            for (gap, truth, acknowledged, covered) in story {
                now += gap;
                true_since = truth.then(|| true_since.unwrap_or(now));
                let hold = Hold { acknowledged, silenced: false, withheld: covered.then_some(Withheld::Duplicate) };
                let (next, effects) = step(&state, Seen { truth: truth.into(), clear: None, hold }, at(now), &rule);
                for effect in effects {
                    let mut speaks = false;
                    match effect {
                        Effect::Fire { withheld } => {
                            prop_assert!(!open);
                            prop_assert!(true_since.is_some_and(|s| now - s >= for_s));
                            (open, tier, speaks) = (true, 0, withheld.is_none());
                        }
                        Effect::Remind => { prop_assert!(open); speaks = true; }
                        Effect::Escalate { step } => { prop_assert!(open && step == tier); tier += 1; }
                        Effect::Resolve { .. } => { prop_assert!(open && !truth); open = false; }
                    }
                    if speaks {
                        prop_assert!(told.is_none_or(|t| now - t >= cooldown_s));
                        told = Some(now);
                    }
                }
                prop_assert_eq!(open, matches!(next.phase, Phase::Firing(_)));
                state = next;
            }
        }
    }
}
