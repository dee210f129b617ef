//! Who may call what: the access table of the contract, read once. A route without a line in it does not mount, so
//! router and table cannot drift apart.

use std::collections::HashMap;
use std::sync::OnceLock;

use http::Method;

use crate::Family;

const DOCUMENTED: &str = include_str!("../../../../contract/access.tsv");
/// Routes of ours that no published client knows.
const OWN: &str = include_str!("../../../../contract/access.own.tsv");

/// The tables, relative to the repository, for messages.
pub const CONTRACT_PATHS: [&str; 2] = ["contract/access.tsv", "contract/access.own.tsv"];

/// Rate tier of a route (platform spec 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// Never counted and never limited, not even when banned: probes.
    Exempt,
    /// Uncounted.
    Open,
    Std,
    Action,
    Heavy,
    Ai,
    /// 30 per client address.
    Sso,
    /// Judged by the login limiter of the identity crate.
    Login,
    Login5,
    /// 60 per minute, sliding window.
    Power,
    /// N per minute for a principal and route class.
    PerMinute(u32),
    Hook(u32),
    Agent,
    Stream,
}

impl Tier {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "exempt" => Self::Exempt,
            "open" => Self::Open,
            "std" => Self::Std,
            "action" => Self::Action,
            "heavy" => Self::Heavy,
            "ai" => Self::Ai,
            "sso" => Self::Sso,
            "login" => Self::Login,
            "login5" => Self::Login5,
            "power" => Self::Power,
            "agent" => Self::Agent,
            "stream" => Self::Stream,
            "hook30" => Self::Hook(30),
            "hook60" => Self::Hook(60),
            _ => Self::PerMinute(word.strip_prefix('q')?.parse().ok()?),
        })
    }
}

/// The rule of one route, as the table states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    pub family: Family,
    credentials: Vec<&'static str>,
    permission: &'static str,
    conditions: Vec<(&'static str, &'static str)>,
    pub tier: Tier,
}

impl AccessRule {
    /// Whether the credential column names `kind` (`public`, `session`, `jwt`, `apikey`, `query`, `wstoken` ...).
    pub fn takes(&self, kind: &str) -> bool {
        self.credentials.contains(&kind)
    }
    pub fn is_public(&self) -> bool {
        self.takes("public")
    }
    /// Agents, nodes and signed senders prove themselves to the handler.
    pub fn proves_itself(&self) -> bool {
        matches!(self.permission, "agent" | "node" | "signature" | "trigger")
    }
    /// The permission every caller needs; `self` and `public` are the pseudo permissions.
    pub fn permission(&self) -> &'static str {
        self.permission
    }
    /// The stricter permission under a documented condition, e.g. `other` = somebody else's account.
    pub fn permission_when(&self, condition: &str) -> Option<&'static str> {
        self.conditions.iter().find(|(c, _)| *c == condition).map(|(_, p)| *p)
    }
    pub fn credentials(&self) -> &[&'static str] {
        &self.credentials
    }
}

/// The whole table, looked up by method and path; parameter names do not matter.
pub struct Access {
    rules: HashMap<(Method, String), AccessRule>,
    order: Vec<(Method, &'static str)>,
}

impl Access {
    /// The table of the contract.
    pub fn contract() -> &'static Self {
        static TABLE: OnceLock<Access> = OnceLock::new();
        TABLE.get_or_init(|| Self::parse(&[DOCUMENTED, OWN]).expect("the access tables of the contract are well formed"))
    }

    fn parse(tables: &[&'static str]) -> Result<Self, String> {
        let mut access = Self { rules: HashMap::new(), order: Vec::new() };
        for line in tables.iter().flat_map(|t| t.lines().skip(1)).filter(|l| !l.trim().is_empty()) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [system, method, path, credentials, permission, tier] = columns[..] else {
                return Err(format!("six columns expected: {line}"));
            };
            let method = if method == "WS" { Method::GET } else { method.parse().map_err(|_| format!("method: {line}"))? };
            let mut parts = permission.split(';');
            let rule = AccessRule {
                family: Family::parse(system).ok_or_else(|| format!("system: {line}"))?,
                credentials: credentials.split(',').collect(),
                permission: parts.next().unwrap_or_default(),
                conditions: parts.filter_map(|p| p.split_once('=')).collect(),
                tier: Tier::parse(tier).ok_or_else(|| format!("tier: {line}"))?,
            };
            access.order.push((method.clone(), path));
            // Shared routes stand in several systems with the same rule; the first names the family.
            access.rules.entry((method, shape(path))).or_insert(rule);
        }
        Ok(access)
    }

    pub fn find(&self, method: &Method, path: &str) -> Option<&AccessRule> {
        self.rules.get(&(method.clone(), shape(path)))
    }

    /// Every line in file order.
    pub fn lines(&self) -> impl Iterator<Item = (&Method, &'static str)> {
        self.order.iter().map(|(m, p)| (m, *p))
    }
}

/// The path with every parameter written `{}`.
pub(crate) fn shape(path: &str) -> String {
    path.split('/').map(|s| if s.starts_with('{') { "{}" } else { s }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_tables_parse_and_name_known_rules() {
        let table = Access::contract();
        let rule = table.find(&Method::GET, "/api/stats").unwrap();
        assert_eq!((rule.permission(), rule.tier, rule.family), ("stats:read", Tier::Std, Family::Ops));
        assert!(rule.takes("apikey") && !rule.is_public());
        let disable = table.find(&Method::POST, "/api/auth/totp/disable").unwrap();
        assert_eq!(disable.permission_when("other"), Some("users:manage"));
        assert!(table.lines().count() > 600);
    }

    #[test]
    fn parameter_names_do_not_matter() {
        let table = Access::contract();
        assert_eq!(table.find(&Method::GET, "/api/hosts/{x}"), table.find(&Method::GET, "/api/hosts/{id}"));
        assert!(table.find(&Method::GET, "/api/nothing").is_none());
    }
}
