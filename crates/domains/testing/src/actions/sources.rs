//! The sources of an application, read with git: what became of a selector in its last commits. Only below the directory
//! `repositories` of the data directory: whoever may name a path must not read the machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use argos_identity::Project;
use argos_net::process::{Limits, Run};
use argos_webtest::Renamed;

use crate::model::renames::{FORMAT, Found, Named, alike_in, named, replaced_in};
use crate::service::Testing;

/// Where operators put clones.
pub(crate) const DIR: &str = "repositories";
const LIMITS: Limits = Limits { timeout: Duration::from_secs(5), output_bytes: 2 << 20 };
/// Commits that are read, none older than the days.
const COMMITS: &str = "--max-count=20";
const SINCE: &str = "--since=14.days";

/// The clone of a project.
#[derive(Clone, Debug)]
pub(crate) struct Sources(PathBuf);

impl Sources {
    /// The clone that a project names, when it is one of ours.
    pub(crate) fn of(testing: &Testing, project: &Project) -> Option<Self> {
        let wanted = project.fields.codebase_path.as_deref().map(str::trim).filter(|p| !p.is_empty())?;
        below(&testing.settings().boot().data_dir().join(DIR), wanted).map(Self)
    }

    /// What became of a selector, what commits say first. Nothing where git cannot be asked.
    pub(crate) async fn renamed(&self, selector: &str) -> Vec<Renamed> {
        let Some(name) = named(selector) else { return Vec::new() };
        let mut found = replaced_in(&self.log(&name).await, selector, &name);
        if found.is_empty() {
            found = alike_in(&self.values(&name).await, selector, &name);
        }
        let told = |f: Found| Renamed { selector: f.selector, confidence: f.confidence, by_commit: f.by_commit, evidence: f.evidence };
        found.into_iter().map(told).collect()
    }

    async fn log(&self, name: &Named) -> String {
        let wanted = format!("-S{}", name.value);
        self.git(&["log", SINCE, COMMITS, FORMAT, "--no-color", "--no-ext-diff", "--no-textconv", "-p", "-U0", &wanted, "--"]).await
    }

    async fn values(&self, name: &Named) -> String {
        let attributes = name.attributes.join("|");
        let pattern = format!("({attributes})[[:space:]]*=[[:space:]]*[{{]?[\"'`][^\"'`]+[\"'`]");
        self.git(&["grep", "--no-textconv", "-I", "-h", "-o", "-E", "-e", &pattern, "--"]).await
    }

    /// Runs git without anything the clone or the machine could configure to be run.
    async fn git(&self, args: &[&str]) -> String {
        let run = Run::new("git")
            .args(["--no-pager", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"])
            .arg(self.0.as_os_str())
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .limits(LIMITS);
        match run.output().await {
            Ok(output) => output.stdout_text(),
            Err(error) => {
                tracing::debug!(%error, "the sources of a project cannot be read");
                String::new()
            }
        }
    }
}

/// The directory that is meant, when it lies below `root`, links followed.
fn below(root: &Path, wanted: &str) -> Option<PathBuf> {
    let (root, path) = (root.canonicalize().ok()?, root.join(wanted).canonicalize().ok()?);
    (path != root && path.starts_with(&root) && path.is_dir()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(what: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("argos-sources-{what}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&dir));
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn clone_is_one_below_the_directory_of_clones() {
        let dir = scratch("place");
        std::fs::create_dir_all(dir.join("shop")).unwrap();
        std::os::unix::fs::symlink("/", dir.join("link")).unwrap();
        assert_eq!(below(&dir, "shop"), dir.join("shop").canonicalize().ok());
        for foreign in ["../", "/etc", "link/etc", "", ".", "absent"] {
            assert_eq!(below(&dir, foreign), None, "{foreign}");
        }
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[tokio::test]
    async fn value_that_a_commit_renamed_is_found_with_its_commit() {
        let dir = scratch("log");
        let sources = Sources(dir.clone());
        let page =
            |id: &str| std::fs::write(dir.join("form.html"), format!("<form>\n<button id=\"{id}\">Save</button>\n</form>\n")).unwrap();
        let commit = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        sources.git(&["init", "-q"]).await;
        for (id, message) in [("save", "Begin"), ("store-profile", "Name it for what it does")] {
            page(id);
            sources.git(&["add", "."]).await;
            sources.git(&[&commit[..], &["commit", "-q", "--no-gpg-sign", "-m", message]].concat()).await;
        }
        let found = sources.renamed("#save").await;
        assert_eq!(found.first().map(|f| (f.selector.as_str(), f.by_commit)), Some(("#store-profile", true)), "{found:?}");
        assert!(found[0].evidence.contains("of Ada") && found[0].evidence.contains("form.html"), "{}", found[0].evidence);
        let near = sources.renamed("#store-profil").await;
        assert_eq!(near.first().map(|f| (f.selector.as_str(), f.by_commit)), Some(("#store-profile", false)), "{near:?}");
        assert!(sources.renamed("text=Save").await.is_empty());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
