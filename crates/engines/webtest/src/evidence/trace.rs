//! A trace: what the page was before and after each step, with its pictures, console, requests and results in one
//! archive. `trace.json` names everything else in it.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::zip::ZipFile;
use crate::outcome::{Picture, StepResult};

/// A trace being written.
pub(crate) struct Trace {
    zip: ZipFile,
    path: PathBuf,
    steps: Vec<Value>,
    /// A file that could not be written ends the trace, not the test.
    failed: Option<io::Error>,
}

impl Trace {
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        Ok(Self { zip: ZipFile::create(&path)?, path, steps: Vec::new(), failed: None })
    }

    fn add(&mut self, name: &str, content: &[u8]) {
        if self.failed.is_none()
            && let Err(error) = self.zip.add(name, content)
        {
            self.failed = Some(error);
        }
    }

    /// One step with what the page was around it.
    pub(crate) fn step(&mut self, result: &StepResult, before: Option<&str>, after: Option<&str>, picture: Option<&Picture>) {
        let number = self.steps.len();
        let mut entry = json!({ "result": result });
        let mut files = Vec::new();
        files.extend(before.map(|dom| ("before", format!("dom/{number:03}-before.html"), dom.as_bytes())));
        files.extend(after.map(|dom| ("after", format!("dom/{number:03}-after.html"), dom.as_bytes())));
        files.extend(picture.map(|picture| {
            let end = if picture.mime == "image/png" { "png" } else { "jpg" };
            ("screenshot", format!("screenshots/{number:03}.{end}"), &*picture.bytes)
        }));
        for (field, name, content) in files {
            self.add(&name, content);
            entry[field] = name.into();
        }
        self.steps.push(entry);
    }

    /// Ends the archive; gives where it is.
    pub(crate) fn finish(mut self, about: &Value, har: &Value, console: &Value) -> io::Result<PathBuf> {
        let index = json!({ "version": 1, "about": about, "steps": self.steps });
        self.add("trace.json", index.to_string().as_bytes());
        self.add("network.har", har.to_string().as_bytes());
        self.add("console.json", console.to_string().as_bytes());
        match self.failed {
            Some(error) => Err(error),
            None => self.zip.finish().map(|()| self.path),
        }
    }
}
