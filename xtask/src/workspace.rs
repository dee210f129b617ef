//! Where things are: the checkout, the target directory, the tools. Nothing here decides what is run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::steps::{Failed, Tool};

/// The checkout that the command runs in.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// One target directory for every checkout and command, so that nothing is built twice.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, Failed> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = match manifest.as_deref().and_then(Path::parent) {
            Some(root) => root.to_path_buf(),
            None => std::env::current_dir().map_err(|e| Failed::new(format!("current directory: {e}")))?,
        };
        if !root.join("xtask/Cargo.toml").is_file() {
            return Err(Failed::new(format!("{} is not the checkout: run `cargo xtask` inside it", root.display())));
        }
        let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let target = of("CARGO_TARGET_DIR")
            .or_else(|| of("XDG_CACHE_HOME").map(|cache| cache.join("argos-target")))
            .or_else(|| of("HOME").map(|home| home.join(".cache/argos-target")))
            .unwrap_or_else(|| root.join("target"));
        Ok(Self { target: root.join(target), root })
    }

    /// A cargo command on the shared target directory.
    pub(crate) fn cargo(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Tool {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Tool::new(cargo, &self.root).args(args).env("CARGO_TARGET_DIR", &self.target)
    }

    /// A program that was built into the target directory.
    pub(crate) fn built(&self, profile_dir: &str, name: &str) -> PathBuf {
        self.target.join(profile_dir).join(name)
    }

    /// Every file below `dir` (relative to the root) whose name ends with one of `endings`; generated and foreign
    /// directories are left out.
    pub(crate) fn files(&self, dir: &str, endings: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.root.join(dir), endings, &mut found);
        found.sort();
        found
    }

    /// A path as it is written in messages.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> std::borrow::Cow<'a, str> {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy()
    }
}

fn collect(dir: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !matches!(&*name, "target" | "node_modules" | "dist" | ".git" | ".argos") {
                collect(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}
