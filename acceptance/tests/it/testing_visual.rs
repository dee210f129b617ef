//! Quality scenarios 11 to 13: pictures against what was approved, screens of several sizes, and accessibility, in a real
//! Chromium by the real binary.

use argos_peers::{FixtureSite, Response};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::testing_runs::config;

struct Gallery {
    stage: Stage,
    site: FixtureSite,
    project: String,
}

impl Gallery {
    fn open() -> Self {
        let (stage, site) = (Stage::on(config()), FixtureSite::start());
        let acme = stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json();
        let path = format!("/api/v1/organizations/{}/projects", acme["id"].as_str().unwrap());
        let project = stage.owner.post(&path, json!({"name": "Gallery", "app_url": site.url("")})).expect_status(201).json();
        let project = project["id"].as_str().unwrap().to_owned();
        // With more than one organization, addresses of the machine must be named.
        let settings = format!("/api/v1/projects/{project}/settings");
        stage.owner.put(&settings, json!({"allowed_hosts": ["127.0.0.1"]})).expect_status(200);
        Self { stage, site, project }
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.stage.owner.post(path, body).expect_status(200).json()
    }

    fn get(&self, path: &str) -> Value {
        self.stage.owner.get(path).expect_status(200).json()
    }

    fn test(&self, name: &str, steps: &Value) -> String {
        let made = self.post("/api/v1/tests", json!({"project_id": self.project, "name": name, "steps": steps}));
        made["id"].as_str().unwrap().to_owned()
    }

    fn run(&self, test: &str, variables: &Value) -> Value {
        self.post(&format!("/api/v1/tests/{test}/run"), json!({"wait": true, "retries": 0, "variables": variables}))
    }

    fn queue(&self) -> Vec<Value> {
        let found = self.get(&format!("/api/v1/visual/comparisons?queue=true&project_id={}", self.project));
        found["comparisons"].as_array().unwrap().clone()
    }
}

fn id(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

#[track_caller]
fn refused(reply: &Response, status: u16, code: &str) {
    assert_eq!((reply.status, &reply.json()["code"]), (status, &json!(code)), "{}", reply.text());
}

/// Claims without a name are told apart, and the first picture of each says that nothing was compared. What a mask does not
/// find is told, in a frame too.
fn claims_are_told_apart(gallery: &Gallery) {
    let claims = gallery.test(
        "Claims",
        &json!([
            {"action": "goto", "target": "/visual.html"},
            {"action": "assert", "assertion_type": "screenshot_matches"},
            {"action": "goto", "target": "/frames.html"},
            {"action": "assert", "assertion_type": "screenshot_matches"},
            {"action": "visual_check", "frame": "#outer", "target": "label", "options": {"mask_selectors": ["#note", ".nowhere"]}},
            {"action": "accessibility_check", "frame": "#outer", "target": "label"},
            {"action": "goto", "target": "/sound.html"},
            {"action": "accessibility_check", "target": "role=main"},
        ]),
    );
    let first = gallery.run(&claims, &json!({}));
    assert_eq!(first["status"], "passed", "{first}");
    for n in [1, 3] {
        let warnings = first["step_results"][n]["warnings"].to_string();
        assert!(warnings.contains("baseline_pending"), "{n}: {first}");
        assert_eq!(first["step_results"][n]["check"]["kind"], "visual", "{n}: {first}");
    }
    let warnings = first["step_results"][4]["warnings"].to_string();
    assert!(warnings.contains(".nowhere selects nothing") && !warnings.contains("#note selects"), "{warnings}");
    let waiting = gallery.queue();
    let mut names: Vec<&str> = waiting.iter().filter_map(|c| c["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Claims · step 2", "Claims · step 4", "Claims · step 5"]);
    let ids: Vec<&Value> = waiting.iter().map(|c| &c["id"]).collect();
    assert_eq!(gallery.post("/api/v1/visual/comparisons/approve", json!({"comparison_ids": ids}))["approved_count"], 3);
    let second = gallery.run(&claims, &json!({}));
    assert_eq!((&second["status"], gallery.queue().len()), (&json!("passed"), 0), "{second}");
}

/// `made` is a baseline of a page, `compared` waits for a decision about it. Returns the address of another baseline.
fn baselines_remember_how_they_were_taken(gallery: &Gallery, made: &Value, compared: &Value) -> String {
    let of = |path: &str| gallery.site.url(path);
    let waiting = format!("/api/v1/visual/comparisons/{}", id(compared));
    let said = gallery.post(&format!("/api/v1/visual/ai/explain?comparison_id={}", id(compared)), json!({}));
    assert_eq!((&said["source"], &said["explanation"]["changes_explained"][0]["risk_level"]), (&json!("rules"), &json!("high")), "{said}");

    // A baseline remembers how its picture was taken; what waits about the version before cannot be approved any more.
    let disc = format!("/api/v1/visual/baselines/{}", id(made));
    let whole = json!({"recapture": true, "full_page": true, "mask_selectors": ["#wheel"]});
    let taken = gallery.stage.owner.put(&disc, whole).expect_status(200).json();
    assert_eq!((&taken["version"], &taken["taken"]["full_page"]), (&json!(2), &json!(true)), "{taken}");
    let stale = gallery.stage.owner.post(&format!("{waiting}/approve"), json!({}));
    assert_eq!(stale.status, 409, "{}", stale.text());
    let body = json!({"baseline_id": made["id"], "current_url": of("/visual.html")});
    let compared = gallery.post("/api/v1/visual/compare", body);
    assert_eq!((&compared["match_percentage"], &compared["warnings"]), (&json!(100.0), &json!([])), "{compared}");
    let screens = gallery.post("/api/v1/visual/responsive/compare", json!({"baseline_id": made["id"], "current_url": of("/visual.html")}));
    assert_eq!(screens["summary"], json!({"total": 1, "passed": 1, "failed": 0, "errors": 0}), "{screens}");
    approved_picture_brings_along_how_it_was_taken(gallery, made);
    let body = json!({"project_id": gallery.project, "name": "Second", "url": of("/visual.html")});
    let second = format!("/api/v1/visual/baselines/{}", id(&gallery.post("/api/v1/visual/baselines", body)));
    refused(&gallery.stage.owner.put(&second, json!({"name": "Disc"})), 409, "name_taken");
    let body = json!({"project_id": gallery.project, "name": "Gone", "url": of("/not-here")});
    refused(&gallery.stage.owner.post("/api/v1/visual/baselines", body), 400, "page_failed");
    let red = data_encoding::BASE64.encode(include_bytes!("../../../crates/engines/imagediff/fixtures/red.jpg"));
    let same = gallery.post("/api/v1/visual/compare", json!({"baseline_b64": red, "current_b64": red}));
    assert_eq!(same["result"]["match"], true, "{same}");
    let body = json!({"url": of("/visual.html"), "browsers": ["chromium"], "project_id": gallery.project});
    refused(&gallery.stage.owner.post("/api/v1/visual/browsers/compare", body), 400, "too_few");
    let body = json!({"url": of("/visual.html"), "browsers": ["chromium", "firefox"], "project_id": gallery.project});
    let both = gallery.post("/api/v1/visual/browsers/capture", body);
    assert_eq!(both["results"][1]["success"], false, "{both}");
    second
}

/// A baseline of a whole page with a mask, which is approved in view without one, and gone back to.
fn approved_picture_brings_along_how_it_was_taken(gallery: &Gallery, made: &Value) {
    let red = gallery.site.url("/visual.html?color=%23c80000");
    let compared = |more: &Value| {
        let mut body = json!({"baseline_id": made["id"], "current_url": red, "mask_selectors": []});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = gallery.post("/api/v1/visual/compare", body);
        assert_eq!(found["status"], "pending_review", "{found}");
        format!("/api/v1/visual/comparisons/{}/approve", id(&found))
    };
    let baseline = format!("/api/v1/visual/baselines/{}", id(made));
    let small = compared(&json!({"viewport": {"width": 800, "height": 600}}));
    refused(&gallery.stage.owner.post(&small, json!({})), 409, "viewport_mismatch");
    let approve = compared(&json!({"full_page": false}));
    // It waits in the inbox, where its approval is the same.
    let named = format!("picture:{}", approve.trim_start_matches("/api/v1/visual/comparisons/").trim_end_matches("/approve"));
    let inbox = gallery.get("/api/ui/inbox?kind=picture");
    assert!(inbox["items"].as_array().unwrap().iter().any(|i| i["ref"] == named), "{inbox}");
    let decided = gallery.post(&format!("/api/ui/inbox/{}/decide", named.replace(':', "%3A")), json!({"word": "approve"}));
    assert_eq!(decided["state"], "approved");
    let taken = gallery.get(&baseline)["baseline"].clone();
    assert_eq!(
        (&taken["version"], &taken["taken"]["full_page"], &taken["taken"]["mask_selectors"]),
        (&json!(3), &json!(false), &json!([]))
    );
    let screens = "/api/v1/visual/responsive/compare";
    let body = json!({"baseline_id": made["id"], "current_url": gallery.site.url("/visual.html")});
    assert_eq!(gallery.post(screens, body.clone())["summary"]["failed"], 1);
    let mut without = body;
    without["ignore_regions"] = json!([{"selector": "#box"}]);
    assert_eq!(gallery.post(screens, without)["summary"]["passed"], 1, "the place is left out");
    let restored = gallery.stage.owner.put(&baseline, json!({"restore_version": 2})).expect_status(200).json();
    assert_eq!((&restored["taken"]["full_page"], &restored["taken"]["mask_selectors"]), (&json!(true), &json!(["#wheel"])), "{restored}");
}

/// A frame that goes away while its picture is taken leaves the page as it was; an element that never comes is waited for as
/// long as the step says.
fn checks_that_fail_leave_the_page_as_it_was(gallery: &Gallery) {
    let vanish = "void setInterval(() => { const f = document.querySelector('#outer'); if (f?.contentDocument?.adoptedStyleSheets.length) f.remove(); }, 1)";
    let frozen = gallery.test(
        "Frozen",
        &json!([
            {"action": "goto", "target": "/frames.html"},
            {"action": "evaluate", "value": vanish},
            {"action": "visual_check", "frame": "#outer", "target": "label", "optional": true},
            {"action": "evaluate", "value": "if (document.adoptedStyleSheets.length) throw new Error('it is still frozen')"},
            {"action": "accessibility_check", "target": "#nowhere"},
        ]),
    );
    let ran = gallery.run(&frozen, &json!({}));
    let status = |n: usize| ran["step_results"][n]["status"].clone();
    assert_eq!((status(2), status(3), status(4)), (json!("failed"), json!("passed"), json!("failed")), "{ran}");
    assert!(ran["step_results"][4]["error"].to_string().contains("5000 ms"), "{ran}");
}

/// Quality scenario 11.
#[test]
fn picture_is_approved_then_compared_and_a_changed_colour_waits_for_a_decision() {
    let gallery = Gallery::open();
    let test = gallery.test(
        "Window",
        &json!([
            {"action": "goto", "target": "/visual.html?color={{color}}"},
            {"action": "visual_check", "options": {"name": "front", "threshold_percentage": 0}},
        ]),
    );
    let (white, red) = (json!({"color": "white"}), json!({"color": "%23c80000"}));

    // The first picture claims nothing.
    let first = gallery.run(&test, &white);
    let check = &first["step_results"][1]["check"];
    assert_eq!(
        (&first["status"], &check["status"], &check["match"]),
        (&json!("passed"), &json!("pending_review"), &Value::Null),
        "{first}"
    );
    assert!(first["step_results"][1]["warnings"][0].as_str().unwrap().starts_with("baseline_pending"), "{first}");
    let queue = gallery.queue();
    assert_eq!((queue.len(), &queue[0]["baseline_url"], &queue[0]["match"]), (1, &Value::Null, &Value::Null), "{queue:?}");
    let first_comparison = format!("/api/v1/visual/comparisons/{}", id(&queue[0]));
    // Somebody of another organization finds nothing.
    let stranger = gallery.stage.person("mia", "viewer");
    assert_eq!(stranger.get(&first_comparison).status, 404);
    assert!([403, 404].contains(&stranger.post(&format!("{first_comparison}/approve"), json!({})).status));
    let approved = gallery.post(&format!("{first_comparison}/approve"), json!({}));
    assert_eq!(approved["baseline_updated"], true, "{approved}");

    // The same page is the same picture, though a wheel turns and a caret blinks in it.
    let same = gallery.run(&test, &white);
    let check = &same["step_results"][1]["check"];
    assert_eq!(
        (&same["status"], &check["match_percentage"], &check["status"]),
        (&json!("passed"), &json!(100.0), &json!("passed")),
        "{same}"
    );
    assert!(gallery.queue().is_empty());

    // A changed colour fails the step and waits.
    let changed = gallery.run(&test, &red);
    assert_eq!((&changed["status"], &changed["error_code"]), (&json!("failed"), &json!("assertion_failed")), "{changed}");
    let waiting = gallery.queue();
    let found = &waiting[0];
    assert_eq!((waiting.len(), &found["diff_pixel_count"], &found["has_regressions"]), (1, &json!(400), &json!(true)), "{found}");
    let box_changed = found["differences"].as_array().unwrap().iter().any(|d| d["element"] == "#box" && d["type"] == "style");
    assert!(box_changed, "{found}");
    let mut bytes = Vec::new();
    for picture in ["baseline_url", "current_url", "diff_image_url", "heatmap_url", "side_by_side_url"] {
        let reply = gallery.stage.anonymous().get(found[picture].as_str().unwrap()).expect_status(200);
        assert_eq!(reply.header("content-type"), Some("image/png"), "{picture}");
        bytes.push(reply.body);
    }
    // Width and height of a PNG stand at its beginning.
    let size = |n: usize| [16, 20].map(|at| u32::from_be_bytes(bytes[n][at..at + 4].try_into().unwrap()));
    let ([width, height], [both, as_high]) = (size(1), size(4));
    assert!(size(3) == [width, height] && both > 2 * width && as_high == height, "{:?}", [size(1), size(3), size(4)]);
    assert!(bytes[3] != bytes[2] && bytes[3] != bytes[1], "the heat is a picture of its own");
    let foreign = found["heatmap_url"].as_str().unwrap().replace("heatmap_", "sidebyside_");
    gallery.stage.anonymous().get(&foreign).expect_status(403);
    let path = format!("/api/v1/visual/comparisons/{}", id(found));
    assert_eq!(gallery.stage.owner.post(&format!("{path}/reject"), json!({})).status, 422, "a rejection says why");
    gallery.post(&format!("{path}/reject"), json!({"notes": "wrong red"}));
    let again = gallery.stage.owner.post(&format!("{path}/approve"), json!({}));
    assert_eq!(again.status, 409, "{}", again.text());
    assert_eq!(gallery.run(&test, &red)["status"], "failed", "what was rejected fails again");
    let ids: Vec<Value> = gallery.queue().iter().map(|c| c["id"].clone()).collect();
    let many = gallery.post("/api/v1/visual/comparisons/approve", json!({"comparison_ids": ids}));
    assert_eq!((&many["approved_count"], &many["failed_count"]), (&json!(1), &json!(0)), "{many}");
    assert_eq!(gallery.run(&test, &red)["status"], "passed");

    // The history can be gone back to, and a place can be left out.
    let baselines = gallery.get(&format!("/api/v1/visual/baselines?project_id={}", gallery.project));
    let baseline = &baselines["baselines"][0];
    assert_eq!((&baselines["total"], &baseline["version"], &baseline["name"]), (&json!(1), &json!(2), &json!("front")), "{baselines}");
    let path = format!("/api/v1/visual/baselines/{}", id(baseline));
    let restored = gallery.stage.owner.put(&path, json!({"restore_version": 1})).expect_status(200).json();
    assert_eq!(restored["version"], 3);
    assert_eq!(gallery.run(&test, &red)["status"], "failed");
    gallery.stage.owner.put(&path, json!({"ignore_regions": [{"selector": "#box"}]})).expect_status(200);
    assert_eq!(gallery.run(&test, &red)["status"], "passed", "the place is left out");
    let history = gallery.get(&format!("/api/v1/visual/history?project_id={}", gallery.project));
    let day = &history["history"][0];
    assert_eq!((&day["total_comparisons"], &day["approved"], &day["rejected"]), (&json!(7), &json!(2), &json!(1)), "{day}");
    assert_eq!(gallery.get(&format!("{path}/history"))["total_versions"], 3);

    claims_are_told_apart(&gallery);
    checks_that_fail_leave_the_page_as_it_was(&gallery);
    // What is not said of a picture's strictness is what the project says.
    let settings = format!("/api/v1/projects/{}/settings", gallery.project);
    gallery.stage.owner.put(&settings, json!({"visual": {"threshold_percentage": 3}})).expect_status(200);
    let strict = gallery.stage.owner.put(&path, json!({"threshold": 0.2})).expect_status(200).json();
    assert_eq!((&strict["threshold"], &strict["threshold_percentage"]), (&json!(0.2), &json!(3.0)), "{strict}");
    gallery.stage.owner.put(&path, json!({"inherit": ["threshold"], "threshold": 0.3})).expect_status(422);
    gallery.stage.owner.put(&path, json!({"inherit": ["colour"]})).expect_status(422);
    let back = gallery.stage.owner.put(&path, json!({"inherit": ["threshold"]})).expect_status(200).json();
    assert_eq!((&back["threshold"], &back["threshold_percentage"]), (&Value::Null, &Value::Null), "{back}");
    gallery.stage.owner.delete(&path).expect_status(200);
    assert_eq!(gallery.stage.owner.get(&path).status, 404);
    // The run that was approved shows it all the same.
    assert_eq!(gallery.stage.anonymous().get(queue[0]["current_url"].as_str().unwrap()).status, 200);
}

/// Quality scenarios 12 and 13.
#[test]
fn pages_are_compared_by_address_and_judged_on_every_screen_and_by_every_rule() {
    let gallery = Gallery::open();
    let of = |path: &str| gallery.site.url(path);

    // A disc that stands less than a pixel beside its place differs in nothing but the smoothing of its edge.
    let made = gallery.post("/api/v1/visual/baselines", json!({"project_id": gallery.project, "name": "Disc", "url": of("/visual.html")}));
    assert_eq!(made["version"], 1, "{made}");
    let body = json!({"baseline_id": made["id"], "current_url": of("/visual.html?shift=0.3"), "sensitivity": "high"});
    let compared = gallery.post("/api/v1/visual/compare", body);
    assert_eq!((&compared["match"], &compared["status"]), (&json!(true), &json!("passed")), "{compared}");
    let bytes = |name: &str| gallery.stage.anonymous().get(compared[name].as_str().unwrap()).expect_status(200).body;
    assert!(bytes("baseline_url") != bytes("current_url"), "the pictures are not the same");
    let body = json!({"baseline_id": made["id"], "current_url": of("/visual.html?color=%23c80000")});
    let compared = gallery.post("/api/v1/visual/compare", body);
    assert_eq!((&compared["diff_percentage"], &compared["status"]), (&json!(0.0309), &json!("pending_review")), "{compared}");
    let second = baselines_remember_how_they_were_taken(&gallery, &made, &compared);
    let blocked =
        gallery.stage.owner.post("/api/v1/visual/capture", json!({"url": "http://169.254.169.254/", "project_id": gallery.project}));
    assert_eq!(blocked.status, 400, "{}", blocked.text());

    // What is too wide for a phone fits elsewhere.
    let screens = gallery.post("/api/v1/visual/responsive", json!({"url": of("/wide.html"), "project_id": gallery.project}));
    let overflow = |n: usize| {
        let issues = screens["results"][n]["issues"].as_array().unwrap().clone();
        issues.into_iter().filter(|i| i["type"] == "overflow").map(|i| i["severity"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((overflow(0), overflow(1), overflow(2)), (vec![json!(4)], vec![], vec![]), "{screens}");
    let phone = json!({"snapshot_id": screens["results"][0]["id"]});
    refused(&gallery.stage.owner.put(&second, phone), 400, "viewport_mismatch");
    let snapshot = &screens["results"][2]["id"];
    let rules = gallery.post("/api/v1/visual/analyze", json!({"snapshot_id": snapshot, "expected_elements": ["Wide", "Basket"]}));
    assert_eq!(rules["analysis"]["expected_elements"], json!([{"name": "Wide", "found": true}, {"name": "Basket", "found": false}]));

    // Each planted fault is told once, with its criterion; the page without them has the best score.
    let judge = |path: &str| {
        gallery
            .post("/api/v1/visual/accessibility", json!({"url": of(path), "include_best_practices": false, "project_id": gallery.project}))
    };
    let faults = judge("/faults.html");
    let mut found: Vec<(String, String)> = faults["accessibility"]["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["rule_id"].as_str().unwrap().to_owned(), i["criterion"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    let planted = [
        ("button-name", "4.1.2"),
        ("color-contrast", "1.4.3"),
        ("document-title", "2.4.2"),
        ("focus-visible", "2.4.7"),
        ("html-has-lang", "3.1.1"),
        ("image-alt", "1.1.1"),
        ("label", "4.1.2"),
        ("link-name", "2.4.4"),
        ("meta-viewport", "1.4.4"),
    ];
    let planted: Vec<(String, String)> = planted.iter().map(|(r, c)| ((*r).to_owned(), (*c).to_owned())).collect();
    assert_eq!(found, planted, "{faults}");
    let sound = judge("/sound.html");
    let a = &sound["accessibility"];
    assert_eq!((&a["overall_score"], &a["level_compliance"], &a["issues"]), (&json!(100), &json!("AA"), &json!([])), "{sound}");

    // The same as a step, with boxes for the picture.
    let test = gallery.test(
        "Fair",
        &json!([{"action": "goto", "target": "/{{page}}.html"}, {"action": "accessibility_check", "options": {"fail_on": "critical"}}]),
    );
    let bad = gallery.run(&test, &json!({"page": "faults"}));
    let check = &bad["step_results"][1]["check"];
    assert_eq!((&bad["error_code"], &check["kind"]), (&json!("assertion_failed"), &json!("accessibility")), "{bad}");
    let boxed = check["issues"].as_array().unwrap().iter().find(|i| i["rule_id"] == "image-alt").unwrap();
    assert_eq!((&boxed["bounds"]["width"], &boxed["bounds"]["height"]), (&json!(60.0), &json!(40.0)), "{boxed}");
    assert_eq!(gallery.stage.anonymous().get(check["picture_url"].as_str().unwrap()).status, 200);
    assert_eq!(gallery.run(&test, &json!({"page": "sound"}))["status"], "passed");
}
