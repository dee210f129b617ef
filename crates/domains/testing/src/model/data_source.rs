//! Where rows come from outside the test: variables of this server, databases and addresses. What a source names, whether it may, and
//! the part of an answer that is meant. Pure.

use std::collections::BTreeMap;

use argos_kernel::FieldError;
use argos_webtest::sets::{FIELD_NAME_MAX, FIELDS_MAX};
use serde_json::{Map, Value};

use super::settings::is_web_address;

/// The setting that names the variables tests may read.
pub const ALLOWED: &str = "test_env_allow";

/// Longest query of a `database` source.
const QUERY_CHARS_MAX: usize = 20_000;

/// What an `env` source reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvSource {
    /// One row: each variable a parameter of its name.
    Row(Vec<String>),
    /// A variable that holds the rows, as `csv` or `json`.
    Rows { name: String, format: String },
}

fn faulty(why: &str) -> FieldError {
    FieldError::new("data_source_config", format!("data_source_config: {why}"))
}

/// Reads what an `env` source names: `variables`, or `variable` with `format`.
pub fn env_of(config: &Map<String, Value>) -> Result<EnvSource, FieldError> {
    let is_name = |name: &str| (1..=FIELD_NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    if let Some(name) = text("variable") {
        let format = text("format").unwrap_or("json");
        return if is_name(name) && matches!(format, "csv" | "json") {
            Ok(EnvSource::Rows { name: name.to_owned(), format: format.to_owned() })
        } else {
            Err(faulty("variable is the name of a variable, and format csv or json"))
        };
    }
    let names = config.get("variables").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read: Option<Vec<String>> = names.iter().map(|n| n.as_str().filter(|n| is_name(n)).map(str::to_owned)).collect();
    let read = read.filter(|names| (1..=FIELDS_MAX).contains(&names.len()));
    read.map(EnvSource::Row).ok_or_else(|| faulty("an env source has `variables`, a list of names, or `variable`"))
}

/// Whether tests may read a variable: a star ends a prefix.
pub fn may_read(name: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|pattern| pattern.strip_suffix('*').map_or(pattern == name, |prefix| !prefix.is_empty() && name.starts_with(prefix)))
}

/// What an `api` source asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSource {
    pub url: String,
    pub headers: BTreeMap<String, String>,
    /// A JSON pointer to the list in the answer; empty = the answer is it.
    pub path: String,
}

/// Reads what an `api` source names: `url`, `headers`, `path`.
pub fn api_of(config: &Map<String, Value>) -> Result<ApiSource, FieldError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let (url, path) = (text("url"), text("path"));
    if !is_web_address(&url) {
        return Err(faulty("an api source has `url`, an http or https address without credentials"));
    }
    if !path.is_empty() && !path.starts_with('/') {
        return Err(faulty("path is a JSON pointer such as /data/rows"));
    }
    let headers = match config.get("headers") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| faulty("headers are names with texts"))?,
    };
    Ok(ApiSource { url, headers, path })
}

/// What a `database` source asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSource {
    /// The secret of the project that holds the address.
    pub secret: String,
    /// One statement that reads.
    pub query: String,
}

/// Reads what a `database` source names: `connection`, a secret of the project, and `query`.
pub fn database_of(config: &Map<String, Value>) -> Result<DatabaseSource, FieldError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let (secret, query) = (text("connection"), text("query"));
    let secret = secret.strip_prefix("secrets.").unwrap_or(&secret).to_owned();
    let is_name = (1..=FIELD_NAME_MAX).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Err(faulty("connection is the name of a secret of the project that holds the address of a PostgreSQL, not the address"));
    }
    let begins = query.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    if query.chars().count() > QUERY_CHARS_MAX || !["select", "with", "values", "table"].contains(&begins.as_str()) {
        return Err(faulty(&format!("query is one select of at most {QUERY_CHARS_MAX} characters")));
    }
    Ok(DatabaseSource { secret, query })
}

impl ApiSource {
    /// The list of an answer, as JSON.
    pub fn part(&self, answer: &str) -> Result<String, String> {
        let value: Value = serde_json::from_str(answer).map_err(|e| format!("the answer is no JSON: {e}"))?;
        value.pointer(&self.path).map(Value::to_string).ok_or_else(|| format!("the answer has nothing at {}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::data_test;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn variables_are_read_where_the_setting_names_them_and_answers_where_the_pointer_leads() {
        let allowed = ["TEST_*".to_owned(), "SHOP_USER".to_owned(), "*".to_owned()];
        assert!(may_read("TEST_A", &allowed) && may_read("SHOP_USER", &allowed));
        assert!(!may_read("PATH", &allowed) && !may_read("SHOP_USER_2", &allowed) && !may_read("", &allowed));
        assert_eq!(env_of(&object(&json!({ "variables": ["TEST_A"] }))), Ok(EnvSource::Row(vec!["TEST_A".to_owned()])));
        for bad in
            [json!({}), json!({ "variables": [] }), json!({ "variables": ["A=B"] }), json!({ "variable": "TEST_A", "format": "xml" })]
        {
            assert!(env_of(&object(&bad)).is_err(), "{bad}");
        }
        let config = object(&json!({ "url": "https://shop.example/rows", "path": "/data/rows", "filter": "n > 1" }));
        let rows = data_test::read_rows("api", &config, Some(r#"{"data":{"rows":[{"n":1},{"n":2}]}}"#)).unwrap();
        assert_eq!((rows.len(), &rows[0].values["n"]), (1, &json!(2)));
        assert!(data_test::read_rows("api", &config, Some("{}")).is_err() && data_test::read_rows("api", &config, Some("<html>")).is_err());
        assert!(api_of(&object(&json!({ "url": "file:///etc/passwd" }))).is_err());
    }

    #[test]
    fn database_is_named_by_a_secret_and_asked_by_one_select() {
        let config = object(&json!({ "connection": "secrets.shop_db", "query": " select id as n from orders ", "filter": "n > 1" }));
        let source = database_of(&config).unwrap();
        assert_eq!((source.secret.as_str(), source.query.as_str()), ("shop_db", "select id as n from orders"));
        let bad = [("postgres://u:p@h/d", "select 1"), ("", "select 1"), ("db", ""), ("db", "delete from orders"), ("db", "selective")];
        for (connection, query) in bad {
            let fault = database_of(&object(&json!({ "connection": connection, "query": query }))).unwrap_err();
            assert!(!format!("{fault:?}").contains("u:p"), "{fault:?}");
        }
        let rows = data_test::read_rows("database", &config, Some(r#"[{"n":1},{"n":2}]"#)).unwrap();
        assert_eq!((rows.len(), &rows[0].values["n"]), (1, &json!(2)));
    }
}
