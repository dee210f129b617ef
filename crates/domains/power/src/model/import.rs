//! Samples from files: CSV with a header, or one JSON object a line. A bad line is named and skipped, never guessed at.

use std::iter::Peekable;
use std::str::Chars;

use argos_kernel::Timestamp;
use serde_json::Value;

use super::device::DeviceType;
use super::snapshot::{Extras, PowerSource, Snapshot, number};

/// A sample of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub at: Timestamp,
    pub device_id: String,
    pub kind: DeviceType,
    pub values: Snapshot,
}

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Rejected {
    /// Counted from 1.
    pub line: usize,
    pub error: String,
}

/// The records of a CSV text (RFC 4180), one at a time: the line each begins on, and its cells. Blank ones are left out.
pub struct Records<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl<'a> Records<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { chars: text.chars().peekable(), line: 1 }
    }

    fn record(&mut self) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(c) = self.chars.next() {
            self.line += usize::from(c == '\n');
            match c {
                '"' if quoted && self.chars.next_if_eq(&'"').is_some() => cell.push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                '\n' if !quoted => break,
                '\r' if !quoted => {}
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.chars.peek().is_some() {
            let (began, cells) = (self.line, self.record());
            if cells.iter().any(|c| !c.trim().is_empty()) {
                return Some((began, cells));
            }
        }
        None
    }
}

/// The samples of a file, one at a time; JSON lines when the first character is a brace.
pub fn samples(text: &str) -> Box<dyn Iterator<Item = Result<Imported, Rejected>> + Send + '_> {
    let named = |line: usize, outcome: Result<Imported, String>| outcome.map_err(|error| Rejected { line, error });
    if text.trim_start().starts_with('{') {
        let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
        return Box::new(lines.map(move |(index, line)| {
            let object = serde_json::from_str::<Value>(line).map_err(|_| "not JSON".to_owned());
            named(index + 1, object.and_then(|o| sample(|name| cell_of(o.get(name)?))))
        }));
    }
    let mut all = Records::of(text);
    let Some((line, header)) = all.next() else { return Box::new(std::iter::empty()) };
    let header: Vec<String> = header.iter().map(|h| h.trim().to_ascii_lowercase()).collect();
    if !header.iter().any(|h| h == "timestamp") || !header.iter().any(|h| h == "device_id") {
        return Box::new(std::iter::once(named(line, Err("the header must name timestamp and device_id".to_owned()))));
    }
    Box::new(all.map(move |(line, cells)| {
        let read = |name: &str| header.iter().position(|h| h == name).and_then(|i| cells.get(i)).map(|c| c.trim().to_owned());
        named(line, sample(|name| read(name).filter(|c| !c.is_empty())))
    }))
}

fn cell_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|t| !t.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

fn sample(read: impl Fn(&str) -> Option<String>) -> Result<Imported, String> {
    let stamp = read("timestamp").ok_or("timestamp is missing")?;
    let at = Timestamp::parse_rfc3339(&stamp.replacen(' ', "T", 1)).ok_or("timestamp must be a time with its zone")?;
    let device_id = read("device_id").map(|id| id.trim_start_matches('\'').to_owned()).ok_or("device_id is missing")?;
    if device_id.chars().count() > 128
        || matches!(device_id.as_str(), "." | "..")
        || device_id.contains(['/', '\\'])
        || device_id.chars().any(char::is_control)
    {
        return Err("device_id is not valid".to_owned());
    }
    let kind = read("device_type").map_or(Some(DeviceType::Ups), |t| DeviceType::parse(&t)).ok_or("device_type is unknown")?;
    let n = |name: &str| read(name).and_then(|text| number(&text));
    let positive = |name: &str| n(name).filter(|v| *v >= 0.0);
    Ok(Imported {
        at,
        device_id,
        kind,
        values: Snapshot {
            power_watts: positive("power_watts"),
            load_percent: positive("load_percent").filter(|v| *v <= 1000.0),
            voltage: positive("voltage"),
            battery_percent: n("battery_percent").map(|v| v.clamp(0.0, 100.0)),
            runtime_seconds: positive("runtime_seconds"),
            ups_status: read("ups_status"),
            temperature_c: n("temperature_c"),
            extras: Extras {
                current_amps: positive("current_amps"),
                frequency_hz: positive("frequency_hz"),
                input_voltage: positive("input_voltage"),
                output_voltage: positive("output_voltage"),
                outlet_count: positive("outlet_count"),
                power_source: match read("power_source").as_deref() {
                    Some("measured") => Some(PowerSource::Measured),
                    Some("estimated") => Some(PowerSource::Estimated),
                    _ => None,
                },
                apparent_va: positive("apparent_va"),
                power_factor: positive("power_factor").filter(|v| *v <= 1.0),
                energy_kwh: positive("energy_kwh"),
                humidity_percent: positive("humidity_percent").filter(|v| *v <= 100.0),
                battery_voltage: positive("battery_voltage"),
                ..Extras::default()
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Vec<Imported>, Vec<Rejected>) {
        let (good, bad): (Vec<_>, Vec<_>) = samples(text).partition(Result::is_ok);
        (good.into_iter().flatten().collect(), bad.into_iter().filter_map(Result::err).collect())
    }

    #[test]
    fn csv_and_json_lines_are_read_and_bad_lines_named() {
        let csv = "timestamp,device_id,device_type,power_watts,ups_status\r\n2026-01-02T03:04:05Z,a,ups,100,\"OL, \"\"x\"\"\"\r\n2026-01-02T03:04:05,a,ups,1,\r\n";
        let (good, bad) = parse(csv);
        assert_eq!((good.len(), good[0].values.power_watts, good[0].values.ups_status.as_deref()), (1, Some(100.0), Some("OL, \"x\"")));
        assert_eq!(bad, [Rejected { line: 3, error: "timestamp must be a time with its zone".to_owned() }]);
        let (good, bad) = parse("{\"timestamp\":\"2026-01-02T03:04:05+01:00\",\"device_id\":\"b\",\"load_percent\":12}\n{oops\n");
        assert_eq!((good[0].values.load_percent, bad[0].line), (Some(12.0), 2));
        assert_eq!(parse("a,b\n1,2\n").1[0].error, "the header must name timestamp and device_id");
    }

    proptest::proptest! {
        #[test]
        fn cells_come_back_and_any_text_is_read(cells in proptest::collection::vec("[ -~\n]{1,8}", 1..5), text in "\\PC{0,80}") {
            let line: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            let file = line.join(",") + "\r\n";
            let read: Vec<_> = Records::of(&file).collect();
            if cells.iter().any(|c| !c.trim().is_empty()) {
                proptest::prop_assert_eq!(&read[0].1, &cells);
            }
            let (good, bad) = parse(&text);
            proptest::prop_assert!(good.len() + bad.len() <= text.lines().count() + 1);
        }
    }
}
