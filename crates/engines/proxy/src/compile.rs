//! Compiles a configuration into a snapshot: checks everything, names the place of each fault, carries live state over.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::config::{Bounds, Config, ErrorPage, HostConfig, HostTls, PoolConfig};
use crate::error::{ConfigError, Faults, Part};
use crate::glob::Glob;
use crate::hostname;
use crate::limit::{Limiter, RateLimit, Slots};
use crate::placeholder::Template;
use crate::pool::{Pool, Target};
use crate::replayed;
use crate::rule::{Act, Action, Condition, Matcher, Rule, RuleConfig};
use crate::snapshot::{Host, Hosts, Snapshot};

/// The regex of a rule may not grow beyond this.
const REGEX_BYTES_MAX: usize = 1 << 20;

pub(crate) fn compile(config: &Config, previous: Option<&Snapshot>) -> Result<Snapshot, ConfigError> {
    let mut faults = Faults::default();
    let mut sockets = HashSet::new();
    for (n, listener) in config.listeners.iter().enumerate() {
        let free = listener.address.port() == 0 || sockets.insert(listener.address);
        faults.require(&format!("listeners[{n}]"), free, &format!("listens on {} a second time", listener.address));
    }
    limits(config, &mut faults);
    let mut pools: HashMap<u64, Arc<Pool>> = HashMap::with_capacity(config.pools.len());
    for pool in &config.pools {
        faults.part = Part::Pool(pool.id);
        let place = format!("pools[{}]", pool.name);
        let before = previous.and_then(|snapshot| snapshot.pools.get(&pool.id));
        let compiled = Arc::new(compile_pool(pool, before.map(Arc::as_ref), &place, &mut faults));
        faults.require(&place, pools.insert(pool.id, compiled).is_none(), &format!("its id {} is taken", pool.id));
    }
    // By id, as a renamed host keeps its counters.
    let before: HashMap<u64, &Arc<Host>> =
        previous.map(|p| p.hosts.exact.values().chain(p.hosts.wildcard.values()).map(|h| (h.id, h)).collect()).unwrap_or_default();
    let mut hosts = Hosts::default();
    for host in &config.hosts {
        faults.part = Part::Host(host.id);
        let place = format!("hosts[{}]", host.name);
        faults.require(&place, hostname::is_served_name(&host.name), "name is not a DNS name in lower case");
        let compiled =
            compile_host(host, before.get(&host.id).map(AsRef::as_ref), &pools, config.limits.header_bytes_max, &place, &mut faults);
        let (map, name) = match host.name.strip_prefix("*.") {
            Some(parent) => (&mut hosts.wildcard, parent),
            None => (&mut hosts.exact, host.name.as_str()),
        };
        faults.require(&place, map.insert(name.into(), Arc::new(compiled)).is_none(), "name is taken");
    }
    if !faults.found.is_empty() {
        return Err(ConfigError(faults.found));
    }
    let same = previous.filter(|p| p.limits.inspected_bytes_max == config.limits.inspected_bytes_max);
    // What is held now counts on.
    let held = same.map_or_else(|| replayed::Room::new(config.limits.inspected_bytes_max), |p| Arc::clone(&p.held));
    Ok(Snapshot { pools, hosts, trusted: config.trusted.clone(), limits: config.limits.clone(), held })
}

fn limits(config: &Config, faults: &mut Faults) {
    let limits = &config.limits;
    let times = [("header_timeout", limits.header_timeout), ("body_timeout", limits.body_timeout), ("stall_timeout", limits.stall_timeout)];
    for (name, time) in times {
        faults.require(&format!("limits.{name}"), time > Duration::ZERO, "must be above zero");
    }
    faults.require("limits.header_bytes_max", (8192..=1 << 20).contains(&limits.header_bytes_max), "must be 8192 to 1048576");
    faults.require("limits.headers_max", (16..=1000).contains(&limits.headers_max), "must be 16 to 1000");
    faults.require("limits.h2_streams_max", limits.h2_streams_max > 0, "must be above zero");
    faults.require("limits.connections_max", limits.connections_max > 0, "must be above zero");
    faults.require("limits.inspected_bytes_max", limits.inspected_bytes_max >= replayed::PIECE, "must be 4096 or more");
    faults.require("limits.client_connections_max", limits.client_connections_max > 0, "must be above zero");
}

fn compile_pool(pool: &PoolConfig, before: Option<&Pool>, place: &str, faults: &mut Faults) -> Pool {
    let mut seen = HashSet::new();
    let mut targets = Vec::with_capacity(pool.targets.len());
    for (n, target) in pool.targets.iter().enumerate() {
        let place = format!("{place}.targets[{n}]");
        faults.require(&place, hostname::is_target_host(&target.host), "host is neither an address nor a name");
        faults.require(&place, target.port > 0, "port must be 1 to 65535");
        faults.require(&place, (1..=256).contains(&target.weight), "weight must be 1 to 256");
        faults.require(&place, seen.insert((&target.host, target.port)), &format!("{}:{} is listed twice", target.host, target.port));
        let kept = before.and_then(|pool_before| pool_before.targets.iter().find(|t| t.is_same(pool, target)));
        match kept {
            Some(kept) => {
                kept.weight.store(u32::from(target.weight), Ordering::Relaxed);
                targets.push(Arc::clone(kept));
            }
            None => match Target::new(pool, target) {
                Some(target) => targets.push(Arc::new(target)),
                None => faults.add(&place, "host and port make no address"),
            },
        }
    }
    if let Some(check) = &pool.active {
        let place = format!("{place}.active");
        faults.require(
            &place,
            check.path.starts_with('/') && check.path.parse::<http::uri::PathAndQuery>().is_ok(),
            "path must start with `/` and be a valid path",
        );
        faults.require(&place, [Method::GET, Method::HEAD, Method::POST].contains(&check.method), "method must be GET, HEAD or POST");
        faults.require(&place, check.interval >= Duration::from_millis(10), "interval is too short");
        faults.require(&place, check.timeout > Duration::ZERO, "timeout must be above zero");
    }
    if let Some(cookie) = &pool.sticky_cookie {
        let token = !cookie.is_empty() && cookie.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        faults.require(&format!("{place}.sticky_cookie"), token, "must be letters, digits, `_`, `-` and `.`");
    }
    for (name, time) in [("connect_timeout", pool.connect_timeout), ("answer_timeout", pool.answer_timeout)] {
        faults.require(&format!("{place}.{name}"), time > Duration::ZERO, "must be above zero");
    }
    Pool::new(pool.clone(), targets)
}

fn bounds(bounds: &Bounds, head_bytes_max: usize, place: &str, faults: &mut Faults) {
    let times =
        [("connect_timeout", bounds.connect_timeout), ("answer_timeout", bounds.answer_timeout), ("idle_timeout", bounds.idle_timeout)];
    for (name, time) in times {
        faults.require(&format!("{place}.{name}"), time.is_none_or(|t| t > Duration::ZERO), "must be above zero");
    }
    let fits = bounds.header_bytes_max.is_none_or(|max| (1024..=head_bytes_max).contains(&max));
    faults.require(&format!("{place}.header_bytes_max"), fits, &format!("must be 1024 to {head_bytes_max}, which a connection takes"));
}

fn compile_host(
    host: &HostConfig,
    before: Option<&Host>,
    pools: &HashMap<u64, Arc<Pool>>,
    head_bytes_max: usize,
    place: &str,
    faults: &mut Faults,
) -> Host {
    let find_pool = |id: u64, place: &str, faults: &mut Faults| {
        let pool = pools.get(&id).cloned();
        faults.require(place, pool.is_some(), &format!("there is no pool {id}"));
        pool
    };
    let default_pool = host.default_pool.and_then(|id| find_pool(id, &format!("{place}.default_pool"), faults));
    let mut ordered: Vec<(usize, &RuleConfig)> = host.rules.iter().enumerate().collect();
    ordered.sort_by_key(|(_, rule)| rule.priority);
    let mut rules = Vec::with_capacity(ordered.len());
    let mut priority = None;
    for (n, rule) in ordered {
        let place = format!("{place}.rules[{n}]");
        faults.require(&place, priority != Some(rule.priority), &format!("priority {} is taken", rule.priority));
        priority = Some(rule.priority);
        faults.require(&place, !rule.matchers.is_empty(), "needs at least one matcher");
        let mut conditions = Vec::with_capacity(rule.matchers.len());
        for (m, matcher) in rule.matchers.iter().enumerate() {
            conditions.extend(faults.check(&format!("{place}.matchers[{m}]"), condition(matcher, &host.name)));
        }
        let act = match &rule.action {
            Action::Forward { pool } => find_pool(*pool, &format!("{place}.action"), faults).map(Act::Forward),
            action => faults.check(&format!("{place}.action"), act(action)),
        };
        let slots_before = before.and_then(|h| h.rules.iter().find(|r| r.id == rule.id)).and_then(|r| r.slots.as_ref());
        let slots = slots(rule.concurrency_max, slots_before, &place, faults);
        rules.extend(act.map(|act| Rule { id: rule.id, conditions, act, slots }));
    }
    if let Some(limit) = &host.rate_limit {
        let place = format!("{place}.rate_limit");
        faults.require(&place, limit.requests > 0, "requests must be above zero");
        faults.require(&place, limit.window > Duration::ZERO && limit.window <= Duration::from_secs(86_400), "window must be within a day");
    }
    bounds(&host.bounds, head_bytes_max, place, faults);
    let hsts = host.hsts.as_ref().map(|hsts| {
        let below = if hsts.include_subdomains { "; includeSubDomains" } else { "" };
        HeaderValue::try_from(format!("max-age={}{below}", hsts.max_age.as_secs())).map_err(|e| e.to_string())
    });
    let forwards = rules.iter().filter_map(|rule: &Rule| if let Act::Forward(pool) = &rule.act { Some(pool) } else { None });
    let to_h2 = default_pool.iter().chain(forwards).any(|pool| pool.config.protocol.is_h2());
    Host {
        id: host.id,
        name: host.name.as_str().into(),
        tls: host.tls.clone(),
        redirect_to_https: host.redirect_to_https && !matches!(host.tls, HostTls::None),
        hsts: hsts.and_then(|value| faults.check(&format!("{place}.hsts"), value)),
        admission: host.admission.clone(),
        limiter: host.rate_limit.as_ref().map(|limit| limiter(limit, before)),
        slots: slots(host.concurrency_max, before.and_then(|h| h.slots.as_ref()), place, faults),
        body_bytes_max: host.body_bytes_max,
        bounds: host.bounds.clone(),
        compression: host.compression.clone(),
        reserved_headers: host.reserved_headers.as_slice().into(),
        reserved_cookies: host.reserved_cookies.clone(),
        forward_auth: host.forward_auth.clone(),
        filters: host.filters.clone(),
        rules,
        default_pool,
        to_h2,
        error_pages: host
            .error_pages
            .iter()
            .enumerate()
            .filter_map(|(n, page)| error_page(page, &format!("{place}.error_pages[{n}]"), faults))
            .collect(),
    }
}

/// The limiter of before when the limit did not change: a reload must not forget who was counted.
fn limiter(limit: &RateLimit, before: Option<&Host>) -> Arc<Limiter> {
    match before.and_then(|host| host.limiter.as_ref()) {
        Some(kept) if kept.limit == *limit => Arc::clone(kept),
        _ => Arc::new(Limiter::new(limit.clone())),
    }
}

fn slots(max: Option<u32>, before: Option<&Arc<Slots>>, place: &str, faults: &mut Faults) -> Option<Arc<Slots>> {
    let max = max?;
    faults.require(&format!("{place}.concurrency_max"), max > 0, "must be above zero");
    Some(before.filter(|kept| kept.max() == max).cloned().unwrap_or_else(|| Slots::new(max)))
}

fn error_page(page: &ErrorPage, place: &str, faults: &mut Faults) -> Option<(StatusCode, (HeaderValue, Bytes))> {
    faults.require(place, (400..=599).contains(&page.status), "status must be 400 to 599");
    let content_type = faults.check(place, content_type(&page.content_type))?;
    Some((StatusCode::from_u16(page.status).ok()?, (content_type, Bytes::from(page.body.clone()))))
}

fn content_type(text: &str) -> Result<HeaderValue, String> {
    let text = if text.is_empty() { "text/plain; charset=utf-8" } else { text };
    HeaderValue::from_str(text).map_err(|_| "content_type is not a header value".to_owned())
}

fn condition(matcher: &Matcher, host: &str) -> Result<Condition, String> {
    let rooted = |list: &[String], what: &str| {
        if list.is_empty() {
            return Err(format!("needs at least one of its {what}"));
        }
        list.iter().find(|p| !p.starts_with('/')).map_or(Ok(()), |p| Err(format!("`{p}` must start with `/`")))
    };
    let name = |name: &str| HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a header name"));
    Ok(match matcher {
        Matcher::Path(patterns) => {
            rooted(patterns, "patterns")?;
            Condition::Path(patterns.iter().map(|p| Glob::new(p)).collect())
        }
        Matcher::PathExact(paths) => {
            rooted(paths, "values")?;
            match paths.iter().find(|p| p.contains(['*', '?'])) {
                Some(bad) => return Err(format!("`{bad}` must not contain `*` or `?`")),
                None => Condition::Path(paths.iter().map(|p| Glob::literal(p)).collect()),
            }
        }
        Matcher::Method(methods) if methods.is_empty() => return Err("needs at least one of its methods".to_owned()),
        Matcher::Method(methods) => Condition::Method(
            methods
                .iter()
                .map(|m| Method::from_bytes(m.to_ascii_uppercase().as_bytes()).map_err(|_| format!("`{m}` is not a method")))
                .collect::<Result<_, _>>()?,
        ),
        Matcher::Header { name: header, value } => {
            let value = HeaderValue::from_str(value).map_err(|_| "value must not contain control characters".to_owned())?;
            Condition::Header(name(header)?, value)
        }
        Matcher::HeaderRegex { name: header, pattern } => {
            let regex = regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build();
            Condition::HeaderRegex(name(header)?, regex.map_err(|e| format!("value is not a usable expression: {e}"))?)
        }
        Matcher::Query { name, .. } if name.is_empty() => return Err("name is required".to_owned()),
        Matcher::Query { name, value } => Condition::Query(name.clone(), value.clone().filter(|v| v != "*")),
        Matcher::RemoteIp { ranges, .. } if ranges.is_empty() => return Err("needs at least one of its ranges".to_owned()),
        Matcher::RemoteIp { ranges, negate } => Condition::RemoteIp(ranges.clone(), *negate),
        Matcher::HostHeader(names) if names.is_empty() => return Err("needs at least one of its values".to_owned()),
        Matcher::HostHeader(names) => {
            let names: Vec<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
            // A name the host never gets would make a rule that never matches.
            let served = |name: &String| match host.strip_prefix("*.") {
                Some(parent) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
                None => name == host,
            };
            match names.iter().find(|n| !served(n)) {
                Some(other) => return Err(format!("`{other}` is not served by {host}")),
                None => Condition::HostHeader(names),
            }
        }
    })
}

fn act(action: &Action) -> Result<Act, String> {
    let rooted = |field: &str, value: &Option<String>| match value {
        Some(value) if !value.starts_with('/') => Err(format!("{field} must start with `/`")),
        Some(value) if value.parse::<http::uri::PathAndQuery>().is_err() || value.contains(['?', '#']) => {
            Err(format!("{field} is not a valid path"))
        }
        _ => Ok(()),
    };
    Ok(match action {
        Action::Redirect { status, target, strip_query } => {
            if ![301, 302, 307, 308].contains(status) {
                return Err("status must be 301, 302, 307 or 308".to_owned());
            }
            if target.is_empty() || target.bytes().any(|b| b < 0x20 || b == 0x7f) {
                return Err("target must be text without control characters".to_owned());
            }
            let status = StatusCode::from_u16(*status).map_err(|e| e.to_string())?;
            Act::Redirect { status, target: Template::new(target).map_err(|e| format!("target {e}"))?, strip_query: *strip_query }
        }
        Action::Fixed { status, body, content_type: kind } => {
            // 1xx are not answers, and 101 would open a tunnel.
            let status = StatusCode::from_u16(*status).ok().filter(|s| (200..=599).contains(&s.as_u16()));
            let status = status.ok_or("status must be 200 to 599")?;
            Act::Fixed { status, body: Bytes::from(body.clone()), content_type: content_type(kind)? }
        }
        Action::Block => Act::Block,
        Action::Rewrite { path, strip_prefix, query } => {
            if path.is_none() && strip_prefix.is_none() && query.is_none() {
                return Err("needs path, strip_prefix or query".to_owned());
            }
            rooted("path", path)?;
            rooted("strip_prefix", strip_prefix)?;
            if query.as_ref().is_some_and(|q| format!("/?{q}").parse::<http::uri::PathAndQuery>().is_err() || q.contains('#')) {
                return Err("query is not a valid query".to_owned());
            }
            Act::Rewrite { path: path.clone(), strip_prefix: strip_prefix.clone(), query: query.clone() }
        }
        Action::Forward { .. } => return Err("is resolved by the caller".to_owned()),
    })
}

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;
