//! A notification rule: which events go to one channel.

use argos_events::{Event, Kinds};
use argos_kernel::{Severity, Timestamp, Uid};

use crate::model::condition::{at, has_tag, read};
use crate::model::envelope::shown_severity;

/// A rule as it is stored. Empty lists mean "any".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) name: String,
    pub(crate) channel_id: i64,
    /// Kinds, aliases or `prefix.*`, as written.
    pub(crate) kinds: Vec<String>,
    pub(crate) severities: Vec<Severity>,
    /// At least this; besides `severities`.
    pub(crate) min_severity: Option<Severity>,
    pub(crate) host_ids: Vec<i64>,
    pub(crate) device_ids: Vec<String>,
    pub(crate) node_ids: Vec<String>,
    /// At least one of these.
    pub(crate) tags: Vec<String>,
    /// As written; all must hold.
    pub(crate) conditions: serde_json::Value,
    /// Paths into the event whose values throttling tells apart, separated by commas; `None` = the subject.
    pub(crate) throttle_key: Option<String>,
    /// How much it matters to whoever set it; `None` = as the event's severity says.
    pub(crate) priority: Option<Priority>,
    /// Instead of the channel's.
    pub(crate) template: Option<String>,
    /// Seconds in which one kind about one subject is sent once; 0 = always.
    pub(crate) throttle_s: i64,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// How much a message matters. What is urgent passes quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

impl Priority {
    const WORDS: [(&'static str, Self); 4] = [("low", Self::Low), ("normal", Self::Normal), ("high", Self::High), ("urgent", Self::Urgent)];
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, p)| *p)
    }
    pub(crate) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, p)| *p == self).map_or("normal", |(w, _)| w)
    }
}

impl Rule {
    pub(crate) fn matches(&self, kinds: &Kinds, event: &Event) -> bool {
        self.enabled
            && self.kinds.iter().any(|k| kinds.pattern(k).matches(&event.kind))
            && (self.severities.is_empty() || self.severities.contains(&shown_severity(event.severity)))
            && self.min_severity.is_none_or(|least| shown_severity(event.severity) >= least)
            && is_among(&self.device_ids, &["device", "power_device"], event)
            && is_among(&self.node_ids, &["node", "flow", "tunnel"], event)
            && (self.host_ids.is_empty() || host_of(event).is_some_and(|h| self.host_ids.contains(&h)))
            && (self.tags.is_empty() || has_tag(event, &self.tags))
            // What is stored was judged when it was saved; what cannot be read any more matches nothing.
            && read(&self.conditions).is_ok_and(|all| all.iter().all(|c| c.holds(event)))
    }

    /// What throttling tells apart besides rule and kind.
    pub(crate) fn throttled_by(&self, event: &Event) -> String {
        match &self.throttle_key {
            None => subject_of(event),
            Some(paths) => paths.split(',').map(|p| at(event, p.trim()).unwrap_or_default()).collect::<Vec<_>>().join("|"),
        }
    }
}

/// Whether the event is about one of these; an empty list means any.
fn is_among(ids: &[String], types: &[&str], event: &Event) -> bool {
    let subject = event.subject_id.as_deref().filter(|_| event.subject_type.as_deref().is_some_and(|t| types.contains(&t)));
    let inside = event.data.get(format!("{}_id", types.first().unwrap_or(&""))).and_then(serde_json::Value::as_str);
    ids.is_empty() || subject.into_iter().chain(inside).any(|id| ids.iter().any(|i| i == id))
}

fn host_of(event: &Event) -> Option<i64> {
    let subject = event.subject_id.as_deref().filter(|_| event.subject_type.as_deref() == Some("host"));
    subject.and_then(|id| id.parse().ok()).or_else(|| event.data.get("host_id").and_then(serde_json::Value::as_i64))
}

/// What throttling tells apart besides rule and kind.
pub(crate) fn subject_of(event: &Event) -> String {
    format!("{}:{}", event.subject_type.as_deref().unwrap_or_default(), event.subject_id.as_deref().unwrap_or_default())
}

#[cfg(test)]
pub(super) mod tests {
    use argos_events::Source;
    use serde_json::json;

    use super::*;

    fn rule(kind: &str, severities: &[Severity], host_ids: &[i64]) -> Rule {
        Rule {
            id: 1,
            uid: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
            name: String::new(),
            channel_id: 1,
            kinds: vec![kind.to_owned()],
            severities: severities.to_vec(),
            min_severity: None,
            host_ids: host_ids.to_vec(),
            device_ids: Vec::new(),
            node_ids: Vec::new(),
            tags: Vec::new(),
            conditions: serde_json::Value::Null,
            throttle_key: None,
            priority: None,
            template: None,
            throttle_s: 0,
            enabled: true,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    /// A failed sign-in at host 7.
    pub(in crate::model) fn event() -> Event {
        Event {
            id: 1,
            uid: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
            source: Source::Platform,
            kind: "auth.login_failed".to_owned(),
            severity: Severity::Debug,
            subject_type: Some("host".to_owned()),
            subject_id: Some("7".to_owned()),
            subject_name: None,
            organization_id: None,
            project_id: None,
            node_uid: None,
            message: String::new(),
            data: json!({}),
            dedup_key: None,
            correlation_id: None,
            actor: None,
            event_time: None,
            created_at: Timestamp::default(),
            repeat_count: 1,
            last_at: Timestamp::default(),
            acknowledged_by: None,
            acknowledged_by_uid: None,
            acknowledged_at: None,
            note: None,
        }
    }

    #[test]
    fn throttling_tells_apart_what_the_key_names() {
        let e = Event { data: json!({"host": "web-1", "tags": ["prod"]}), ..event() };
        let by = |key: Option<&str>| Rule { throttle_key: key.map(str::to_owned), ..rule("*", &[], &[]) }.throttled_by(&e);
        assert_eq!(by(None), "host:7");
        assert_eq!(by(Some("data.host, kind")), "web-1|auth.login_failed");
        assert_eq!(by(Some("data.absent")), "");
        let kinds = Kinds::with(&[]);
        let tagged = |tag: &str| Rule { tags: vec![tag.to_owned()], ..rule("*", &[], &[]) }.matches(&kinds, &e);
        assert!(tagged("prod") && !tagged("test"));
    }

    #[test]
    fn rules_match_by_kind_alias_family_severity_and_host() {
        let kinds = Kinds::with(&[]);
        let event = event();
        for (kind, yes) in [("login_failed", true), ("auth.login_failed", true), ("auth.*", true), ("*", true), ("alert.*", false)] {
            assert_eq!(rule(kind, &[], &[]).matches(&kinds, &event), yes, "{kind}");
        }
        assert!(rule("*", &[Severity::Info], &[7]).matches(&kinds, &event));
        assert!(!rule("*", &[Severity::Error], &[]).matches(&kinds, &event));
        assert!(!rule("*", &[], &[8]).matches(&kinds, &event));
        let least = |severity| Rule { min_severity: Some(severity), ..rule("*", &[], &[]) }.matches(&kinds, &event);
        assert!(least(Severity::Info) && !least(Severity::Warning));
        assert!(!Rule { device_ids: vec!["ups".to_owned()], ..rule("*", &[], &[]) }.matches(&kinds, &event));
        let of_device = Event { subject_type: Some("device".to_owned()), subject_id: Some("ups".to_owned()), ..event.clone() };
        assert!(Rule { device_ids: vec!["ups".to_owned()], ..rule("*", &[], &[]) }.matches(&kinds, &of_device));
        assert!(!Rule { enabled: false, ..rule("*", &[], &[]) }.matches(&kinds, &event));
        assert_eq!(subject_of(&event), "host:7");
    }
}
