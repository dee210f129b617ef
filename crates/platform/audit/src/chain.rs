//! The hash chain: each row's hash covers the row before it, so a changed, removed or inserted row shows.
//! The canonical form is fixed for ever: changing it would break every stored chain.

use argos_kernel::hex;
use argos_store::Value;
use serde_json::Value as Json;

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

/// What the row says, in column order, as one JSON array: unambiguous, since JSON quotes.
fn canonical(row: &AuditRow) -> String {
    let member = |value| match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::from(b),
        Value::Int(n) => Json::from(n),
        Value::Real(x) => Json::from(x),
        Value::Text(text) => Json::from(text),
        Value::Blob(bytes) => Json::from(hex(&bytes)),
    };
    Json::Array(row.content().into_iter().map(member).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use argos_kernel::{Actor, ManualClock, SeededRng, Timestamp};

    use super::*;
    use crate::entry::{Category, Entry};
    use crate::redact::by_name;

    #[test]
    fn canonical_row_of_the_first_release_still_has_its_hash() {
        let entry = Entry::new("user.create", Category::Security).target("user", 7).describe("Zoë \"added\"").organization(3);
        let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
        let mut row = AuditRow::new(&clock, &SeededRng::new(5), &by_name(), &Actor::anonymous(), entry);
        "0197d5c4-0000-7000-8000-000000000001".clone_into(&mut row.uid);
        (row.actor_id, row.duration_ms) = (Some(9), Some(12));
        assert_eq!(canonical(&row), CANONICAL);
        assert_eq!(hash("ab", &row), "a4d479381d12e4f5a811818b87e65554a284fda2a5a3c69e968a081551c6881c");
    }

    const CANONICAL: &str = r#"["0197d5c4-0000-7000-8000-000000000001",1750000000000000,9,"anonymous",null,"none","user.create",null,"security",3,"user","7",null,"Zoë \"added\"",null,null,"success","info",null,null,null,null,12]"#;
}
