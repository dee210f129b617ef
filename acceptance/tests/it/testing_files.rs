//! Files that tests upload, and those they download, by the real binary in a real Chromium.

use argos_peers::Response;
use serde_json::json;

use crate::testing_runs::Shop;

/// Keeps a file for the tests of the project.
fn put_file(shop: &Shop, name: &str, content: &str) -> Response {
    let body = format!("--files\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--files--\r\n");
    let path = format!("/api/v1/projects/{}/files", shop.project);
    shop.stage.owner.request("POST", &path).header("Content-Type", "multipart/form-data; boundary=files").body(body).send()
}

#[test]
fn file_of_a_project_is_uploaded_by_its_tests_and_a_download_is_kept() {
    let shop = Shop::open();
    let (owner, path) = (&shop.stage.owner, format!("/api/v1/projects/{}/files", shop.project));
    let made = put_file(&shop, "first word.txt", "hallo").expect_status(200).json();
    assert_eq!((&made["name"], &made["size_bytes"]), (&json!("first word.txt"), &json!(5)), "{made}");
    assert_eq!(put_file(&shop, "first word.txt", "hello!").expect_status(200).json()["size_bytes"], 6);
    let wrong = put_file(&shop, "../etc", "x");
    assert!(wrong.status == 422 && wrong.text().contains("without directories"), "{}", wrong.text());
    let stranger = shop.stage.person("mia", "viewer");
    assert_eq!(stranger.request("DELETE", &format!("{path}/first%20word.txt")).send().status, 403, "a viewer only looks");

    let test = shop.test(
        "Files",
        &json!([
            {"action": "goto", "target": "/files.html"},
            {"action": "upload", "target": "#files", "value": "first word.txt"},
            {"action": "assert", "assertion_type": "text_equals", "target": "#log", "expected": "first word.txt:hello!"},
            {"action": "download", "target": "#report"},
        ]),
    );
    let ran = shop.run(&test, &json!({}));
    assert_eq!(ran["status"], "passed", "{ran}");
    let kept = &ran["downloads"][0];
    assert_eq!((&kept["name"], ran["downloads"].as_array().unwrap().len()), (&json!("report.csv"), 1), "{ran}");
    let bytes = shop.stage.anonymous().get(kept["url"].as_str().unwrap()).expect_status(200);
    assert_eq!(kept["size_bytes"], bytes.body.len());
    assert_eq!(bytes.header("content-disposition"), Some("attachment; filename=\"report.csv\""));

    // What is there is what was written last, and a file that was removed is missed by its name.
    let all = owner.get(&path).expect_status(200).json();
    assert_eq!((&all["total"], &all["files"][0]["size_bytes"]), (&json!(1), &json!(6)), "{all}");
    put_file(&shop, "other.txt", "x").expect_status(200);
    owner.delete(&format!("{path}/first%20word.txt")).expect_status(200);
    assert_eq!(owner.delete(&format!("{path}/first%20word.txt")).status, 404);
    let missed = shop.run(&test, &json!({}));
    assert!(missed["error_message"].to_string().contains("first word.txt is not one of the project's files"), "{missed}");
}
