//! A trace: what the page was before and after each step, with its pictures, its accessibility tree, console, requests and
//! results in one archive. `trace.json` names everything else in it.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::zip::ZipFile;
use crate::outcome::{Picture, StepResult};

/// Documents and pictures of a trace take no more; what is left is for the record itself.
const EVIDENCE_BYTES_MAX: u64 = 150 << 20;
/// A trace is no larger: artifacts of a run are kept up to 200 MiB.
const BYTES_MAX: u64 = 190 << 20;

/// What the page was around a step.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    pub(crate) before: Option<&'a str>,
    pub(crate) after: Option<&'a str>,
    pub(crate) picture: Option<&'a Picture>,
    /// The accessibility tree, JSON.
    pub(crate) tree: Option<&'a str>,
    /// When the last request began that was sent by its end, in milliseconds since the epoch.
    pub(crate) until_ms: Option<i64>,
}

/// A trace being written.
pub(crate) struct Trace {
    zip: ZipFile,
    /// Bytes up to which documents and pictures are taken, and of the whole archive.
    limits: (u64, u64),
    /// No document and picture was taken any more.
    full: bool,
    path: PathBuf,
    steps: Vec<Value>,
    /// A file that could not be written ends the trace, not the test.
    failed: Option<io::Error>,
}

impl Trace {
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        let limits = (EVIDENCE_BYTES_MAX, BYTES_MAX);
        Ok(Self { zip: ZipFile::create(&path)?, limits, full: false, path, steps: Vec::new(), failed: None })
    }

    /// False when it was not written.
    fn add(&mut self, name: &str, content: &[u8], bytes_max: u64) -> bool {
        if self.failed.is_some() {
            return false;
        }
        match self.zip.add(name, content, bytes_max) {
            Ok(added) => added,
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }

    /// One step with what the page was around it.
    pub(crate) fn step(&mut self, result: &StepResult, seen: &Seen<'_>) {
        let number = self.steps.len();
        let mut entry = json!({ "result": result, "requests_until_ms": seen.until_ms });
        let Seen { before, after, picture, tree, .. } = *seen;
        let mut files = Vec::new();
        files.extend(before.map(|dom| ("before", format!("dom/{number:03}-before.html"), dom.as_bytes())));
        files.extend(after.map(|dom| ("after", format!("dom/{number:03}-after.html"), dom.as_bytes())));
        files.extend(picture.map(|picture| {
            let end = if picture.mime == "image/png" { "png" } else { "jpg" };
            ("screenshot", format!("screenshots/{number:03}.{end}"), &*picture.bytes)
        }));
        files.extend(tree.map(|tree| ("accessibility", format!("axtree/{number:03}.json"), tree.as_bytes())));
        for (field, name, content) in files {
            self.full = self.full || !self.add(&name, content, self.limits.0);
            if self.full {
                break;
            }
            entry[field] = name.into();
        }
        self.steps.push(entry);
    }

    /// Ends the archive; gives where it is.
    pub(crate) fn finish(mut self, about: &Value, har: &Value, console: &Value) -> io::Result<PathBuf> {
        let index = json!({ "version": 1, "about": about, "steps": self.steps, "truncated": self.full });
        let written = self.add("trace.json", index.to_string().as_bytes(), self.limits.1);
        // A trace tells of the steps even when the requests do not fit beside them.
        self.add("console.json", console.to_string().as_bytes(), self.limits.1);
        self.add("network.har", har.to_string().as_bytes(), self.limits.1);
        match self.failed {
            Some(error) => Err(error),
            None if !written => Err(io::Error::new(io::ErrorKind::FileTooLarge, "the record of the steps is too large")),
            None => self.zip.finish().map(|_| self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Seen, Trace};
    use crate::outcome::{Fallback, Phase, StepResult, StepStatus};

    fn result(index: usize) -> StepResult {
        StepResult {
            phase: Phase::Steps,
            step_index: index,
            action: "click".to_owned(),
            target: None,
            resolved_selector: None,
            description: None,
            success: true,
            status: StepStatus::Passed,
            duration_ms: 1,
            started_ms: 1,
            error: None,
            error_code: None,
            has_screenshot: false,
            dom_attempts: 1,
            fallback_level: Fallback::None,
            match_count: None,
            warnings: Vec::new(),
            candidates: Vec::new(),
            healing: None,
            output: None,
            assertion: None,
            url: None,
            advised: None,
            sight: None,
        }
    }

    /// A text that compresses badly, another one for each seed.
    fn noise(seed: u64) -> String {
        let mut x = seed;
        (0..400)
            .map(|_| {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{x:016x}")
            })
            .collect()
    }

    #[test]
    fn full_trace_still_tells_of_every_step_and_keeps_its_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.zip");
        let mut trace = Trace::create(path.clone()).unwrap();
        trace.limits = (20_000, 24_000);
        for index in 0..20 {
            trace.step(&result(index), &Seen { before: Some(&noise(index as u64)), ..Seen::default() });
        }
        trace.finish(&json!({}), &json!(noise(99)), &Value::Null).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() <= 24_000, "{}", bytes.len());
        let named = |name: &str| bytes.windows(name.len()).any(|window| window == name.as_bytes());
        assert!(named("dom/000-before.html") && !named("dom/019-before.html"));
        assert!(named("trace.json") && named("console.json"));
    }
}
