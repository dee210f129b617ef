//! Which events are wanted, for lists (in SQL) and for live streams (in memory). Both must agree.

use std::sync::Arc;

use argos_kernel::{Severity, Timestamp};
use argos_store::{Value, args};

use crate::event::{Event, Source};
use crate::kinds::Pattern;

/// Whose events may be seen at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Node uids; `None` = every node. Events without a node are always in scope.
    pub nodes: Option<Arc<[String]>>,
    /// Whether events of organizations are shown.
    pub organizations: bool,
    /// Of this organization they are shown all the same.
    pub house: Option<i64>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { nodes: None, organizations: true, house: None }
    }
}

impl Scope {
    /// As the store takes it: 0 = of all organizations, -1 = of none, else of this one.
    fn organization(&self) -> i64 {
        if self.organizations { 0 } else { self.house.unwrap_or(-1) }
    }
    pub fn sees(&self, e: &Event) -> bool {
        let node = match (&self.nodes, &e.node_uid) {
            (Some(nodes), Some(node)) => nodes.contains(node),
            _ => true,
        };
        node && (self.organizations || e.organization_id.is_none() || e.organization_id == self.house)
    }
}

/// All members are ANDed; an empty list or `None` = any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Inclusive, by `created_at`.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub sources: Vec<Source>,
    pub severities: Vec<Severity>,
    /// Substring of message, kind, subject or actor, whatever the case.
    pub text: Option<String>,
    pub subject_type: Option<String>,
    pub subject_id: Option<String>,
    /// Any of these. Lists accept one pattern only.
    pub kinds: Vec<Pattern>,
    pub scope: Scope,
}

impl Filter {
    pub(crate) fn args(&self) -> Vec<Value> {
        let words = |all: Vec<&'static str>| if all.is_empty() { None } else { Some(all.join(",")) };
        let (kind, prefix) = match self.kinds.first() {
            None => (None, None),
            Some(Pattern::Exact(k)) => (Some(k.clone()), None),
            Some(Pattern::Prefix(p)) => (None, Some(format!("{}%", escaped(p)))),
        };
        args![
            self.from,
            self.to,
            words(self.sources.iter().map(|s| s.as_str()).collect()),
            words(self.severities.iter().map(|s| s.as_str()).collect()),
            self.text.as_deref().map(|t| format!("%{}%", escaped(t))),
            self.subject_type.as_deref(),
            self.subject_id.as_deref(),
            kind,
            prefix,
            self.scope.nodes.as_ref().map(|n| n.join(",")),
            self.scope.organization(),
        ]
    }

    /// The same decision for an event in hand (times are not looked at: a live event is now).
    pub fn matches(&self, e: &Event) -> bool {
        let text = |t: &String| {
            let t = t.to_lowercase();
            let subject = e.subject_name.as_deref().or(e.subject_id.as_deref()).unwrap_or_default();
            [e.message.as_str(), e.kind.as_str(), subject, e.actor.as_deref().unwrap_or_default()]
                .iter()
                .any(|f| f.to_lowercase().contains(&t))
        };
        self.scope.sees(e)
            && (self.sources.is_empty() || self.sources.contains(&e.source))
            && (self.severities.is_empty() || self.severities.contains(&e.severity))
            && (self.kinds.is_empty() || self.kinds.iter().any(|p| p.matches(&e.kind)))
            && self.subject_type.as_ref().is_none_or(|s| e.subject_type.as_ref() == Some(s))
            && self.subject_id.as_ref().is_none_or(|s| e.subject_id.as_ref() == Some(s))
            && self.text.as_ref().is_none_or(text)
    }
}

/// Escapes the wildcards of `like` with `\`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
