//! Words that mean "not done": none of them is committed.

use super::{Findings, read};
use crate::steps::Failed;
use crate::workspace::Workspace;

const BANNED: [&str; 7] = ["todo!(", "unimplemented!(", "FIXME", "TODO", "XXX:", "#[ignore", "not implemented"];

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    for path in workspace.files(".", &[".rs", ".ts", ".tsx", ".mjs", ".sql", ".toml"]) {
        let name = workspace.relative(&path).trim_start_matches("./").to_owned();
        if matches!(name.as_str(), "xtask/src/tidy/words.rs" | "web/scripts/tidy.mjs") || name.contains("/gen/") {
            continue;
        }
        for (index, line) in read(&path)?.lines().enumerate() {
            for word in BANNED.iter().filter(|word| line.contains(**word)) {
                // Lint levels are named after what they forbid.
                if !(name.ends_with(".toml") && line.contains('=')) {
                    findings.fault(format!("{name}:{}: {word}", index + 1));
                }
            }
        }
    }
    Ok(())
}
