//! Platform 3.4: the document is generated from the routes, public, and drawn by embedded pages.

use std::collections::BTreeSet;

use argos_peers::Argos;
use serde_json::Value;

use crate::table;

fn documented(document: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().unwrap().keys().filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str())) {
            found.insert((method.to_uppercase(), path.clone()));
        }
    }
    found
}

#[test]
fn document_is_served_and_names_every_operation_once() {
    let argos = Argos::start();
    let document = argos.anonymous().get("/openapi.json").expect_status(200).json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{}", document["openapi"]);
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values().filter(|value| value["operationId"].is_string()) {
            assert!(ids.insert(operation["operationId"].to_string()), "{path}: {} twice", operation["operationId"]);
        }
    }
    assert!(ids.len() > 50, "{} operations", ids.len());
}

#[test]
fn document_and_access_table_agree() {
    let argos = Argos::start();
    let document = argos.anonymous().get("/openapi.json").expect_status(200).json();
    // A socket is opened by a GET.
    let method = |named: String| if named == "WS" { "GET".to_owned() } else { named };
    let listed: BTreeSet<(String, String)> = table::all().into_iter().map(|row| (method(row.method), row.path)).collect();
    let unlisted: Vec<_> = documented(&document).into_iter().filter(|route| !listed.contains(route)).collect();
    assert!(unlisted.is_empty(), "served without a line in the access tables: {unlisted:?}");
}

#[test]
fn document_in_the_repository_is_the_one_served() {
    let argos = Argos::start();
    let served = argos.anonymous().get("/openapi.json").expect_status(200).json();
    let text = std::fs::read_to_string(table::contract("openapi.json")).expect("contract/openapi.json: run `cargo xtask openapi`");
    let committed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(documented(&committed), documented(&served), "run `cargo xtask gen`");
    assert!(committed == served, "the committed document is another one: run `cargo xtask gen`");
}

#[test]
fn reading_pages_load_nothing_from_elsewhere() {
    let argos = Argos::start();
    for path in ["/docs", "/redoc"] {
        let page = argos.anonymous().get(path).expect_status(200).text();
        for (index, _) in page.match_indices("src=\"").chain(page.match_indices("href=\"")) {
            let target = page[index..].split('"').nth(1).unwrap_or_default();
            assert!(!target.contains("//"), "{path} loads {target}");
            let asset = argos.anonymous().get(target);
            assert_eq!(asset.status, 200, "{path} names {target}");
        }
    }
    for path in ["/api/docs", "/api/redoc", "/api/openapi.json"] {
        assert_eq!(argos.anonymous().get(path).status, 404, "{path} is off until it is asked for");
    }
}
