//! API keys: one kind for every view (platform spec 1.7). Only SHA-256 of the text is kept; the text is shown once.

use argos_kernel::{AppError, Rng, Role, Secret, Timestamp, Uid, hex};

use super::permission::Grants;
use super::scope;

const API_KEY_PREFIX: &str = "argus_sk_";

/// A stored key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: i64,
    pub uid: Uid,
    pub name: String,
    /// The first 16 characters of the text.
    pub key_prefix: String,
    /// `None` = the instance owns it.
    pub owner_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub role_cap: Role,
    pub scopes: Vec<String>,
    pub node_ids: Option<Vec<String>>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub request_count: i64,
    pub rotated_from: Option<i64>,
    /// Which view made it: quality, ops, power, cli.
    pub origin: String,
}

impl ApiKey {
    /// Neither revoked nor expired.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at.is_none_or(|at| at > now)
    }
    /// The name records show for what the key does.
    pub fn actor_name(&self) -> String {
        format!("apikey:{}", self.name)
    }
}

/// The effective right: cap and scopes, and - for a user's key - what its owner may now. `self` comes with any key
/// that has a scope at all, so that it may ask who it is.
pub fn effective(role_cap: Role, scopes: &[String], owner_now: Option<Grants>, organization: bool, write_implies_execute: bool) -> Grants {
    if scopes.is_empty() {
        return Grants::EMPTY;
    }
    let mut cap = Grants::of_role(role_cap);
    if organization {
        cap = cap.union(owner_now.unwrap_or(Grants::EMPTY).intersect(Grants::organization()));
    }
    let granted = scope::expand_all(scopes, write_implies_execute).intersect(cap);
    let granted = owner_now.map_or(granted, |owner| granted.intersect(owner));
    Grants::single("self").map_or(granted, |own| granted.union(own))
}

/// The text of a new key.
pub fn new_key(rng: &dyn Rng) -> Secret<String> {
    Secret::new(format!("{API_KEY_PREFIX}{}", hex(&rng.bytes::<32>())))
}

/// What is stored of a key's text.
pub fn hash(key: &str) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
    let mut out = [0_u8; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// The first 16 characters.
pub fn prefix_of(key: &str) -> String {
    key.chars().take(16).collect()
}

/// 1-100 characters without control characters, trimmed.
pub fn check_name(name: &str) -> Result<&str, AppError> {
    let name = name.trim();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(AppError::bad_request("name must be 1-100 characters").with("field", "name"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use argos_kernel::SystemRng;

    use super::*;

    fn scopes(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn effective_right_is_the_intersection_of_cap_scopes_and_owner() {
        let viewer = effective(Role::Viewer, &scopes(&["power"]), None, false, true);
        assert_eq!(viewer.names(), ["power:read", "self"]);
        let admin = effective(Role::Admin, &scopes(&["power"]), None, false, true);
        assert!(admin.has("power:control") && !admin.has("edge:read"));
        let demoted = effective(Role::Admin, &scopes(&["*"]), Some(Grants::of_role(Role::Viewer)), false, true);
        assert!(demoted.has("edge:read") && !demoted.has("edge:write"));
        assert!(effective(Role::Owner, &[], None, false, true).is_empty());
    }

    #[test]
    fn organization_keys_hold_project_rights_of_their_owner() {
        use super::super::permission::OrgRole;
        let owner = Grants::of_role(Role::Operator).union(Grants::of_org_role(OrgRole::Member));
        let key = effective(Role::Operator, &scopes(&["tests"]), Some(owner), true, true);
        assert!(key.has("test:execute") && !key.has("test:delete"));
    }

    #[test]
    fn keys_have_the_documented_form() {
        let key = new_key(&SystemRng::default());
        assert_eq!(key.reveal().len(), 9 + 64);
        assert_eq!(prefix_of(key.reveal()).len(), 16);
        assert_ne!(hash(key.reveal()), hash("argus_sk_"));
    }
}
