//! A program of the operator, called `program present|cleanup RECORD TEXT`.

use std::path::Path;

use argos_net::process::{Limits, Run};

use super::Change;

pub(super) async fn change(hooks: &Path, program: &str, change: Change, record: &str, text: &str) -> Result<(), String> {
    let verb = match change {
        Change::Add => "present",
        Change::Remove => "cleanup",
    };
    let run = Run::new(hooks.join(program)).args([verb, record, text]).current_dir(hooks).limits(Limits::seconds(120));
    let output = run.output().await.map_err(|e| e.to_string())?;
    if output.success() {
        return Ok(());
    }
    let said = output.stderr_text();
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let how = if output.timed_out {
        "ran out of time".to_owned()
    } else {
        output.status.map_or_else(|| "was killed".to_owned(), |s| format!("ended with {s}"))
    };
    Err(format!("the program {program} {how}: {}", last.chars().take(200).collect::<String>()))
}
