//! From the wanted state to the engine's configuration. Pure: certificates come out of memory, nothing waits.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use argos_proxy as engine;
use http::{HeaderName, StatusCode};

use super::delivery::{Delivery, Page};
use super::desired::Desired;
use super::group::{Target, TargetGroup};
use super::host::{Host, TlsMode};
use super::rule::{Action, HeaderMode, Matcher, Rule};
use super::security::Security;
use crate::certificates::CertificateStore;

/// What people read whom a site for the local network turns away.
pub(crate) const LAN_REFUSAL: &str = "Access denied: this host is restricted to local network\n";
/// Headers that only the proxy may set, on every site.
pub(crate) const IDENTITY_HEADERS: [&str; 4] = ["x-auth-user", "x-auth-email", "x-auth-name", "x-auth-provider"];
/// Set by an external proxy for a site that wants scripts answered with 401; whatever a client says in it goes.
pub(crate) const AUTH_JSON: &str = "x-argos-auth-json";
/// The session of Argos: whoever has it acts as its user, so no backend but the panel itself may see it.
pub(crate) const RESERVED_COOKIES: [&str; 1] = ["argos_session"];
/// Keeps a browser at its backend.
pub(crate) const STICKY_COOKIE: &str = "argos_backend";
/// The largest request head that the engine takes.
const HEAD_BYTES_MAX: usize = 1 << 20;
/// A stop waits this long for requests in progress.
const DRAIN: Duration = Duration::from_secs(8);

/// What the configuration needs beside the wanted state.
pub(crate) struct Surroundings<'a> {
    pub(crate) listeners: Vec<engine::ListenerConfig>,
    pub(crate) trusted: Vec<engine::Prefix>,
    pub(crate) lan: Vec<engine::Prefix>,
    pub(crate) certificates: &'a dyn CertificateStore,
    pub(crate) forward_auth: Option<Arc<dyn engine::ForwardAuth>>,
    /// The same for sites that answer scripts with 401.
    pub(crate) forward_auth_json: Option<Arc<dyn engine::ForwardAuth>>,
    pub(crate) has_https: bool,
    /// Where Argos itself is reached, when that is a site too.
    pub(crate) panel: Option<String>,
    pub(crate) client_connections_max: u32,
    pub(crate) stall_timeout: Duration,
    /// What looks at requests of every site.
    pub(crate) filters: Vec<Arc<dyn engine::Filter>>,
}

/// The configuration, and what was left out of it in words.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub(crate) config: engine::Config,
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn compile(desired: &Desired, around: &Surroundings<'_>) -> Compiled {
    let mut out = Compiled::default();
    let mut by_group: HashMap<i64, Vec<&Target>> = HashMap::new();
    for target in desired.targets.iter().filter(|t| t.enabled) {
        by_group.entry(target.group_id).or_default().push(target);
    }
    let mut rules: HashMap<i64, Vec<&Rule>> = HashMap::new();
    for rule in desired.rules.iter().filter(|r| r.enabled) {
        rules.entry(rule.host_id).or_default().push(rule);
    }
    let security: HashMap<i64, &Security> = desired.security.iter().map(|(id, s)| (*id, s)).collect();
    let mut delivery: HashMap<i64, &Delivery> = desired.delivery.iter().map(|(id, d)| (*id, d)).collect();
    let pools: HashMap<i64, bool> = desired.groups.iter().map(|g| (g.id, by_group.contains_key(&g.id))).collect();
    out.config.pools = desired.groups.iter().map(|g| pool(g, by_group.get(&g.id).map(Vec::as_slice).unwrap_or_default())).collect();
    for host in desired.live_hosts() {
        let own = rules.get(&host.id).map(Vec::as_slice).unwrap_or_default();
        let mut compiled = site(host, own, security.get(&host.id).copied(), &pools, around, &mut out.warnings);
        if let Some(delivery) = delivery.remove(&host.id) {
            deliver(&mut compiled, delivery);
        }
        out.config.hosts.push(compiled);
    }
    out.config.listeners.clone_from(&around.listeners);
    out.config.trusted.clone_from(&around.trusted);
    let limits = &mut out.config.limits;
    limits.drain_timeout = DRAIN;
    // A connection does not say which site it is for before its head is read: it takes what one of them takes, and each
    // site judges what came.
    // What no connection may take is the fault of that site alone.
    let largest = out.config.hosts.iter().filter_map(|host| Some((host.bounds.header_bytes_max?, &host.name)));
    let largest = largest.filter(|(largest, _)| *largest <= HEAD_BYTES_MAX).max();
    if let Some((largest, domain)) = largest.filter(|(largest, _)| *largest > limits.header_bytes_max) {
        let why = "every connection may hold that much until its site is known";
        out.warnings.push(format!("{domain}: it takes heads of {largest} bytes, {why}"));
        let usual = std::mem::replace(&mut limits.header_bytes_max, largest);
        for host in &mut out.config.hosts {
            host.bounds.header_bytes_max.get_or_insert(usual);
        }
    }
    (limits.client_connections_max, limits.stall_timeout) = (around.client_connections_max, around.stall_timeout);
    out
}

fn number(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0)
}

fn seconds(n: i64) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(1))
}

fn count(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn pool(group: &TargetGroup, targets: &[&Target]) -> engine::PoolConfig {
    let spec = &group.spec;
    let config = |t: &&Target| engine::TargetConfig { id: number(t.id), host: t.host.clone(), port: t.port, weight: t.weight };
    let mut pool = engine::PoolConfig::new(number(group.id), &group.name, targets.iter().map(config).collect());
    pool.protocol = match (spec.protocol.as_str(), spec.http2) {
        ("https", false) => engine::Protocol::Https { verify: spec.verify_tls },
        ("https", true) => engine::Protocol::H2 { verify: spec.verify_tls },
        (_, true) => engine::Protocol::H2c,
        (_, false) => engine::Protocol::Http,
    };
    pool.sticky_cookie = spec.sticky.then(|| STICKY_COOKIE.to_owned());
    pool.slow_start = Duration::from_secs(u64::try_from(spec.slow_start_seconds).unwrap_or(0));
    pool.preserve_host = spec.preserve_host;
    pool.algorithm = match spec.algorithm.as_str() {
        "least_conn" => engine::Algorithm::LeastConn,
        "ip_hash" => engine::Algorithm::IpHash,
        "random" => engine::Algorithm::Random,
        _ => engine::Algorithm::RoundRobin,
    };
    let expect = spec.health_check_expect_status.parse::<engine::ExpectStatus>();
    pool.active = expect.ok().filter(|_| spec.health_check_enabled).map(|expect| engine::ActiveCheck {
        path: spec.health_check_path.clone(),
        method: spec.health_check_method.parse().unwrap_or_default(),
        expect,
        interval: seconds(spec.health_check_interval_seconds),
        timeout: seconds(spec.health_check_timeout_seconds),
        fails: count(spec.health_check_fails_to_unhealthy),
        passes: count(spec.health_check_passes_to_healthy),
    });
    pool
}

fn site(
    host: &Host,
    rules: &[&Rule],
    security: Option<&Security>,
    // Whether they have an enabled target.
    pools: &HashMap<i64, bool>,
    around: &Surroundings<'_>,
    warnings: &mut Vec<String>,
) -> engine::HostConfig {
    let mut site = engine::HostConfig::new(number(host.id), &host.domain, number(host.target_group_id));
    let lacking = |pool: i64| match pools.get(&pool) {
        Some(true) => None,
        Some(false) => Some("its pool has no enabled target"),
        None => Some("its pool is left out"),
    };
    if let Some(why) = lacking(host.target_group_id) {
        site.default_pool = None;
        warnings.push(format!("{}: {why}, requests are answered with 503", host.domain));
    }
    if host.spec.tls_mode != TlsMode::None {
        let found = around.certificates.find(host.id, &host.domain);
        site.tls = found.map_or(engine::HostTls::Pending, engine::HostTls::Certificate);
        // Without a listener for TLS the redirect would lead nowhere.
        site.redirect_to_https = around.has_https;
    }
    if host.spec.lan_only {
        site.admission = Some(engine::Admission { ranges: around.lan.clone(), refusal: LAN_REFUSAL.to_owned() });
    }
    if security.is_some_and(|s| s.waf_enabled) {
        warnings.push(format!("{}: its firewall inspects nothing, the built-in engine has no rule engine", host.domain));
    }
    site.rate_limit = security.filter(|s| s.rate_limit_enabled).and_then(rate_limit);
    site.reserved_headers = IDENTITY_HEADERS.iter().copied().map(HeaderName::from_static).collect();
    if around.panel.as_deref() != Some(host.domain.as_str()) {
        site.reserved_cookies = RESERVED_COOKIES.iter().map(ToString::to_string).collect();
        // What people tell Argos itself, passwords and keys, is told to nobody else.
        if security.is_none_or(|s| !s.appsec_exempt) {
            site.filters.clone_from(&around.filters);
        }
    }
    if host.spec.auth_required {
        site.forward_auth.clone_from(if host.spec.auth_json { &around.forward_auth_json } else { &around.forward_auth });
    }
    for rule in rules {
        match rule.action.group().and_then(lacking) {
            Some(why) => {
                let name = if rule.name.is_empty() { format!("rule {}", rule.priority) } else { rule.name.clone() };
                warnings.push(format!("{}: {name} is left out, {why}", host.domain));
            }
            None => site.rules.push(config_of(rule)),
        }
    }
    site
}

fn deliver(site: &mut engine::HostConfig, delivery: &Delivery) {
    site.compression = delivery.codings();
    site.hsts = (delivery.hsts_max_age_seconds > 0)
        .then(|| engine::Hsts { max_age: seconds(delivery.hsts_max_age_seconds), include_subdomains: delivery.hsts_include_subdomains });
    site.body_bytes_max = Some(number(delivery.request_body_bytes_max)).filter(|max| *max > 0);
    site.concurrency_max = Some(count(delivery.requests_at_once_max)).filter(|max| *max > 0);
    site.bounds = delivery.bounds();
    let page = |p: &Page| engine::ErrorPage { status: p.status, content_type: p.content_type.clone(), body: p.body.clone() };
    site.error_pages = delivery.error_pages.iter().map(page).collect();
}

fn rate_limit(security: &Security) -> Option<engine::RateLimit> {
    let key = match security.rate_limit_key.as_str() {
        "header" => engine::RateKey::Header(HeaderName::from_bytes(security.rate_limit_header_name.as_bytes()).ok()?),
        "global" => engine::RateKey::Global,
        _ => engine::RateKey::Ip,
    };
    let status = u16::try_from(security.rate_limit_status).ok().and_then(|s| StatusCode::from_u16(s).ok());
    Some(engine::RateLimit {
        requests: count(security.rate_limit_requests),
        window: seconds(security.rate_limit_window_seconds),
        key,
        status: status.unwrap_or(StatusCode::TOO_MANY_REQUESTS),
    })
}

fn config_of(rule: &Rule) -> engine::RuleConfig {
    engine::RuleConfig {
        id: number(rule.id),
        priority: count(rule.priority),
        matchers: rule.matchers.iter().map(matcher).collect(),
        action: action(&rule.action),
        concurrency_max: Some(count(rule.requests_at_once_max)).filter(|max| *max > 0),
    }
}

/// The ranges of a list; a bare address is a range of one.
pub(crate) fn prefixes(texts: &[String]) -> Vec<engine::Prefix> {
    let one = |text: &String| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(engine::Prefix::from));
    texts.iter().filter_map(one).collect()
}

fn matcher(matcher: &Matcher) -> engine::Matcher {
    match matcher.clone() {
        Matcher::Path { patterns } => engine::Matcher::Path(patterns),
        Matcher::PathExact { values } => engine::Matcher::PathExact(values),
        Matcher::Method { methods } => engine::Matcher::Method(methods),
        Matcher::Header { name, value, mode: HeaderMode::Exact } => engine::Matcher::Header { name, value },
        Matcher::Header { name, value, mode: HeaderMode::Regex } => engine::Matcher::HeaderRegex { name, pattern: value },
        Matcher::Query { name, value } => engine::Matcher::Query { name, value: Some(value).filter(|v| !v.is_empty() && v != "*") },
        Matcher::RemoteIp { ranges, negate } => engine::Matcher::RemoteIp { ranges: prefixes(&ranges), negate },
        Matcher::HostHeader { values } => engine::Matcher::HostHeader(values),
    }
}

fn action(action: &Action) -> engine::Action {
    let some = |text: String| Some(text).filter(|t| !t.is_empty());
    match action.clone() {
        Action::Forward { target_group_id } => engine::Action::Forward { pool: number(target_group_id) },
        Action::Redirect { status_code, target, strip_query } => engine::Action::Redirect { status: status_code, target, strip_query },
        Action::FixedResponse { status_code, body, content_type } => engine::Action::Fixed { status: status_code, body, content_type },
        Action::Block {} => engine::Action::Block,
        Action::Rewrite { path, strip_prefix, query } => {
            engine::Action::Rewrite { path: some(path), strip_prefix: some(strip_prefix), query: some(query) }
        }
    }
}

/// Whether the engine takes a rule, alone on a site of this domain. The words of its refusal otherwise.
pub(crate) fn judge(domain: &str, action_of: &Action, matchers: &[Matcher]) -> Result<(), String> {
    let mut site = engine::HostConfig::new(1, domain, 1);
    let pools = [1, action_of.group().map_or(1, number)];
    let rule = engine::RuleConfig {
        id: 1,
        priority: 1,
        matchers: matchers.iter().map(matcher).collect(),
        action: action(action_of),
        concurrency_max: None,
    };
    site.rules.push(rule);
    let mut config = engine::Config { hosts: vec![site], ..engine::Config::default() };
    config.pools = pools.iter().collect::<HashSet<_>>().into_iter().map(|id| engine::PoolConfig::new(*id, "pool", Vec::new())).collect();
    engine::Snapshot::compile(&config, None).map(drop).map_err(|e| e.to_string())
}

/// What these rules of a site would do with a request. Like the engine serves them: without those that are off, and those that
/// forward to a pool without a target.
pub(crate) fn try_rules(domain: &str, rules: &[Rule], filled: &HashSet<i64>, trial: &engine::Trial) -> Result<engine::Found, String> {
    let served = rules.iter().filter(|rule| rule.enabled && rule.action.group().is_none_or(|group| filled.contains(&group)));
    let mut site = engine::HostConfig::new(1, domain, 1);
    site.rules = served.map(config_of).collect();
    let pools: HashSet<u64> = std::iter::once(1).chain(rules.iter().filter_map(|rule| rule.action.group()).map(number)).collect();
    let pools = pools.into_iter().map(|id| engine::PoolConfig::new(id, "pool", Vec::new())).collect();
    let config = engine::Config { hosts: vec![site], pools, ..engine::Config::default() };
    let snapshot = engine::Snapshot::compile(&config, None).map_err(|e| e.to_string())?;
    snapshot.try_rules(trial).map_err(str::to_owned)
}

#[cfg(test)]
#[path = "compile_pool_tests.rs"]
mod pool_tests;

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;
