//! What of a site, a rule or a pool is kept for the way back from a change. The way itself is in `actions/undo.rs`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::delivery::Delivery;
use super::group::{GroupSpec, Target};
use super::host::HostSpec;
use super::rule::{Action, Matcher, Rule};
use super::security::{CustomRule, Exclusion, Security};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    Site(Box<KeptSite>),
    /// Only the switch: whoever may change no more than that takes no more back.
    SiteSwitch {
        id: i64,
        enabled: bool,
    },
    Rule(KeptRule),
    RuleSwitch {
        host_id: i64,
        id: i64,
        enabled: bool,
    },
    /// The rules of a site, first to last.
    Order {
        host_id: i64,
        rule_ids: Vec<i64>,
    },
    Security {
        host_id: i64,
        says: Security,
    },
    Exclusion(KeptExclusion),
    /// One that was made: on the way back it goes.
    NewExclusion {
        host_id: i64,
        id: i64,
    },
    CustomRule(KeptCustomRule),
    Pool {
        id: i64,
        name: String,
        spec: GroupSpec,
        /// Those that went with it.
        targets: Vec<KeptTarget>,
    },
    Target(KeptTarget),
    TargetSwitch {
        group_id: i64,
        id: i64,
        enabled: bool,
    },
}

impl Kept {
    /// What was changed: of several offers about it only the newest stands.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Site(site) => format!("host:{}", site.id),
            Self::SiteSwitch { id, .. } => format!("host:{id}"),
            Self::Rule(rule) => format!("rule:{}", rule.id),
            Self::RuleSwitch { id, .. } => format!("rule:{id}"),
            Self::Order { host_id, .. } => format!("rule_order:{host_id}"),
            Self::Security { host_id, .. } => format!("host_security:{host_id}"),
            Self::Exclusion(KeptExclusion { id, .. }) | Self::NewExclusion { id, .. } => format!("exclusion:{id}"),
            Self::CustomRule(r) => format!("custom_rule:{}", r.id),
            Self::Pool { id, .. } => format!("target_group:{id}"),
            Self::Target(target) => format!("target:{}", target.id),
            Self::TargetSwitch { id, .. } => format!("target:{id}"),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptSite {
    pub(crate) id: i64,
    pub(crate) domain: String,
    pub(crate) target_group_id: i64,
    pub(crate) enabled: bool,
    pub(crate) spec: HostSpec,
    /// It had an uploaded certificate.
    pub(crate) uploaded: bool,
    /// The uploaded certificate, where it went with the change.
    pub(crate) manual: Option<Value>,
    /// What went with it.
    pub(crate) rest: Option<KeptRest>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptRest {
    pub(crate) security: Option<Security>,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) rules: Vec<KeptRule>,
    pub(crate) exclusions: Vec<KeptExclusion>,
    pub(crate) custom_rules: Vec<KeptCustomRule>,
    pub(crate) issued: Option<Value>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptRule {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) priority: i64,
    pub(crate) enabled: bool,
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) requests_at_once_max: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptExclusion {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) crs_rule_id: i64,
    pub(crate) path_pattern: String,
    pub(crate) reason: String,
    pub(crate) enabled: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptCustomRule {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) name: String,
    pub(crate) secrule: String,
    pub(crate) enabled: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptTarget {
    pub(crate) id: i64,
    pub(crate) group_id: i64,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) weight: u16,
    pub(crate) enabled: bool,
}

impl From<&Rule> for KeptRule {
    fn from(r: &Rule) -> Self {
        Self {
            id: r.id,
            host_id: r.host_id,
            priority: r.priority,
            enabled: r.enabled,
            name: r.name.clone(),
            action: r.action.clone(),
            matchers: r.matchers.clone(),
            requests_at_once_max: r.requests_at_once_max,
        }
    }
}

impl From<&Exclusion> for KeptExclusion {
    fn from(e: &Exclusion) -> Self {
        let (path_pattern, reason) = (e.path_pattern.clone(), e.reason.clone());
        Self { id: e.id, host_id: e.host_id, crs_rule_id: e.crs_rule_id, path_pattern, reason, enabled: e.enabled }
    }
}

impl From<&CustomRule> for KeptCustomRule {
    fn from(r: &CustomRule) -> Self {
        Self { id: r.id, host_id: r.host_id, name: r.name.clone(), secrule: r.secrule.clone(), enabled: r.enabled }
    }
}

impl From<&Target> for KeptTarget {
    fn from(t: &Target) -> Self {
        Self { id: t.id, group_id: t.group_id, host: t.host.clone(), port: t.port, weight: t.weight, enabled: t.enabled }
    }
}
