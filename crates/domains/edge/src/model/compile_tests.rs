use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_proxy::{Facts, Filter, HostTls, Inspection, Protocol, Snapshot, Verdict};
use argos_web::BoxFuture;
use bytes::Bytes;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use super::*;
use crate::model::group::{GroupBody, Target};
use crate::model::host::HostSpec;

/// Has a certificate for nobody.
#[derive(Debug)]
struct Nothing(watch::Sender<u64>);

impl CertificateStore for Nothing {
    fn find(&self, _: i64, _: &str) -> Option<Arc<CertifiedKey>> {
        None
    }
    fn prepare<'a>(&'a self, _: &'a [Host]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
    fn watch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
    fn dns_provider_ready<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// Looks at everything.
#[derive(Debug)]
struct Sees;

impl Filter for Sees {
    fn inspect(&self, _: &Facts<'_>, _: &Bytes) -> Inspection {
        Inspection::Now(Verdict::Pass)
    }
}

const AT: Timestamp = Timestamp::from_secs(1_700_000_000);

fn group(id: i64) -> TargetGroup {
    TargetGroup { id, name: format!("pool {id}"), spec: GroupBody::default().spec().unwrap(), created_at: AT, updated_at: AT }
}

fn target(id: i64, group_id: i64, enabled: bool) -> Target {
    Target {
        id,
        group_id,
        host: "10.0.0.1".to_owned(),
        port: 8000 + u16::try_from(id).unwrap(),
        weight: 1,
        enabled,
        created_at: AT,
        updated_at: AT,
    }
}

fn host(id: i64, spec: HostSpec) -> Host {
    Host { id, domain: format!("h{id}.test"), target_group_id: 1, enabled: true, spec, created_at: AT, updated_at: AT }
}

fn rule(id: i64, action: Action) -> Rule {
    let matchers = vec![Matcher::Path { patterns: vec!["/x*".to_owned()] }];
    let (priority, name, requests_at_once_max) = (id * 10, String::new(), 0);
    Rule { id, host_id: 1, priority, name, enabled: true, action, matchers, requests_at_once_max, created_at: AT, updated_at: AT }
}

fn plain() -> HostSpec {
    HostSpec { tls_mode: TlsMode::None, ..HostSpec::default() }
}

fn run(desired: &Desired) -> Compiled {
    let store = Nothing(watch::channel(0).0);
    let around = Surroundings {
        listeners: Vec::new(),
        trusted: prefixes(&["10.0.0.0/8".to_owned()]),
        lan: prefixes(&["192.168.0.0/16".to_owned(), "::1".to_owned()]),
        certificates: &store,
        forward_auth: None,
        forward_auth_json: None,
        has_https: true,
        panel: Some("panel.test".to_owned()),
        client_connections_max: 7,
        filters: vec![Arc::new(Sees)],
        stall_timeout: Duration::from_secs(9),
    };
    let compiled = compile(desired, &around);
    Snapshot::compile(&compiled.config, None).unwrap();
    compiled
}

#[test]
fn disabled_sites_are_left_out_and_empty_pools_are_named() {
    let mut desired = Desired {
        groups: vec![group(1), group(2)],
        targets: vec![target(1, 1, false)],
        hosts: vec![host(1, plain()), host(2, plain())],
        rules: vec![rule(1, Action::Forward { target_group_id: 2 }), rule(2, Action::Block {})],
        ..Desired::default()
    };
    (desired.hosts[1].enabled, desired.rules[1].requests_at_once_max) = (false, 3);
    let compiled = run(&desired);
    assert_eq!(compiled.config.hosts.len(), 1);
    let site = &compiled.config.hosts[0];
    assert_eq!((site.default_pool, site.rules.len()), (None, 1), "no backend, and no rule to an empty pool");
    assert_eq!(site.rules[0].concurrency_max, Some(3));
    assert_eq!(compiled.warnings.len(), 2, "{:?}", compiled.warnings);
}

#[test]
fn protection_of_a_site_becomes_gate_limit_and_reserved_headers() {
    let desired = Desired {
        groups: vec![group(1)],
        targets: vec![target(1, 1, true)],
        hosts: vec![host(1, HostSpec { lan_only: true, ..plain() })],
        security: vec![(
            1,
            Security {
                rate_limit_enabled: true,
                rate_limit_requests: 5,
                rate_limit_window_seconds: 10,
                rate_limit_key: "header".to_owned(),
                rate_limit_header_name: "X-Key".to_owned(),
                rate_limit_status: 503,
                ..Security::default()
            },
        )],
        ..Desired::default()
    };
    let compiled = run(&desired);
    let site = &compiled.config.hosts[0];
    assert_eq!(site.admission.as_ref().unwrap().ranges.len(), 2);
    let limit = site.rate_limit.as_ref().unwrap();
    assert_eq!((limit.requests, limit.status.as_u16()), (5, 503));
    assert_eq!((site.reserved_headers.len(), site.reserved_cookies.as_slice()), (4, &["argos_session".to_owned()][..]));
    assert!(site.forward_auth.is_none() && !site.redirect_to_https);
}

#[test]
fn firewall_of_a_site_that_nothing_reads_is_named() {
    let security = Security { waf_enabled: true, ..Security::default() };
    let desired = Desired {
        hosts: vec![host(1, plain())],
        groups: vec![group(1)],
        targets: vec![target(1, 1, true)],
        security: vec![(1, security)],
        ..Desired::default()
    };
    assert_eq!(run(&desired).warnings, ["h1.test: its firewall inspects nothing, the built-in engine has no rule engine"]);
}

#[test]
fn requests_are_inspected_but_those_to_argos_itself_and_to_exempt_sites() {
    let mut desired = Desired {
        groups: vec![group(1)],
        targets: vec![target(1, 1, true)],
        hosts: vec![host(1, plain()), host(2, plain()), host(3, plain())],
        security: vec![(2, Security { appsec_exempt: true, ..Security::default() })],
        ..Desired::default()
    };
    desired.hosts[2].domain = "panel.test".to_owned();
    let config = run(&desired).config;
    assert_eq!(config.hosts.iter().map(|site| site.filters.len()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(config.hosts[2].reserved_cookies.is_empty(), "passwords and keys told to Argos are told to nobody else");
}

#[test]
fn site_that_waits_for_its_certificate_redirects_and_is_pending() {
    let mail = HostSpec { tls_email: "a@b.c".to_owned(), ..HostSpec::default() };
    let desired = Desired { groups: vec![group(1)], targets: vec![target(1, 1, true)], hosts: vec![host(1, mail)], ..Desired::default() };
    let compiled = run(&desired);
    let site = &compiled.config.hosts[0];
    assert!(matches!(site.tls, HostTls::Pending) && site.redirect_to_https);
}

#[test]
fn rules_are_judged_by_the_engine_before_they_are_stored() {
    let any = [Matcher::Path { patterns: vec!["/*".to_owned()] }];
    let secret = Action::Redirect { status_code: 301, target: "https://x/{env.HOME}".to_owned(), strip_query: false };
    assert!(judge("a.test", &secret, &any).unwrap_err().contains("placeholder"));
    let regex = [Matcher::Header { name: "x".to_owned(), value: "(".to_owned(), mode: HeaderMode::Regex }];
    assert!(judge("a.test", &Action::Block {}, &regex).is_err());
    assert!(judge("a.test", &Action::Forward { target_group_id: 9 }, &any).is_ok());
}

#[test]
fn request_that_was_made_up_finds_the_rule_that_serves_it() {
    let mut rules = vec![rule(1, Action::Forward { target_group_id: 2 }), rule(2, Action::Block {}), rule(3, Action::Block {})];
    let trial = |target: &str| engine::Trial {
        host: "H1.test".to_owned(),
        tls: false,
        client: [192, 0, 2, 1].into(),
        method: http::Method::GET,
        target: target.to_owned(),
        headers: http::HeaderMap::new(),
    };
    let winner = |rules: &[Rule], filled: &[i64], target: &str| {
        try_rules("h1.test", rules, &filled.iter().copied().collect(), &trial(target)).map(|found| (found.rule_id, found.sent_path))
    };
    assert_eq!(winner(&rules, &[2], "/a/../x/%41?y"), Ok((Some(1), "/x/%41".to_owned())));
    assert_eq!(winner(&rules, &[], "/x"), Ok((Some(2), "/x".to_owned())), "its pool is empty");
    rules[1].enabled = false;
    assert_eq!(winner(&rules, &[], "/x"), Ok((Some(3), "/x".to_owned())));
    assert_eq!(winner(&rules, &[2], "/y"), Ok((None, "/y".to_owned())));
    assert!(winner(&rules, &[2], "/x/../..").is_err() && winner(&rules, &[2], "x").is_err() && winner(&rules, &[2], "//h/x y").is_err());
}

#[test]
fn delivery_of_a_site_and_limits_of_all_reach_the_engine() {
    let page = Page { status: 502, content_type: "text/html".to_owned(), body: "<h1>Back soon</h1>".to_owned() };
    let delivery = Delivery {
        compression: true,
        hsts_max_age_seconds: 300,
        request_body_bytes_max: 9,
        request_header_bytes_max: 65_536,
        connect_timeout_seconds: 2,
        tries_max: 1,
        error_pages: vec![page],
        ..Delivery::default()
    };
    let mut pool = group(1);
    (pool.spec.http2, pool.spec.sticky, pool.spec.slow_start_seconds) = (true, true, 20);
    let hosts = vec![host(1, plain()), host(2, plain())];
    let desired =
        Desired { groups: vec![pool], targets: vec![target(1, 1, true)], hosts, delivery: vec![(1, delivery)], ..Desired::default() };
    let compiled = run(&desired);
    assert!(compiled.warnings.iter().any(|w| w.contains("heads of 65536 bytes")), "{:?}", compiled.warnings);
    let config = compiled.config;
    let (site, other) = (&config.hosts[0], &config.hosts[1]);
    assert_eq!((site.compression.len(), site.body_bytes_max, site.concurrency_max), (3, Some(9), None));
    assert_eq!((site.hsts.as_ref().unwrap().max_age.as_secs(), site.error_pages[0].status), (300, 502));
    let bounds = &site.bounds;
    assert_eq!((bounds.connect_timeout.unwrap().as_secs(), bounds.retries_max, bounds.idle_timeout), (2, Some(0), None));
    let heads = (config.limits.header_bytes_max, bounds.header_bytes_max, other.bounds.header_bytes_max);
    assert_eq!(heads, (65_536, Some(65_536), Some(32_768)), "what one site takes is not what the others take");
    assert!(other.compression.is_empty() && other.hsts.is_none() && other.error_pages.is_empty());
    assert_eq!((config.limits.client_connections_max, config.limits.stall_timeout.as_secs()), (7, 9));
    let pool = &config.pools[0];
    assert_eq!((pool.protocol, pool.sticky_cookie.as_deref(), pool.slow_start.as_secs()), (Protocol::H2c, Some("argos_backend"), 20));
}
