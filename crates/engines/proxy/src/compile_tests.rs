//! Faults with their places, host lookup, rules in order, state over reloads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode};

use crate::config::{Config, HostConfig, PoolConfig, TargetConfig};
use crate::error::Part;
use crate::limit::{RateKey, RateLimit};
use crate::request::Facts;
use crate::rule::{Action, Matcher, RuleConfig};
use crate::snapshot::Snapshot;

fn pool(id: u64) -> PoolConfig {
    PoolConfig::new(id, format!("p{id}"), vec![TargetConfig::new(1, "127.0.0.1", 8080)])
}

fn config(hosts: Vec<HostConfig>) -> Config {
    Config { pools: vec![pool(1)], hosts, ..Config::default() }
}

fn rule(id: u64, priority: u32, matchers: Vec<Matcher>, action: Action) -> RuleConfig {
    RuleConfig { id, priority, matchers, action, concurrency_max: None }
}

fn path(pattern: &str) -> Vec<Matcher> {
    vec![Matcher::Path(vec![pattern.to_owned()])]
}

/// The faults of one rule, without their common place.
fn fault(matchers: Vec<Matcher>, action: Action) -> String {
    let mut host = HostConfig::new(1, "app.test", 1);
    host.rules.push(rule(1, 10, matchers, action));
    let error = Snapshot::compile(&config(vec![host]), None).unwrap_err().to_string();
    error.replace("hosts[app.test].rules[0].", "")
}

#[test]
fn faults_are_all_found_with_their_places() {
    let mut wanted = config(vec![HostConfig::new(1, "App.test", 9), HostConfig::new(2, "a.test", 1), HostConfig::new(3, "a.test", 1)]);
    wanted.pools[0].targets.push(TargetConfig { weight: 0, ..TargetConfig::new(2, "bad host", 0) });
    let error = Snapshot::compile(&wanted, None).unwrap_err();
    let places: Vec<&str> = error.0.iter().map(|f| f.place.as_str()).collect();
    let target = "pools[p1].targets[1]";
    assert_eq!(places, [target, target, target, target, "hosts[App.test]", "hosts[App.test].default_pool", "hosts[a.test]"]);
    assert!(error.to_string().contains("hosts[App.test].default_pool: there is no pool 9"), "{error}");
    let parts: Vec<Part> = error.0.iter().map(|f| f.part).collect();
    let (pool, first) = (Part::Pool(1), Part::Host(1));
    assert_eq!(parts, [pool, pool, pool, pool, first, first, Part::Host(3)], "whoever came first keeps its name");
}

#[test]
fn faults_of_listeners_and_limits_are_everybodys() {
    let mut wanted = config(vec![HostConfig::new(1, "app.test", 1)]);
    wanted.limits.headers_max = 1;
    let error = Snapshot::compile(&wanted, None).unwrap_err();
    assert!(error.0.iter().all(|f| f.part == Part::Whole) && error.0.len() == 1, "{error}");
}

#[test]
fn faults_of_rules_say_what_is_wrong() {
    let some = || path("/*");
    let texts = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let redirect = |status, target: &str| Action::Redirect { status, target: target.to_owned(), strip_query: false };
    let rewrite = |path: Option<&str>| Action::Rewrite { path: path.map(str::to_owned), strip_prefix: None, query: None };
    for (matchers, action, message) in [
        (vec![], Action::Block, "needs at least one matcher"),
        (path("a"), Action::Block, "matchers[0]: `a` must start with `/`"),
        (vec![Matcher::PathExact(texts(&["/a*"]))], Action::Block, "matchers[0]: `/a*` must not contain `*` or `?`"),
        (vec![Matcher::Method(texts(&["G T"]))], Action::Block, "matchers[0]: `G T` is not a method"),
        (vec![Matcher::Header { name: "a b".to_owned(), value: String::new() }], Action::Block, "matchers[0]: `a b` is not a header name"),
        (
            vec![Matcher::Header { name: "a".to_owned(), value: "a\r\nb: c".to_owned() }],
            Action::Block,
            "must not contain control characters",
        ),
        (vec![Matcher::HeaderRegex { name: "a".to_owned(), pattern: "(".to_owned() }], Action::Block, "is not a usable expression"),
        (vec![Matcher::HostHeader(texts(&["other.test"]))], Action::Block, "`other.test` is not served by app.test"),
        (some(), Action::Forward { pool: 7 }, "action: there is no pool 7"),
        (some(), redirect(303, "/"), "action: status must be 301, 302, 307 or 308"),
        (some(), redirect(301, ""), "action: target must be text"),
        (some(), redirect(301, "{env.HOME}"), "action: target names the unknown placeholder {env.HOME}"),
        (some(), Action::Fixed { status: 101, body: String::new(), content_type: String::new() }, "action: status must be 200 to 599"),
        (some(), rewrite(None), "action: needs path, strip_prefix or query"),
        (some(), rewrite(Some("a")), "action: path must start with `/`"),
    ] {
        let text = fault(matchers, action);
        assert!(text.contains(message), "{text} lacks {message}");
    }
}

#[test]
fn hosts_are_found_by_name_then_by_wildcard() {
    let snapshot =
        Snapshot::compile(&config(vec![HostConfig::new(1, "*.test.org", 1), HostConfig::new(2, "a.test.org", 1)]), None).unwrap();
    let find = |name: &str| snapshot.hosts.find(name).map(|h| h.id);
    assert_eq!(find("a.test.org"), Some(2));
    assert_eq!(find("b.test.org"), Some(1));
    for other in ["test.org", ".test.org", "a.b.test.org", "org", ""] {
        assert_eq!(find(other), None, "{other}");
    }
}

#[test]
fn rules_are_tried_by_priority_and_all_conditions_must_hold() {
    let mut host = HostConfig::new(1, "app.test", 1);
    let client = "10.0.0.0/8".parse().unwrap();
    host.rules = vec![
        rule(1, 30, path("/*"), Action::Block),
        rule(2, 10, vec![Matcher::Path(vec!["/api/*".to_owned()]), Matcher::Method(vec!["post".to_owned()])], Action::Block),
        rule(3, 20, vec![Matcher::RemoteIp { ranges: vec![client], negate: true }], Action::Block),
    ];
    let snapshot = Snapshot::compile(&config(vec![host]), None).unwrap();
    let host = snapshot.hosts.find("app.test").unwrap();
    let headers = HeaderMap::new();
    let first = |method: Method, path: &str, client: &str| {
        let client = client.parse().unwrap();
        let (method, headers) = (&method, &headers);
        let facts = Facts {
            host_id: 1,
            host: "app.test",
            tls: false,
            client,
            version: http::Version::HTTP_11,
            method,
            path,
            raw_path: path,
            sent_path: path,
            query: None,
            headers,
            to_h2: false,
        };
        host.rules.iter().find(|r| r.matches(&facts)).map(|r| r.id)
    };
    assert_eq!(first(Method::POST, "/api/x", "10.0.0.1"), Some(2));
    assert_eq!(first(Method::GET, "/api/x", "10.0.0.1"), Some(1));
    assert_eq!(first(Method::GET, "/api/x", "192.0.2.1"), Some(3));
}

#[test]
fn a_reload_keeps_state_of_what_did_not_change() {
    let limit = RateLimit { requests: 1, window: Duration::from_secs(60), key: RateKey::Global, status: StatusCode::TOO_MANY_REQUESTS };
    let mut host = HostConfig::new(1, "app.test", 1);
    host.rate_limit = Some(limit);
    host.concurrency_max = Some(5);
    let mut wanted = config(vec![host]);
    let first = Snapshot::compile(&wanted, None).unwrap();
    wanted.pools[0].targets[0].weight = 9;
    wanted.pools[0].targets.push(TargetConfig::new(2, "127.0.0.1", 8081));
    wanted.hosts[0].name = "renamed.test".to_owned();
    let second = Snapshot::compile(&wanted, Some(&first)).unwrap();
    let target = |s: &Snapshot| Arc::clone(&s.pools[&1].targets[0]);
    assert!(Arc::ptr_eq(&target(&first), &target(&second)));
    let (a, b) = (first.hosts.find("app.test").unwrap(), second.hosts.find("renamed.test").unwrap());
    assert!(Arc::ptr_eq(a.limiter.as_ref().unwrap(), b.limiter.as_ref().unwrap()));
    assert!(Arc::ptr_eq(a.slots.as_ref().unwrap(), b.slots.as_ref().unwrap()));
    wanted.pools[0].protocol = crate::config::Protocol::H2c;
    wanted.hosts[0].rate_limit.as_mut().unwrap().requests = 2;
    let third = Snapshot::compile(&wanted, Some(&second)).unwrap();
    assert!(!Arc::ptr_eq(&target(&second), &target(&third)), "spoken to differently");
    let c = third.hosts.find("renamed.test").unwrap();
    assert!(!Arc::ptr_eq(b.limiter.as_ref().unwrap(), c.limiter.as_ref().unwrap()), "another limit");
}

#[test]
fn two_thousand_hosts_compile_in_the_time_of_a_reload() {
    let mut wanted = Config::default();
    for n in 1..=2000 {
        wanted.pools.push(pool(n));
        let mut host = HostConfig::new(n, format!("h{n}.example.org"), n);
        host.rules = (1..=5).map(|r| rule(r.into(), r, path(&format!("/p{r}/*")), Action::Forward { pool: n })).collect();
        wanted.hosts.push(host);
    }
    let first = Snapshot::compile(&wanted, None).unwrap();
    let start = Instant::now();
    assert_eq!(Snapshot::compile(&wanted, Some(&first)).unwrap().hosts.exact.len(), 2000);
    // The target is 100 ms for the optimised build; without optimisation this only catches what is quadratic.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
