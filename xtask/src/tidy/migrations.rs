//! A released migration never changes: its hash stands in `contract/migrations.lock`. Before the first release
//! (version 0.1.0) nobody has data to lose and files may still change.

use std::collections::BTreeMap;

use super::{Findings, read};
use crate::steps::{Failed, Tool};
use crate::workspace::Workspace;

const LOCK: &str = "contract/migrations.lock";

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    if !released(workspace)? {
        return Ok(());
    }
    let recorded = recorded(workspace);
    let present = present(workspace)?;
    for (name, hash) in &present {
        match recorded.get(name) {
            None => findings.fault(format!("{name} is not recorded; run `cargo xtask tidy --bless`")),
            Some(old) if old != hash => findings.fault(format!("{name} was released and must not change; add a new file")),
            Some(_) => {}
        }
    }
    for name in recorded.keys().filter(|name| !present.contains_key(*name)) {
        findings.fault(format!("{name} was released and is gone"));
    }
    Ok(())
}

/// Records new files; before the first release also changed ones.
pub(super) fn bless(workspace: &Workspace) -> Result<(), Failed> {
    let mut lock = if released(workspace)? { recorded(workspace) } else { BTreeMap::new() };
    for (name, hash) in present(workspace)? {
        lock.entry(name).or_insert(hash);
    }
    let text: String = lock.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
    std::fs::write(workspace.root.join(LOCK), text).map_err(|e| Failed::new(format!("{LOCK}: {e}")))
}

fn released(workspace: &Workspace) -> Result<bool, Failed> {
    let manifest = read(&workspace.root.join("Cargo.toml"))?;
    Ok(!manifest.lines().any(|line| line.replace(' ', "") == "version=\"0.1.0\""))
}

fn recorded(workspace: &Workspace) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(workspace.root.join(LOCK)).unwrap_or_default();
    text.lines().filter_map(|line| line.split_once("  ")).map(|(hash, name)| (name.to_owned(), hash.to_owned())).collect()
}

fn present(workspace: &Workspace) -> Result<BTreeMap<String, String>, Failed> {
    let files = workspace.files("crates", &[".sql"]);
    let names: Vec<String> =
        files.iter().map(|path| workspace.relative(path).into_owned()).filter(|name| name.contains("/migrations/")).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let output = Tool::new("sha256sum", &workspace.root).args(&names).output()?;
    let text = String::from_utf8_lossy(&output);
    Ok(text.lines().filter_map(|line| line.split_once("  ")).map(|(hash, name)| (name.to_owned(), hash.to_owned())).collect())
}
