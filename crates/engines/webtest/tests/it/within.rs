//! Tests within tests, what becomes of a run that is stopped in one, and what a step may take.

use std::sync::Arc;
use std::time::Duration;

use argos_webtest::heal::{Alternative, HealPolicy};
use argos_webtest::{ErrorCode, Fallback, Later, Phase, Plan, PlanResolver, RunOptions, Status, StepStatus};
use serde_json::json;

use crate::{Stage, passed};

struct Plans;

impl PlanResolver for Plans {
    fn plan<'a>(&'a self, name: &'a str) -> Later<'a, Result<Plan, String>> {
        let missing = |more: &str| json!({ "action": "click", "target": "#nothing", "timeout": 200, more: true });
        let reached = json!({ "action": "set_variable", "save_as": "reached", "value": true });
        let doc = match name {
            "goes on" => json!({ "steps": [{ "action": "goto", "target": "/login.html" }, missing("continue_on_failure"), reached] }),
            "claims softly" => json!({ "steps": [
                { "action": "goto", "target": "/login.html" },
                { "action": "assert", "type": "visible", "target": "#error", "timeout": 200, "soft": true },
                reached,
            ]}),
            "may fail" => json!({ "steps": [{ "action": "goto", "target": "/login.html" }, missing("optional"), reached] }),
            "renamed" => json!({ "steps": [
                { "action": "goto", "target": "/heal.html?mode=renamed" },
                { "action": "click", "target": "#save", "timeout": 200 },
            ]}),
            "lax" => json!({ "config": { "strict_selectors": false }, "steps": [
                { "action": "goto", "target": "/shop.html" }, { "action": "hover", "target": "button" },
            ]}),
            "plain" => json!({ "steps": [{ "action": "hover", "target": "button", "timeout": 200 }] }),
            "ends softly" => json!({ "steps": [{ "action": "goto", "target": "/login.html" }], "assertions": [
                { "type": "visible", "target": "#error", "timeout": 200, "soft": true },
                { "type": "visible", "target": "#submit" },
            ]}),
            "answers" => json!({ "steps": [{ "action": "accept_dialog" }] }),
            _ => json!({ "variables": { "where": "inner" }, "steps": [
                { "action": "goto", "target": "/frames.html" },
                { "action": "switch_frame", "target": "#outer" },
                { "action": "wait_for_selector", "target": "#never", "timeout": 600_000 },
            ]}),
        };
        Box::pin(async move { Ok(Plan::parse(&doc).unwrap()) })
    }
}

fn options(stage: &Stage) -> RunOptions {
    RunOptions { plans: Some(Arc::new(Plans)), ..stage.options() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_inside_a_test_count_and_nothing_is_healed_there() {
    let stage = Stage::new().await;
    let mut options = options(&stage);
    let within = |name: &str| json!({ "steps": [{ "action": "run_test", "value": name }, { "action": "hover", "target": "#submit" }] });
    for (name, words) in [("goes on", "goes on: step 2 (click #nothing): "), ("claims softly", "claims softly: step 2 (assert #error): ")] {
        let outcome = stage.run_with(&within(name), &options).await;
        assert_eq!((outcome.status, outcome.failed_step_index), (Status::Failed, Some(0)), "{name}");
        assert!(outcome.error_message.as_ref().unwrap().contains(words), "{:?}", outcome.error_message);
        assert_eq!((&outcome.saved["reached"], outcome.step_results[1].status), (&json!(true), StepStatus::Passed));
        assert!(outcome.step_results[0].warnings.iter().any(|warning| warning.contains(words)), "{:?}", outcome.step_results[0]);
    }
    passed(&stage.run_with(&within("may fail"), &options).await);

    // A dialog that was dismissed before anybody could say otherwise was not accepted.
    let dialog = json!({ "steps": [
        { "action": "goto", "target": "/dialogs.html" },
        { "action": "click", "target": "#confirm" },
        { "action": "run_test", "value": "answers" },
    ]});
    let outcome = stage.run_with(&dialog, &options).await;
    assert_eq!((outcome.error_code, outcome.failed_step_index), (Some(ErrorCode::AssertionFailed), Some(2)), "{:?}", outcome.error_message);

    let alternatives = vec![Alternative { primary: "#save".to_owned(), selector: "#btn-store".to_owned(), confidence: 0.9, weak: false }];
    options.heal = Some(HealPolicy { alternatives, ..HealPolicy::default() });
    let outcome = stage.run_with(&json!({ "steps": [{ "action": "run_test", "value": "renamed" }] }), &options).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::ElementNotFound)), "{:?}", outcome.error_message);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn test_within_a_test_is_as_strict_as_it_is_alone_and_its_soft_claims_let_the_other_go_on() {
    let stage = Stage::new().await;
    let options = options(&stage);
    let test = |name: &str| json!({ "action": "run_test", "value": name });
    // Of several buttons the first is taken in the test that says so, and in no other.
    let outcome =
        stage.run_with(&json!({ "steps": [test("lax"), { "action": "hover", "target": "button", "timeout": 200 }] }), &options).await;
    assert_eq!(
        (outcome.error_code, outcome.failed_step_index),
        (Some(ErrorCode::StrictModeViolation), Some(1)),
        "{:?}",
        outcome.error_message
    );
    let lax = json!({ "config": { "strict_selectors": false }, "steps": [test("lax"), test("plain")] });
    let outcome = stage.run_with(&lax, &options).await;
    assert_eq!(
        (outcome.error_code, outcome.failed_step_index),
        (Some(ErrorCode::StrictModeViolation), Some(1)),
        "{:?}",
        outcome.error_message
    );

    let soft = json!({ "steps": [test("ends softly"), { "action": "hover", "target": "#submit" }] });
    let outcome = stage.run_with(&soft, &options).await;
    assert_eq!((outcome.status, outcome.failed_step_index), (Status::Failed, Some(0)));
    assert!(outcome.error_message.as_ref().unwrap().contains("run_test ends softly: "), "{:?}", outcome.error_message);
    assert!(
        outcome.step_results[0].warnings.iter().any(|warning| warning.contains("run_test ends softly: ")),
        "{:?}",
        outcome.step_results[0]
    );
    assert_eq!(outcome.step_results[1].status, StepStatus::Passed);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_that_is_stopped_stands_where_it_stood_and_tidies_up_as_itself() {
    let stage = Stage::new().await;
    let mut limited = options(&stage);
    limited.test_timeout = Duration::from_secs(5);
    let plan = json!({
        "variables": { "where": "outer" },
        "setup": [{ "action": "goto", "target": "/login.html" }, { "action": "run_test", "value": "endless" }, { "action": "reload" }],
        "steps": [{ "action": "reload" }],
        "teardown": [
            { "action": "set_variable", "save_as": "stood", "value": "{{where}}" },
            { "action": "extract", "target": "h1", "save_as": "heading" },
        ],
    });
    // The step's own time is over long before the element comes, and it is not waited for twice.
    let mut remembering = options(&stage);
    remembering.heal = Some(HealPolicy { heal_in_run: false, ..HealPolicy::default() });
    remembering.variables.secrets.insert("word".to_owned(), "open & sesame".to_owned());
    let late = json!({ "steps": [
        { "action": "goto", "target": "/login.html" },
        { "action": "evaluate", "value": "document.getElementById('submit').title = '{{secrets.word}}'; 0" },
        { "action": "hover", "target": "#submit" },
        { "action": "evaluate", "value": "setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p id=late>Late</p>'), 5500); 0" },
        { "action": "hover", "target": "#late", "timeout": 3000, "execution": { "retries": 0 } },
    ]});
    let missing = |more: serde_json::Value| {
        let mut step = json!({ "action": "hover", "target": "#nothing", "timeout": 50, "continue_on_failure": true });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    let again = json!({ "steps": [
        { "action": "goto", "target": "/login.html" },
        missing(json!({ "execution": { "retries": 0 } })),
        missing(json!({ "execution": { "retries": 2 } })),
        missing(json!({})),
        missing(json!({ "optional": true })),
        missing(json!({ "execution": { "retries": 1 }, "options": { "refresh_on_failure": true } })),
    ]});
    let plain = options(&stage);
    let (stopped, late, again) =
        tokio::join!(stage.run_with(&plan, &limited), stage.run_with(&late, &remembering), stage.run_with(&again, &plain));
    let tries: Vec<_> = again.step_results.iter().map(|result| (result.dom_attempts, result.fallback_level)).collect();
    use Fallback::{RefreshAndRetry, Retry, WaitAndRetry};
    let none = (1, Fallback::None);
    assert_eq!(tries, [none, none, (3, Retry), (4, WaitAndRetry), none, (3, RefreshAndRetry)]);
    assert_eq!(
        (stopped.status, stopped.error_code, stopped.failed_phase, stopped.failed_step_index),
        (Status::Failed, Some(ErrorCode::Timeout), Some(Phase::Setup), Some(1))
    );
    let statuses: Vec<_> = stopped.step_results.iter().map(|result| (result.phase, result.status)).collect();
    use StepStatus::{Failed, Passed, Skipped};
    let setup = [Passed, Failed, Skipped].map(|status| (Phase::Setup, status));
    let rest = [(Phase::Steps, Skipped), (Phase::Teardown, Passed), (Phase::Teardown, Passed)];
    assert_eq!(statuses, [setup.as_slice(), &rest].concat());
    assert_eq!((&stopped.saved["stood"], &stopped.saved["heading"]), (&json!("outer"), &json!("Outer")));

    assert_eq!((late.error_code, late.failed_step_index), (Some(ErrorCode::ElementNotFound), Some(4)), "{:?}", late.error_message);
    assert_eq!(late.fingerprints[0].fingerprint.title.as_deref(), Some("***"));
    stage.browser.close().await;
}
