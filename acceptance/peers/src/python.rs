//! Peers that live in Python packages: one virtual environment per peer, kept between runs, pinned versions.

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
    let dir = packages::environment(name, requirements, |dir| {
        let python = packages::require("Python", &["python3", "python3-venv"], || process::find_program(&["python3"], &[]))?;
        let dir_text = dir.display().to_string();
        if process::run(&python, &["-m", "venv", &dir_text], &[]).is_err() {
            // Debian keeps the module apart from the interpreter.
            packages::require("Python's venv module", &["python3-venv"], || None).ok();
            process::run(&python, &["-m", "venv", &dir_text], &[]).map_err(Unavailable)?;
        }
        let mut args = vec!["install", "--quiet", "--disable-pip-version-check"];
        args.extend(requirements);
        process::run(&dir.join("bin/pip"), &args, &[]).map(drop).map_err(Unavailable)
    })?;
    Ok(dir.join("bin").join(program))
}
