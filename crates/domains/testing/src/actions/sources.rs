//! The sources of an application, read with git: what became of a selector in its last commits. Only below the directory
//! `repositories/<id of the organization>` of the data directory: whoever may name a path must not read the machine, nor what
//! another organization wrote.

use std::path::{Path, PathBuf};
use std::time::Duration;

use argos_identity::Project;
use argos_kernel::Uid;
use argos_net::process::{Limits, Run};
use argos_webtest::Renamed;

use crate::model::renames::{FORMAT, Found, Named, alike_in, named, replaced_in};
use crate::service::Testing;

/// Where operators put clones, in a directory of each organization.
const DIR: &str = "repositories";
const LIMITS: Limits = Limits { timeout: Duration::from_secs(5), output_bytes: 2 << 20 };
/// Commits that are read, none older than the days.
const COMMITS: &str = "--max-count=20";
const SINCE: &str = "--since=14.days";

/// The clone of a project.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The clones of its organization.
    root: PathBuf,
    path: PathBuf,
}

impl Sources {
    /// The clone that is named for a project, when it is one of ours.
    pub(crate) fn of(testing: &Testing, project: &Project, named: Option<&str>) -> Option<Self> {
        let wanted = named.map(str::trim).filter(|p| !p.is_empty())?;
        Self::below(&clones_of(&testing.settings().boot().data_dir(), project.organization_uid), wanted)
    }

    /// Whether a path lies in the clone that is named for the project itself. Looks at the disk.
    pub(crate) fn is_of_project(data_dir: &Path, project: &Project, named: &str) -> bool {
        let root = clones_of(data_dir, project.organization_uid);
        let clone = |path: &str| Some(path.trim()).filter(|p| !p.is_empty()).and_then(|p| Self::below(&root, p));
        let own = project.fields.codebase_path.as_deref().and_then(clone);
        own.zip(clone(named)).is_some_and(|(own, found)| found.path.starts_with(&own.path))
    }

    /// The directory that is meant, when it lies below `root`, links followed.
    fn below(root: &Path, wanted: &str) -> Option<Self> {
        let (root, path) = (root.canonicalize().ok()?, root.join(wanted).canonicalize().ok()?);
        (path != root && path.starts_with(&root) && path.is_dir()).then_some(Self { root, path })
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
        self.git(&[
            "log",
            SINCE,
            COMMITS,
            FORMAT,
            "--no-color",
            "--no-show-signature",
            "--no-ext-diff",
            "--no-textconv",
            "-p",
            "-U0",
            &wanted,
            "--",
        ])
        .await
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
            .arg(self.path.as_os_str())
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            // What is no clone is not read as a part of whatever holds the data directory.
            .env("GIT_CEILING_DIRECTORIES", &self.root.to_string_lossy())
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

/// Where the clones of an organization lie.
fn clones_of(data_dir: &Path, organization: Uid) -> PathBuf {
    data_dir.join(DIR).join(organization.to_string())
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
    fn clone_is_one_below_the_clones_of_its_organization() {
        let data = scratch("place");
        let [own, other] = ["00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"];
        let dir = clones_of(&data, own.parse().unwrap());
        for clone in [dir.join("shop"), clones_of(&data, other.parse().unwrap()).join("theirs")] {
            std::fs::create_dir_all(clone).unwrap();
        }
        std::os::unix::fs::symlink("/", dir.join("link")).unwrap();
        let found = |wanted: &str| Sources::below(&dir, wanted).map(|sources| sources.path);
        assert_eq!(found("shop"), dir.join("shop").canonicalize().ok());
        for foreign in ["../", "/etc", "link/etc", "", ".", "absent", "theirs", &format!("../{other}/theirs")] {
            assert_eq!(found(foreign), None, "{foreign}");
        }
        std::fs::remove_dir_all(data).unwrap();
    }

    #[tokio::test]
    async fn value_that_a_commit_renamed_is_found_with_its_commit() {
        let root = scratch("log");
        let dir = root.join("shop");
        std::fs::create_dir_all(dir.join("web")).unwrap();
        let sources = Sources::below(&root, "shop").unwrap();
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
        // A part of a clone belongs to it; what is no clone is not read as a part of what holds the clones.
        let of = |root: &Path, wanted: &str| Sources::below(root, wanted).unwrap();
        assert!(!of(&root, "shop/web").renamed("#save").await.is_empty());
        assert!(of(&dir, "web").renamed("#save").await.is_empty());
        std::fs::remove_dir_all(root).unwrap();
    }
}
