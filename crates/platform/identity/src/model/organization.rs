//! Organizations, their members and the invitations into them: fields, limits and the words of their states.
//! Pure; which role may do what stands in [`super::permission`].

use argos_kernel::{FieldError, Timestamp, Uid};
use serde_json::{Map, Value, json};

use super::permission::OrgRole;

/// How long an invitation can be accepted.
pub const INVITATION_DAYS: i64 = 7;
/// How long a deleted organization can still be found by the purge.
pub const DELETED_KEPT_DAYS: i64 = 30;
/// A settings document holds at most this many bytes of JSON.
pub const SETTINGS_BYTES_MAX: usize = 65_536;

/// One organization.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: i64,
    pub uid: Uid,
    pub name: String,
    pub slug: String,
    pub is_default: bool,
    pub is_personal: bool,
    pub plan: String,
    pub settings: Map<String, Value>,
    /// What differs from [`feature_defaults`].
    pub features: Map<String, Value>,
    pub ai_budget_daily: f64,
    pub ai_budget_monthly: f64,
    pub logo_url: Option<String>,
    pub domain: Option<String>,
    pub sso_enabled: bool,
    pub member_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whether somebody belongs to an organization yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// Invited, not yet accepted: no right at all.
    Pending,
    Active,
    Suspended,
}

impl MemberStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
    /// An unknown word is the state without rights.
    pub fn parse(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "pending" => Self::Pending,
            _ => Self::Suspended,
        }
    }
}

/// A place in an organization: somebody's, or one that waits for an invitation to be accepted.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub user_id: Option<i64>,
    pub user_uid: Option<Uid>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    /// The user's address, else the one the invitation went to.
    pub email: Option<String>,
    pub role: OrgRole,
    pub status: MemberStatus,
    pub invited_by: Option<String>,
    pub invited_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// An invitation. Its token is stored hashed and shown once.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub organization_uid: Uid,
    pub organization_name: String,
    /// The place it keeps; `None` once that is gone.
    pub member_id: Option<i64>,
    pub email: String,
    pub role: OrgRole,
    pub message: Option<String>,
    /// pending, accepted, expired or revoked.
    pub status: String,
    /// Whether somebody without an account may make one with it.
    pub may_register: bool,
    pub invited_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Invitation {
    /// Why it cannot be accepted; `None` when it can.
    pub fn fault(&self, now: Timestamp) -> Option<&'static str> {
        match self.status.as_str() {
            "pending" if self.expires_at <= now => Some("Invitation has expired"),
            "pending" => None,
            "accepted" => Some("Invitation was already accepted"),
            "expired" => Some("Invitation has expired"),
            _ => Some("Invitation was revoked"),
        }
    }
}

/// What an organization may use unless its instance says otherwise.
pub fn feature_defaults() -> Map<String, Value> {
    let defaults = json!({
        "max_projects": 3, "max_events_per_day": 1000, "self_healing": true, "advanced_analytics": false,
        "custom_integrations": false, "priority_support": false,
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// 2-100 characters, trimmed, without control characters.
pub fn check_name(name: &str) -> Result<&str, FieldError> {
    let name = name.trim();
    if !(2..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(FieldError::new("name", "name must be 2-100 characters"));
    }
    Ok(name)
}

/// The slug a name suggests: lower case, runs of other characters become one dash. `None` without any letter or digit.
pub fn slug_of(name: &str) -> Option<String> {
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(50);
    let slug = slug.trim_matches('-').to_owned();
    (!slug.is_empty()).then_some(slug)
}

/// A given slug: 2-50 characters of `[a-z0-9-]`. `default` is the word for the default organization.
pub fn check_slug(slug: &str) -> Result<(), FieldError> {
    let fits = (2..=50).contains(&slug.len()) && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits && slug != "default" { Ok(()) } else { Err(FieldError::new("slug", "slug must be 2-50 characters of a-z, 0-9 and -")) }
}

/// The roles an invitation or a role change may give.
pub fn parse_assignable(word: &str) -> Result<OrgRole, FieldError> {
    match word {
        "admin" | "member" | "viewer" => OrgRole::parse(word),
        _ => None,
    }
    .ok_or_else(|| FieldError::new("role", "role must be admin, member or viewer"))
}

/// Writes the members of a partial update into `organization`. Null and absent members stay; `plan` and `features`
/// only when `instance_admin`. All faults at once.
pub fn apply_patch(organization: &mut Organization, body: &Map<String, Value>, instance_admin: bool) -> Result<(), Vec<FieldError>> {
    let mut faults = Vec::new();
    for (field, value) in body.iter().filter(|(_, v)| !v.is_null()) {
        if let Err(fault) = apply_field(organization, field, value, instance_admin) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn apply_field(org: &mut Organization, field: &str, value: &Value, instance_admin: bool) -> Result<(), FieldError> {
    match field {
        "name" => check_name(text(field, value)?)?.clone_into(&mut org.name),
        "logo_url" => org.logo_url = Some(bounded(field, value, 500)?),
        "domain" => org.domain = Some(bounded(field, value, 255)?),
        "ai_budget_daily" => org.ai_budget_daily = amount(field, value, 10_000.0)?,
        "ai_budget_monthly" => org.ai_budget_monthly = amount(field, value, 100_000.0)?,
        "sso_enabled" => org.sso_enabled = value.as_bool().ok_or_else(|| FieldError::new(field, "sso_enabled must be a boolean"))?,
        "settings" => org.settings = document(field, value)?,
        "features" if instance_admin => org.features = known_features(&document(field, value)?)?,
        "plan" if instance_admin => match text(field, value)? {
            plan @ ("free" | "starter" | "pro" | "enterprise" | "unlimited") => plan.clone_into(&mut org.plan),
            _ => return Err(FieldError::new(field, "plan must be free, starter, pro, enterprise or unlimited")),
        },
        "features" | "plan" => return Err(FieldError::new(field, format!("{field} is set by the administrators of the instance"))),
        _ => {}
    }
    Ok(())
}

fn text<'a>(field: &str, value: &'a Value) -> Result<&'a str, FieldError> {
    value.as_str().ok_or_else(|| FieldError::new(field, format!("{field} must be a string")))
}

fn bounded(field: &str, value: &Value, max: usize) -> Result<String, FieldError> {
    let text = text(field, value)?.trim();
    if text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(FieldError::new(field, format!("{field} must be at most {max} characters")));
    }
    Ok(text.to_owned())
}

fn amount(field: &str, value: &Value, max: f64) -> Result<f64, FieldError> {
    let amount = value.as_f64().filter(|x| (0.0..=max).contains(x));
    amount.ok_or_else(|| FieldError::new(field, format!("{field} must be between 0 and {max}")))
}

fn document(field: &str, value: &Value) -> Result<Map<String, Value>, FieldError> {
    let map = value.as_object().ok_or_else(|| FieldError::new(field, format!("{field} must be an object")))?;
    if value.to_string().len() > SETTINGS_BYTES_MAX {
        return Err(FieldError::new(field, format!("{field} must be at most {SETTINGS_BYTES_MAX} bytes")));
    }
    Ok(map.clone())
}

fn known_features(given: &Map<String, Value>) -> Result<Map<String, Value>, FieldError> {
    let defaults = feature_defaults();
    for (name, value) in given {
        let fits = match defaults.get(name) {
            Some(Value::Bool(_)) => value.is_boolean(),
            Some(_) => value.as_u64().is_some(),
            None => false,
        };
        if !fits {
            return Err(FieldError::new("features", format!("features.{name} is unknown or of the wrong type")));
        }
    }
    Ok(given.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_lower_case_with_single_dashes() {
        for (name, slug) in [("Acme, Inc.", Some("acme-inc")), ("  A  B  ", Some("a-b")), ("---", None), ("Ünicode 7", Some("nicode-7"))] {
            assert_eq!(slug_of(name).as_deref(), slug, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_suggested_slug_is_made_of_the_documented_characters(name in ".{0,120}") {
            if let Some(slug) = slug_of(&name) {
                prop_assert!(slug.len() <= 50 && !slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
                prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            }
        }
    }

    fn organization() -> Organization {
        let at = Timestamp::from_secs(0);
        Organization {
            id: 1,
            uid: "0195c0de-0000-7000-8000-000000000000".parse().unwrap(),
            name: "A".to_owned(),
            slug: "a".to_owned(),
            is_default: false,
            is_personal: false,
            plan: "free".to_owned(),
            settings: Map::new(),
            features: Map::new(),
            ai_budget_daily: 1.0,
            ai_budget_monthly: 25.0,
            logo_url: None,
            domain: None,
            sso_enabled: false,
            member_count: 1,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn patch_names_every_fault_and_keeps_null_members() {
        let mut org = organization();
        let body = json!({ "name": "x", "ai_budget_daily": 10_001, "domain": 3, "settings": [], "plan": "pro" });
        let faults = apply_patch(&mut org, body.as_object().unwrap(), false).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|f| f.loc[1].as_str()).collect();
        assert_eq!(fields, ["name", "ai_budget_daily", "domain", "settings", "plan"]);
        let body = json!({ "name": " New name ", "logo_url": null, "unknown": 1, "features": { "max_projects": 9 } });
        apply_patch(&mut org, body.as_object().unwrap(), true).unwrap();
        assert_eq!((org.name.as_str(), org.logo_url, org.features["max_projects"].clone()), ("New name", None, json!(9)));
    }

    #[test]
    fn owner_is_no_assignable_role() {
        assert!(parse_assignable("owner").is_err() && parse_assignable("admin").is_ok() && parse_assignable("maintainer").is_err());
    }
}
