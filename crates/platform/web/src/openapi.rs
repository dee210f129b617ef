//! The OpenAPI 3.1 document, generated from the declared routes.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::routes::Mounted;

const ERROR: &str = "#/components/schemas/Error";

/// Builds the document; the order follows path and method, so that a diff is readable.
pub fn openapi_document(routes: &[Mounted], version: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into()).into_generator();
    let mut sorted: Vec<&Mounted> = routes.iter().collect();
    sorted.sort_by_key(|r| (r.path, r.method.as_str().to_owned()));
    let mut paths = Map::new();
    for route in sorted {
        let operation = operation(route, &mut generator);
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.as_str().to_lowercase(), operation);
        }
    }
    let mut schemas: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    schemas.insert("Error".to_owned(), error_schema());
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Argos",
            "version": crate::API_VERSION,
            "description": format!(
                "The HTTP interface of Argos {version}. A PUT of the quality routes under `/api/v1` is a partial update, and PATCH does the same."
            ),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": security_schemes() }
    })
}

fn operation(route: &Mounted, generator: &mut schemars::SchemaGenerator) -> Value {
    let path_params = route.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> =
        path_params.map(|n| json!({ "name": n, "in": "path", "required": true, "schema": { "type": "string" } })).collect();
    parameters.extend(
        route.params.iter().map(|p| json!({ "name": p.name, "in": "query", "description": p.about, "schema": { "type": "string" } })),
    );
    let error = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": { "$ref": ERROR } } } });
    let mut responses = Map::new();
    match &route.reply {
        Some((status, schema)) => {
            let schema = schema(generator).to_value();
            responses
                .insert(status.to_string(), json!({ "description": "Success", "content": { "application/json": { "schema": schema } } }));
        }
        None => drop(responses.insert("2XX".to_owned(), json!({ "description": "Success" }))),
    }
    if !route.rule.is_public() {
        responses.insert("401".to_owned(), error("No valid credential"));
        responses.insert("403".to_owned(), error("Permission denied"));
    }
    responses.insert("4XX".to_owned(), error("The request was refused"));
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.operation.split('.').next().unwrap_or_default()],
        "parameters": parameters,
        "responses": responses,
        "security": security(route),
        "x-permission": route.rule.permission(),
    });
    if let (Some(schema), Some(map)) = (route.body, operation.as_object_mut()) {
        let schema = schema(generator).to_value();
        map.insert("requestBody".to_owned(), json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
    }
    if let (true, Some(map)) = (route.websocket, operation.as_object_mut()) {
        map.insert("x-websocket".to_owned(), json!(true));
    }
    operation
}

fn security(route: &Mounted) -> Value {
    let mut list = Vec::new();
    for kind in route.rule.credentials() {
        match *kind {
            "session" => list.extend([json!({ "session_cookie": [] }), json!({ "bearer": [] })]),
            "apikey" => list.push(json!({ "api_key": [] })),
            "query" | "wstoken" => list.push(json!({ "query_token": [] })),
            "public" => list.push(json!({})),
            _ => {}
        }
    }
    Value::Array(list)
}

fn security_schemes() -> Value {
    json!({
        "session_cookie": { "type": "apiKey", "in": "cookie", "name": "argos_session" },
        "bearer": { "type": "http", "scheme": "bearer" },
        "api_key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "query_token": { "type": "apiKey", "in": "query", "name": "token" }
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "Every error reply. `detail` repeats `error`, or lists the faulty fields of a 422.",
        "required": ["error", "detail", "code", "request_id"],
        "properties": {
            "error": { "type": "string" },
            "detail": {},
            "code": { "type": "string", "description": "Stable word in snake_case" },
            "request_id": { "type": "string" }
        }
    })
}
