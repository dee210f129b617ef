//! What a trap is called. Its variables are never read: whoever can send a datagram can invent them.

/// Traps of UPS-MIB, PowerNet-MIB, CPS-MIB and SNMPv2-MIB that say what people ask about, by identifier.
const NAMES: [(&str, &str); 14] = [
    ("1.3.6.1.2.1.33.2.1", "on_battery"),
    ("1.3.6.1.2.1.33.2.2", "test_completed"),
    ("1.3.6.1.2.1.33.2.3", "alarm_added"),
    ("1.3.6.1.2.1.33.2.4", "alarm_removed"),
    ("1.3.6.1.4.1.318.0.2", "overload"),
    ("1.3.6.1.4.1.318.0.5", "on_battery"),
    ("1.3.6.1.4.1.318.0.7", "low_battery"),
    ("1.3.6.1.4.1.318.0.9", "power_restored"),
    ("1.3.6.1.4.1.3808.0.5", "on_battery"),
    ("1.3.6.1.4.1.3808.0.7", "low_battery"),
    ("1.3.6.1.4.1.3808.0.9", "power_restored"),
    ("1.3.6.1.6.3.1.1.5.1", "cold_start"),
    ("1.3.6.1.6.3.1.1.5.2", "warm_start"),
    ("1.3.6.1.6.3.1.1.5.5", "authentication_failure"),
];

/// The name of a trap. Agents of v1 put a zero before the last number of identifiers that have none there.
pub fn name(oid: &str) -> Option<&'static str> {
    let plain = oid.rsplit_once('.').and_then(|(stem, last)| Some(format!("{}.{last}", stem.strip_suffix(".0")?)));
    let is = |known: &str| known == oid || plain.as_deref() == Some(known);
    NAMES.iter().find(|(known, _)| is(known)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_of_both_versions_have_one_name() {
        for (oid, wanted) in [
            ("1.3.6.1.2.1.33.2.1", Some("on_battery")),
            ("1.3.6.1.2.1.33.2.0.1", Some("on_battery")),
            ("1.3.6.1.4.1.318.0.5", Some("on_battery")),
            ("1.3.6.1.4.1.318.5", None),
            ("1", None),
        ] {
            assert_eq!(name(oid), wanted, "{oid}");
        }
    }
}
