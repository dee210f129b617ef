//! Elements that somebody sees in a picture of the page: used where the step agrees, refused where it does not, never at the
//! price of a secret.

use std::sync::{Arc, Mutex};

use argos_cdp::Viewport;
use argos_webtest::{
    Advice, Adviser, ErrorCode, Fallback, Later, Outcome, Picture, Pointing, Ranking, Renamed, RunOptions, Status, Vision,
};
use serde_json::{Value, json};

use crate::{Stage, passed};

const SIGN_IN: (f64, f64) = (200.0, 120.0);
const DELETE: (f64, f64) = (500.0, 120.0);
const NICKNAME: (f64, f64) = (200.0, 220.0);
const BARE: (f64, f64) = (900.0, 600.0);

/// Points at a place of the view, and keeps what it was asked.
struct Pointer {
    at: Option<(f64, f64)>,
    view: (f64, f64),
    confidence: f64,
    asked: Mutex<Vec<(Picture, Value)>>,
}

impl Adviser for Pointer {
    fn reword<'a>(&'a self, _: &'a str, _: &'a Value) -> Later<'a, Advice<String>> {
        Box::pin(async { Advice::default() })
    }
    fn rank<'a>(&'a self, _: &'a Value, _: &'a [Value]) -> Later<'a, Option<Advice<Ranking>>> {
        Box::pin(async { None })
    }
    fn locate<'a>(&'a self, picture: &'a Picture, wanted: &'a Value) -> Later<'a, Result<Advice<Pointing>, String>> {
        self.asked.lock().unwrap().push((picture.clone(), wanted.clone()));
        let at = self.at.map(|(x, y)| (x / self.view.0, y / self.view.1));
        let said = Some(Pointing { at, confidence: self.confidence });
        Box::pin(async move { Ok(Advice { said, note: None, cost_usd: Some(0.25) }) })
    }
    fn renamed<'a>(&'a self, _: &'a str) -> Later<'a, Vec<Renamed>> {
        Box::pin(async { Vec::new() })
    }
}

struct Seen<'a> {
    stage: &'a Stage,
    options: RunOptions,
}

impl<'a> Seen<'a> {
    fn new(stage: &'a Stage) -> Self {
        let options = RunOptions { step_retries: 0, ..stage.options() };
        Self { stage, options }
    }

    /// Runs one step on the page, and gives what came of it with what was asked.
    async fn run(&self, page: &str, step: Value, at: Option<(f64, f64)>) -> (Outcome, Vec<(Picture, Value)>) {
        let view = (f64::from(self.options.viewport.width), f64::from(self.options.viewport.height));
        let pointer = Arc::new(Pointer { at, view, confidence: 0.88, asked: Mutex::default() });
        let options = RunOptions { adviser: Some(Arc::clone(&pointer) as Arc<dyn Adviser>), ..self.options.clone() };
        let plan = json!({ "steps": [{ "action": "goto", "target": page }, step, { "action": "extract", "target": "#log", "value": "text", "save_as": "log" }] });
        let outcome = self.stage.run_with(&plan, &options).await;
        let asked = pointer.asked.lock().unwrap().clone();
        (outcome, asked)
    }
}

fn click(target: &str, execution: &Value) -> Value {
    json!({ "action": "click", "target": target, "timeout": 1000, "execution": execution })
}

#[track_caller]
fn refused(outcome: &Outcome, why: &str) {
    let step = &outcome.step_results[1];
    let sight = step.sight.as_ref().unwrap();
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::ElementNotFound)), "{outcome:#?}");
    assert!(!sight.used && step.fallback_level != Fallback::Vision, "{step:#?}");
    assert!(sight.why_not.as_deref().is_some_and(|said| said.contains(why)), "{sight:?}");
    assert!(step.warnings.iter().any(|warning| warning.contains("did not help")), "{:?}", step.warnings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_that_only_a_picture_shows_is_used_where_the_step_agrees() {
    let stage = Stage::new().await;
    let mut seen = Seen::new(&stage);
    let use_vision = json!({ "use_vision": true });
    let (outcome, asked) = seen.run("/sight.html", click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
    passed(&outcome);
    let step = &outcome.step_results[1];
    let sight = step.sight.as_ref().unwrap();
    assert_eq!(outcome.saved["log"], "Sign in;");
    assert_eq!((sight.used, sight.attempts, sight.at, sight.view), (true, 1, Some(SIGN_IN), Some((1280.0, 720.0))), "{sight:?}");
    assert_eq!((step.fallback_level, step.advised.unwrap().cost_usd, sight.cost_usd), (Fallback::Vision, Some(0.25), Some(0.25)));
    assert_eq!((sight.area, &step.resolved_selector), (Some((100.0, 100.0, 200.0, 40.0)), &sight.selector));
    assert!(outcome.fingerprints.iter().all(|known| known.step_index != 1), "what was seen once is not what the element looks like");
    let (picture, wanted) = &asked[0];
    assert!(picture.mime == "image/jpeg" && picture.bytes.starts_with(b"\xFF\xD8") && sight.picture.as_ref() == Some(picture));
    assert_eq!((&wanted["action"], &wanted["selector"]), (&json!("click"), &json!("#sign-in-now")));

    // In a larger view, whose picture is made smaller for the model, the place is the same.
    seen.options.viewport = Viewport::desktop(1920, 1080);
    let (outcome, asked) = seen.run("/sight.html", click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
    passed(&outcome);
    assert_eq!((outcome.saved["log"].as_str(), asked.len()), (Some("Sign in;"), 1));
    seen.options.viewport = Viewport::desktop(1280, 720);

    // What is written is told to nobody.
    let fill = json!({ "action": "fill", "target": "#nickname", "value": "hush-hush", "timeout": 1000, "execution": use_vision });
    let (outcome, asked) = seen.run("/sight.html", fill, Some(NICKNAME)).await;
    passed(&outcome);
    assert!(!asked[0].1.to_string().contains("hush-hush"), "{}", asked[0].1);

    // A sentence whose words name nothing there.
    seen.options.default_timeout = std::time::Duration::from_millis(500);
    let sentence = json!({ "instruction": "fill the Nickname of mine field with hush-hush", "description": "Write hush-hush", "execution": use_vision });
    let (outcome, asked) = seen.run("/sight.html", sentence, Some(NICKNAME)).await;
    passed(&outcome);
    assert!(asked.len() == 1 && !asked[0].1.to_string().contains("hush-hush"), "{asked:?}");
    let sentence = json!({ "instruction": "click the Sign me right in button", "execution": use_vision });
    let (outcome, asked) = seen.run("/sight.html", sentence, Some(SIGN_IN)).await;
    passed(&outcome);
    assert_eq!(
        (outcome.saved["log"].as_str(), asked.len(), outcome.step_results[1].fallback_level),
        (Some("Sign in;"), 1, Fallback::Vision)
    );
    seen.options.default_timeout = stage.options().default_timeout;

    // What is there needs no picture.
    let (outcome, asked) = seen.run("/sight.html", click("text=Sign in", &use_vision), Some(DELETE)).await;
    passed(&outcome);
    assert!(asked.is_empty() && outcome.step_results[1].warnings.is_empty() && outcome.step_results[1].sight.is_none());
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_step_does_not_speak_of_is_not_touched() {
    let stage = Stage::new().await;
    let seen = Seen::new(&stage);
    let use_vision = json!({ "use_vision": true });
    for (target, at, why) in [
        ("#sign-in-to-account", Some(DELETE), "destroys"),
        ("#checkout", Some(SIGN_IN), "no word in common"),
        ("#sign-in-now", Some(BARE), "no control"),
        ("#sign-in-now", None, "sees no such element"),
    ] {
        let (outcome, asked) = seen.run("/sight.html", click(target, &use_vision), at).await;
        refused(&outcome, why);
        assert_eq!((asked.len(), outcome.step_results[1].sight.as_ref().unwrap().attempts), (1, 1), "asked once");
    }
    let fill = json!({ "action": "fill", "target": "#sign-in-name", "value": "x", "timeout": 500, "execution": use_vision });
    refused(&seen.run("/sight.html", fill, Some(SIGN_IN)).await.0, "cannot be done");
    // A fault of the application is not painted over.
    let (outcome, asked) = seen.run("/sight.html?broken", click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
    assert!(outcome.status == Status::Failed && asked.is_empty(), "{:?}", outcome.step_results[1]);
    assert!(outcome.step_results[1].warnings.iter().any(|warning| warning.contains("application itself failed")));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_without_a_wish_without_a_model_or_at_the_price_of_a_secret() {
    let stage = Stage::new().await;
    let mut seen = Seen::new(&stage);
    let (plain, use_vision) = (json!({}), json!({ "use_vision": true }));
    let (outcome, asked) = seen.run("/sight.html", click("#sign-in-now", &plain), Some(SIGN_IN)).await;
    assert!(outcome.status == Status::Failed && asked.is_empty() && outcome.step_results[1].sight.is_none());

    let alone = stage
        .run_with(&json!({ "steps": [{ "action": "goto", "target": "/sight.html" }, click("#sign-in-now", &use_vision)] }), &seen.options)
        .await;
    refused(&alone, "no model may look");
    assert_eq!(alone.step_results[1].sight.as_ref().unwrap().attempts, 0);

    seen.options.hidden = vec!["top-secret-4712".to_owned()];
    let (outcome, asked) = seen.run("/sight.html?said=top-secret-4712", click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
    refused(&outcome, "shows a secret");
    assert!(asked.is_empty());

    for way in ["shadow", "closed", "letters", "fields", "beside"] {
        let page = format!("/sight.html?way={way}&secret=top-secret-4712");
        let (outcome, asked) = seen.run(&page, click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
        refused(&outcome, if way == "closed" { "could not be looked through" } else { "shows a secret" });
        assert!(asked.is_empty(), "{way}");
    }
    let (outcome, _) = seen.run("/sight.html?way=letters&secret=none-of-it", click("#sign-in-now", &use_vision), Some(SIGN_IN)).await;
    passed(&outcome);

    // A run that looks first: without the selector, and with it where the picture does not help; a step may have none of it.
    seen.options.vision = Vision::Always;
    let (outcome, _) = seen.run("/sight.html", click("#sign-in-now", &plain), Some(SIGN_IN)).await;
    passed(&outcome);
    let step = &outcome.step_results[1];
    assert_eq!((step.dom_attempts, step.fallback_level, step.sight.as_ref().unwrap().used), (0, Fallback::None, true));
    let (outcome, _) = seen.run("/sight.html", click("text=Sign in", &plain), Some(DELETE)).await;
    passed(&outcome);
    let step = &outcome.step_results[1];
    assert_eq!((outcome.saved["log"].as_str(), step.dom_attempts, step.sight.as_ref().unwrap().used), (Some("Sign in;"), 1, false));
    let (outcome, asked) = seen.run("/sight.html", click("text=Sign in", &json!({ "skip_vision": true })), Some(DELETE)).await;
    passed(&outcome);
    assert!(asked.is_empty());
    stage.browser.close().await;
}
