//! The runner of browser tests beside Playwright from npm, on the same Chromium and the same shop; its pictures beside
//! pixelmatch and odiff; and how fast a site is explored.
//!
//! Each runner is a process of its own (ours is this program again, as `webtest.ours`), so that what it costs is read
//! apart from the browser's processes.

mod contest;
mod discovery;
mod ours;
mod pictures;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use argos_peers::node;
use serde_json::Value;

use crate::Outcome;

pub(crate) use ours::ours;
pub(crate) use pictures::difference;

/// The peers, in the versions that are measured.
const PACKAGES: [&str; 4] = ["@playwright/test@1.65.1", "odiff-bin@4.5.0", "pixelmatch@7.2.0", "pngjs@7.0.0"];

pub(crate) fn run(part: Option<&str>) -> Outcome {
    if part.is_none_or(|part| part == "runner") {
        contest::run()?;
    }
    if part.is_none_or(|part| part == "pictures") {
        pictures::run()?;
    }
    Ok(())
}

pub(crate) fn explore() -> Outcome {
    discovery::run()
}

/// Where the peers are installed.
fn modules() -> Outcome<PathBuf> {
    Ok(node::require("webtest-bench", &PACKAGES)?)
}

/// Runs a script of ours beside the peers and reads the document it prints.
fn script(name: &str, text: &str, args: &[&str]) -> Outcome<Value> {
    let dir = tempfile::tempdir()?;
    std::os::unix::fs::symlink(modules()?, dir.path().join("node_modules"))?;
    let path = dir.path().join(name);
    std::fs::write(&path, text)?;
    printed(Command::new(node::program()?).arg(&path).args(args))
}

/// Runs this program again and reads the document it prints.
fn again(part: &str, args: &[&str]) -> Outcome<Value> {
    printed(Command::new(std::env::current_exe()?).arg(part).args(args))
}

fn printed(command: &mut Command) -> Outcome<Value> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", Path::new(command.get_program()).display(), output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A number of such a document.
fn number(document: &Value, name: &str) -> Outcome<f64> {
    document[name].as_f64().ok_or_else(|| format!("no {name} in {document}").into())
}
