//! `/api/v1/parameterized`: what a test with rows would become, whether its rows fit, rows out of a text. Nothing is kept.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::sets::{FILLED_MAX, ParameterSet, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Service;
use super::data_tests::may_ask_for;
use super::data_view::ExpandedView;
use crate::actions::tests::fault;
use crate::model::data_test::{DataDocument, Mode, SOURCES, parameters, read_rows};
use crate::service::Testing;

const UPLOAD_BYTES_MAX: usize = 5 << 20;
/// Values shown of a field.
const SAMPLES: usize = 3;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/parameterized/expand", "parameterized.expand", "A test with each of its rows put in.", expand)
        .body::<HelpBody>()
        .reply::<ExpandView>()
        .post("/api/v1/parameterized/preview", "parameterized.preview", "The first few of them.", preview)
        .body::<HelpBody>()
        .reply::<PreviewView>()
        .post("/api/v1/parameterized/validate", "parameterized.validate", "Whether the rows have what the steps name.", validate)
        .body::<HelpBody>()
        .reply::<ValidView>()
        .post("/api/v1/parameterized/import-data", "parameterized.import", "Rows out of a text.", import)
        .body::<ImportBody>()
        .reply::<ImportView>()
        .body_limit(UPLOAD_BYTES_MAX * 2)
        .post(
            "/api/v1/parameterized/import-data/upload",
            "parameterized.upload",
            "Rows out of a file (multipart: `file`, `format`, `delimiter`).",
            upload,
        )
        .reply::<ImportView>()
        .body_limit(UPLOAD_BYTES_MAX + (64 << 10))
        .get("/api/v1/parameterized/data-sources", "parameterized.sources", "Where rows can come from.", sources)
        .reply::<SourcesView>()
        .get("/api/v1/parameterized/iteration-modes", "parameterized.modes", "In which order rows can be run.", modes)
        .reply::<ModesView>()
}

/// A test that is kept nowhere, with its rows or where they come from.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct HelpBody {
    /// `name`, `steps`, `assertions`, `setup`, `teardown`, `parameter_sets`, `data_source` {type, ...}, `project_id`
    test: Map<String, Value>,
    data_source_override: Option<Map<String, Value>>,
    limit: Option<usize>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ImportBody {
    content: String,
    /// csv or json
    format: String,
    mapping: BTreeMap<String, String>,
    filter: Option<String>,
    delimiter: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ExpandView {
    success: bool,
    test_name: String,
    total_expanded: usize,
    expanded_tests: Vec<ExpandedView>,
    iteration_mode: Mode,
    warnings: Vec<String>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    success: bool,
    test_name: String,
    total_combinations: usize,
    previews: Vec<ExpandedView>,
    data_source_type: String,
    warnings: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ParameterFault {
    parameter: String,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct ValidView {
    valid: bool,
    required_parameters: Vec<String>,
    provided_parameters: Vec<String>,
    missing_parameters: Vec<String>,
    unused_parameters: Vec<String>,
    errors: Vec<ParameterFault>,
    warnings: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ImportView {
    success: bool,
    parameter_sets_count: usize,
    /// Each with its name beside its values.
    parameter_sets: Vec<Map<String, Value>>,
    detected_fields: Vec<String>,
    /// The first values of each field.
    sample_values: BTreeMap<String, Vec<Value>>,
    warnings: Vec<String>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SourceView {
    id: &'static str,
    name: &'static str,
    available: bool,
    /// Why it is not.
    reason: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct SourcesView {
    data_sources: Vec<SourceView>,
}

#[derive(Serialize, JsonSchema)]
struct ModesView {
    iteration_modes: Vec<Mode>,
}

struct Asked {
    document: DataDocument,
    rows: Vec<ParameterSet>,
    kind: String,
}

/// The test of a body with its rows.
async fn asked(testing: &Testing, req: &Req, body: HelpBody) -> Result<Asked> {
    testing.platform.identity.organization_of(req).await?;
    let inside = |mut f: argos_kernel::FieldError| {
        f.loc.insert(1, "test".to_owned());
        f
    };
    let mut test = body.test;
    let source = body.data_source_override.or_else(|| test.get("data_source").and_then(Value::as_object).cloned());
    if let Some(source) = source {
        test.insert("data_source_type".to_owned(), source.get("type").cloned().unwrap_or_else(|| json!("inline")));
        test.insert("data_source_config".to_owned(), Value::Object(source));
    }
    let document = DataDocument::default().apply(&test).map_err(|faults| AppError::invalid(faults.into_iter().map(inside).collect()))?;
    let access = match test.get("project_id").and_then(Value::as_str) {
        Some(project) => Some(testing.project_for(req, project).await?),
        None => None,
    };
    may_ask_for(access.as_ref(), &document.data_source_type)?;
    let project = access.map(|access| access.project.id);
    let mut rows = match test.get("parameter_sets") {
        Some(Value::Array(rows)) => {
            let config = Map::from_iter([("parameter_sets".to_owned(), Value::from(rows.clone()))]);
            read_rows("inline", &config, None).map_err(|f| fault("test", format!("parameter_sets: {}", f.msg)))?
        }
        _ => Vec::new(),
    };
    rows.extend(testing.rows_of_source(&document.data_source_type, &document.data_source_config, project).await?);
    let rows = bounded(rows).map_err(|why| fault("test", why))?;
    Ok(Asked { kind: document.data_source_type.clone(), document, rows })
}

impl Asked {
    fn warnings(&self) -> Vec<String> {
        let found = parameters(&self.document.definition, &self.rows);
        let skipped = self.rows.iter().filter(|row| row.skip).count();
        let lacks = found.missing.iter().map(|name| format!("not every row has {name}"));
        let more = found.unused.iter().map(|name| format!("no step names {name}"));
        lacks.chain(more).chain((skipped > 0).then(|| format!("{skipped} rows are skipped"))).collect()
    }

    fn expanded(self, limit: usize) -> Result<Vec<ExpandedView>> {
        let (name, definition) = (self.document.name, self.document.definition);
        let mut left = FILLED_MAX;
        let rows = self.rows.into_iter().filter(|row| !row.skip).take(limit).enumerate();
        let expanded = rows.map(|(at, row)| ExpandedView::of(at, &name, &definition, row, &mut left)).collect::<Result<_, _>>();
        expanded.map_err(|why| fault("test", format!("{why}: ask for fewer rows with limit")))
    }
}

async fn expand(testing: Service, mut req: Req) -> Result<Reply> {
    let body: HelpBody = req.json().await?;
    let limit = body.limit.unwrap_or(usize::MAX);
    let asked = asked(&testing, &req, body).await?;
    let (test_name, iteration_mode, warnings) = (asked.document.name.clone(), asked.document.iteration_mode, asked.warnings());
    let expanded_tests = asked.expanded(limit)?;
    let total_expanded = expanded_tests.len();
    Ok(Reply::json(&ExpandView { success: true, test_name, total_expanded, expanded_tests, iteration_mode, warnings, error: None }))
}

async fn preview(testing: Service, mut req: Req) -> Result<Reply> {
    let body: HelpBody = req.json().await?;
    let limit = body.limit.unwrap_or(5);
    if !(1..=50).contains(&limit) {
        return Err(fault("limit", "limit must be between 1 and 50"));
    }
    let asked = asked(&testing, &req, body).await?;
    let (test_name, data_source_type, warnings) = (asked.document.name.clone(), asked.kind.clone(), asked.warnings());
    let total_combinations = asked.rows.iter().filter(|row| !row.skip).count();
    let previews = asked.expanded(limit)?;
    Ok(Reply::json(&PreviewView { success: true, test_name, total_combinations, previews, data_source_type, warnings }))
}

async fn validate(testing: Service, mut req: Req) -> Result<Reply> {
    let body: HelpBody = req.json().await?;
    let asked = asked(&testing, &req, body).await?;
    let found = parameters(&asked.document.definition, &asked.rows);
    let fault = |name: &String| ParameterFault {
        parameter: name.clone(),
        message: if asked.rows.is_empty() { format!("there is no row that has {name}") } else { format!("not every row has {name}") },
    };
    Ok(Reply::json(&ValidView {
        valid: found.missing.is_empty(),
        errors: found.missing.iter().map(fault).collect(),
        warnings: found.unused.iter().map(|name| format!("no step names {name}")).collect(),
        required_parameters: found.required,
        provided_parameters: found.provided,
        missing_parameters: found.missing,
        unused_parameters: found.unused,
    }))
}

async fn import(testing: Service, mut req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let body: ImportBody = req.json().await?;
    imported(&body)
}

async fn upload(testing: Service, mut req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let form = req.multipart().await?;
    let file = form.field("file").ok_or_else(|| fault("file", "file is missing"))?;
    let text = |name: &str| form.field(name).map(|field| String::from_utf8_lossy(&field.data).into_owned()).filter(|text| !text.is_empty());
    let ending = file.file_name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_lowercase());
    let content = std::str::from_utf8(&file.data).map_err(|_| fault("file", "file must be a UTF-8 text"))?.to_owned();
    let format = text("format").or(ending).unwrap_or_default();
    imported(&ImportBody { content, format, delimiter: text("delimiter"), filter: text("filter"), ..ImportBody::default() })
}

fn imported(body: &ImportBody) -> Result<Reply> {
    if !["csv", "json"].contains(&body.format.as_str()) {
        return Err(AppError::bad_request("format must be csv or json").code("format_not_offered").with("field", "format"));
    }
    let mut config = Map::new();
    config.insert("mapping".to_owned(), json!(body.mapping));
    for (name, value) in [("delimiter", &body.delimiter), ("filter", &body.filter)] {
        if let Some(value) = value {
            config.insert(name.to_owned(), Value::from(value.clone()));
        }
    }
    let rows = read_rows(&body.format, &config, Some(&body.content))
        .map_err(|f| fault("content", f.msg.replace("data_source_config", "content")))?;
    let mut sample_values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut detected_fields: Vec<String> = Vec::new();
    for (name, value) in rows.iter().flat_map(|row| &row.values) {
        let samples = sample_values.entry(name.clone()).or_default();
        if samples.is_empty() {
            detected_fields.push(name.clone());
        }
        if samples.len() < SAMPLES {
            samples.push(value.clone());
        }
    }
    let warnings = if rows.is_empty() { vec!["no row passes the filter".to_owned()] } else { Vec::new() };
    let beside = |row: ParameterSet| {
        let mut object = row.values;
        object.entry("name").or_insert(Value::from(row.name));
        object
    };
    Ok(Reply::json(&ImportView {
        success: true,
        parameter_sets_count: rows.len(),
        parameter_sets: rows.into_iter().map(beside).collect(),
        detected_fields,
        sample_values,
        warnings,
        error: None,
    }))
}

async fn sources(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    // Every source there is can be used here.
    let view = |&(id, name): &(&'static str, &'static str)| SourceView { id, name, available: true, reason: None };
    Ok(Reply::json(&SourcesView { data_sources: SOURCES.iter().map(view).collect() }))
}

async fn modes(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    Ok(Reply::json(&ModesView { iteration_modes: Mode::WORDS.split_whitespace().filter_map(Mode::parse).collect() }))
}
