//! Pools: the group of backends a site forwards to, its backends, and what a person may say about them.

use std::str::FromStr;

use argos_kernel::{Result, Timestamp};
use argos_proxy::ExpectStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bad;
use super::name::is_backend;

const NAME_MAX: usize = 63;
const PATH_MAX: usize = 2_000;
/// Backends of one pool.
pub(crate) const TARGETS_MAX: usize = 1_000;

/// What a person set up of a pool, beside its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct GroupSpec {
    /// http or https
    pub(crate) protocol: String,
    pub(crate) verify_tls: bool,
    pub(crate) preserve_host: bool,
    /// round_robin, least_conn, ip_hash or random
    pub(crate) algorithm: String,
    pub(crate) health_check_enabled: bool,
    pub(crate) health_check_path: String,
    /// GET, HEAD or POST
    pub(crate) health_check_method: String,
    /// Codes and ranges, as 200,204 or 200-299.
    pub(crate) health_check_expect_status: String,
    pub(crate) health_check_interval_seconds: i64,
    pub(crate) health_check_timeout_seconds: i64,
    pub(crate) health_check_fails_to_unhealthy: i64,
    pub(crate) health_check_passes_to_healthy: i64,
    /// Backends are spoken to in HTTP/2, as gRPC needs; without TLS by prior knowledge.
    #[serde(default)]
    pub(crate) http2: bool,
    /// A cookie keeps each browser at its backend.
    #[serde(default)]
    pub(crate) sticky: bool,
    /// A backend that came back takes its full share only after this time; 0 = at once.
    #[serde(default)]
    pub(crate) slow_start_seconds: i64,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TargetGroup {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) spec: GroupSpec,
    #[serde(skip)]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) updated_at: Timestamp,
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) id: i64,
    pub(crate) group_id: i64,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) weight: u16,
    pub(crate) enabled: bool,
    #[serde(skip)]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) updated_at: Timestamp,
}

impl Target {
    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn address(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

/// A pool as asked for. A missing or zero number, and an empty text, mean the default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupBody {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    verify_tls: Option<bool>,
    #[serde(default)]
    preserve_host: Option<bool>,
    #[serde(default)]
    algorithm: Option<String>,
    #[serde(default)]
    health_check_enabled: Option<bool>,
    #[serde(default)]
    health_check_path: Option<String>,
    #[serde(default)]
    health_check_method: Option<String>,
    #[serde(default)]
    health_check_expect_status: Option<String>,
    #[serde(default)]
    health_check_interval_seconds: Option<i64>,
    #[serde(default)]
    health_check_timeout_seconds: Option<i64>,
    #[serde(default)]
    health_check_fails_to_unhealthy: Option<i64>,
    #[serde(default)]
    health_check_passes_to_healthy: Option<i64>,
    #[serde(default)]
    http2: Option<bool>,
    #[serde(default)]
    sticky: Option<bool>,
    #[serde(default)]
    slow_start_seconds: Option<i64>,
    #[serde(default)]
    pub(crate) targets: Option<Vec<TargetBody>>,
}

/// A backend as asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetBody {
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    port: Option<i64>,
    #[serde(default)]
    weight: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// A backend that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetSpec {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) weight: u16,
    pub(crate) enabled: bool,
}

fn filled(text: Option<&String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn one_of(field: &str, value: Option<&String>, allowed: &[&str]) -> Result<String> {
    let text = filled(value).unwrap_or_else(|| allowed.first().map(|s| (*s).to_owned()).unwrap_or_default());
    if allowed.contains(&text.as_str()) { Ok(text) } else { Err(bad(field, format!("{field} must be one of {}", allowed.join(", ")))) }
}

fn number(field: &str, value: Option<i64>, default: i64, min: i64, max: i64) -> Result<i64> {
    match value {
        None | Some(0) => Ok(default),
        Some(n) if (min..=max).contains(&n) => Ok(n),
        Some(_) => Err(bad(field, format!("{field} must be {min} to {max}"))),
    }
}

/// The statuses of a healthy backend, spaces left out. Codes of one class only: the external engine knows no other.
fn expect_status(text: &str) -> Result<String> {
    const FIELD: &str = "health_check_expect_status";
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    ExpectStatus::from_str(&text).map_err(|e| bad(FIELD, format!("{FIELD}: {e}")))?;
    let mut classes: Vec<char> = text.split([',', '-']).filter_map(|code| code.chars().next()).collect();
    classes.dedup();
    if classes.iter().any(|c| Some(c) != classes.first()) {
        return Err(bad(
            FIELD,
            format!(
                "{FIELD}: all codes must be of one class, as 200-299; for a backend that answers with several classes check a path that answers 2xx"
            ),
        ));
    }
    Ok(text)
}

/// As the built-in engine asks for it: one that it does not take would keep every later change of every site from it.
fn can_be_asked(path: &str) -> bool {
    path.parse::<http::uri::PathAndQuery>().is_ok()
}

impl GroupSpec {
    /// Whether the built-in engine takes it: what is off is not given to it.
    pub(crate) fn can_be_checked(&self) -> bool {
        !self.health_check_enabled || can_be_asked(&self.health_check_path)
    }
}

impl GroupBody {
    /// The name, judged.
    pub(crate) fn name(&self) -> Result<String> {
        let name = filled(self.name.as_ref()).ok_or_else(|| bad("name", "name is required"))?;
        if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(bad("name", format!("name must be 1 to {NAME_MAX} characters")));
        }
        Ok(name)
    }

    /// Everything but the name, judged.
    pub(crate) fn spec(&self) -> Result<GroupSpec> {
        self.spec_over(None)
    }

    /// The same for a pool that is there: what it asks for already may stay.
    pub(crate) fn spec_over(&self, before: Option<&GroupSpec>) -> Result<GroupSpec> {
        let path = filled(self.health_check_path.as_ref()).unwrap_or_else(|| "/".to_owned());
        let is_enabled = self.health_check_enabled.unwrap_or(false);
        let is_kept = before.is_some_and(|b| b.health_check_enabled && b.health_check_path == path);
        let is_usable = !path.chars().any(|c| c.is_control() || c.is_whitespace()) && (!is_enabled || is_kept || can_be_asked(&path));
        if !path.starts_with('/') || path.len() > PATH_MAX || !is_usable {
            return Err(bad(
                "health_check_path",
                "health_check_path must start with / and hold what an address may: no spaces, no <, > or `",
            ));
        }
        let expected = filled(self.health_check_expect_status.as_ref()).unwrap_or_else(|| "200".to_owned());
        let method = self.health_check_method.as_ref().map(|m| m.to_ascii_uppercase());
        Ok(GroupSpec {
            protocol: one_of("protocol", self.protocol.as_ref(), &["http", "https"])?,
            verify_tls: self.verify_tls.unwrap_or(true),
            preserve_host: self.preserve_host.unwrap_or(false),
            algorithm: one_of("algorithm", self.algorithm.as_ref(), &["round_robin", "least_conn", "ip_hash", "random"])?,
            health_check_enabled: is_enabled,
            health_check_path: path,
            health_check_method: one_of("health_check_method", method.as_ref(), &["GET", "HEAD", "POST"])?,
            health_check_expect_status: expect_status(&expected)?,
            health_check_interval_seconds: number("health_check_interval_seconds", self.health_check_interval_seconds, 30, 5, 300)?,
            health_check_timeout_seconds: number("health_check_timeout_seconds", self.health_check_timeout_seconds, 5, 1, 30)?,
            health_check_fails_to_unhealthy: number("health_check_fails_to_unhealthy", self.health_check_fails_to_unhealthy, 2, 1, 10)?,
            health_check_passes_to_healthy: number("health_check_passes_to_healthy", self.health_check_passes_to_healthy, 2, 1, 10)?,
            http2: self.http2.unwrap_or(false),
            sticky: self.sticky.unwrap_or(false),
            slow_start_seconds: number("slow_start_seconds", self.slow_start_seconds, 0, 0, 3_600)?,
        })
    }

    /// Its backends, judged; two of one address are a conflict that the store finds too.
    pub(crate) fn target_specs(&self) -> Result<Vec<TargetSpec>> {
        let targets = self.targets.as_deref().unwrap_or_default();
        if targets.len() > TARGETS_MAX {
            return Err(bad("targets", format!("a target group holds at most {TARGETS_MAX} targets")));
        }
        targets.iter().map(TargetBody::spec).collect()
    }
}

impl TargetBody {
    pub(crate) fn spec(&self) -> Result<TargetSpec> {
        let host = filled(self.host.as_ref()).ok_or_else(|| bad("host", "host is required"))?.to_ascii_lowercase();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).map_or(host.clone(), str::to_owned);
        if !is_backend(&host) {
            return Err(bad("host", "host must be an IP address or a host name"));
        }
        let port = self.port.and_then(|p| u16::try_from(p).ok()).filter(|p| *p > 0);
        let port = port.ok_or_else(|| bad("port", "port must be 1 to 65535"))?;
        let weight = number("weight", self.weight, 1, 1, 256)?;
        Ok(TargetSpec { host, port, weight: u16::try_from(weight).unwrap_or(1), enabled: self.enabled.unwrap_or(true) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec(body: Value) -> Result<GroupSpec> {
        serde_json::from_value::<GroupBody>(body).unwrap().spec()
    }

    #[test]
    fn missing_and_zero_members_are_the_documented_defaults() {
        let spec = spec(json!({ "health_check_interval_seconds": 0, "algorithm": "" })).unwrap();
        assert_eq!((spec.protocol.as_str(), spec.algorithm.as_str(), spec.verify_tls), ("http", "round_robin", true));
        assert_eq!((spec.health_check_interval_seconds, spec.health_check_timeout_seconds), (30, 5));
        assert_eq!((spec.health_check_path.as_str(), spec.health_check_expect_status.as_str()), ("/", "200"));
    }

    #[test]
    fn bad_members_are_refused_by_name() {
        for (body, field) in [
            (json!({ "protocol": "ftp" }), "protocol"),
            (json!({ "algorithm": "best" }), "algorithm"),
            (json!({ "health_check_path": "x" }), "health_check_path"),
            (json!({ "health_check_path": "/a b" }), "health_check_path"),
            (json!({ "health_check_enabled": true, "health_check_path": "/<a>" }), "health_check_path"),
            (json!({ "health_check_enabled": true, "health_check_path": "/`" }), "health_check_path"),
            (json!({ "health_check_interval_seconds": 4 }), "health_check_interval_seconds"),
            (json!({ "health_check_timeout_seconds": 31 }), "health_check_timeout_seconds"),
            (json!({ "health_check_expect_status": "200,,204" }), "health_check_expect_status"),
            (json!({ "health_check_expect_status": "200,302" }), "health_check_expect_status"),
            (json!({ "health_check_expect_status": "299-200" }), "health_check_expect_status"),
        ] {
            assert_eq!(spec(body).unwrap_err().extra()["field"], field);
        }
        assert_eq!(spec(json!({ "health_check_expect_status": " 200 , 204-206" })).unwrap().health_check_expect_status, "200,204-206");
    }

    #[test]
    fn path_that_the_engine_does_not_take_may_stay_where_it_is() {
        let off = spec(json!({ "health_check_path": "/<a>" })).unwrap();
        let body = json!({ "health_check_enabled": true, "health_check_path": "/<a>" });
        let body = serde_json::from_value::<GroupBody>(body).unwrap();
        assert!(off.can_be_checked() && body.spec_over(Some(&off)).is_err(), "it is about to be asked for");
        let on = GroupSpec { health_check_enabled: true, ..off };
        assert!(!on.can_be_checked());
        assert_eq!(body.spec_over(Some(&on)).unwrap(), on);
    }

    #[test]
    fn targets_take_addresses_in_any_case_and_refuse_the_rest() {
        let target = |body: Value| serde_json::from_value::<TargetBody>(body).unwrap().spec();
        let good = target(json!({ "host": "[::1]", "port": 80 })).unwrap();
        assert_eq!((good.host.as_str(), good.weight, good.enabled), ("::1", 1, true));
        assert_eq!(target(json!({ "host": "NAS.lan", "port": 1 })).unwrap().host, "nas.lan");
        for bad in
            [json!({ "port": 1 }), json!({ "host": "a b", "port": 1 }), json!({ "host": "a" }), json!({ "host": "a", "port": 65536 })]
        {
            assert!(target(bad).is_err());
        }
        assert!(target(json!({ "host": "a", "port": 1, "weight": 257 })).is_err());
    }
}
