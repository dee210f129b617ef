//! The problems page in data: open firings, weaker ones of the same group and instance folded under the strongest,
//! worst first, silenced ones last.

use argos_kernel::{Severity, Timestamp};

/// An open firing as far as attention and the engine care.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenFiring {
    pub id: i64,
    pub uid: String,
    pub rule_id: String,
    pub fingerprint: String,
    pub severity: Severity,
    pub message: String,
    /// What made it fire: the condition, or the event.
    pub cause: Option<String>,
    pub value: Option<f64>,
    pub labels: serde_json::Value,
    pub group: String,
    pub started_at: Timestamp,
    pub silenced_until: Option<Timestamp>,
    pub acknowledged_by: Option<String>,
    pub event_id: Option<i64>,
    pub notified: bool,
    pub builtin: bool,
    pub incident_id: Option<i64>,
    /// Rules whose alerts explain this one.
    pub depends_on: Vec<String>,
    /// It fires and ends again and again.
    pub flapping: bool,
}

impl OpenFiring {
    pub fn is_silenced(&self, now: Timestamp) -> bool {
        self.silenced_until.is_some_and(|until| until > now)
    }
    /// The instance within its group.
    fn place(&self) -> Option<(&str, String)> {
        (!self.group.is_empty()).then(|| (self.group.as_str(), self.labels.to_string()))
    }
    /// Whether this firing already says what `other` would: same group and instance, at least as severe, and earlier
    /// when equal.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.explains(&other.depends_on, &other.labels) || self.outranks(other)
    }
    /// Whether an alert that depends on those rules, with these labels, follows from this one: no label of both differs.
    pub(crate) fn explains(&self, depends_on: &[String], labels: &serde_json::Value) -> bool {
        let same = |(name, value): (&String, &serde_json::Value)| labels.get(name).is_none_or(|other| other == value);
        depends_on.contains(&self.rule_id) && self.labels.as_object().into_iter().flatten().all(same)
    }
    fn outranks(&self, other: &Self) -> bool {
        self.id != other.id
            && self.place().is_some_and(|p| other.place() == Some(p))
            && (self.severity > other.severity || (self.severity == other.severity && self.id < other.id))
    }
}

/// One entry of the list with what is folded under it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) firing: OpenFiring,
    pub(crate) children: Vec<OpenFiring>,
}

/// Folds and orders.
pub(crate) fn problems(mut open: Vec<OpenFiring>, now: Timestamp) -> Vec<Problem> {
    open.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.id.cmp(&b.id)));
    let mut out: Vec<Problem> = Vec::new();
    let follows = |f: &OpenFiring| open.iter().any(|p| p.id != f.id && p.explains(&f.depends_on, &f.labels));
    // What follows from something else comes after everything it could follow from; chains end at their root.
    let (dependents, roots): (Vec<OpenFiring>, Vec<OpenFiring>) = open.iter().cloned().partition(follows);
    for firing in roots.into_iter().chain(dependents) {
        let parent =
            out.iter_mut().find(|p| p.firing.covers(&firing) || p.children.iter().any(|c| c.explains(&firing.depends_on, &firing.labels)));
        match parent {
            Some(parent) => parent.children.push(firing),
            None => out.push(Problem { firing, children: Vec::new() }),
        }
    }
    out.sort_by_key(|p| {
        let f = &p.firing;
        (f.is_silenced(now), std::cmp::Reverse(f.severity), f.acknowledged_by.is_some(), f.started_at)
    });
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn firing(id: i64, severity: Severity, group: &str, mount: &str) -> OpenFiring {
        OpenFiring {
            id,
            uid: String::new(),
            rule_id: format!("r{id}"),
            fingerprint: format!("f{id}"),
            severity,
            message: String::new(),
            cause: None,
            value: None,
            labels: json!({ "mount": mount }),
            group: group.to_owned(),
            started_at: Timestamp::from_secs(id),
            silenced_until: None,
            acknowledged_by: None,
            event_id: None,
            notified: true,
            builtin: true,
            incident_id: None,
            depends_on: Vec::new(),
            flapping: false,
        }
    }

    #[test]
    fn problems_are_folded_by_group_and_instance_and_ordered_worst_first() {
        use Severity::{Critical, Error, Warning};
        let mut silenced = firing(6, Critical, "", "");
        silenced.silenced_until = Some(Timestamp::from_secs(500));
        let mut acked = firing(7, Error, "", "");
        acked.acknowledged_by = Some("ada".to_owned());
        let open = vec![
            firing(1, Warning, "disk", "/"),
            firing(2, Error, "disk", "/"),
            firing(3, Warning, "disk", "/home"),
            firing(4, Warning, "", ""),
            firing(5, Warning, "", ""),
            silenced,
            acked,
        ];
        let list = problems(open, Timestamp::from_secs(100));
        let ids: Vec<(i64, Vec<i64>)> = list.iter().map(|p| (p.firing.id, p.children.iter().map(|c| c.id).collect())).collect();
        assert_eq!(ids, [(2, vec![1]), (7, vec![]), (3, vec![]), (4, vec![]), (5, vec![]), (6, vec![])]);
    }

    #[test]
    fn dependents_are_folded_under_what_explains_them_even_when_worse_or_earlier() {
        use Severity::{Critical, Warning};
        let dependent = |id, severity, on: &str| OpenFiring { depends_on: vec![on.to_owned()], ..firing(id, severity, "", "") };
        let mut router = firing(9, Warning, "", "");
        router.labels = json!({});
        let open = vec![dependent(1, Critical, "r9"), dependent(2, Critical, "r1"), dependent(3, Critical, "r404"), router];
        let list = problems(open, Timestamp::from_secs(100));
        let ids: Vec<(i64, Vec<i64>)> = list.iter().map(|p| (p.firing.id, p.children.iter().map(|c| c.id).collect())).collect();
        assert_eq!(ids, [(3, vec![]), (9, vec![1, 2])]);
        let mut elsewhere = firing(9, Warning, "", "/data");
        elsewhere.rule_id = "r9".to_owned();
        assert!(!elsewhere.explains(&["r9".to_owned()], &json!({ "mount": "/" })), "another mount explains nothing");
    }

    #[test]
    fn equal_firings_never_cover_each_other_both_ways() {
        let (a, b) = (firing(1, Severity::Error, "cpu", ""), firing(2, Severity::Error, "cpu", ""));
        assert!(a.covers(&b) && !b.covers(&a) && !a.covers(&a));
    }
}
