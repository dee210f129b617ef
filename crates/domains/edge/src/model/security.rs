//! Protection of a site: the firewall's mode, the rate limit, exclusions and own rules.

use argos_kernel::{Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bad, secrule};

const BODY_MAX: usize = 64 << 10;
const TEXT_MAX: usize = 1_000;
const PATH_MAX: usize = 2_000;
const NAME_MAX: usize = 255;

/// What a person set up for a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Security {
    pub(crate) waf_enabled: bool,
    /// detect or block
    pub(crate) waf_mode: String,
    pub(crate) waf_paranoia: i64,
    pub(crate) waf_block_status: i64,
    pub(crate) waf_block_body: String,
    pub(crate) rate_limit_enabled: bool,
    pub(crate) rate_limit_requests: i64,
    pub(crate) rate_limit_window_seconds: i64,
    /// ip, header or global
    pub(crate) rate_limit_key: String,
    pub(crate) rate_limit_header_name: String,
    pub(crate) rate_limit_status: i64,
    /// The firewall of CrowdSec, which looks at every site, does not look at this one.
    #[serde(default)]
    pub(crate) appsec_exempt: bool,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            waf_enabled: false,
            waf_mode: "detect".to_owned(),
            waf_paranoia: 1,
            waf_block_status: 403,
            waf_block_body: String::new(),
            rate_limit_enabled: false,
            rate_limit_requests: 0,
            rate_limit_window_seconds: 0,
            rate_limit_key: "ip".to_owned(),
            rate_limit_header_name: String::new(),
            rate_limit_status: 429,
            appsec_exempt: false,
        }
    }
}

/// The protection as asked for; a missing boolean is false, a missing or zero number and a missing text the default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecurityBody {
    waf_enabled: bool,
    waf_mode: String,
    waf_paranoia: i64,
    waf_block_status: i64,
    waf_block_body: String,
    rate_limit_enabled: bool,
    rate_limit_requests: i64,
    rate_limit_window_seconds: i64,
    rate_limit_key: String,
    rate_limit_header_name: String,
    rate_limit_status: i64,
    appsec_exempt: bool,
}

/// A rule of the core set that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exclusion {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) crs_rule_id: i64,
    pub(crate) path_pattern: String,
    pub(crate) reason: String,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A person's own rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomRule {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) name: String,
    pub(crate) secrule: String,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExclusionBody {
    pub(crate) crs_rule_id: i64,
    #[serde(default)]
    pub(crate) path_pattern: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomRuleBody {
    pub(crate) name: String,
    pub(crate) secrule: String,
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
}

fn number(field: &str, value: i64, default: i64, min: i64, max: i64) -> Result<i64> {
    match value {
        0 => Ok(default),
        n if (min..=max).contains(&n) => Ok(n),
        _ => Err(bad(field, format!("{field} must be {min} to {max}"))),
    }
}

fn one_of(field: &str, value: &str, default: &str, allowed: &[&str]) -> Result<String> {
    match value.trim() {
        "" => Ok(default.to_owned()),
        word if allowed.contains(&word) => Ok(word.to_owned()),
        _ => Err(bad(field, format!("{field} must be one of {}", allowed.join(", ")))),
    }
}

impl SecurityBody {
    /// The protection, judged.
    pub(crate) fn check(self) -> Result<Security> {
        if self.waf_block_body.len() > BODY_MAX {
            return Err(bad("waf_block_body", "waf_block_body must be at most 64 KiB"));
        }
        let header = self.rate_limit_header_name.trim().to_owned();
        let out = Security {
            waf_enabled: self.waf_enabled,
            waf_mode: one_of("waf_mode", &self.waf_mode, "detect", &["detect", "block"])?,
            waf_paranoia: number("waf_paranoia", self.waf_paranoia, 1, 1, 4)?,
            waf_block_status: number("waf_block_status", self.waf_block_status, 403, 100, 599)?,
            waf_block_body: self.waf_block_body,
            rate_limit_enabled: self.rate_limit_enabled,
            rate_limit_requests: number("rate_limit_requests", self.rate_limit_requests, 0, 1, i64::from(u32::MAX))?,
            rate_limit_window_seconds: number("rate_limit_window_seconds", self.rate_limit_window_seconds, 0, 1, 3_600)?,
            rate_limit_key: one_of("rate_limit_key", &self.rate_limit_key, "ip", &["ip", "header", "global"])?,
            rate_limit_header_name: header,
            rate_limit_status: number("rate_limit_status", self.rate_limit_status, 429, 400, 599)?,
            appsec_exempt: self.appsec_exempt,
        };
        if out.rate_limit_enabled {
            out.check_limit()?;
        }
        Ok(out)
    }
}

impl Security {
    fn check_limit(&self) -> Result<()> {
        if self.rate_limit_requests < 1 {
            return Err(bad("rate_limit_requests", "rate_limit_requests must be at least 1 when the limit is on"));
        }
        if self.rate_limit_window_seconds < 1 {
            return Err(bad("rate_limit_window_seconds", "rate_limit_window_seconds must be 1 to 3600 when the limit is on"));
        }
        let is_header = http::HeaderName::from_bytes(self.rate_limit_header_name.as_bytes()).is_ok();
        if self.rate_limit_key == "header" && !is_header {
            return Err(bad("rate_limit_header_name", "rate_limit_header_name must be a header name when the key is header"));
        }
        Ok(())
    }
}

impl ExclusionBody {
    pub(crate) fn check(&self) -> Result<()> {
        if self.crs_rule_id < 1 {
            return Err(bad("crs_rule_id", "crs_rule_id must be positive"));
        }
        let path = &self.path_pattern;
        if !path.is_empty() && (!path.starts_with('/') || path.len() > PATH_MAX || path.chars().any(char::is_control)) {
            return Err(bad("path_pattern", "path_pattern must be empty or start with / and hold no control characters"));
        }
        if self.reason.chars().count() > TEXT_MAX {
            return Err(bad("reason", format!("reason must be at most {TEXT_MAX} characters")));
        }
        Ok(())
    }
}

impl CustomRuleBody {
    /// The ids its text uses. `taken` are those of the site's other rules.
    pub(crate) fn check(&self, taken: &[u64]) -> Result<()> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(bad("name", format!("name must be 1 to {NAME_MAX} characters")));
        }
        let refuse = |why: String| bad("secrule", format!("secrule invalid: {why}"));
        let ids = secrule::check(&self.secrule).map_err(refuse)?;
        match ids.iter().find(|id| taken.contains(id)) {
            Some(id) => Err(refuse(format!("id {id} is used by another rule of this host"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<Security> {
        serde_json::from_value::<SecurityBody>(body).unwrap().check()
    }

    #[test]
    fn empty_body_is_the_documented_default() {
        assert_eq!(check(json!({})).unwrap(), Security::default());
    }

    #[test]
    fn bad_members_are_refused_by_name() {
        for (body, field) in [
            (json!({ "waf_mode": "maybe" }), "waf_mode"),
            (json!({ "waf_paranoia": 5 }), "waf_paranoia"),
            (json!({ "waf_block_status": 600 }), "waf_block_status"),
            (json!({ "rate_limit_enabled": true }), "rate_limit_requests"),
            (json!({ "rate_limit_enabled": true, "rate_limit_requests": 5 }), "rate_limit_window_seconds"),
            (json!({ "rate_limit_window_seconds": 3601 }), "rate_limit_window_seconds"),
            (
                json!({ "rate_limit_enabled": true, "rate_limit_requests": 5, "rate_limit_window_seconds": 1, "rate_limit_key": "header" }),
                "rate_limit_header_name",
            ),
            (json!({ "rate_limit_key": "cookie" }), "rate_limit_key"),
        ] {
            assert_eq!(check(body).unwrap_err().extra()["field"], field);
        }
    }

    #[test]
    fn ids_of_own_rules_are_unique_within_a_host() {
        let rule = |text: &str| CustomRuleBody { name: "mine".to_owned(), secrule: text.to_owned(), enabled: None };
        assert!(rule("SecAction \"id:100001,pass\"").check(&[100_002]).is_ok());
        let error = rule("SecAction \"id:100001,pass\"").check(&[100_001]).unwrap_err();
        assert!(error.message().starts_with("secrule invalid: id 100001"), "{error}");
    }
}
