//! The rows of a data set that a test is run with: read from CSV and JSON, filtered, put into a test. Rules only.

mod csv;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::filter::Filter;
use crate::text::plain;

pub use csv::read as read_csv;

/// Most rows of a set of data.
pub const ROWS_MAX: usize = 1_000;
/// Most fields of a row.
pub const FIELDS_MAX: usize = 200;
/// Most bytes of the name of a field of a file, or of one that is given to it: every row has it.
pub const FIELD_NAME_MAX: usize = 200;
/// Most bytes of the rows of a test, as JSON.
pub const ROWS_BYTES_MAX: usize = 1 << 20;
/// Most that tests become with rows put into them.
pub const FILLED_MAX: usize = 16 << 20;
/// What a value takes beside its text.
const VALUE_BYTES: usize = 16;

/// Values a test is run with once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterSet {
    /// Set where it is kept as a row of its own.
    pub id: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub values: Map<String, Value>,
    pub tags: Vec<String>,
    pub skip: bool,
    pub skip_reason: Option<String>,
}

/// A row as JSON gives it: with its values apart, or beside its name.
pub fn set_of(row: &Value) -> Result<ParameterSet, String> {
    let Value::Object(row) = row else { return Err("a row is an object of values".to_owned()) };
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let values = match row.get("values") {
        Some(Value::Object(values)) => values.clone(),
        Some(_) => return Err("values is an object".to_owned()),
        None => row.iter().filter(|(name, _)| *name != "name").map(|(name, value)| (name.clone(), value.clone())).collect(),
    };
    if values.len() > FIELDS_MAX {
        return Err(format!("a row has at most {FIELDS_MAX} values"));
    }
    if !row.contains_key("values") {
        return Ok(ParameterSet { name: text("name").unwrap_or_default(), values, ..ParameterSet::default() });
    }
    let tags = row.get("tags").and_then(Value::as_array);
    Ok(ParameterSet {
        id: None,
        name: text("name").unwrap_or_default(),
        description: text("description"),
        values,
        tags: tags.map(|tags| tags.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default(),
        skip: row.get("skip").and_then(Value::as_bool).unwrap_or(false),
        skip_reason: text("skip_reason"),
    })
}

/// The rows of a JSON text: a list, or an object with the list as `parameter_sets`, `data` or `rows`.
pub fn read_json(text: &str) -> Result<Vec<Value>, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("this is no JSON: {e}"))?;
    let list = match &value {
        Value::Array(list) => Some(list),
        Value::Object(object) => ["parameter_sets", "data", "rows"].iter().find_map(|name| object.get(*name)?.as_array()),
        _ => None,
    };
    let list = list.ok_or("the JSON is a list of objects")?;
    if list.len() > ROWS_MAX { Err(format!("a data set has at most {ROWS_MAX} rows")) } else { Ok(list.clone()) }
}

/// Names fields of rows as `mapping` says (field of the data -> name of the parameter) and keeps those that pass `filter`.
/// Rows without a name are called by their number.
pub fn shaped(sets: Vec<ParameterSet>, mapping: &BTreeMap<String, String>, filter: Option<&str>) -> Result<Vec<ParameterSet>, String> {
    let filter = filter.filter(|text| !text.trim().is_empty()).map(Filter::parse).transpose()?;
    let called = |set: ParameterSet| {
        let named = |(field, value): (String, Value)| (mapping.get(&field).cloned().unwrap_or(field), value);
        ParameterSet { values: set.values.into_iter().map(named).collect(), ..set }
    };
    let passes = |set: &ParameterSet| filter.as_ref().is_none_or(|filter| filter.passes(set.values.get(filter.field())));
    let numbered = |(at, set): (usize, ParameterSet)| {
        let name = if set.name.trim().is_empty() { format!("row {}", at + 1) } else { set.name };
        ParameterSet { name, ..set }
    };
    Ok(sets.into_iter().map(called).enumerate().map(numbered).filter(passes).collect())
}

/// What rows take as JSON.
pub fn bytes_of(rows: &[ParameterSet]) -> usize {
    rows.iter().map(|row| serde_json::to_string(row).map_or(usize::MAX, |text| text.len())).fold(0, usize::saturating_add)
}

/// The same rows when a test may have them all.
///
/// # Errors
/// They are too many, or too long.
pub fn bounded(rows: Vec<ParameterSet>) -> Result<Vec<ParameterSet>, String> {
    if rows.len() > ROWS_MAX {
        return Err(format!("a test has at most {ROWS_MAX} rows"));
    }
    if bytes_of(&rows) > ROWS_BYTES_MAX {
        return Err(format!("the rows of a test have at most {} MiB", ROWS_BYTES_MAX >> 20));
    }
    Ok(rows)
}

/// What a test is called with one of its sets.
pub fn title(test: &str, set: &str) -> String {
    let mut slug = String::new();
    for c in set.to_lowercase().chars() {
        match c {
            c if c.is_alphanumeric() => slug.push(c),
            _ if slug.ends_with('_') => {}
            _ => slug.push('_'),
        }
    }
    format!("{test} [{slug}]")
}

/// Names that stand between braces anywhere in a value.
pub fn named_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names.extend(pieces(text).filter_map(|(_, name)| name).map(str::to_owned)),
        Value::Array(list) => list.iter().for_each(|item| named_in(item, names)),
        Value::Object(object) => object.values().for_each(|item| named_in(item, names)),
        _ => {}
    }
}

/// The same value with the values of a set in it; names the set does not have stay. What it writes is taken from `left`.
///
/// # Errors
/// `left` is not enough.
pub fn filled(value: &Value, set: &Map<String, Value>, left: &mut usize) -> Result<Value, String> {
    takes(left, VALUE_BYTES)?;
    match value {
        Value::String(text) => {
            let whole = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
            if let Some(found) = whole.and_then(|name| set.get(name)) {
                // A list of small values takes much more than its text.
                let each = if matches!(found, Value::Array(_) | Value::Object(_)) { VALUE_BYTES } else { 1 };
                takes(left, plain(found).len().saturating_mul(each))?;
                return Ok(found.clone());
            }
            let mut out = String::new();
            for (before, name) in pieces(text) {
                let value = match name.map(|name| (name, set.get(name))) {
                    Some((_, Some(found))) => plain(found),
                    Some((name, None)) => format!("{{{{{name}}}}}"),
                    None => String::new(),
                };
                takes(left, before.len().saturating_add(value.len()))?;
                out.push_str(before);
                out.push_str(&value);
            }
            Ok(Value::String(out))
        }
        Value::Array(list) => Ok(Value::Array(list.iter().map(|item| filled(item, set, left)).collect::<Result<_, _>>()?)),
        Value::Object(object) => {
            let mut fields = Map::new();
            for (name, item) in object {
                takes(left, name.len())?;
                fields.insert(name.clone(), filled(item, set, left)?);
            }
            Ok(Value::Object(fields))
        }
        other => Ok(other.clone()),
    }
}

fn takes(left: &mut usize, bytes: usize) -> Result<(), String> {
    *left = left.checked_sub(bytes).ok_or_else(|| format!("with its rows the test has more than {} MiB", FILLED_MAX >> 20))?;
    Ok(())
}

/// Texts, each with the name that follows it.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest?;
        let mut from = 0;
        while let Some(open) = here.get(from..).and_then(|part| part.find("{{")).map(|at| at + from) {
            let inside = here.get(open + 2..).unwrap_or_default();
            // No name has a brace in it, so that the first one closes it or nothing does.
            let close = inside.find(['{', '}']).filter(|at| inside.get(*at..).is_some_and(|rest| rest.starts_with("}}")));
            let name = close.and_then(|close| inside.get(..close)).map(str::trim);
            let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
            if let (Some(name), Some(close)) = (name.filter(is_name), close) {
                rest = inside.get(close + 2..);
                return Some((here.get(..open).unwrap_or_default(), Some(name)));
            }
            from = open + 2;
        }
        rest = None;
        Some((here, None))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn names(value: &Value) -> Vec<String> {
        let mut names = BTreeSet::new();
        named_in(value, &mut names);
        names.into_iter().collect()
    }

    #[test]
    fn rows_are_named_mapped_and_filtered() {
        let rows = read_csv("mail,age\nana@a.test,31\n\"x, \"\"y\"\"\",9\n", ',').unwrap();
        let sets: Vec<ParameterSet> = rows.iter().map(|row| set_of(row).unwrap()).collect();
        let mapping = BTreeMap::from([("mail".to_owned(), "email".to_owned())]);
        let all = shaped(sets.clone(), &mapping, None).unwrap();
        assert_eq!((all[1].name.as_str(), &all[1].values["email"]), ("row 2", &json!("x, \"y\"")));
        let old = shaped(sets, &mapping, Some("age >= 18")).unwrap();
        assert_eq!((old.len(), old[0].name.as_str()), (1, "row 1"), "a number written as text is compared as one");
        let named = set_of(&json!({ "name": "first", "values": { "name": "x" }, "skip": true })).unwrap();
        assert_eq!((named.name.as_str(), &named.values["name"], named.skip), ("first", &json!("x"), true));
        assert_eq!(read_json("{\"data\":[{\"a\":1}]}").unwrap(), [json!({ "a": 1 })]);
        assert!(read_json("3").is_err() && set_of(&json!([])).is_err());
    }

    #[test]
    fn values_take_the_place_of_their_names() {
        let test = json!([{ "value": "{{ mail }}", "target": "a {{n}} {{other}} {{not a name}} {{" }]);
        assert_eq!(names(&test), ["mail", "n", "other"]);
        let set = json!({ "mail": "a@b.test", "n": 3 });
        let mut left = FILLED_MAX;
        let filled = filled(&test, set.as_object().unwrap(), &mut left).unwrap();
        assert_eq!(filled, json!([{ "value": "a@b.test", "target": "a 3 {{other}} {{not a name}} {{" }]));
        assert_eq!(names(&json!("{{{{a}} {{b}c}} {{ d }}} {{{e}} {{f")), ["a", "d"]);
        assert_eq!(title("Sign in", "Ana & Bob!"), "Sign in [ana_bob_]");
    }

    #[test]
    fn rows_are_put_in_as_long_as_there_is_room() {
        let set = json!({ "v": "x".repeat(1_000), "list": vec![0; 1_000] }).as_object().cloned().unwrap();
        let room = |value: &Value, most: usize| {
            let mut left = most;
            let done = filled(value, &set, &mut left);
            done.map(|_| most - left)
        };
        assert_eq!(room(&json!("{{v}}"), 2_000), Ok(1_000 + VALUE_BYTES));
        assert_eq!(room(&json!({ "a": "{{v}}{{v}}-" }), 3_000), Ok(2_002 + 2 * VALUE_BYTES), "the name counts too");
        assert!(room(&json!("{{v}}".repeat(400_000)), FILLED_MAX).unwrap_err().contains("16 MiB"));
        assert!(room(&json!(vec![0; 2_000]), 30_000).is_err(), "what has no text is not free");
        assert!(room(&json!(["{{list}}", "{{list}}"]), 40_000).is_err());
        let row = |n: usize| ParameterSet { name: "x".repeat(n), ..ParameterSet::default() };
        assert!(bounded(vec![row(1); ROWS_MAX]).is_ok() && bounded(vec![row(1); ROWS_MAX + 1]).is_err());
        assert!(bounded(vec![row(ROWS_BYTES_MAX / 2)]).is_ok() && bounded(vec![row(ROWS_BYTES_MAX / 2); 2]).is_err());
        assert!(read_csv(&format!("{}\n1", "n".repeat(FIELD_NAME_MAX + 1)), ',').is_err(), "every row would have the name");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|[{}\",;\\n\\[\\]a:1 ]{0,60}", delimiter in prop_oneof![Just(','), Just(';'), any::<char>()]) {
            drop(read_json(&text));
            if let Ok(rows) = read_csv(&text, delimiter) {
                prop_assert!(rows.len() <= ROWS_MAX && rows.iter().all(|row| set_of(row).is_ok()));
            }
            let value = json!({ "a": [text] });
            let mut left = FILLED_MAX;
            let same = filled(&value, &Map::new(), &mut left).unwrap();
            prop_assert_eq!(&same["a"][0].as_str().map(names_of), &Some(names_of(&text)));
        }

        #[test]
        fn fields_that_are_written_are_read_again(rows in prop::collection::vec(("[^\\x00]{0,12}", "[ -~]{0,12}"), 1..8)) {
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let lines: String = rows.iter().map(|(a, b)| format!("{},{}\r\n", quoted(a), quoted(b))).collect();
            let read = read_csv(&format!("a,b\r\n{lines}"), ',').unwrap();
            let expected: Vec<Value> = rows.iter().map(|(a, b)| json!({ "a": a, "b": b })).collect();
            prop_assert_eq!(read, expected);
        }
    }

    fn names_of(text: &str) -> Vec<String> {
        names(&json!(text))
    }
}
