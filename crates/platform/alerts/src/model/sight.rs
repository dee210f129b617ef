//! For whom problems are: what belongs to an organization is for its members, and for the owner of the instance.

use argos_kernel::Role;
use argos_web::Caller;

pub(crate) fn is_member(caller: &Caller, organization: &str) -> bool {
    caller.role == Some(Role::Owner) || caller.memberships.iter().any(|m| m.organization_uid.to_string() == organization)
}

/// Whether an alert with these labels is for the caller.
pub(crate) fn may_see(caller: &Caller, labels: &serde_json::Value) -> bool {
    labels.get(argos_metrics::ORGANIZATION).and_then(serde_json::Value::as_str).is_none_or(|own| is_member(caller, own))
}

/// Whether what belongs to this organization, or to the instance, is for the caller.
pub(crate) fn is_for(caller: &Caller, organization: Option<i64>) -> bool {
    caller.role == Some(Role::Owner) || organization.is_none_or(|id| caller.memberships.iter().any(|m| m.organization_id == id))
}
