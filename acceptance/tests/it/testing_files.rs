//! Files that tests upload, and those they download, by the real binary in a real Chromium.

use std::time::Duration;

use argos_peers::fixture_site::USER;
use argos_peers::websocket::Frame;
use argos_peers::{Response, WebSocket};
use serde_json::{Value, json};

use crate::testing_runs::{PATIENCE, Shop};

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

/// A browser that a program drives does over several calls what a test does in one.
#[test]
fn driven_browser_goes_on_in_its_tab_frame_and_files_from_call_to_call() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    put_file(&shop, "a.txt", "alpha").expect_status(200);
    let body = json!({"project_id": shop.project, "url": shop.site.url("/files.html"), "viewport": {"width": 1000, "height": 700}});
    let session = owner.post("/api/v1/browser/sessions", body).expect_status(200).json();
    let path = format!("/api/v1/browser/sessions/{}", session["session_id"].as_str().unwrap());
    let does = |steps: Value| {
        let done = owner.post(&format!("{path}/actions"), json!({ "steps": steps })).expect_status(200).json();
        assert_eq!(done["success"], true, "{done}");
        done
    };
    // A chosen file is read again when the next call looks at it, and what is downloaded is kept.
    does(json!([{"action": "upload", "target": "#files", "value": "a.txt"}]));
    let again = "document.querySelector('#files').files[0].text()";
    let read = does(
        json!([{"action": "evaluate", "value": again, "save_as": "read"}, {"action": "assert", "type": "text_equals", "target": "#log", "expected": "a.txt:alpha"}]),
    );
    assert_eq!(read["steps"].as_array().unwrap().len(), 2, "{read}");
    let loaded = does(json!([{"action": "download", "target": "#report"}]));
    let kept = &loaded["downloads"][0];
    assert_eq!(kept["name"], "report.csv", "{loaded}");
    assert!(shop.stage.anonymous().get(kept["url"].as_str().unwrap()).expect_status(200).text().contains("Apple"));

    // A second tab stays the one that is driven, seen and shown, until it is closed.
    let bearer = format!("Bearer {}", owner.bearer().unwrap());
    let mut viewer = WebSocket::open(shop.stage.argos.address(), &format!("{path}/live"), &[("Authorization", &bearer)]).unwrap();
    does(json!([{"action": "new_tab", "url": "/login.html"}]));
    let there = does(json!([{"action": "fill", "target": "#email", "value": USER}]));
    assert!(there["url"].as_str().unwrap().contains("/login.html"), "{there}");
    let shown = owner.get(&path).expect_status(200).json();
    assert!(shown["url"].as_str().unwrap().contains("/login.html"), "{shown}");
    let back = does(json!([{"action": "close_tab"}, {"action": "assert", "type": "url_contains", "expected": "/files.html"}]));
    assert!(back["url"].as_str().unwrap().contains("/files.html"), "{back}");
    argos_peers::wait_until("the session to show the tab that is left", PATIENCE, || {
        owner.get(&path).expect_status(200).json()["url"].as_str().unwrap().contains("/files.html")
    });
    // Its view goes on: one picture may come of its beginning, the others are of what is painted anew.
    (0..50).find(|_| viewer.next(Duration::from_secs(2)) == Frame::Silence);
    for colour in ["khaki", "lightcyan"] {
        does(json!([{"action": "evaluate", "value": format!("document.body.style.background = '{colour}'")}]));
        let shown = (0..100).map(|_| viewer.next(Duration::from_secs(5))).find(|f| !matches!(f, Frame::Text(_) | Frame::Ping));
        assert!(matches!(shown, Some(Frame::Binary(_))), "the view stands still: {shown:?}");
    }

    // Pictures are compared with those of the project, and the page is judged.
    let looked = does(
        json!([{"action": "visual_check", "value": "files"}, {"action": "accessibility_check", "options": {"fail_on": "critical", "min_score": 0}}]),
    );
    let (picture, judged) = (&looked["steps"][0], &looked["steps"][1]);
    assert!(picture["warnings"].to_string().contains("baseline_pending") && picture["check"]["after_url"].is_string(), "{looked}");
    assert_eq!(judged["check"]["kind"], "accessibility", "{looked}");
    owner.delete(&path).expect_status(200);

    // One that may only take words as they are does not take what is called alike.
    let act = |self_heal: bool| {
        let body = json!({"url": shop.site.url("/login.html"), "instruction": "check Remembr me", "self_heal": self_heal});
        owner.post("/api/v1/browser/act", body).expect_status(200).json()
    };
    assert_eq!((&act(true)["success"], &act(false)["success"]), (&json!(true), &json!(false)));
}
