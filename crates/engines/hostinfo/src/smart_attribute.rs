//! Counters of a disk by name, out of the smartctl report of any protocol.
//!
//! Vendors reuse attribute numbers and pack several figures into one raw value: only what can be told
//! for certain gets a name. Sources: ATA attribute practice as in smartmontools' drive database, the
//! SMART / Health log of the NVMe base specification, SCSI log pages.

use crate::smart::{number, string};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) fn collect(root: &Value) -> BTreeMap<&'static str, u64> {
    let mut found = BTreeMap::new();
    let table = root.pointer("/ata_smart_attributes/table").and_then(Value::as_array);
    for row in table.into_iter().flatten() {
        if let Some((name, value)) = ata_attribute(row) {
            found.insert(name, value);
        }
    }
    const NVME: &str = "/nvme_smart_health_information_log";
    for (name, field) in [
        ("percentage_used", "percentage_used"),
        ("available_spare_pct", "available_spare"),
        ("available_spare_threshold_pct", "available_spare_threshold"),
        ("critical_warning", "critical_warning"),
        ("media_errors", "media_errors"),
        ("unsafe_shutdowns", "unsafe_shutdowns"),
    ] {
        found.extend(number(root, &format!("{NVME}/{field}")).map(|value| (name, value)));
    }
    /// NVMe counts data in thousands of 512-byte blocks.
    const DATA_UNIT_BYTES: u64 = 512_000;
    for (name, field) in [("data_read_bytes", "data_units_read"), ("data_written_bytes", "data_units_written")] {
        let units = number(root, &format!("{NVME}/{field}"));
        found.extend(units.and_then(|units| units.checked_mul(DATA_UNIT_BYTES)).map(|bytes| (name, bytes)));
    }
    found.extend(number(root, "/scsi_grown_defect_list").map(|value| ("grown_defects", value)));
    found.extend(number(root, "/scsi_percentage_used_endurance_indicator").map(|value| ("percentage_used", value)));
    let uncorrected: Vec<u64> = ["read", "write", "verify"]
        .iter()
        .filter_map(|kind| number(root, &format!("/scsi_error_counter_log/{kind}/total_uncorrected_errors")))
        .collect();
    if !uncorrected.is_empty() {
        let total = uncorrected.into_iter().fold(0, u64::saturating_add);
        found.insert("uncorrectable_sectors", total);
    }
    found
}

/// Numbers are reused by vendors: where one has a second meaning the name decides.
fn ata_attribute(row: &Value) -> Option<(&'static str, u64)> {
    let name = string(row, "/name").unwrap_or_default().to_ascii_lowercase();
    match number(row, "/id")? {
        5 => Some(("reallocated_sectors", raw(row)?)),
        177 => Some(("wear_leveling_count", raw(row)?)),
        197 => Some(("pending_sectors", raw(row)?)),
        198 => Some(("uncorrectable_sectors", raw(row)?)),
        // The normalised value is the percentage; some disks report a temperature here.
        231 if !name.contains("temp") => Some(("ssd_life_left_pct", number(row, "/value")?)),
        // Intel counts wear here.
        233 if name.contains("writ") || name.contains("nand") => Some(("nand_writes_gb", raw(row)?)),
        _ => None,
    }
}

/// The raw value as smartctl decodes it: `8 (2000 0)` is 8, though its 48 bits mean more.
fn raw(row: &Value) -> Option<u64> {
    let decoded = row.pointer("/raw/string").and_then(Value::as_str).and_then(|text| {
        let digits: &str = text.split(|symbol: char| !symbol.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    decoded.or_else(|| number(row, "/raw/value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_numbers_with_a_second_meaning_are_left_out() {
        let row = |text: &str| serde_json::from_str::<Value>(text).expect("json");
        assert_eq!(ata_attribute(&row(r#"{"id":233,"name":"Media_Wearout_Indicator","raw":{"value":0}}"#)), None);
        assert_eq!(ata_attribute(&row(r#"{"id":231,"name":"Temperature_Celsius","value":64}"#)), None);
        assert_eq!(
            ata_attribute(&row(r#"{"id":5,"name":"Reallocated_Sector_Ct","raw":{"value":8589934600,"string":"8 (2 0)"}}"#)),
            Some(("reallocated_sectors", 8))
        );
    }
}
