//! Files aim at 250 lines; over 400 is a question, over 800 a refusal. Generated files are exempt.

use super::{Findings, read};
use crate::steps::Failed;
use crate::workspace::Workspace;

const ASK: usize = 400;
const REFUSE: usize = 800;

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    for path in workspace.files(".", &[".rs", ".ts", ".tsx", ".mjs", ".css"]) {
        let name = workspace.relative(&path).trim_start_matches("./").to_owned();
        if name.contains("/gen/") {
            continue;
        }
        match read(&path)?.lines().count() {
            lines if lines > REFUSE => findings.fault(format!("{name} has {lines} lines, more than {REFUSE}")),
            lines if lines > ASK => findings.warn(format!("{name} has {lines} lines; does it hold two things?")),
            _ => {}
        }
    }
    Ok(())
}
