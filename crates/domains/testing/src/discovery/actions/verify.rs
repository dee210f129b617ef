//! Running a way: its test in a browser context of its own, as a run would do it, without keeping a run.

use std::time::Duration;

use argos_cdp::Browser;
use argos_identity::ProjectValues;
use argos_kernel::{AppError, Result, Timestamp};
use argos_sitegraph::{Flow, FlowKind, document};
use argos_webtest::{Layers, Outcome, Plan, RunOptions, ScreenshotMode, Silent, Status, StepStatus};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::actions::artifacts::{Evidence, Owner};
use crate::browser::guard::Reach;
use crate::browser::proxy::Proxy;
use crate::discovery::model::{Auth, Validation};
use crate::model::artifact::Kind;
use crate::service::Testing;

/// What running a way needs.
pub(crate) struct Rehearsal<'a> {
    pub(crate) owner: Owner,
    pub(crate) app_url: &'a str,
    pub(crate) values: &'a ProjectValues,
    pub(crate) auth: Option<&'a Auth>,
    pub(crate) reach: &'a Reach,
    /// For the whole way.
    pub(crate) limit: Duration,
}

/// The document of the test of a way; ways behind a sign-in begin with it.
pub(crate) fn test_document(flow: &Flow, sign_in: Option<&Flow>, assertions: bool) -> Value {
    let mut doc = document(flow, assertions);
    let first = sign_in.filter(|_| !matches!(flow.kind, FlowKind::Authentication | FlowKind::Registration | FlowKind::PasswordReset));
    if let Some(setup) = first.map(|f| document(f, true))
        && let Some(fields) = doc.as_object_mut()
    {
        fields.insert("setup".to_owned(), setup["steps"].clone());
    }
    doc
}

/// Whether the project or the exploration knows the account tests sign in with.
pub(crate) fn has_account(values: &ProjectValues, auth: Option<&Auth>) -> bool {
    let variables = values.settings.get("variables").and_then(Value::as_object);
    let secrets = values.secrets.reveal().get("secrets").and_then(Value::as_object);
    let known = |name: &str| variables.is_some_and(|v| v.contains_key(name)) || secrets.is_some_and(|s| s.contains_key(name));
    auth.is_some_and(|a| a.kind == "form" && a.user().is_some() && a.password().is_some())
        || (known("test_email") && known("test_password"))
}

fn layers(values: &ProjectValues, auth: Option<&Auth>) -> Layers {
    let object = |v: Option<&Value>| v.and_then(Value::as_object).cloned().unwrap_or_default();
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut layers = Layers {
        project: object(values.settings.get("variables")),
        secrets: object(values.secrets.reveal().get("secrets")).iter().map(|(k, v)| (k.clone(), text(v))).collect(),
        ..Layers::default()
    };
    if let Some(auth) = auth.filter(|a| a.kind == "form") {
        let mut run = Map::new();
        run.extend(auth.user().map(|u| ("test_email".to_owned(), Value::from(u))));
        layers.run = run;
        // As a secret it is left out of everything that is written down.
        layers.secrets.extend(auth.password().map(|p| ("test_password".to_owned(), p.to_owned())));
        layers.project.shift_remove("test_password");
    }
    layers
}

fn validation(outcome: &Outcome, screenshots: Vec<String>, at: Timestamp) -> Validation {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let done: Vec<_> = outcome.step_results.iter().filter(|s| s.status != StepStatus::Skipped).collect();
    let failed = done.iter().filter(|s| s.status == StepStatus::Failed).count();
    let mut errors: Vec<String> = done.iter().filter_map(|s| s.error.as_ref().map(|e| format!("step {}: {e}", s.step_index + 1))).collect();
    if let (true, Some(why)) = (errors.is_empty() && outcome.status != Status::Passed, &outcome.error_message) {
        errors.push(why.clone());
    }
    Validation {
        success: outcome.status == Status::Passed,
        steps_executed: count(done.len()),
        steps_passed: count(done.len() - failed),
        steps_failed: count(failed),
        duration_ms: crate::actions::attempt::millis(outcome.duration),
        errors,
        screenshots,
        validated_at: at.rfc3339(),
    }
}

impl Testing {
    /// Runs a way to its end or its first failure.
    pub(crate) async fn rehearse(&self, browser: Browser, flow: &Flow, sign_in: Option<&Flow>, how: &Rehearsal<'_>) -> Result<Validation> {
        let plan = Plan::parse(&test_document(flow, sign_in, true)).map_err(|problems| {
            let why = problems.first().map_or_else(String::new, ToString::to_string);
            AppError::bad_request(format!("The flow is no test: {why}"))
        })?;
        let mut options = RunOptions::new(how.app_url);
        options.seed = u64::from_le_bytes(self.platform.rng.bytes::<8>());
        options.started_at_ms = self.platform.clock.now().millis();
        options.test_timeout = how.limit;
        options.screenshots = ScreenshotMode::OnFailure;
        let proxy = Proxy::open(&self.platform.tasks, how.reach).await?;
        options.guard = Some(how.reach.guard());
        options.proxy = Some(proxy.address());
        options.variables = layers(how.values, how.auth);
        let cancel = CancellationToken::new();
        let _ended = cancel.clone().drop_guard();
        let handle = tokio::runtime::Handle::current();
        let token = cancel.clone();
        // The engine's future stays on the thread it began on.
        let work = tokio::task::spawn_blocking(move || handle.block_on(argos_webtest::run(&browser, &plan, &options, &Silent, &token)));
        let mut outcome = work.await.map_err(AppError::internal)?;
        proxy.explain(&mut outcome);
        let mut kept = Vec::new();
        if let Some(picture) = &outcome.evidence.failure_screenshot {
            let evidence = Evidence {
                kind: Kind::Screenshot,
                content_type: picture.mime,
                metadata: json!({ "flow": flow.name, "what": "failure" }),
                retention: "quality.retention.failure_evidence_days",
            };
            let now = self.platform.clock.now();
            let artifact = self.keep_file_of(&how.owner, &format!("flow:{}", flow.name), &picture.bytes, evidence, now).await?;
            let mut tx = self.platform.store.state.begin().await?;
            self.note_artifact_of(&mut tx, &how.owner, &artifact).await?;
            tx.commit().await?;
            kept.push(artifact.id);
        }
        Ok(validation(&outcome, kept, self.platform.clock.now()))
    }
}
