//! The hash chain: each row's hash covers the row before it, so a changed, removed or inserted row shows.
//! The canonical form is fixed for ever: changing it would break every stored chain.

use argos_kernel::hex;

use crate::row::AuditRow;

/// `prev_hash` of the very first row.
pub(crate) const GENESIS: &str = "";

/// Lower-case hexadecimal SHA-256 of `prev_hash` followed by the canonical row.
pub(crate) fn hash(prev_hash: &str, row: &AuditRow) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(prev_hash.as_bytes());
    context.update(canonical(row).as_bytes());
    hex(context.finish().as_ref())
}

/// Every field but `id`, `prev_hash` and `hash`, in column order, as one JSON array: unambiguous, since JSON quotes.
fn canonical(row: &AuditRow) -> String {
    let r = row;
    serde_json::json!([
        r.uid,
        r.at.micros(),
        r.actor_id,
        r.actor_name,
        r.actor_role,
        r.credential,
        r.action,
        r.alias,
        r.category,
        r.organization_id,
        r.target_type,
        r.target_id,
        r.trigger_type,
        r.description,
        r.before,
        r.after,
        r.status,
        r.severity,
        r.ip,
        r.xff_chain,
        r.user_agent,
        r.request_id,
        r.duration_ms,
    ])
    .to_string()
}
