//! Peers that live in Python packages: one virtual environment per peer, kept between runs, pinned versions.

use std::fs::File;
use std::path::PathBuf;

use crate::packages::{self, Unavailable};
use crate::process;

/// Finds `program` in the environment `name`, making the environment with `requirements` when it is missing.
///
/// Set `ARGOS_PEERS_INSTALL=0` to forbid installing.
///
/// # Errors
/// Says what is missing and why it could not be installed.
pub fn require(name: &str, requirements: &[&str], program: &str) -> Result<PathBuf, Unavailable> {
    let home = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or_else(|| Unavailable(format!("{name}: neither XDG_CACHE_HOME nor HOME is set")))?;
    // The requirements are part of the name: another version is another environment.
    let dir = home.join("argos-peers").join(format!("{name}-{}", requirements.join("_").replace("==", "-")));
    let found = dir.join("bin").join(program);
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(found);
    }
    let failure = |error: String| Unavailable(format!("{name} could not be installed: {error}"));
    std::fs::create_dir_all(&dir).map_err(|error| failure(error.to_string()))?;
    let lock = File::create(dir.join("lock")).and_then(|file| file.lock().map(|()| file)).map_err(|error| failure(error.to_string()))?;
    if !complete.is_file() {
        if std::env::var_os("ARGOS_PEERS_INSTALL").is_some_and(|value| value == "0") {
            return Err(failure("ARGOS_PEERS_INSTALL=0 forbids it".to_owned()));
        }
        let python = packages::require("Python", &["python3", "python3-venv"], || process::find_program(&["python3"], &[]))?;
        let dir_text = dir.display().to_string();
        if process::run(&python, &["-m", "venv", &dir_text], &[]).is_err() {
            // Debian keeps the module apart from the interpreter.
            packages::require("Python's venv module", &["python3-venv"], || None).ok();
            process::run(&python, &["-m", "venv", &dir_text], &[]).map_err(failure)?;
        }
        let mut args = vec!["install", "--quiet", "--disable-pip-version-check"];
        args.extend(requirements);
        process::run(&dir.join("bin/pip"), &args, &[]).map_err(failure)?;
        File::create(&complete).map_err(|error| failure(error.to_string()))?;
    }
    drop(lock);
    Ok(found)
}
