//! Documents of small states, member by member as the specification has them.

use argos_kernel::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::delivery::Page;
use crate::model::group::{GroupBody, Target, TargetGroup};
use crate::model::rule::{Action, HeaderMode, Matcher};

const AT: Timestamp = Timestamp::from_secs(1_700_000_000);

fn group(id: i64, body: Value) -> TargetGroup {
    let spec = serde_json::from_value::<GroupBody>(body).unwrap().spec().unwrap();
    TargetGroup { id, name: format!("pool {id}"), spec, created_at: AT, updated_at: AT }
}

fn target(id: i64, group_id: i64, host: &str, weight: u16) -> Target {
    let (host, port) = (host.to_owned(), 8000);
    Target { id, group_id, host, port, weight, enabled: true, created_at: AT, updated_at: AT }
}

fn host(id: i64, domain: &str, tls_mode: TlsMode) -> Host {
    let spec = HostSpec { tls_mode, tls_email: "ops@example.org".to_owned(), tls_challenge: "http".to_owned(), ..HostSpec::default() };
    Host { id, domain: domain.to_owned(), target_group_id: 1, enabled: true, spec, created_at: AT, updated_at: AT }
}

fn rule(id: i64, action: Action, matchers: Vec<Matcher>) -> Rule {
    let (priority, name, requests_at_once_max) = (id * 10, String::new(), 0);
    Rule { id, host_id: 1, priority, name, enabled: true, action, matchers, requests_at_once_max, created_at: AT, updated_at: AT }
}

fn state(hosts: Vec<Host>) -> Desired {
    Desired { groups: vec![group(1, json!({}))], targets: vec![target(1, 1, "10.0.0.1", 1)], hosts, ..Desired::default() }
}

/// Has a document made with a Caddy that lacks these modules.
fn made(desired: &Desired, missing: &[&str]) -> Document {
    let (missing, providers) = (missing.iter().map(|m| (*m).to_owned()).collect(), BTreeMap::new());
    let authority = |_: &HostSpec| "https://acme.test/dir".to_owned();
    let around = Around {
        admin_listen: "127.0.0.1:2019".to_owned(),
        listen: vec![":80".to_owned(), ":443".to_owned()],
        http_port: Some(80),
        https_port: Some(443),
        trusted: vec!["10.0.0.0/8".to_owned()],
        balancers: vec!["192.0.2.7/32".to_owned()],
        lan: vec!["192.168.0.0/16".to_owned()],
        panel_upstream: "argos:8080".to_owned(),
        panel: Some("panel.test".to_owned()),
        access_log: "/l/access.log".to_owned(),
        errors_log: "/l/errors.log".to_owned(),
        firewall_log: "/l/waf.log".to_owned(),
        manual_dir: "/certs/".to_owned(),
        manual: BTreeSet::from([3]),
        authority: &authority,
        providers: &providers,
        crowdsec: Some(CrowdSecAt {
            url: "http://crowdsec:8081".to_owned(),
            appsec_url: Some("http://crowdsec:7422".to_owned()),
            ..CrowdSecAt::default()
        }),
        missing: &missing,
        exclusions: &[
            Exclusion {
                id: 1,
                host_id: 1,
                crs_rule_id: 942_100,
                path_pattern: "/a\"b".to_owned(),
                reason: String::new(),
                enabled: true,
                created_at: AT,
                updated_at: AT,
            },
            Exclusion {
                id: 2,
                host_id: 1,
                crs_rule_id: 920_420,
                path_pattern: String::new(),
                reason: String::new(),
                enabled: true,
                created_at: AT,
                updated_at: AT,
            },
        ],
        custom_rules: &[],
    };
    generate(desired, &around)
}

const STOCK: [&str; 5] = ["crowdsec", "http.handlers.crowdsec", "http.handlers.appsec", RATE_LIMIT, FIREWALL];

fn server(document: &Document) -> &Value {
    &document.json["apps"]["http"]["servers"]["main"]
}

fn handlers(route: &Value) -> Vec<&str> {
    route["handle"].as_array().unwrap().iter().map(|h| h["handler"].as_str().unwrap()).collect()
}

#[test]
fn plain_site_is_one_route_to_the_named_route_of_its_pool() {
    let document = made(&state(vec![host(1, "app.test", TlsMode::None)]), &STOCK);
    let server = server(&document);
    assert_eq!(server["listen"], json!([":80", ":443"]));
    let wrappers = json!([{ "wrapper": "proxy_protocol", "allow": ["192.0.2.7/32"] }, { "wrapper": "tls" }]);
    assert_eq!(server["listener_wrappers"], wrappers, "the header comes before the handshake");
    let without = made(&state(vec![host(1, "app.test", TlsMode::None)]), &[STOCK.as_slice(), &[PROXY_PROTOCOL]].concat());
    assert!(without.warnings.iter().any(|w| w.contains("PROXY headers are not read")), "{:?}", without.warnings);
    assert_eq!(
        (&server["trusted_proxies_strict"], &server["automatic_https"]),
        (&json!(1), &json!({ "disable_redirects": true, "skip": ["app.test"] }))
    );
    let routes = server["routes"].as_array().unwrap();
    assert_eq!((routes.len(), &routes[0]["match"], &routes[0]["terminal"]), (2, &json!([{ "host": ["app.test"] }]), &json!(true)));
    assert_eq!(handlers(&routes[0]), ["log_append", "log_append", "headers", "headers", "subroute"]);
    assert_eq!(routes[0]["handle"][2]["request"]["delete"], json!(["X-Auth-User", "X-Auth-Email", "X-Auth-Name", "X-Auth-Provider"]));
    assert_eq!(routes[0]["handle"][4]["routes"], json!([{ "handle": [{ "handler": "invoke", "name": "pool_1" }] }]));
    let proxy = &server["named_routes"]["pool_1"]["handle"][0];
    assert_eq!(proxy["upstreams"], json!([{ "dial": "10.0.0.1:8000" }]));
    assert_eq!((&proxy["transport"]["versions"], proxy["transport"].get("tls")), (&json!(["1.1", "2"]), None));
    assert_eq!(proxy["health_checks"], json!({ "passive": { "max_fails": 3, "fail_duration": "30s" } }));
    assert_eq!(document.warnings, ["bans are not enforced: this build of Caddy has no module crowdsec"]);
    assert_eq!(document.json["apps"].get("crowdsec"), None);
}

#[test]
fn handlers_of_plugins_stand_in_the_specified_order_and_are_named_when_missing() {
    let mut desired = state(vec![host(1, "app.test", TlsMode::None)]);
    desired.hosts[0].spec.lan_only = true;
    desired.hosts[0].spec.auth_required = true;
    let security = Security {
        waf_enabled: true,
        waf_mode: "block".to_owned(),
        waf_block_status: 406,
        rate_limit_enabled: true,
        rate_limit_requests: 5,
        rate_limit_window_seconds: 10,
        rate_limit_status: 503,
        ..Security::default()
    };
    desired.security = vec![(1, security)];
    let full = made(&desired, &[]);
    let route = &server(&full)["routes"][0];
    let order = [
        "log_append",
        "log_append",
        "crowdsec",
        "appsec",
        "headers",
        "subroute",
        "rate_limit",
        "log_append",
        "waf",
        "log_append",
        "reverse_proxy",
        "headers",
        "subroute",
    ];
    assert_eq!(handlers(route), order);
    assert_eq!(route["handle"][6]["rate_limits"]["rl_host_1"], json!({ "key": "{http.vars.client_ip}", "window": "10s", "max_events": 5 }));
    assert_eq!(full.json["apps"]["crowdsec"]["appsec_url"], "http://crowdsec:7422");
    assert_eq!(full.warnings, Vec::<String>::new());
    let directives: Vec<&str> = route["handle"][8]["directives"].as_str().unwrap().lines().collect();
    let place = |start: &str| directives.iter().position(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start}: {directives:?}"));
    let include = place("Include /etc/coraza/crs/rules");
    assert!(place("SecRule REQUEST_URI \"@beginsWith /a\\\"b\" \"id:9100000,phase:1,pass,nolog,ctl:ruleRemoveById=942100\"") < include);
    assert!(place("SecRuleRemoveById 920420") > include, "only rules that are loaded can be taken out");
    assert_eq!(directives.last(), Some(&"SecRuleEngine On"));
    let errors = server(&full)["errors"]["routes"].as_array().unwrap();
    let statuses: Vec<_> =
        errors.iter().map(|r| (&r["match"][0]["vars"]["{http.error.status_code}"][0], &r["handle"][0]["status_code"])).collect();
    assert_eq!(statuses, [(&json!("429"), &json!(503)), (&json!("403"), &json!(406))]);

    // What people tell Argos itself is told to nobody else.
    desired.hosts.push(host(2, "panel.test", TlsMode::None));
    let both = made(&desired, &[]);
    let routes = &server(&both)["routes"];
    assert_eq!(routes[1]["match"], json!([{ "host": ["panel.test"] }]));
    assert!(handlers(&routes[1]).contains(&"crowdsec") && !handlers(&routes[1]).contains(&"appsec"), "{routes}");
    desired.hosts.pop();

    let stock = made(&desired, &STOCK);
    assert_eq!(
        handlers(&server(&stock)["routes"][0]),
        ["log_append", "log_append", "headers", "subroute", "reverse_proxy", "headers", "subroute"]
    );
    assert_eq!(stock.warnings.len(), 3, "{:?}", stock.warnings);
    assert!(stock.warnings.iter().any(|w| w.starts_with("app.test: its firewall inspects nothing")), "{:?}", stock.warnings);
}

#[test]
fn certificates_are_asked_for_loaded_or_left_alone() {
    let mut hosts = vec![
        host(1, "a.test", TlsMode::Auto),
        host(2, "b.test", TlsMode::None),
        host(3, "c.test", TlsMode::Manual),
        host(4, "*.d.test", TlsMode::Auto),
    ];
    hosts[3].spec.tls_challenge = "dns".to_owned();
    hosts.push(host(5, "e.test", TlsMode::Manual));
    let document = made(&state(hosts.clone()), &["dns.providers.cloudflare"]);
    let policies = &document.json["apps"]["tls"]["automation"]["policies"];
    let issuer = json!({ "module": "acme", "ca": "https://acme.test/dir", "email": "ops@example.org", "challenges": { "http": {}, "tls-alpn": { "disabled": true } } });
    assert_eq!(*policies, json!([{ "subjects": ["a.test"], "issuers": [issuer] }]));
    assert_eq!(
        document.json["apps"]["tls"]["certificates"]["load_files"],
        json!([{ "certificate": "/certs/3.crt", "key": "/certs/3.key", "tags": ["manual-3"] }])
    );
    assert_eq!(server(&document)["automatic_https"]["skip"], json!(["b.test", "e.test", "*.d.test"]));
    assert!(document.warnings.iter().any(|w| w.starts_with("*.d.test: no certificate is asked for")), "{:?}", document.warnings);
    let redirect = &server(&document)["routes"][0];
    assert_eq!(redirect["match"], json!([{ "host": ["a.test"], "protocol": "http" }]));
    assert_eq!(redirect["handle"][2]["headers"]["Location"], json!(["https://{http.request.host}{http.request.uri}"]));
    let with_dns = made(&state(hosts), &[]);
    let challenges = &with_dns.json["apps"]["tls"]["automation"]["policies"][1]["issuers"][0]["challenges"];
    assert_eq!(challenges["dns"]["provider"], json!({ "name": "cloudflare", "api_token": "{env.CLOUDFLARE_API_TOKEN}" }));
}

#[test]
fn pools_keep_their_algorithm_checks_and_weights() {
    let mut desired = state(vec![]);
    desired.groups = vec![
        group(1, json!({ "health_check_enabled": true, "health_check_expect_status": "200-299", "preserve_host": true })),
        group(2, json!({ "protocol": "https", "verify_tls": false, "algorithm": "ip_hash", "sticky": true, "slow_start_seconds": 9 })),
        group(3, json!({})),
    ];
    desired.targets = vec![target(1, 1, "10.0.0.1", 3), target(2, 1, "::1", 1), target(3, 2, "nas.lan", 1)];
    let document = made(&desired, &[]);
    let pools = &server(&document)["named_routes"];
    let first = &pools["pool_1"]["handle"][0];
    assert_eq!(first["upstreams"], json!([{ "dial": "10.0.0.1:8000" }, { "dial": "[::1]:8000" }]));
    assert_eq!(first["load_balancing"]["selection_policy"], json!({ "policy": "weighted_round_robin", "weights": [3, 1] }));
    let retries = |pool: &str| pools[pool]["handle"][0]["load_balancing"]["retries"].clone();
    assert_eq!((retries("pool_1"), retries("pool_2")), (json!(1), json!(0)), "each target once, three at most");
    let active = json!({ "uri": "/", "method": "GET", "interval": "30s", "timeout": "5s", "fails": 2, "passes": 2, "expect_status": 2 });
    assert_eq!(first["health_checks"]["active"], active);
    assert_eq!(first["headers"]["request"]["set"]["Host"], json!(["{http.request.hostport}"]));
    let second = &pools["pool_2"]["handle"][0];
    let cookie = json!({ "policy": "cookie", "name": "argos_backend", "fallback": { "policy": "client_ip_hash" } });
    assert_eq!(
        (&second["transport"]["tls"], &second["load_balancing"]["selection_policy"]),
        (&json!({ "insecure_skip_verify": true }), &cookie)
    );
    assert_eq!(pools.get("pool_3"), None);
    assert!(document.warnings[0].contains("slow start"));
}

#[test]
fn site_with_times_of_its_own_has_a_proxy_of_its_own() {
    let mut desired = state(vec![host(1, "app.test", TlsMode::None), host(2, "b.test", TlsMode::None)]);
    let delivery = Delivery {
        connect_timeout_seconds: 2,
        response_timeout_seconds: 90,
        idle_timeout_seconds: 7,
        tries_max: 1,
        request_header_bytes_max: 8192,
        ..Delivery::default()
    };
    desired.delivery = vec![(1, delivery), (2, Delivery { requests_at_once_max: 1, ..Delivery::default() })];
    desired.rules = vec![rule(1, Action::Forward { target_group_id: 1 }, vec![Matcher::Path { patterns: vec!["/x".to_owned()] }])];
    let document = made(&desired, &STOCK);
    let pools = server(&document)["named_routes"].as_object().unwrap();
    assert_eq!(pools.keys().collect::<Vec<_>>(), ["pool_1", "pool_1_of_1"]);
    let own = &pools["pool_1_of_1"]["handle"][0];
    assert_eq!((&own["transport"]["dial_timeout"], &own["transport"]["response_header_timeout"]), (&json!("2s"), &json!("90s")));
    assert_eq!(own["load_balancing"]["retries"], 0);
    let plain = &pools["pool_1"]["handle"][0]["transport"];
    assert_eq!(
        (&plain["dial_timeout"], plain.get("response_header_timeout")),
        (&json!("5s"), None),
        "the other site keeps the usual times"
    );
    let routes = server(&document)["routes"].as_array().unwrap();
    let asked = |n: usize| routes[n]["handle"].as_array().unwrap().last().unwrap()["routes"].to_string();
    assert_eq!((asked(0).matches("pool_1_of_1").count(), asked(1).matches("pool_1_of").count()), (2, 0), "its rule uses it too");
    let said = |what: &str| document.warnings.iter().any(|w| w.starts_with("app.test: ") && w.contains(what));
    assert!(said("headers for all sites") && said("longest silence"), "{:?}", document.warnings);
}

#[test]
fn conditions_of_a_rule_are_all_joined() {
    let header = |value: &str| Matcher::Header { name: "X-A".to_owned(), value: value.to_owned(), mode: HeaderMode::Exact };
    let matchers = vec![
        Matcher::Path { patterns: vec!["/x*".to_owned()] },
        Matcher::PathExact { values: vec!["/x{y}".to_owned()] },
        header("1"),
        header("a*"),
        Matcher::RemoteIp { ranges: vec!["10.0.0.0/8".to_owned()], negate: true },
        Matcher::Query { name: "q".to_owned(), value: String::new() },
    ];
    let mut desired = state(vec![host(1, "app.test", TlsMode::None)]);
    let redirect = Action::Redirect { status_code: 301, target: "https://n.test{path}#top".to_owned(), strip_query: false };
    let fixed = Action::FixedResponse { status_code: 418, body: "{env.HOME}".to_owned(), content_type: String::new() };
    let whole = Action::Redirect { status_code: 302, target: "https://n.test{http.request.uri}".to_owned(), strip_query: false };
    desired.rules = vec![rule(2, redirect, matchers), rule(1, fixed, vec![header("1")]), rule(3, whole, vec![header("1")])];
    let document = made(&desired, &STOCK);
    let routes = &server(&document)["routes"][0]["handle"][4]["routes"];
    let expected = json!({
        "path": ["/x*"], "header": { "X-A": ["1"] }, "header_regexp": { "X-A": { "pattern": "^a\\*$" } }, "query": { "q": ["*"] },
        "not": [{ "not": [{ "path": ["/x\\{y\\}"] }] }, { "client_ip": { "ranges": ["10.0.0.0/8"] } }],
    });
    assert_eq!(routes[1]["match"], json!([expected]));
    assert_eq!(
        routes[1]["handle"][2]["headers"]["Location"][0],
        "https://n.test{http.request.uri.path}{http.request.uri.prefixed_query}#top"
    );
    assert_eq!(routes[2]["handle"][2]["headers"]["Location"][0], "https://n.test{http.request.uri}");
    assert_eq!(routes[0]["handle"][2]["body"], "\\{env.HOME\\}", "the lower priority comes first, and its text names no placeholder");
}

#[test]
fn wildcards_come_after_names_and_empty_pools_say_so() {
    let mut desired =
        state(vec![host(1, "*.test.lan", TlsMode::None), host(2, "b.test.lan", TlsMode::None), host(3, "off.lan", TlsMode::None)]);
    desired.hosts[2].enabled = false;
    desired.targets.clear();
    desired.delivery = vec![(
        2,
        Delivery {
            error_pages: vec![Page { status: 503, content_type: "text/html".to_owned(), body: "<p>".to_owned() }],
            ..Delivery::default()
        },
    )];
    let document = made(&desired, &[]);
    let mut routes = server(&document)["routes"].as_array().unwrap().clone();
    assert_eq!(routes.pop(), Some(json!({ "handle": [{ "handler": "static_response", "status_code": 404 }] })), "nobody's name");
    let domains: Vec<&Value> = routes.iter().map(|r| &r["match"][0]["host"][0]).collect();
    assert_eq!(domains, ["b.test.lan", "*.test.lan"]);
    let answers: Vec<&Value> =
        routes.iter().map(|r| &r["handle"].as_array().unwrap().last().unwrap()["routes"][0]["handle"][0]["body"]).collect();
    assert_eq!(answers, ["<p>", "no backend available\n"]);
    assert_eq!(document.warnings.iter().filter(|w| w.contains("no enabled target")).count(), 2);
}

proptest! {
    #[test]
    fn no_text_of_an_answer_is_a_placeholder(text in ".{0,40}") {
        let escaped = literal(&text);
        // As Caddy reads it: an escaped brace is a brace, and no other opens a placeholder.
        let mut plain = String::new();
        let mut rest = escaped.chars().peekable();
        while let Some(c) = rest.next() {
            match (c, rest.peek()) {
                ('\\', Some('{' | '}')) if escaped.contains('{') => plain.push(rest.next().unwrap_or_default()),
                ('{', _) => return Err(TestCaseError::fail(escaped.clone())),
                _ => plain.push(c),
            }
        }
        prop_assert_eq!(plain, text);
    }
}
