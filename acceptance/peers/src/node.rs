//! Peers that live in npm packages: one directory per peer, kept between runs, pinned versions.

use std::path::PathBuf;

use crate::packages::{self, Unavailable};
use crate::process;

/// Finds the directory `node_modules` of the environment `name`, installing `requirements` into it when it is missing. No
/// package downloads a browser of its own.
///
/// Set `ARGOS_PEERS_INSTALL=0` to forbid installing.
///
/// # Errors
/// Says what is missing and why it could not be installed.
pub fn require(name: &str, requirements: &[&str]) -> Result<PathBuf, Unavailable> {
    let dir = packages::environment(name, requirements, |dir| {
        let npm = packages::require("npm", &["nodejs", "npm"], || process::find_program(&["npm"], &[]))?;
        let prefix = dir.display().to_string();
        let mut args = vec!["install", "--silent", "--no-audit", "--no-fund", "--prefix", &prefix];
        args.extend(requirements);
        let own_browsers = [("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"), ("PUPPETEER_SKIP_DOWNLOAD", "1"), ("CYPRESS_INSTALL_BINARY", "0")];
        process::run(&npm, &args, &own_browsers).map(drop).map_err(Unavailable)
    })?;
    Ok(dir.join("node_modules"))
}

/// Finds the program that runs them.
///
/// # Errors
/// When there is none and none can be installed.
pub fn program() -> Result<PathBuf, Unavailable> {
    packages::require("Node.js", &["nodejs"], || process::find_program(&["node"], &[]))
}
