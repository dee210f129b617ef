//! What an attempt leaves: pictures while it goes on, the rest when it has ended. Kept as artifacts; the result names them.

use std::collections::HashMap;

use argos_kernel::Result;
use argos_webtest::{Outcome, Phase, Picture, Status, StepResult as EngineStep};
use serde_json::{Value, json};

use super::artifacts::{BYTES_MAX, Evidence, too_large};
use super::attempt::Teller;
use super::executor::Stage;
use crate::model::artifact::Kind;
use crate::model::result::{Advised, AssertionResult, Download, EarlierAttempt, ResultBody, Sight, StepResult};

/// Lists of messages are cut here.
const MESSAGES_MAX: usize = 200;

/// The artifacts of an attempt.
#[derive(Default)]
pub(crate) struct Kept {
    steps: HashMap<(&'static str, usize), String>,
    /// What checks of pictures and of accessibility found.
    checks: HashMap<(&'static str, usize), Value>,
    /// What models were shown.
    sights: HashMap<(&'static str, usize), String>,
    final_screenshot: Option<String>,
    failure_screenshot: Option<String>,
    video: Option<String>,
    trace: Option<String>,
    har: Option<String>,
    failure_dom: Option<String>,
    downloads: Vec<Download>,
    /// What could not be kept, for people.
    warnings: Vec<String>,
}

/// The word of a list of steps, as results have it.
pub(crate) const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "setup",
        Phase::Steps => "steps",
        Phase::Teardown => "teardown",
        Phase::Assertions => "assertions",
    }
}

pub(super) const FAILURE: &str = "quality.retention.failure_evidence_days";
const STEPS: &str = "quality.retention.step_screenshots_days";

impl Stage<'_> {
    pub(super) async fn put(&self, place: &str, bytes: &[u8], evidence: Evidence) -> Result<String> {
        let artifact = self.testing.keep_file(self.run, place, bytes, evidence, self.ctx.now()).await?;
        let mut tx = self.testing.platform.store.state.begin().await?;
        self.testing.note_artifact(&mut tx, self.run, &artifact).await?;
        tx.commit().await?;
        Ok(artifact.id)
    }

    pub(super) async fn put_picture(&self, place: &str, picture: &Picture, metadata: Value, retention: &'static str) -> Result<String> {
        self.put(place, &picture.bytes, Evidence { kind: Kind::Screenshot, content_type: picture.mime, metadata, retention }).await
    }

    /// Keeps one thing; what cannot be kept becomes a warning, because the result stands without it.
    async fn keep_one(&self, kept: &mut Kept, what: &str, place: &str, bytes: &[u8], evidence: Evidence) -> Option<String> {
        match self.put(place, bytes, evidence).await {
            Ok(id) => Some(id),
            Err(error) => {
                tracing::warn!(?error, run = %self.run.uid, what, "evidence of a test was not kept");
                kept.warn(format!("The {what} was not kept: {}", error.message()));
                None
            }
        }
    }

    /// Keeps the pictures that came since the last call.
    pub(super) async fn keep_pictures(&self, teller: &Teller, result: argos_kernel::Uid, attempt: u32, kept: &mut Kept) {
        for (phase, index, picture) in teller.take_pictures() {
            let word = phase_word(phase);
            let place = format!("{result}:{attempt}:{word}:{index}");
            let metadata = json!({ "test_id": teller.test_id(), "phase": word, "step_index": index, "attempt": attempt });
            let evidence = Evidence { kind: Kind::Screenshot, content_type: picture.mime, metadata, retention: STEPS };
            let Some(id) = self.keep_one(kept, "picture of a step", &place, &picture.bytes, evidence).await else { continue };
            self.recorder.say(
                "screenshot",
                json!({ "artifact_id": id, "phase": word, "step_index": index, "test_id": teller.test_id(), "total_screenshots": kept.steps.len() + 1 }),
            );
            kept.steps.insert((word, index), id);
        }
    }

    /// Keeps what an attempt left in memory and in its directory.
    pub(super) async fn keep_evidence(&self, outcome: &Outcome, result: argos_kernel::Uid, attempt: u32, kept: &mut Kept) {
        let place = |what: &str| format!("{result}:{attempt}:{what}");
        let about = |what: &str| json!({ "attempt": attempt, "what": what });
        let e = &outcome.evidence;
        if let Some(picture) = &e.final_screenshot {
            let evidence = Evidence { kind: Kind::Screenshot, content_type: picture.mime, metadata: about("final"), retention: STEPS };
            kept.final_screenshot = self.keep_one(kept, "last picture", &place("final"), &picture.bytes, evidence).await;
        }
        if let Some(picture) = &e.failure_screenshot {
            let evidence = Evidence { kind: Kind::Screenshot, content_type: picture.mime, metadata: about("failure"), retention: FAILURE };
            let id = self.keep_one(kept, "picture of the failure", &place("failure"), &picture.bytes, evidence).await;
            if let (Some(index), Some(id)) = (outcome.failed_step_index, &id) {
                let word = outcome.failed_phase.map_or("steps", phase_word);
                kept.steps.entry((word, index)).or_insert_with(|| id.clone());
            }
            kept.failure_screenshot = id;
        }
        if let Some(har) = e.har.as_ref().filter(|_| outcome.status != Status::Passed) {
            let evidence = Evidence { kind: Kind::Json, content_type: "application/json", metadata: about("har"), retention: FAILURE };
            kept.har = self.keep_one(kept, "archive of requests", &place("har"), har.to_string().as_bytes(), evidence).await;
        }
        if let Some(html) = &e.failure_dom {
            let evidence =
                Evidence { kind: Kind::Html, content_type: "text/html; charset=utf-8", metadata: about("dom"), retention: FAILURE };
            kept.failure_dom = self.keep_one(kept, "document of the page", &place("dom"), html.as_bytes(), evidence).await;
        }
        for step in &outcome.step_results {
            let Some(picture) = step.sight.as_ref().and_then(|sight| sight.picture.as_ref()) else { continue };
            let (word, index) = (phase_word(step.phase), step.step_index);
            let metadata = json!({ "attempt": attempt, "what": "vision", "phase": word, "step_index": index });
            let evidence = Evidence { kind: Kind::Screenshot, content_type: picture.mime, metadata, retention: STEPS };
            let place = place(&format!("vision:{word}:{index}"));
            if let Some(id) = self.keep_one(kept, "picture a model was shown", &place, &picture.bytes, evidence).await {
                kept.sights.insert((word, index), id);
            }
        }
        for (n, file) in e.downloads.iter().enumerate() {
            let Some(bytes) = read("download", Some(&file.path), kept).await else { continue };
            let mut metadata = about("download");
            metadata["name"] = Value::from(file.name.as_str());
            let evidence = Evidence { kind: Kind::File, content_type: "application/octet-stream", metadata, retention: STEPS };
            if let Some(artifact_id) = self.keep_one(kept, "download", &place(&format!("download:{n}")), &bytes, evidence).await {
                kept.downloads.push(Download { artifact_id, name: file.name.clone(), size_bytes: int(bytes.len()) });
            }
        }
        if let Some(bytes) = read("trace", e.trace.as_deref(), kept).await {
            let retention = "quality.retention.traces_days";
            let evidence = Evidence { kind: Kind::Trace, content_type: "application/zip", metadata: about("trace"), retention };
            kept.trace = self.keep_one(kept, "trace", &place("trace"), &bytes, evidence).await;
        }
        if let Some(bytes) = read("video", e.video.as_deref(), kept).await {
            let (retention, content_type) = ("quality.retention.videos_days", e.video_mime.unwrap_or("application/octet-stream"));
            let evidence = Evidence { kind: Kind::Video, content_type, metadata: about("video"), retention };
            kept.video = self.keep_one(kept, "video", &place("video"), &bytes, evidence).await;
        }
    }
}

/// A file of the attempt; one that is not wanted has no path. Too large a file is not even read.
async fn read(what: &str, path: Option<&std::path::Path>, kept: &mut Kept) -> Option<Vec<u8>> {
    let path = path?;
    let size = tokio::fs::metadata(path).await.map(|m| m.len());
    if size.as_ref().is_ok_and(|n| *n > BYTES_MAX as u64) {
        kept.warn(format!("The {what} was not kept: {}", too_large().message()));
        return None;
    }
    match tokio::fs::read(path).await {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            tracing::warn!(%error, "what a test left cannot be read");
            kept.warn(format!("The {what} was not kept: it cannot be read"));
            None
        }
    }
}

/// A step as streams and results show it.
pub(super) fn step_document(step: &EngineStep) -> Value {
    serde_json::to_value(step_result(step, None)).unwrap_or_default()
}

fn int<T: TryInto<i64>>(n: T) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

fn step_result(step: &EngineStep, screenshot: Option<String>) -> StepResult {
    let status = serde_json::to_value(step.status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    StepResult {
        step_index: int(step.step_index),
        phase: phase_word(step.phase).to_owned(),
        action: step.action.clone(),
        description: step.description.clone().or_else(|| step.assertion.as_ref().map(claim)),
        target: step.target.clone(),
        resolved_selector: step.resolved_selector.clone(),
        status,
        started_ms: int(step.started_ms),
        duration_ms: int(step.duration_ms),
        error: step.error.clone(),
        error_code: step.error_code.map(|c| c.name().to_owned()),
        screenshot,
        match_count: step.match_count.map(int),
        warnings: step.warnings.iter().chain(&step.candidates).cloned().collect(),
        healing: step.healing.as_ref().and_then(|h| serde_json::to_value(h).ok()),
        dom_attempts: i64::from(step.dom_attempts),
        fallback_level: step.fallback_level.name().to_owned(),
        url: step.url.clone(),
        check: None,
        advised: step.advised.map(|a| Advised { cost_usd: a.cost_usd, used: a.used }),
        vision: step.sight.as_ref().map(sight),
    }
}

fn sight(seen: &argos_webtest::Sight) -> Sight {
    Sight {
        used: seen.used,
        attempts: i64::from(seen.attempts),
        view: seen.view,
        at: seen.at,
        confidence: seen.confidence,
        area: seen.area,
        selector: seen.selector.clone(),
        cost_usd: seen.cost_usd,
        why_not: seen.why_not.clone(),
        picture: None,
    }
}

/// What an `assert` step claims, for people.
fn claim(a: &argos_webtest::AssertionResult) -> String {
    let expected = a.expected.as_ref().map(plain);
    [Some(a.kind.replace('_', " ")), a.target.clone(), expected].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Kept {
    /// Remembers what checks found, by the list and place of their step.
    pub(super) fn checks(&mut self, found: HashMap<(&'static str, usize), Value>) {
        self.checks = found;
    }

    /// The same thing is said once.
    fn warn(&mut self, text: String) {
        if self.warnings.len() < MESSAGES_MAX && !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// The document of a result.
    pub(super) fn body(self, outcome: &Outcome, earlier: Vec<EarlierAttempt>) -> ResultBody {
        let step = |s: &EngineStep| {
            let place = (phase_word(s.phase), s.step_index);
            let mut result = step_result(s, self.steps.get(&place).cloned());
            result.check = self.checks.get(&place).cloned();
            if let Some(vision) = &mut result.vision {
                vision.picture = self.sights.get(&place).cloned();
            }
            result
        };
        ResultBody {
            failed_step_index: outcome.failed_step_index.map(int),
            step_results: outcome.step_results.iter().map(step).collect(),
            assertion_results: outcome
                .assertion_results
                .iter()
                .map(|a| AssertionResult {
                    kind: a.kind.clone(),
                    target: a.target.clone(),
                    expected: a.expected.as_ref().map(plain),
                    actual: a.actual.as_ref().map(plain),
                    passed: a.passed,
                    error: a.error.clone(),
                    soft: a.soft,
                    duration_ms: int(a.duration_ms),
                    warnings: a.warnings.clone(),
                })
                .collect(),
            final_screenshot: self.final_screenshot,
            failure_screenshot: self.failure_screenshot,
            video: self.video,
            trace: self.trace,
            har: self.har,
            failure_dom: self.failure_dom,
            downloads: self.downloads,
            console_errors: outcome.console_errors.iter().take(MESSAGES_MAX).filter_map(|e| serde_json::to_value(e).ok()).collect(),
            network_failures: outcome.network_failures.iter().take(MESSAGES_MAX).filter_map(|e| serde_json::to_value(e).ok()).collect(),
            warnings: self.warnings,
            earlier_attempts: earlier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_that_is_too_large_or_gone_becomes_a_warning() {
        let path = std::env::temp_dir().join(format!("argos-evidence-{}", std::process::id()));
        let file = std::fs::File::create(&path).unwrap();
        let mut kept = Kept::default();
        file.set_len(3).unwrap();
        assert_eq!(read("trace", Some(&path), &mut kept).await.map(|b| b.len()), Some(3));
        // Without content of its own: it takes no room.
        file.set_len(BYTES_MAX as u64 + 1).unwrap();
        for _ in 0..2 {
            assert!(read("trace", Some(&path), &mut kept).await.is_none());
        }
        std::fs::remove_file(&path).unwrap();
        assert!(read("video", Some(&path), &mut kept).await.is_none() && read("video", None, &mut kept).await.is_none());
        let said = ["The trace was not kept: it is larger than 200 MiB", "The video was not kept: it cannot be read"];
        let body = kept.body(&crate::actions::attempt::cancelled(), Vec::new());
        assert_eq!(body.warnings, said);
    }
}
