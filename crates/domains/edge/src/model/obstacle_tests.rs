use argos_kernel::Timestamp;
use argos_proxy::{Fault, Snapshot};

use super::*;
use crate::model::group::{GroupBody, Target, TargetGroup};
use crate::model::host::{Host, HostSpec};
use crate::model::rule::{Action, Matcher, Rule};

const AT: Timestamp = Timestamp::from_secs(1_700_000_000);

fn pool(id: i64, host: &str) -> (TargetGroup, Target) {
    let group = TargetGroup { id, name: format!("pool {id}"), spec: GroupBody::default().spec().unwrap(), created_at: AT, updated_at: AT };
    let target = Target { id, group_id: id, host: host.to_owned(), port: 80, weight: 1, enabled: true, created_at: AT, updated_at: AT };
    (group, target)
}

fn site(id: i64, domain: &str, pool: i64) -> Host {
    let spec = HostSpec::default();
    Host { id, domain: domain.to_owned(), target_group_id: pool, enabled: true, spec, created_at: AT, updated_at: AT }
}

/// A rule about a name.
fn rule(id: i64, host_id: i64, name: &str) -> Rule {
    let matchers = vec![Matcher::HostHeader { values: vec![name.to_owned()] }];
    let (name, action) = (String::new(), Action::Block {});
    Rule { id, host_id, priority: id, name, enabled: true, action, matchers, requests_at_once_max: 0, created_at: AT, updated_at: AT }
}

/// Two sites with a pool each, and a rule of the first.
fn state() -> Desired {
    let pools = [pool(1, "10.0.0.1"), pool(2, "10.0.0.2")];
    let (groups, targets) = pools.into_iter().unzip();
    Desired {
        groups,
        targets,
        hosts: vec![site(1, "a.test", 1), site(2, "b.test", 2)],
        rules: vec![rule(1, 1, "a.test")],
        ..Desired::default()
    }
}

fn refused(part: Part) -> ConfigError {
    ConfigError(vec![Fault { part, place: "here".to_owned(), message: "is wrong".to_owned() }])
}

#[test]
fn refused_site_goes_on_as_it_was_with_its_rules_and_the_others_change() {
    let before = state();
    let mut wanted = before.clone();
    (wanted.hosts[0].domain, wanted.hosts[1].domain) = ("new.test".to_owned(), "other.test".to_owned());
    wanted.rules[0].enabled = false;
    let mut mended = Mended::new(&Arc::new(wanted));
    assert!(mended.replace(&refused(Part::Host(1)), Some(&before)));
    let served = mended.finish();
    let names: Vec<&str> = served.hosts.iter().map(|h| h.domain.as_str()).collect();
    assert_eq!((names, served.rules[0].enabled), (vec!["other.test", "a.test"], true));
    let found = &served.obstacles[0];
    assert_eq!((found.name.as_str(), found.goes_on, found.why.as_str()), ("new.test", true, "here: is wrong"));
}

#[test]
fn site_without_a_form_that_can_be_served_is_left_out() {
    let mut off = state();
    off.hosts[0].enabled = false;
    let mut renamed = state();
    renamed.hosts[0].domain = "b.test".to_owned();
    for (what, before) in [("it is new", None), ("it was off", Some(off)), ("its old name is another's", Some(renamed))] {
        let mut mended = Mended::new(&Arc::new(state()));
        assert!(mended.replace(&refused(Part::Host(1)), before.as_ref()), "{what}");
        let served = mended.finish();
        assert_eq!((served.hosts.len(), served.rules.len(), served.obstacles[0].goes_on), (1, 0, false), "{what}");
    }
}

#[test]
fn what_is_refused_twice_is_left_out_and_no_third_time() {
    let before = state();
    let mut mended = Mended::new(&Arc::new(state()));
    let pool = refused(Part::Pool(2));
    assert!(mended.replace(&pool, Some(&before)) && mended.obstacles[0].goes_on);
    assert!(mended.replace(&pool, Some(&before)) && !mended.obstacles[0].goes_on);
    assert_eq!((mended.state.groups.len(), mended.state.targets.len(), mended.obstacles.len()), (1, 1, 1));
    assert!(!mended.replace(&pool, Some(&before)), "it is gone already");
}

#[test]
fn fault_that_is_everybodys_replaces_nothing() {
    let mut mended = Mended::new(&Arc::new(state()));
    let mut error = refused(Part::Host(1));
    error.0.extend(refused(Part::Whole).0);
    assert!(!mended.replace(&error, None));
    assert_eq!(mended.finish().as_ref(), &state());
}

#[test]
fn another_wish_about_the_same_thing_is_another_obstacle() {
    let of = |wanted: Desired| {
        let mut mended = Mended::new(&Arc::new(wanted));
        mended.replace(&refused(Part::Host(1)), None);
        mended.obstacles.remove(0)
    };
    let mut other = state();
    other.rules[0].priority = 7;
    let (first, second) = (of(state()), of(other));
    assert!(first == of(state()) && first != second && first.is_same(&second));
    assert!(first.is_about(&state(), "rule", 1) && !first.is_about(&state(), "rule", 2) && !first.is_about(&state(), "target", 1));
}

#[test]
fn obstacles_are_kept_and_states_of_before_have_none() {
    let mut mended = Mended::new(&Arc::new(state()));
    mended.replace(&refused(Part::Host(1)), None);
    let served = mended.finish();
    let read: Desired = serde_json::from_str(&serde_json::to_string(served.as_ref()).unwrap()).unwrap();
    assert_eq!((&read.obstacles[0].name, read.obstacles[0].goes_on), (&"a.test".to_owned(), false));
    let old = serde_json::to_value(state()).unwrap();
    assert!(old.get("obstacles").is_none());
    assert_eq!(serde_json::from_value::<Desired>(old).unwrap().obstacles, []);
}

mod with_the_engine {
    use argos_proxy as engine;
    use proptest::prelude::*;

    use super::*;

    /// What this process serves of a state when nothing was served before; compiled as often as it takes.
    fn served(wanted: &[(&str, &str)]) -> (Arc<Desired>, usize) {
        let mut state = Desired::default();
        for (id, (domain, rule_about)) in (1..).zip(wanted) {
            let (group, target) = pool(id, "10.0.0.1");
            state.groups.push(group);
            state.targets.push(target);
            state.hosts.push(site(id, domain, id));
            state.rules.push(rule(id, id, rule_about));
        }
        let mut mended = Mended::new(&Arc::new(state));
        for tries in 1.. {
            let hosts = mended.state.hosts.iter().map(|h| {
                let mut host = engine::HostConfig::new(u64::try_from(h.id).unwrap(), &h.domain, 1);
                host.default_pool = None;
                let names = mended.state.rules.iter().filter(|r| r.host_id == h.id).flat_map(|r| match &r.matchers[0] {
                    Matcher::HostHeader { values } => values.clone(),
                    _ => Vec::new(),
                });
                let matchers = vec![engine::Matcher::HostHeader(names.collect())];
                host.rules =
                    vec![engine::RuleConfig { id: 1, priority: 1, matchers, action: engine::Action::Block, concurrency_max: None }];
                host
            });
            let config = engine::Config { hosts: hosts.collect(), ..engine::Config::default() };
            match Snapshot::compile(&config, None) {
                Ok(_) => return (mended.finish(), tries),
                Err(error) => assert!(mended.replace(&error, None), "{error}"),
            }
        }
        unreachable!()
    }

    proptest! {
        #[test]
        fn all_that_is_sound_is_served_whatever_the_rest_is_like(sound in prop::collection::vec(any::<bool>(), 1..12)) {
            let names: Vec<String> = (0..sound.len()).map(|n| format!("s{n}.test")).collect();
            let wanted: Vec<(&str, &str)> =
                names.iter().zip(&sound).map(|(name, sound)| (name.as_str(), if *sound { name.as_str() } else { "else.test" })).collect();
            let (state, tries) = served(&wanted);
            let all = sound.iter().filter(|s| **s).count();
            prop_assert_eq!((state.hosts.len(), state.obstacles.len()), (all, sound.len() - all));
            prop_assert!(tries <= 2);
        }
    }
}
