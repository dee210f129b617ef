//! InfluxDB line protocol: one line a sample, only numbers, tags escaped.

use super::{Body, Point};

/// The lines of a batch; a sample without any number is no line.
pub fn lines(points: &[Point]) -> String {
    points.iter().filter_map(line).collect()
}

fn line(point: &Point) -> Option<String> {
    let Body::Sample(s) = &point.body else { return None };
    let e = &s.extras;
    let fields: Vec<String> = [
        ("power_watts", s.power_watts),
        ("load_percent", s.load_percent),
        ("voltage", s.voltage),
        ("battery_percent", s.battery_percent),
        ("runtime_seconds", s.runtime_seconds),
        ("current_amps", e.current_amps),
        ("frequency_hz", e.frequency_hz),
        ("temperature_c", s.temperature_c),
        ("input_voltage", e.input_voltage),
        ("output_voltage", e.output_voltage),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.filter(|v| v.is_finite()).map(|v| format!("{name}={v}")))
    .collect();
    if fields.is_empty() {
        return None;
    }
    let (id, kind) = (tag(&point.device_id), tag(&point.device_type));
    Some(format!("power_snapshot,device_id={id},device_type={kind} {} {}\n", fields.join(","), point.nanos()))
}

/// The line of a trial: it proves address, token, organization and bucket and stays apart from the samples.
pub fn trial(at_nanos: i128) -> String {
    format!("argus_test ok=1 {at_nanos}\n")
}

fn tag(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars().filter(|c| !c.is_control()) {
        if matches!(c, ',' | ' ' | '=' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::model::device::DeviceType;
    use crate::model::snapshot::{Extras, Snapshot};

    fn point(id: &str, values: Snapshot) -> Point {
        Point::sample(Timestamp::from_micros(1_700_000_000_000_001), id, DeviceType::Ups, values)
    }

    #[test]
    fn samples_become_the_documented_lines_and_empty_ones_none() {
        let extras = Extras { input_voltage: Some(231.5), ..Extras::default() };
        let full = Snapshot {
            power_watts: Some(450.0),
            load_percent: Some(55.5),
            ups_status: Some("OL".to_owned()),
            extras,
            ..Snapshot::default()
        };
        let text = lines(&[point("rack 1,a=b", full), point("x", Snapshot { ups_status: Some("OB".to_owned()), ..Snapshot::default() })]);
        let expected = "power_snapshot,device_id=rack\\ 1\\,a\\=b,device_type=ups power_watts=450,load_percent=55.5,input_voltage=231.5 \
                        1700000000000001000\n";
        assert_eq!(text, expected);
    }

    proptest! {
        #[test]
        fn any_id_stays_one_line_of_three_parts(id in "\\PC{1,40}", watts in 0.0..1e6_f64) {
            let text = lines(&[point(&id, Snapshot { power_watts: Some(watts), ..Snapshot::default() })]);
            prop_assert_eq!(text.lines().count(), 1);
            let mut bare = 0;
            let mut escaped = false;
            for c in text.chars() {
                bare += usize::from(c == ' ' && !escaped);
                escaped = c == '\\' && !escaped;
            }
            prop_assert_eq!(bare, 2);
        }
    }
}
