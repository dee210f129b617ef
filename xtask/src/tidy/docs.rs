//! Documents may only name what exists: relative links, and paths in backticks that begin with one of our folders.

use super::{Findings, read};
use crate::steps::Failed;
use crate::workspace::Workspace;

const FOLDERS: [&str; 9] = ["crates/", "contract/", "web/", "acceptance/", "bench/", "xtask/", "docs/", ".ci/", "changelog.d/"];

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    for path in workspace.files(".", &[".md"]) {
        let name = workspace.relative(&path).trim_start_matches("./").to_owned();
        let folder = path.parent().unwrap_or(&workspace.root);
        for (index, line) in read(&path)?.lines().enumerate() {
            for link in links(line) {
                if !folder.join(link).exists() {
                    findings.fault(format!("{name}:{}: links to {link}, which does not exist", index + 1));
                }
            }
            for named in named_paths(line) {
                if !workspace.root.join(named).exists() {
                    findings.fault(format!("{name}:{}: names {named}, which does not exist", index + 1));
                }
            }
        }
    }
    Ok(())
}

/// Targets of relative links, without their fragments.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', ' ']).next()?.split('#').next()?;
        (!target.is_empty() && !target.contains(':') && !target.starts_with('/')).then_some(target)
    })
}

/// Paths in backticks.
fn named_paths(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|text| {
        FOLDERS.iter().any(|folder| text.starts_with(folder))
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
            // Made by a command, not committed.
            && !text.starts_with("web/dist")
    })
}

#[cfg(test)]
mod tests {
    use super::{links, named_paths};

    #[test]
    fn line_of_a_document_yields_its_local_links_and_paths() {
        let line = "see [a](docs/x.md#part), [b](https://example.org/y), `crates/platform/store` and `crates/*/z`";
        assert_eq!(links(line).collect::<Vec<_>>(), ["docs/x.md"]);
        assert_eq!(named_paths(line).collect::<Vec<_>>(), ["crates/platform/store"]);
    }
}
