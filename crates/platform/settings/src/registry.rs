//! The registry of all settings keys, read once from `contract/settings.tsv`. A line that cannot be understood is a
//! defect of the build: the tests of this module read every line, and so does the first start.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::env_names::{EnvName, env_names};
use crate::rule::Rule;

const TABLE: &str = include_str!("../../../../contract/settings.tsv");
/// Per key the unit of a number and what the key does, in a sentence or two. A key without a line is a defect.
const DESCRIPTIONS: &str = include_str!("../../../../contract/settings.descriptions.tsv");
/// Keys that nothing reads yet, and why.
const UNUSED: &str = include_str!("../../../../contract/settings.unused.tsv");

/// loopback, RFC 1918 and unique local addresses
const PRIVATE_RANGES: [&str; 6] = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
/// Defaults that say where a value comes from rather than what it is. The one who uses the key knows it.
const DEFAULTS_ELSEWHERE: [&str; 9] =
    ["", "generated file", "generated", "HKDF child", "hostname", "documented", "documented source", "vendor", "per provider"];

/// When a key is read and who wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// B: command line, environment or file at start; restart to change.
    Bootstrap,
    /// R: stored and changed while running; environment and file seed the first start.
    Runtime,
    /// V: like R, but an environment or file value always wins and locks it.
    Override,
    /// RO: written by its own routes or by Argos itself.
    ReadOnly,
}

impl Class {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bootstrap => "B",
            Self::Runtime => "R",
            Self::Override => "V",
            Self::ReadOnly => "RO",
        }
    }
}

/// The type of a value. In JSON: numbers, booleans, text, arrays of text for the list kinds, objects, arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Path,
    /// `host:port`; `off` too when the flag is set.
    Addr {
        off: bool,
    },
    Int,
    Num,
    Bool,
    Url,
    Enum,
    /// A list shown as an array.
    List,
    /// A list shown as comma-separated text.
    Csv,
    /// A list of different words.
    Set,
    Cidrs,
    Origins,
    Object,
    Array,
    Json,
    Time,
    Ip,
    Domain,
    Cron,
    Timezone,
    /// `true`, `false` or the path of a certificate authority.
    VerifyTls,
}

impl Kind {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::Text,
            "path" => Self::Path,
            "addr" => Self::Addr { off: false },
            "addr/off" => Self::Addr { off: true },
            "int" => Self::Int,
            "num" => Self::Num,
            "bool" => Self::Bool,
            "url" => Self::Url,
            "enum" => Self::Enum,
            "list" => Self::List,
            "csv" => Self::Csv,
            "set" => Self::Set,
            "cidr list" => Self::Cidrs,
            "origin list" => Self::Origins,
            "object" => Self::Object,
            "array" => Self::Array,
            "json" => Self::Json,
            "time" => Self::Time,
            "ip" => Self::Ip,
            "domain" => Self::Domain,
            "cron" => Self::Cron,
            "tz" => Self::Timezone,
            "bool or CA path" => Self::VerifyTls,
            _ => return None,
        })
    }
    /// Stored as an array of texts.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Csv | Self::Set | Self::Cidrs | Self::Origins)
    }
    /// Any JSON structure, where secrets may hide at any depth.
    pub const fn is_structured(self) -> bool {
        matches!(self, Self::Object | Self::Array | Self::Json)
    }
    /// Stored as one text.
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Path
                | Self::Addr { .. }
                | Self::Url
                | Self::Enum
                | Self::Time
                | Self::Ip
                | Self::Domain
                | Self::Cron
                | Self::Timezone
        )
    }
}

/// One key with everything the registry says about it.
pub struct Spec {
    pub key: &'static str,
    pub class: Class,
    /// The part it belongs to, e.g. `edge`.
    pub owner: &'static str,
    pub kind: Kind,
    /// The type as the registry words it.
    pub type_text: &'static str,
    pub secret: bool,
    /// The default value; `None` when there is none, or when it is made elsewhere (see `default_text`).
    pub default: Option<Value>,
    /// The default as the registry words it.
    pub default_text: &'static str,
    /// The rule as the registry words it.
    pub rule_text: &'static str,
    pub(crate) rule: Rule,
    pub(crate) env: Vec<EnvName>,
    /// The member of the flat ops map that shows this key.
    pub ops_name: Option<&'static str>,
    /// The command-line flag, e.g. `--listen`.
    pub flag: Option<&'static str>,
    /// What it does, in a sentence or two.
    pub description: &'static str,
    /// What its number counts, e.g. `seconds`; `None` where there is nothing to count.
    pub unit: Option<&'static str>,
    /// Why nothing reads it yet; `None` = it has an effect.
    pub unused: Option<&'static str>,
}

impl Spec {
    fn parse(line: &'static str) -> Result<Self, String> {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [key, class, owner, type_text, secret, default_text, rule_text, env, view] = columns[..] else {
            return Err(format!("nine columns expected: {line}"));
        };
        let class = match class {
            "B" => Class::Bootstrap,
            "R" => Class::Runtime,
            "V" => Class::Override,
            "RO" => Class::ReadOnly,
            _ => return Err(format!("{key}: class {class}")),
        };
        let kind = match type_text {
            // A set of named members (url, token, topic ...), not of words.
            "set" if key.starts_with("power.alert.seed_") => Kind::Object,
            word => Kind::parse(word).ok_or_else(|| format!("{key}: type {word}"))?,
        };
        let default = default_value(key, kind, default_text)?;
        // The healing keys have a route of their own; their view column names that, not a member of the map.
        let ops_name = view.split("; ").filter_map(|v| v.strip_prefix("O ")).find(|name| *name != "healing");
        Ok(Self {
            key,
            class,
            owner,
            kind,
            type_text,
            secret: secret == "1",
            default,
            default_text,
            rule_text,
            rule: Rule::parse(key, kind, rule_text),
            env: env_names(key, class, env),
            ops_name,
            flag: view.strip_prefix("cli "),
            description: "",
            unit: None,
            unused: None,
        })
    }
}

fn default_value(key: &str, kind: Kind, text: &'static str) -> Result<Option<Value>, String> {
    if DEFAULTS_ELSEWHERE.contains(&text) || (kind == Kind::Path && text == "auto") {
        return Ok(None);
    }
    let bad = || format!("{key}: default {text}");
    let value = match kind {
        Kind::Int => json!(text.parse::<i64>().map_err(|_| bad())?),
        Kind::Num => json!(text.parse::<f64>().map_err(|_| bad())?),
        Kind::Bool | Kind::VerifyTls => json!(text.parse::<bool>().map_err(|_| bad())?),
        Kind::Cidrs if text.contains("RFC 1918") || text == "same six ranges" => json!(PRIVATE_RANGES),
        _ if kind.is_list() => {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            json!(inner.split(',').map(str::trim).filter(|w| !w.is_empty()).collect::<Vec<_>>())
        }
        _ if kind.is_structured() => serde_json::from_str(text).map_err(|_| bad())?,
        _ => json!(text),
    };
    Ok(Some(value))
}

/// All keys, in registry order.
pub struct Registry {
    specs: Vec<Spec>,
    by_key: HashMap<&'static str, usize>,
    by_ops_name: HashMap<&'static str, usize>,
    by_env: HashMap<String, (usize, usize)>,
}

impl Registry {
    fn parse(table: &'static str) -> Result<Self, String> {
        let specs = table.lines().skip(1).filter(|l| !l.is_empty()).map(Spec::parse).collect::<Result<Vec<_>, _>>()?;
        let mut specs = specs;
        for line in DESCRIPTIONS.lines().skip(1) {
            let [key, unit, text] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("three columns expected: {line}"));
            };
            let spec = specs.iter_mut().find(|s| s.key == key).ok_or_else(|| format!("{key}: described but not a key"))?;
            if !std::mem::replace(&mut spec.description, text).is_empty() {
                return Err(format!("{key}: described twice"));
            }
            spec.unit = Some(unit).filter(|u| !u.is_empty());
        }
        for line in UNUSED.lines().skip(1) {
            let (key, why) = line.split_once('\t').ok_or_else(|| format!("two columns expected: {line}"))?;
            let spec = specs.iter_mut().find(|s| s.key == key).ok_or_else(|| format!("{key}: unused but not a key"))?;
            spec.unused = Some(why);
        }
        if let Some(spec) = specs.iter().find(|s| s.description.is_empty()) {
            return Err(format!("{}: has no description", spec.key));
        }
        let mut registry = Self { specs, by_key: HashMap::new(), by_ops_name: HashMap::new(), by_env: HashMap::new() };
        for (at, spec) in registry.specs.iter().enumerate() {
            if registry.by_key.insert(spec.key, at).is_some() {
                return Err(format!("{}: listed twice", spec.key));
            }
            if let Some(name) = spec.ops_name
                && registry.by_ops_name.insert(name, at).is_some()
            {
                return Err(format!("{name}: the name of two keys"));
            }
            for (n, env) in spec.env.iter().enumerate() {
                if registry.by_env.insert(env.name.clone(), (at, n)).is_some() {
                    return Err(format!("{}: the variable of two keys", env.name));
                }
            }
        }
        Ok(registry)
    }

    pub fn specs(&self) -> &[Spec] {
        &self.specs
    }
    pub fn find(&self, key: &str) -> Option<&Spec> {
        self.by_key.get(key).map(|at| &self.specs[*at])
    }
    /// The key a member of the flat ops map stands for.
    pub fn find_ops(&self, name: &str) -> Option<&Spec> {
        self.by_ops_name.get(name).map(|at| &self.specs[*at])
    }
    /// The key an environment variable stands for. `NOBA_X` and `ARGOS_X` are the same name.
    pub(crate) fn find_env(&self, name: &str) -> Option<(&Spec, &EnvName)> {
        let twin = || match name.split_once('_')? {
            ("NOBA", rest) => Some(format!("ARGOS_{rest}")),
            ("ARGOS", rest) => Some(format!("NOBA_{rest}")),
            _ => None,
        };
        let (at, n) = self.by_env.get(name).or_else(|| self.by_env.get(&twin()?))?;
        self.specs.get(*at).and_then(|spec| Some((spec, spec.env.get(*n)?)))
    }
}

/// The registry of this build.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry::parse(TABLE).expect("the settings table of the contract is well formed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        assert_eq!(registry().specs().len(), 499);
        let spec = registry().find("metrics.raw_days").unwrap();
        assert_eq!((spec.class, spec.kind, spec.default.clone()), (Class::Runtime, Kind::Int, Some(json!(2))));
        assert_eq!(registry().find_ops("serverUrl").unwrap().key, "http.public_url");
        assert_eq!(registry().find_ops("oidcProviderUrl").unwrap().key, "oidc.issuer_url");
        assert!(registry().find_ops("healing").is_none());
        assert_eq!(registry().find("http.listen").unwrap().flag, Some("--listen"));
    }

    #[test]
    fn every_key_says_what_it_does_and_every_number_what_it_counts() {
        for spec in registry().specs() {
            let text = spec.description;
            assert!(text.ends_with('.') && text.len() <= 140 && !text.contains(spec.key), "{}: {text}", spec.key);
            let counts = matches!(spec.kind, Kind::Int | Kind::Num) && !spec.key.ends_with("port") && spec.key != "llm.temperature";
            assert_eq!(spec.unit.is_some(), counts, "{}", spec.key);
        }
    }

    #[test]
    fn every_default_obeys_its_own_rule() {
        for spec in registry().specs() {
            // `:7422` and `sqlite` are shorthands their readers expand; an empty path list has no file yet.
            let shorthand = matches!(spec.key, "appsec.block_url" | "appsec.detect_url" | "database.url");
            if let (Some(default), false) = (&spec.default, shorthand) {
                let checked = spec.rule.check(spec, default.clone());
                assert_eq!(checked.as_ref(), Ok(default), "{}", spec.key);
            }
        }
    }

    #[test]
    fn every_key_that_may_be_given_has_its_canonical_variable() {
        for spec in registry().specs() {
            let canonical = format!("ARGOS_{}", spec.key.replace('.', "_").to_uppercase());
            let found = registry().find_env(&canonical).map(|(s, _)| s.key);
            assert_eq!(found, (spec.class != Class::ReadOnly).then_some(spec.key), "{canonical}");
        }
        assert_eq!(registry().find_env("ARGOS_HISTORY_DAYS").unwrap().0.key, "metrics.raw_days");
        assert_eq!(registry().find_env("NOBA_LISTEN").unwrap().0.key, "http.listen");
        assert!(registry().find_env("ARGOS_NO_SUCH_THING").is_none());
    }
}
