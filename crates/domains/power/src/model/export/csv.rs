//! Samples as CSV rows (RFC 4180) under the documented header, and the names of rotated files.

use argos_kernel::Timestamp;

use super::{Body, Point};
use crate::model::snapshot::Snapshot;

pub const HEADER: &str = "timestamp,device_id,device_type,power_watts,load_percent,voltage,battery_percent,runtime_seconds,current_amps,\
                          frequency_hz,temperature_c,ups_status,input_voltage,output_voltage,outlet_count\r\n";

/// A text cell; what a spreadsheet would take for a formula is made harmless.
pub fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// One row.
pub fn line(at: Timestamp, device_id: &str, device_type: &str, s: &Snapshot) -> String {
    let n = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let e = &s.extras;
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        at.rfc3339(),
        cell(device_id),
        device_type,
        n(s.power_watts),
        n(s.load_percent),
        n(s.voltage),
        n(s.battery_percent),
        n(s.runtime_seconds),
        n(e.current_amps),
        n(e.frequency_hz),
        n(s.temperature_c),
        cell(s.ups_status.as_deref().unwrap_or_default()),
        n(e.input_voltage),
        n(e.output_voltage),
        n(e.outlet_count)
    )
}

/// The rows of a batch.
pub fn lines(points: &[Point]) -> String {
    let row = |p: &Point| match &p.body {
        Body::Sample(s) => line(p.at, &p.device_id, &p.device_type, s),
        Body::Event(_) => String::new(),
    };
    points.iter().map(row).collect()
}

const STAMP: &str = "%Y%m%d-%H%M%S";

/// What the file is called once it is full: `argus.csv` becomes `argus.20260102-030405.csv`.
pub fn rotated_name(file: &str, at: Timestamp) -> String {
    let base = file.strip_suffix(".csv").unwrap_or(file);
    format!("{base}.{}.csv", at.datetime().format(STAMP))
}

/// When a rotated file of ours was closed; `None` for every other name.
pub fn rotated_at(file: &str, name: &str) -> Option<Timestamp> {
    let base = file.strip_suffix(".csv").unwrap_or(file);
    let stamp = name.strip_prefix(base)?.strip_prefix('.')?.strip_suffix(".csv")?;
    let at = chrono::NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some(Timestamp::from_secs(at.and_utc().timestamp()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_have_a_cell_for_each_heading_and_nothing_where_nothing_is_known() {
        let s = Snapshot { load_percent: Some(12.5), ups_status: Some("OL, \"x\"".to_owned()), ..Snapshot::default() };
        let row = line(Timestamp::from_secs(0), "=cmd", "ups", &s);
        assert_eq!(row, "1970-01-01T00:00:00Z,'=cmd,ups,,12.5,,,,,,,\"OL, \"\"x\"\"\",,,\r\n");
        assert_eq!(HEADER.matches(',').count(), 14);
    }

    #[test]
    fn rotated_files_are_known_by_their_names_only() {
        let at = Timestamp::from_secs(1_767_323_045);
        let name = rotated_name("argus.csv", at);
        assert_eq!(name, "argus.20260102-030405.csv");
        assert_eq!(rotated_at("argus.csv", &name), Some(at));
        for other in ["argus.csv", "argus.notes.csv", "other.20260102-030405.csv", "argus.20260102-030405.csv.gz"] {
            assert_eq!(rotated_at("argus.csv", other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_file_name_is_judged(name in "\\PC{0,40}|argus\\.[0-9-]{0,16}\\.csv") {
            if let Some(at) = rotated_at("argus.csv", &name) {
                prop_assert!(rotated_at("argus.csv", &rotated_name("argus.csv", at)).is_some());
            }
        }
    }
}
