//! A test that is run once with each row of its data: what its people write, where its rows come from, what a row needs.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use argos_kernel::{FieldError, Timestamp, Uid};
use argos_webtest::sets::{self, FIELD_NAME_MAX, ParameterSet, ROWS_BYTES_MAX, ROWS_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::data_source::{api_of, database_of, env_of};
use super::input;
use super::test::{Document, words};

/// In which order its rows are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Sequential,
    Parallel,
    Random,
    /// In order, until one fails.
    FirstFailure,
}

words!(Mode: Sequential = "sequential", Parallel = "parallel", Random = "random", FirstFailure = "first_failure");

/// Where rows can come from.
pub const SOURCES: [(&str, &str); 6] = [
    ("inline", "Rows that are written with the test"),
    ("csv", "A CSV text, or a file of the project"),
    ("json", "A list of objects, or a file of the project"),
    ("env", "Variables of this server that the setting test_env_allow names"),
    ("database", "Rows a query reads from a PostgreSQL whose address is a secret of the project"),
    ("api", "Rows that an address answers with, as JSON"),
];

/// Names the engine knows by itself.
const BUILT_IN: [&str; 9] = ["base_url", "run_id", "test_id", "timestamp", "date", "uuid", "random_email", "random_string", "random_int"];
const PARALLEL_MAX: u32 = 20;
/// Least and most time of one row, and the time of one that says nothing, in milliseconds.
const TIMEOUT_MS: (u64, u64, u64) = (1_000, 300_000, 60_000);

/// All that is written of such a test, beside the rows that are kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataDocument {
    pub name: String,
    pub description: Option<String>,
    pub data_source_type: String,
    pub data_source_config: Map<String, Value>,
    pub parameter_schema: Map<String, Value>,
    /// `steps`, `assertions`, `setup`, `teardown`, `variables`, `config` in canonical form.
    pub definition: Map<String, Value>,
    pub iteration_mode: Mode,
    pub max_parallel: u32,
    pub timeout_per_iteration_ms: u64,
}

impl Default for DataDocument {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: None,
            data_source_type: "inline".to_owned(),
            data_source_config: Map::new(),
            parameter_schema: Map::new(),
            definition: Map::new(),
            iteration_mode: Mode::Sequential,
            max_parallel: 5,
            timeout_per_iteration_ms: TIMEOUT_MS.2,
        }
    }
}

/// A stored one.
#[derive(Clone, Debug, PartialEq)]
pub struct DataTest {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    pub document: DataDocument,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A row that is kept with its test.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSet {
    pub uid: Uid,
    pub set: ParameterSet,
    pub order_index: i64,
    pub created_at: Timestamp,
}

impl DataDocument {
    /// As the document of a test, for what both have in common.
    pub fn test(&self) -> Document {
        Document {
            name: self.name.clone(),
            description: self.description.clone(),
            definition: self.definition.clone(),
            is_active: true,
            ..Document::default()
        }
    }

    /// Lays a body over it; null and absent members stay. All faults at once.
    pub fn apply(&self, body: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut new = self.clone();
        let mut faults = Vec::new();
        let own = |name: &String| !matches!(name.as_str(), "tags" | "priority" | "source" | "is_active");
        let common: Map<String, Value> = body.iter().filter(|(name, _)| own(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        match input::apply(&self.test(), &common) {
            Ok(document) => (new.name, new.description, new.definition) = (document.name, document.description, document.definition),
            Err(list) => faults.extend(list),
        }
        let given = |name: &str| body.get(name).filter(|value| !value.is_null());
        if let Some(value) = given("data_source_type") {
            match value.as_str().filter(|word| SOURCES.iter().any(|(id, ..)| id == word)) {
                Some(word) => word.clone_into(&mut new.data_source_type),
                None => faults.push(FieldError::new("data_source_type", format!("data_source_type must be one of {}", sources()))),
            }
        }
        for (name, keep) in [("data_source_config", &mut new.data_source_config), ("parameter_schema", &mut new.parameter_schema)] {
            match given(name) {
                Some(Value::Object(object)) if serde_json::to_string(object).map_or(usize::MAX, |text| text.len()) > ROWS_BYTES_MAX => {
                    faults.push(FieldError::new(name, format!("{name} has at most {} MiB", ROWS_BYTES_MAX >> 20)));
                }
                Some(Value::Object(object)) => keep.clone_from(object),
                Some(_) => faults.push(FieldError::new(name, format!("{name} must be an object"))),
                None => {}
            }
        }
        if let Some(value) = given("iteration_mode") {
            match value.as_str().and_then(Mode::parse) {
                Some(mode) => new.iteration_mode = mode,
                None => faults.push(FieldError::new("iteration_mode", format!("iteration_mode must be one of {}", Mode::WORDS.trim()))),
            }
        }
        let count = |name: &str, least: u64, most: u64, faults: &mut Vec<FieldError>| {
            let value = given(name)?;
            let read = value.as_u64().filter(|n| (least..=most).contains(n));
            if read.is_none() {
                faults.push(FieldError::new(name, format!("{name} must be between {least} and {most}")));
            }
            read
        };
        if let Some(n) = count("max_parallel", 1, u64::from(PARALLEL_MAX), &mut faults) {
            new.max_parallel = u32::try_from(n).unwrap_or(1);
        }
        if let Some(ms) = count("timeout_per_iteration_ms", TIMEOUT_MS.0, TIMEOUT_MS.1, &mut faults) {
            new.timeout_per_iteration_ms = ms;
        }
        if let Err(fault) = new.written_sets() {
            faults.push(fault);
        }
        if faults.is_empty() { Ok(new) } else { Err(faults) }
    }

    /// The rows its source has without looking anywhere else; none where they are in a file.
    pub fn written_sets(&self) -> Result<Vec<ParameterSet>, FieldError> {
        read_rows(&self.data_source_type, &self.data_source_config, None)
    }
}

fn sources() -> String {
    SOURCES.iter().map(|(id, ..)| *id).collect::<Vec<_>>().join(", ")
}

/// The file of a project a source names.
pub fn file_of<'c>(kind: &str, config: &'c Map<String, Value>) -> Option<&'c str> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if !matches!(kind, "csv" | "json") || text("content").is_some() { None } else { text("file").or_else(|| text("path")) }
}

/// The rows of a source. `file` is what stands in the file it names, or what its address answered.
pub fn read_rows(kind: &str, config: &Map<String, Value>, file: Option<&str>) -> Result<Vec<ParameterSet>, FieldError> {
    let fault = |why: String| FieldError::new("data_source_config", format!("data_source_config: {why}"));
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let rows = match kind {
        "csv" | "json" => match file.or_else(|| text("content")) {
            // Read when the rows are asked for.
            None if file_of(kind, config).is_some() => return Ok(Vec::new()),
            None => return Err(fault(format!("a {kind} source has `content` or `file`"))),
            Some(content) if kind == "csv" => {
                let mut delimiter = text("delimiter").unwrap_or(",").chars();
                let (Some(one), None) = (delimiter.next(), delimiter.next()) else {
                    return Err(fault("delimiter is one character".to_owned()));
                };
                sets::read_csv(content, one).map_err(fault)?
            }
            Some(content) => sets::read_json(content).map_err(fault)?,
        },
        "env" => return env_of(config).map(|_| Vec::new()),
        "database" => match file {
            None => return database_of(config).map(|_| Vec::new()),
            Some(answer) => sets::read_json(answer).map_err(fault)?,
        },
        "api" => match file {
            None => return api_of(config).map(|_| Vec::new()),
            Some(answer) => sets::read_json(api_of(config)?.part(answer).map_err(fault)?.as_str()).map_err(fault)?,
        },
        _ => ["parameter_sets", "data", "rows"].iter().find_map(|name| config.get(*name)?.as_array().cloned()).unwrap_or_default(),
    };
    if rows.len() > ROWS_MAX {
        return Err(fault(format!("a data set has at most {ROWS_MAX} rows")));
    }
    let read = rows.iter().map(sets::set_of).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    let mapping: BTreeMap<String, String> = match config.get("mapping") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| fault("mapping names a parameter for a field".to_owned()))?,
    };
    if mapping.values().any(|name| name.len() > FIELD_NAME_MAX) {
        return Err(fault(format!("mapping: the name of a parameter has at most {FIELD_NAME_MAX} bytes")));
    }
    sets::shaped(read, &mapping, text("filter")).and_then(sets::bounded).map_err(fault)
}

/// Which parameters a test needs, has and lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    pub required: Vec<String>,
    pub provided: Vec<String>,
    /// Needed and not in every row that is run.
    pub missing: Vec<String>,
    pub unused: Vec<String>,
}

/// What its steps name, beside what they set themselves, what the test gives and what the engine knows.
pub fn parameters(definition: &Map<String, Value>, rows: &[ParameterSet]) -> Parameters {
    let mut named = BTreeSet::new();
    let mut own: BTreeSet<&str> = BUILT_IN.into();
    for member in ["setup", "steps", "assertions", "teardown"] {
        let list = definition.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().for_each(|item| sets::named_in(item, &mut named));
        own.extend(list.iter().filter_map(|item| item.get("save_as")?.as_str()));
    }
    if let Some(Value::Object(variables)) = definition.get("variables") {
        own.extend(variables.keys().map(String::as_str));
    }
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let required: BTreeSet<String> =
        named.iter().map(|name| first(name)).filter(|name| name != "secrets" && name != "env" && !own.contains(name.as_str())).collect();
    let used: BTreeSet<String> = named.iter().map(|name| first(name)).collect();
    let provided: BTreeSet<String> = rows.iter().flat_map(|row| row.values.keys().cloned()).collect();
    let lacks = |name: &&String| rows.is_empty() || rows.iter().any(|row| !row.skip && !row.values.contains_key(*name));
    Parameters {
        missing: required.iter().filter(lacks).cloned().collect(),
        unused: provided.iter().filter(|name| !used.contains(*name)).cloned().collect(),
        required: required.into_iter().collect(),
        provided: provided.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn parameters_are_what_the_steps_name_and_the_rows_give() {
        let definition = object(&json!({
            "steps": [{ "action": "fill", "target": "#a", "value": "{{mail}} {{secrets.x}} {{uuid}} {{own}}" },
                      { "action": "extract", "target": "#b", "save_as": "later" }, { "action": "fill", "value": "{{later}}{{user.name}}" }],
            "variables": { "own": 1 },
        }));
        let row = |value: Value| sets::set_of(&value).unwrap();
        let found = parameters(&definition, &[row(json!({ "mail": "a", "odd": 1 })), row(json!({ "mail": "b", "user": {} }))]);
        assert_eq!(
            (found.required.as_slice(), found.missing.as_slice()),
            (&["mail".to_owned(), "user".to_owned()][..], &["user".to_owned()][..])
        );
        assert_eq!(
            (found.provided.as_slice(), found.unused.as_slice()),
            (&["mail".to_owned(), "odd".to_owned(), "user".to_owned()][..], &["odd".to_owned()][..])
        );
    }

    #[test]
    fn every_fault_of_a_data_test_is_named() {
        let wrong = json!({ "name": "", "data_source_type": "moon", "parameter_schema": 3, "iteration_mode": "x", "max_parallel": 21,
            "timeout_per_iteration_ms": 1, "steps": [{ "action": "fly" }], "data_source_config": { "parameter_sets": [7] } });
        let faults = DataDocument::default().apply(&object(&wrong)).unwrap_err();
        let places: BTreeSet<String> = faults.iter().filter_map(|f| f.loc.get(1).cloned()).collect();
        let expected = [
            "data_source_config",
            "data_source_type",
            "iteration_mode",
            "max_parallel",
            "name",
            "parameter_schema",
            "steps",
            "timeout_per_iteration_ms",
        ];
        assert_eq!(places.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        let refused = DataDocument::default().apply(&object(&json!({ "name": "x", "data_source_type": "database" }))).unwrap_err();
        assert!(refused[0].msg.contains("secret of the project"), "{refused:?}");
        let csv = json!({ "name": "x", "data_source_type": "csv", "data_source_config": { "content": "a;b\n1;2\n3;4", "delimiter": ";", "filter": "a > 1" } });
        let rows = DataDocument::default().apply(&object(&csv)).unwrap().written_sets().unwrap();
        assert_eq!((rows.len(), &rows[0].values["b"]), (1, &json!("4")));
    }

    #[test]
    fn rows_that_are_too_long_are_refused_when_no_filter_leaves_them_out() {
        let long = "x".repeat(ROWS_BYTES_MAX);
        let refused = DataDocument::default().apply(&object(&json!({ "name": "x", "data_source_config": { "rows": [{ "a": long }] } })));
        assert!(refused.unwrap_err()[0].msg.contains("1 MiB"));
        let file = format!("a,n\n{long},1\nshort,2\n");
        let read = |config: Value| read_rows("csv", &object(&config), Some(&file));
        assert!(read(json!({})).unwrap_err().msg.contains("1 MiB"));
        assert_eq!(read(json!({ "filter": "n == 2" })).unwrap().len(), 1);
        assert!(read(json!({ "filter": "n == 2", "mapping": { "a": long } })).is_err());
    }

    proptest! {
        #[test]
        fn any_source_is_read_or_refused(kind in prop_oneof![Just("csv"), Just("json"), Just("inline"), Just("env"), Just("api"), Just("database")], text in "\\PC{0,40}", number in any::<i64>()) {
            for value in [json!(text), json!(number), json!([text]), json!([{ "name": text, "values": { "a": number } }])] {
                let config = object(&json!({ "content": text, "delimiter": text, "filter": text, "mapping": value, "rows": value }));
                let read = read_rows(kind, &config, Some(&text));
                prop_assert!(read.is_ok() || read.unwrap_err().loc.len() == 2);
            }
        }
    }
}
