//! What a silence or a maintenance window covers: scope words (`rule:cpu_high`, `service:nginx`, a bare name) and label
//! matchers with `*` and `?`. Pure.

use argos_kernel::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An alert as scopes and matchers see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) rule_id: &'a str,
    pub(crate) group: &'a str,
    pub(crate) severity: Severity,
    pub(crate) labels: &'a Value,
    /// The machine of the server; alerts that name no other machine are about it.
    pub(crate) host: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Op {
    #[serde(rename = "=")]
    Is,
    #[serde(rename = "!=")]
    IsNot,
    /// Like, with `*` and `?`.
    #[serde(rename = "~")]
    Like,
    #[serde(rename = "!~")]
    NotLike,
}

/// One condition on a label; `rule`, `group`, `severity` and `host` are labels of every alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Matcher {
    pub label: String,
    pub op: Op,
    pub value: String,
}

impl Matcher {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.label.is_empty() || self.label.len() > 128 || self.value.len() > 512 {
            return Err("Invalid matchers: a label of 1 to 128 and a value of at most 512 characters".to_owned());
        }
        Ok(())
    }
    pub(crate) fn matches(&self, target: Target<'_>) -> bool {
        let found = target.label(&self.label);
        let text = found.as_deref().unwrap_or("");
        match self.op {
            Op::Is => text == self.value,
            Op::IsNot => text != self.value,
            Op::Like => like(&self.value, text),
            Op::NotLike => !like(&self.value, text),
        }
    }
}

/// Labels that name a machine.
const MACHINES: [&str; 4] = ["host", "agent", "device", "node"];

impl Target<'_> {
    fn own(&self, name: &str) -> Option<String> {
        match self.labels.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
    fn label(&self, name: &str) -> Option<String> {
        match name {
            "rule" | "rule_id" => Some(self.rule_id.to_owned()),
            "group" => Some(self.group.to_owned()),
            "severity" => self.own(name).or_else(|| Some(self.severity.ops_word().to_owned())),
            "host" => self.machine(),
            _ => self.own(name),
        }
    }
    fn machine(&self) -> Option<String> {
        MACHINES.iter().find_map(|m| self.own(m)).or_else(|| self.host.map(str::to_owned))
    }
    /// Whether one scope word means this alert.
    pub(crate) fn in_scope(&self, word: &str) -> bool {
        let word = word.trim();
        if word.eq_ignore_ascii_case("all") || word == "*" {
            return true;
        }
        match word.split_once(':') {
            Some(("rule", id)) => like(id, self.rule_id),
            Some(("group", name)) => like(name, self.group),
            Some(("host", name)) => self.machine().is_some_and(|m| like(name, &m)),
            Some((kind @ ("agent" | "device" | "node" | "service" | "tag" | "project"), name)) => {
                self.own(kind).is_some_and(|v| like(name, &v))
            }
            _ => {
                let labels = self.labels.as_object().into_iter().flatten();
                self.rule_id == word || self.machine().as_deref() == Some(word) || labels.filter_map(|(_, v)| v.as_str()).any(|v| v == word)
            }
        }
    }
}

/// Whether everything about `target` is covered: any scope word (none = all), and every matcher.
pub(crate) fn covers(scope: &[String], matchers: &[Matcher], target: Target<'_>) -> bool {
    (scope.is_empty() || scope.iter().any(|w| target.in_scope(w))) && matchers.iter().all(|m| m.matches(target))
}

/// `*` stands for any text, `?` for one character. Takes time in proportion to both lengths at worst.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star) = (0, 0, None::<(usize, usize)>);
    while j < t.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || t.get(j) == Some(c) => {
                i += 1;
                j += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                i = at + 1;
                j = from + 1;
            }
        }
    }
    p.iter().skip(i).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn naive(p: &[char], t: &[char]) -> bool {
        match p.split_first() {
            None => t.is_empty(),
            Some(('*', rest)) => (0..=t.len()).any(|n| naive(rest, &t[n..])),
            Some((c, rest)) => t.split_first().is_some_and(|(d, more)| (*c == '?' || c == d) && naive(rest, more)),
        }
    }

    proptest! {
        #[test]
        fn like_equals_trying_every_split(p in "[ab*?]{0,8}", t in "[ab]{0,8}") {
            let (pc, tc): (Vec<char>, Vec<char>) = (p.chars().collect(), t.chars().collect());
            prop_assert_eq!(like(&p, &t), naive(&pc, &tc));
        }
    }

    #[test]
    fn scopes_and_matchers_pick_their_alerts() {
        let labels = json!({ "service": "nginx" });
        let target =
            Target { rule_id: "service_failed", group: "service", severity: Severity::Error, labels: &labels, host: Some("web-1") };
        for word in ["rule:service_failed", "rule:service_*", "service:nginx", "nginx", "host:web-1", "web-1", "group:service", "all"] {
            assert!(target.in_scope(word), "{word}");
        }
        for word in ["rule:other", "service:redis", "agent:web-1", "host:web-2", "redis", ""] {
            assert!(!target.in_scope(word), "{word}");
        }
        let m = |label: &str, op, value: &str| Matcher { label: label.to_owned(), op, value: value.to_owned() };
        assert!(covers(&[], &[m("service", Op::Like, "ng*"), m("severity", Op::Is, "danger")], target));
        assert!(!covers(&[], &[m("service", Op::Like, "ng*"), m("host", Op::IsNot, "web-1")], target));
        assert!(covers(&[], &[m("mount", Op::NotLike, "/data*")], target), "a label it has not is empty");
        let other = json!({ "agent": "db-1" });
        assert!(!Target { labels: &other, ..target }.in_scope("host:web-1"), "an alert about another machine is not about this one");
    }
}
