//! Tables that people write themselves: which value of a device is which field (power spec B.2: `oids`, `json`,
//! `registers`). Field names are those of a snapshot; the result is variables under NUT's names.

use std::collections::BTreeMap;

use argos_snmp::Oid;
use serde_json::{Map, Value};

use super::reading::Variables;
use super::sample::Writer;
use super::snapshot::number;

/// Field names and the variables they become.
const FIELDS: [(&str, &str); 20] = [
    ("power_watts", "ups.realpower"),
    ("load_percent", "ups.load"),
    ("voltage", "input.voltage"),
    ("input_voltage", "input.voltage"),
    ("output_voltage", "output.voltage"),
    ("nominal_voltage", "input.voltage.nominal"),
    ("battery_percent", "battery.charge"),
    ("battery_voltage", "battery.voltage"),
    ("runtime_seconds", "battery.runtime"),
    ("ups_status", "ups.status"),
    ("temperature_c", "ups.temperature"),
    ("humidity_percent", "ambient.humidity"),
    ("current_amps", "output.current"),
    ("frequency_hz", "input.frequency"),
    ("apparent_va", "ups.power"),
    ("power_factor", "output.powerfactor"),
    ("energy_kwh", "input.energy"),
    ("model", "device.model"),
    ("manufacturer", "device.mfr"),
    ("serial", "device.serial"),
];

/// Most entries of one table.
pub const ENTRIES_MAX: usize = 100;

/// The variable of a field.
pub fn variable(field: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(name, _)| *name == field).map(|(_, variable)| *variable)
}

fn unknown(field: &str) -> String {
    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    format!("unknown field {field}; known are {}", names.join(", "))
}

/// A raw value of a device.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    Number(f64),
    Text(String),
}

/// Writes a raw value as its field, scaled.
pub fn put(into: &mut Writer, field: &str, raw: &Raw, scale: f64) {
    let Some(name) = variable(field) else { return };
    let texts = matches!(field, "ups_status" | "model" | "manufacturer" | "serial");
    let wh = if field == "energy_kwh" { 1000.0 } else { 1.0 };
    match raw {
        Raw::Text(text) if texts => into.text(name, Some(text)),
        Raw::Number(n) if texts => into.text(name, Some(&n.to_string())),
        Raw::Text(text) => into.number(name, number(text).map(|n| n * scale * wh)),
        Raw::Number(n) => into.number(name, Some(n * scale * wh)),
    }
}

/// How the cells of a column become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Max,
    Mean,
}

impl Fold {
    #[expect(clippy::cast_precision_loss, reason = "a column has few cells")]
    pub fn of(self, cells: &[f64]) -> Option<f64> {
        let sum = cells.iter().copied().reduce(|a, b| a + b)?;
        Some(match self {
            Self::Sum => sum,
            Self::Max => cells.iter().copied().fold(f64::MIN, f64::max),
            Self::Mean => sum / cells.len() as f64,
        })
    }
}

/// One line of a table of SNMP variables.
#[derive(Clone, Debug, PartialEq)]
pub struct OidField {
    pub field: String,
    pub oid: Oid,
    pub scale: f64,
    /// What a number means, for states.
    pub words: BTreeMap<i64, String>,
    /// The OID is a column.
    pub fold: Option<Fold>,
}

fn scale_of(value: Option<&Value>, field: &str) -> Result<f64, String> {
    match value {
        None | Some(Value::Null) => Ok(1.0),
        Some(v) => v.as_f64().filter(|n| n.is_finite() && *n != 0.0).ok_or_else(|| format!("{field}: scale must be a number other than 0")),
    }
}

fn table<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, String> {
    value
        .as_object()
        .filter(|m| !m.is_empty() && m.len() <= ENTRIES_MAX)
        .ok_or_else(|| format!("{name} must be an object with 1 to {ENTRIES_MAX} fields"))
}

/// The table `oids`: field → `{oid, scale, enum, table}`.
pub fn oids(value: &Value) -> Result<Vec<OidField>, String> {
    let mut out = Vec::new();
    for (field, entry) in table(value, "oids")? {
        if variable(field).is_none() {
            return Err(unknown(field));
        }
        let entry = match entry {
            Value::String(oid) => Map::from_iter([("oid".to_owned(), Value::String(oid.clone()))]),
            Value::Object(entry) => entry.clone(),
            _ => return Err(format!("{field}: an object with oid is expected")),
        };
        let oid = entry.get("oid").and_then(Value::as_str).and_then(|t| t.trim_start_matches('.').parse::<Oid>().ok());
        let fold = match entry.get("table").map(|v| v.as_str().unwrap_or_default()) {
            None => None,
            Some("sum") => Some(Fold::Sum),
            Some("max") => Some(Fold::Max),
            Some("mean") => Some(Fold::Mean),
            Some(_) => return Err(format!("{field}: table must be sum, max or mean")),
        };
        let mut words = BTreeMap::new();
        for (number, word) in entry.get("enum").and_then(Value::as_object).into_iter().flatten() {
            let pair = number.parse::<i64>().ok().zip(word.as_str());
            let (number, word) = pair.ok_or_else(|| format!("{field}: enum must map numbers to texts"))?;
            words.insert(number, word.to_owned());
        }
        out.push(OidField {
            field: field.clone(),
            oid: oid.ok_or_else(|| format!("{field}: oid must be numbers with dots between"))?,
            scale: scale_of(entry.get("scale"), field)?,
            words,
            fold,
        });
    }
    Ok(out)
}

/// The variables of what was read: one value per line of a table.
pub fn variables(read: impl IntoIterator<Item = (String, Raw, f64)>) -> Variables {
    let mut writer = Writer::default();
    for (field, raw, scale) in read {
        put(&mut writer, &field, &raw, scale);
    }
    writer.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn table_of_oids_is_read_with_scale_words_and_fold() {
        let read = oids(&json!({
            "power_watts": {"oid": ".1.3.6.1.4.1.9.1", "scale": 0.1, "table": "sum"},
            "ups_status": {"oid": "1.3.6.1.4.1.9.2.0", "enum": {"2": "OL", "3": "OB"}},
            "load_percent": "1.3.6.1.4.1.9.3.0",
        }))
        .unwrap();
        assert_eq!((read[0].scale, read[0].fold), (0.1, Some(Fold::Sum)));
        assert_eq!(read[1].words[&3], "OB");
        for bad in
            [json!(null), json!({}), json!({"watts": "1.3"}), json!({"voltage": "x"}), json!({"voltage": {"oid": "1.3.6", "scale": 0}})]
        {
            assert!(oids(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn raw_values_become_variables() {
        let v = variables([
            ("energy_kwh".to_owned(), Raw::Number(12.5), 1.0),
            ("power_watts".to_owned(), Raw::Text(" 1410 W".to_owned()), 0.1),
            ("ups_status".to_owned(), Raw::Text("OL".to_owned()), 1.0),
            ("load_percent".to_owned(), Raw::Text("n/a".to_owned()), 1.0),
        ]);
        let all: Vec<(&str, &str)> = v.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(all, [("input.energy", "12500"), ("ups.realpower", "141"), ("ups.status", "OL")]);
    }

    #[test]
    fn cells_of_a_column_fold_into_one_value() {
        let cells = [1.0, 2.0, 6.0];
        assert_eq!(
            (Fold::Sum.of(&cells), Fold::Max.of(&cells), Fold::Mean.of(&cells), Fold::Sum.of(&[])),
            (Some(9.0), Some(6.0), Some(3.0), None)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_table_is_read_or_refused(field in "[a-z_]{1,12}", oid in "\\PC{0,20}", scale in proptest::num::f64::ANY) {
            drop(oids(&json!({field.clone(): {"oid": oid, "scale": scale}})));
        }
    }
}
