//! Pictures and audits of pages behind a sign-in: taken beside a live browser, with what it holds, never by touching it.

use argos_peers::fixture_site::{PASSWORD, USER};
use serde_json::{Value, json};

use crate::testing_runs::{PATIENCE, Shop, sign_in};

/// A live browser that signed in, with a token and a seat of its own.
fn signed_in(shop: &Shop) -> Value {
    let owner = &shop.stage.owner;
    let wish = json!({"project_id": shop.project, "url": shop.site.url("/login.html")});
    let session = owner.post("/api/v1/browser/sessions", wish).expect_status(200).json();
    let actions = format!("/api/v1/browser/sessions/{}/actions", session["session_id"].as_str().unwrap());
    let mut steps = sign_in(PASSWORD).as_array().unwrap().clone();
    steps.push(
        json!({"action": "evaluate", "value": "localStorage.setItem('token', 'of-gold'); sessionStorage.setItem('seat', '12'); true"}),
    );
    let done = owner.post(&actions, json!({ "steps": steps })).expect_status(200).json();
    assert_eq!(done["success"], true, "{done}");
    session["session_id"].clone()
}

#[test]
fn pictures_and_audits_see_what_a_live_browser_is_signed_in_to() {
    let shop = Shop::open();
    let (owner, session) = (&shop.stage.owner, signed_in(&shop));
    let member = shop.site.url("/member.html");
    let found = |snapshot: &Value| {
        let wanted = json!(["Token of-gold", "Seat 12", format!("Account {USER}")]);
        let said = owner.post("/api/v1/visual/analyze", json!({"snapshot_id": snapshot, "expected_elements": wanted})).expect_status(200);
        let list = said.json()["analysis"]["expected_elements"].as_array().unwrap().clone();
        list.iter().filter(|e| e["found"] == true).count()
    };
    let capture = |body: Value| owner.post("/api/v1/visual/capture", body);

    // The project is that of the session.
    let inside = capture(json!({"url": member, "session_id": session})).expect_status(200).json();
    assert_eq!(found(&inside["id"]), 3, "{inside}");
    let outside = capture(json!({"url": member, "project_id": shop.project})).expect_status(200).json();
    assert_eq!(found(&outside["id"]), 0, "a context of its own holds nothing of the live browser");
    assert!(!inside.to_string().contains("of-gold"), "what was stored is told: {inside}");

    let body = json!({"project_id": shop.project, "name": "Member", "url": member, "session_id": session});
    let baseline = owner.post("/api/v1/visual/baselines", body).expect_status(200).json();
    let compare = |more: Value| {
        let mut body = json!({"baseline_id": baseline["id"], "current_url": member, "sensitivity": "high"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        owner.post("/api/v1/visual/compare", body).expect_status(200).json()
    };
    assert_eq!(compare(json!({"session_id": session}))["match"], true);
    let differs = compare(json!({}));
    assert_eq!(differs["match"], false, "without the sign-in it is another page");
    // Nobody makes issues: said before anything is decided.
    let comparison = format!("/api/v1/visual/comparisons/{}", differs["id"].as_str().unwrap());
    let issue = owner.post(&format!("{comparison}/reject"), json!({"notes": "signed out", "create_issue": true}));
    assert_eq!((issue.status, issue.json()["detail"][0]["loc"][1].clone()), (422, json!("create_issue")), "{}", issue.text());
    assert_eq!(owner.get(&comparison).expect_status(200).json()["comparison"]["status"], "pending_review");
    let again = owner
        .put(&format!("/api/v1/visual/baselines/{}", baseline["id"].as_str().unwrap()), json!({"recapture": true, "session_id": session}));
    again.expect_status(200);

    let screens =
        json!({"url": member, "session_id": session, "viewports": [{"width": 375, "height": 667}, {"width": 1440, "height": 900}]});
    let screens = owner.post("/api/v1/visual/responsive", screens).expect_status(200).json();
    assert!(screens["results"].as_array().unwrap().iter().all(|r| found(&r["id"]) == 3), "{screens}");
    let audit = owner.post("/api/v1/visual/accessibility", json!({"url": member, "session_id": session})).expect_status(200).json();
    assert_eq!(found(&audit["snapshot_id"]), 3, "{audit}");

    // The live browser is where it was, with one tab.
    let live = owner.get(&format!("/api/v1/browser/sessions/{}", session.as_str().unwrap())).expect_status(200).json();
    assert!(live["url"].as_str().is_some_and(|url| url.ends_with("/dashboard.html")), "{live}");
    refused(&shop, &session);
}

/// A session nobody has, one of another project and one that is over are told apart from a page without a sign-in.
fn refused(shop: &Shop, session: &Value) {
    let owner = &shop.stage.owner;
    let member = shop.site.url("/member.html");
    for (path, unknown) in
        [("capture", json!("nobody")), ("responsive", json!("01890000-0000-7000-8000-000000000000")), ("accessibility", json!("nobody"))]
    {
        let reply = owner.post(&format!("/api/v1/visual/{path}"), json!({"url": member, "session_id": unknown}));
        assert_eq!((reply.status, &reply.json()["detail"]), (404, &json!("Session not found")), "{path}: {}", reply.text());
    }
    assert_eq!(owner.post("/api/v1/visual/capture", json!({"url": member, "session_id": 7})).status, 422);
    let other = owner.post("/api/v1/projects", json!({"name": "Other", "app_url": shop.site.url("")})).expect_status(200).json();
    let body = json!({"url": member, "project_id": other["id"], "session_id": session});
    let reply = owner.post("/api/v1/visual/capture", body);
    assert_eq!((reply.status, &reply.json()["code"]), (400, &json!("session_of_another_project")), "{}", reply.text());

    // Somebody of another organization learns nothing, not even that it is there.
    let sam = shop.stage.person("sam", "viewer");
    let elsewhere = sam.post("/api/v1/organizations", json!({"name": "Elsewhere"})).expect_status(200).json();
    let own = sam.with_header("X-Organization-ID", elsewhere["id"].as_str().unwrap());
    own.post(&format!("/api/v1/organizations/{}/projects", elsewhere["id"].as_str().unwrap()), json!({"name": "Own"})).expect_status(201);
    let key = own.post("/api/v1/api-keys", json!({"name": "own", "scopes": ["admin"]})).expect_status(200).json();
    let stranger = shop.stage.anonymous().with_header("X-API-Key", key["key"].as_str().unwrap());
    let reply = stranger.post("/api/v1/visual/capture", json!({"url": member, "session_id": session}));
    assert_eq!((reply.status, &reply.json()["detail"]), (404, &json!("Session not found")), "{}", reply.text());

    owner.delete(&format!("/api/v1/browser/sessions/{}", session.as_str().unwrap())).expect_status(200);
    argos_peers::wait_until("the browser to be given back", PATIENCE, || {
        owner.get("/api/v1/browser/status").json()["active_sessions"] == 0
    });
    assert_eq!(owner.post("/api/v1/visual/capture", json!({"url": member, "session_id": session})).status, 404);
}
