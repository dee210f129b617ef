//! The registry of event kinds: what each means, its default severity, its other documented names and how long it
//! is kept. Rules, subscriptions and webhooks may name the canonical kind, an alias, or `prefix.*`.

use argos_kernel::Severity;

use crate::event::Source;

/// Which retention rule a kind follows (platform spec 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// 90 days: edge, ops, platform, quality.
    Standard,
    /// 365 days.
    Power,
    /// `events_retention_days`.
    Nodes,
    /// As the audit log: `security.*`.
    Audit,
}

/// One kind of event.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The canonical dotted name, or an open family `prefix.*`.
    pub kind: &'static str,
    pub source: Source,
    pub severity: Severity,
    pub description: &'static str,
    /// The `data` of a typical event, as JSON text.
    pub sample: &'static str,
    /// Other documented names of the same kind.
    pub aliases: &'static [&'static str],
    /// The kind this one ends, when the two are a pair.
    pub resolves: Option<&'static str>,
    pub retention: Retention,
    /// Nothing publishes it yet: a rule may name it already, and nobody is offered it.
    pub is_planned: bool,
}

impl Kind {
    /// A kind with standard retention and no alias; use struct update syntax for the rest.
    pub const fn new(kind: &'static str, source: Source, severity: Severity, description: &'static str, sample: &'static str) -> Self {
        Self {
            kind,
            source,
            severity,
            description,
            sample,
            aliases: &[],
            resolves: None,
            retention: Retention::Standard,
            is_planned: false,
        }
    }
    pub(crate) const fn aka(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
    pub(crate) const fn ends(mut self, kind: &'static str) -> Self {
        self.resolves = Some(kind);
        self
    }
    const fn planned(mut self) -> Self {
        self.is_planned = true;
        self
    }
    const fn as_audit(mut self) -> Self {
        self.retention = Retention::Audit;
        self
    }
    fn names(&self, word: &str) -> bool {
        self.kind == word || self.aliases.contains(&word) || self.kind.strip_suffix('*').is_some_and(|p| word.starts_with(p))
    }
}

use crate::edge_kinds::EDGE;
use crate::node_kinds::NODES;
use crate::power_kinds::POWER;
use crate::quality_kinds::QUALITY;
use Severity::{Critical, Error, Info, Warning};
use Source::{Ops, Platform};

/// Kinds the platform itself publishes.
pub const PLATFORM: &[Kind] = &[
    Kind::new("auth.login", Platform, Info, "Somebody signed in.", r#"{"username":"ada","ip":"192.0.2.7"}"#),
    Kind::new("auth.login_failed", Platform, Warning, "A sign-in was refused.", r#"{"username":"ada","ip":"192.0.2.7"}"#)
        .aka(&["login_failed"]),
    Kind::new(
        "auth.locked",
        Platform,
        Warning,
        "Too many failed sign-ins; the account or address waits.",
        r#"{"username":"ada","ip":"192.0.2.7"}"#,
    ),
    Kind::new("auth.user_changed", Platform, Info, "A user was created, changed or removed.", r#"{"username":"ada","change":"created"}"#),
    Kind::new(
        "security.alert",
        Platform,
        Critical,
        "A security invariant is broken, e.g. the audit chain.",
        r#"{"reason":"audit chain broken at row 12"}"#,
    )
    .as_audit(),
    Kind::new(
        "security.access_denied",
        Platform,
        Warning,
        "A caller was refused repeatedly.",
        r#"{"username":"ada","ip":"192.0.2.7","operation":"users.list","times":5}"#,
    )
    .as_audit(),
    Kind::new("security.session_revoked", Platform, Info, "Sessions of a user were ended.", r#"{"username":"ada"}"#).as_audit(),
    Kind::new("system.started", Platform, Info, "Argos is ready.", r#"{"version":"2.10.0","replica":"a"}"#),
    Kind::new("system.stopping", Platform, Info, "Argos was told to stop, or to start anew.", r#"{"replica":"a","restarts":false}"#),
    Kind::new("system.health_degraded", Platform, Critical, "A component of Argos failed twice in a row.", r#"{"component":"database"}"#)
        .aka(&["health_degraded"]),
    Kind::new("system.health_restored", Platform, Info, "The component answers again.", r#"{"component":"database"}"#)
        .ends("system.health_degraded"),
    Kind::new(
        "config_change",
        Platform,
        Info,
        "A setting or an object of the configuration changed.",
        r#"{"key":"http.public_url","action":"update"}"#,
    ),
    Kind::new(
        "backup.completed",
        Platform,
        Info,
        "A backup was written.",
        r#"{"file":"argos-backup-20260101-020000.tar.gz","size_bytes":1048576}"#,
    )
    .aka(&["backup_completed"])
    .ends("backup.failed"),
    Kind::new("backup.failed", Platform, Error, "A backup could not be written.", r#"{"error":"No space left on device"}"#)
        .aka(&["backup_failed"]),
    Kind::new(
        "backup.restored",
        Platform,
        Warning,
        "The first start after a restore.",
        r#"{"file":"argos-backup-20260101-020000.tar.gz"}"#,
    )
    .aka(&["config_restored"]),
    Kind::new(
        "notification.failed",
        Platform,
        Error,
        "A notification could not be delivered after its last attempt.",
        r#"{"channel":"mail","error":"connection refused"}"#,
    ),
    Kind::new(
        "secret.unreadable",
        Platform,
        Error,
        "A stored secret cannot be opened with the master key.",
        r#"{"where":"channels.config"}"#,
    ),
    Kind::new("secret.rotated", Platform, Info, "A stored secret or key generation was replaced.", r#"{"where":"vault"}"#),
    Kind::new("replica.joined", Platform, Info, "A replica started.", r#"{"replica":"a"}"#),
    Kind::new("replica.lost", Platform, Warning, "A replica stopped answering.", r#"{"replica":"a"}"#),
];

/// Kinds of the ops part that exist today or that table 4.2 of the platform spec names.
pub const OPS: &[Kind] = &[
    Kind::new("webhook.received", Platform, Info, "A webhook was called by its sender.", r#"{"source":"github","event_type":"push"}"#),
    Kind::new("alert.firing", Ops, Warning, "An alert rule fires.", r#"{"rule_id":"cpu_high","value":97.5}"#),
    Kind::new("alert.resolved", Ops, Info, "The alert is over.", r#"{"rule_id":"cpu_high","duration_s":310}"#).ends("alert.firing"),
    Kind::new("alert.escalated", Ops, Error, "Nobody acknowledged the alert in time.", r#"{"rule_id":"cpu_high","step":2}"#),
    Kind::new("agent.offline", Ops, Error, "A machine's agent stopped reporting.", r#"{"hostname":"web-1"}"#).planned(),
    Kind::new("agent.online", Ops, Info, "The agent reports again.", r#"{"hostname":"web-1"}"#).ends("agent.offline").planned(),
    Kind::new(
        "endpoint.down",
        Ops,
        Error,
        "A monitored endpoint does not answer as it should.",
        r#"{"url":"https://app.example.com","error":"timeout"}"#,
    )
    .planned(),
    Kind::new("endpoint.up", Ops, Info, "The endpoint answers again.", r#"{"url":"https://app.example.com"}"#)
        .ends("endpoint.down")
        .planned(),
    Kind::new("cert_expiry", Ops, Warning, "A monitored certificate expires soon.", r#"{"host":"app.example.com","days_left":12}"#)
        .planned(),
    Kind::new("config_drift", Ops, Warning, "A watched file differs from its baseline.", r#"{"path":"/etc/ssh/sshd_config"}"#).planned(),
    Kind::new("incident.opened", Ops, Error, "An incident was opened.", r#"{"title":"Checkout fails"}"#),
    Kind::new("incident.updated", Ops, Info, "An incident changed.", r#"{"status":"monitoring"}"#),
    Kind::new("incident.resolved", Ops, Info, "The incident is over.", r#"{"title":"Checkout fails"}"#).ends("incident.opened"),
    Kind::new(
        "heal.requested",
        Ops,
        Info,
        "An alert fires whose rule wants an action done; autonomy says whether it may be done at once or has to be approved.",
        r#"{"rule_id":"web_down","firing_id":7,"action":{"type":"restart_container","target":"web"},"autonomy":"execute"}"#,
    ),
    Kind::new(
        "heal.succeeded",
        Ops,
        Info,
        "The action of an alert rule was done.",
        r#"{"rule_id":"web_down","action":"run the schedule 7","job_id":42}"#,
    ),
    Kind::new(
        "heal.failed",
        Ops,
        Error,
        "The action of an alert rule failed.",
        r#"{"rule_id":"web_down","action":"run the schedule 7","job_id":42}"#,
    ),
    Kind::new("heal.*", Ops, Info, "A healing action ended; the word is its outcome.", r#"{"action":"restart_service","target":"nginx"}"#)
        .planned(),
    Kind::new("job.succeeded", Ops, Info, "A job ended well.", r#"{"job":"script"}"#),
    Kind::new("job.failed", Ops, Error, "A job failed for good.", r#"{"job":"script","error":"Exit code 1"}"#),
    Kind::new("job.timeout", Ops, Error, "A job ran out of time.", r#"{"job":"script"}"#),
    Kind::new("job.cancelled", Ops, Info, "A job was cancelled.", r#"{"job":"script"}"#),
    Kind::new(
        "schedule.skipped",
        Ops,
        Warning,
        "A schedule's slot was not run.",
        r#"{"schedule":"nightly","reason":"missed by more than its grace"}"#,
    ),
    Kind::new("schedule.failed", Ops, Warning, "What was due by the clock failed.", r#"{"schedule":"nightly","error":"Exit code 1"}"#),
    Kind::new("schedule.recovered", Ops, Info, "It ran well again, or is not due any more.", r#"{"schedule":"nightly"}"#)
        .ends("schedule.failed"),
    Kind::new("approval.requested", Ops, Warning, "Somebody must decide.", r#"{"action":"restart_service"}"#),
    Kind::new("approval.decided", Ops, Info, "The decision was taken.", r#"{"status":"approved"}"#).ends("approval.requested"),
    Kind::new("approval.expired", Ops, Warning, "Nobody decided in time.", r#"{"action":"restart_service"}"#).ends("approval.requested"),
    Kind::new(
        "approval.nobody",
        Ops,
        Critical,
        "Nobody may approve what was asked for, so it was refused.",
        r#"{"approval_id":7,"permission":"automations:run"}"#,
    ),
    Kind::new(
        "maintenance.started",
        Ops,
        Info,
        "A maintenance window began; what it withholds is in its data.",
        r#"{"name":"rack move","scope":["device:ups-1"],"suppress_shutdown":true,"heal_action":"suppress"}"#,
    ),
    Kind::new("maintenance.ended", Ops, Info, "A maintenance window ended.", r#"{"name":"rack move"}"#).ends("maintenance.started"),
    Kind::new("update.available", Ops, Info, "A newer release of Argos exists.", r#"{"version":"2.11.0"}"#).planned(),
];

/// Every kind of the running product: those above and those the domains bring.
#[derive(Clone, Debug)]
pub struct Kinds(Vec<&'static Kind>);

impl Kinds {
    /// The platform's, ops' and power's kinds and the given lists.
    pub fn with(more: &[&'static [Kind]]) -> Self {
        Self(
            PLATFORM
                .iter()
                .chain(OPS)
                .chain(POWER)
                .chain(EDGE)
                .chain(NODES)
                .chain(QUALITY)
                .chain(more.iter().flat_map(|list| list.iter()))
                .collect(),
        )
    }
    /// Those that are published: what somebody may be offered.
    pub fn all(&self) -> impl Iterator<Item = &'static Kind> + '_ {
        self.registered().filter(|k| !k.is_planned)
    }
    /// Those too that nothing publishes yet.
    pub fn registered(&self) -> impl Iterator<Item = &'static Kind> + '_ {
        self.0.iter().copied()
    }
    /// The kind that carries this canonical name or alias, or the open family it falls in.
    pub fn find(&self, word: &str) -> Option<&'static Kind> {
        let exact = self.0.iter().find(|k| k.kind == word || k.aliases.contains(&word));
        exact.or_else(|| self.0.iter().find(|k| k.names(word))).copied()
    }
    /// The canonical spelling of a name: an alias becomes its kind, anything else stays.
    pub fn canonical(&self, word: &str) -> String {
        match self.find(word) {
            Some(k) if !k.kind.ends_with('*') => k.kind.to_owned(),
            _ => word.to_owned(),
        }
    }
    /// Compiles a subscription: canonical kinds, aliases, `prefix.*` or `*`.
    pub fn pattern(&self, word: &str) -> Pattern {
        match word.strip_suffix('*') {
            Some(prefix) => Pattern::Prefix(prefix.to_owned()),
            None => Pattern::Exact(self.canonical(word)),
        }
    }
}

/// One compiled name of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Exact(String),
    /// Everything that starts like this, with its dot.
    Prefix(String),
}

impl Pattern {
    pub fn matches(&self, kind: &str) -> bool {
        match self {
            Self::Exact(k) => k == kind,
            Self::Prefix(p) => kind.starts_with(p.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn registry_names_are_unique_and_every_pair_and_sample_is_valid() {
        let kinds = Kinds::with(&[]);
        let mut seen = HashSet::new();
        for k in kinds.registered() {
            assert!(seen.insert(k.kind), "{} twice", k.kind);
            for alias in k.aliases {
                assert!(seen.insert(alias), "{alias} twice");
            }
            assert!(serde_json::from_str::<serde_json::Value>(k.sample).unwrap().is_object(), "{}", k.kind);
            assert!(!k.description.is_empty());
            assert!(k.resolves.is_none_or(|r| kinds.find(r).is_some()), "{}", k.kind);
            assert_eq!(k.retention == Retention::Audit, k.kind.starts_with("security."), "{}", k.kind);
        }
    }

    #[test]
    fn names_and_aliases_lead_to_one_canonical_kind() {
        let kinds = Kinds::with(&[]);
        assert_eq!(kinds.canonical("login_failed"), "auth.login_failed");
        assert_eq!(kinds.canonical("heal.verified"), "heal.verified");
        assert_eq!(kinds.canonical("never.heard.of"), "never.heard.of");
        assert_eq!(kinds.find("heal.verified").unwrap().kind, "heal.*");
        assert!(kinds.pattern("backup_failed").matches("backup.failed"));
        assert!(kinds.pattern("alert.*").matches("alert.firing") && !kinds.pattern("alert.*").matches("alerting"));
        assert!(kinds.pattern("*").matches("anything"));
    }
}
