//! Installs Debian packages that a peer needs, as root only and one test process at a time.
//!
//! Two traps of container images are avoided: an `apt-get update` there deletes every downloaded
//! archive, also those another installation is just unpacking, so archives go to a directory of
//! our own and an update first waits for a running `dpkg`.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::process;

/// Why a peer cannot be had on this machine.
#[derive(Debug)]
pub struct Unavailable(pub String);

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

/// Directory for downloaded archives, untouched by other package runs.
const ARCHIVES: &str = "/var/cache/argos-peers/archives";

/// Finds a program by calling `find`, installing `packages` first when it is missing.
///
/// Set `ARGOS_PEERS_INSTALL=0` to forbid installing.
///
/// # Errors
/// Says what is missing and why it could not be installed.
pub fn require(what: &str, packages: &[&str], find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf, Unavailable> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let lock = File::create(std::env::temp_dir().join("argos-peers-install.lock"))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| Unavailable(format!("{what}: cannot lock the installer: {error}")))?;
    let outcome = match find() {
        Some(found) => Ok(found),
        None => install(packages)
            .map_err(|error| Unavailable(format!("{what} is missing and could not be installed: {error}")))
            .and_then(|()| find().ok_or_else(|| Unavailable(format!("{what} is not in the Debian packages {}", packages.join(", "))))),
    };
    drop(lock);
    outcome
}

/// Finds a program by calling `find`, unpacking one package below `root` without installing it when it is missing.
///
/// # Errors
/// Says what is missing and why it could not be had.
pub fn unpack(what: &str, package: &str, root: &Path, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf, Unavailable> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let failed = |error: String| Unavailable(format!("{what} is missing and could not be unpacked: {error}"));
    let work = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let script = format!(
        "cd {} && (apt-get download {package} || (apt-get update && apt-get download {package})) && \
        mkdir -p {root} && dpkg-deb -x {package}_*.deb {root}",
        work.path().display(),
        root = root.display()
    );
    process::run(Path::new("/bin/sh"), &["-c", &script], &[]).map_err(failed)?;
    find().ok_or_else(|| failed(format!("it is not in the Debian package {package}")))
}

/// Finds the directory of the environment `name` with `requirements`, having `make` fill it when it is missing.
///
/// # Errors
/// Says what is missing and why it could not be installed.
pub fn environment(name: &str, requirements: &[&str], make: impl FnOnce(&Path) -> Result<(), Unavailable>) -> Result<PathBuf, Unavailable> {
    let home = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or_else(|| Unavailable(format!("{name}: neither XDG_CACHE_HOME nor HOME is set")))?;
    // The requirements are part of the name: another version is another environment.
    let versions = requirements.join("_").replace("==", "-").replace('/', "-");
    let dir = home.join("argos-peers").join(format!("{name}-{versions}"));
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(dir);
    }
    let failure = |error: String| Unavailable(format!("{name} could not be installed: {error}"));
    std::fs::create_dir_all(&dir).map_err(|error| failure(error.to_string()))?;
    let lock = File::create(dir.join("lock")).and_then(|file| file.lock().map(|()| file)).map_err(|error| failure(error.to_string()))?;
    if !complete.is_file() {
        if std::env::var_os("ARGOS_PEERS_INSTALL").is_some_and(|value| value == "0") {
            return Err(failure("ARGOS_PEERS_INSTALL=0 forbids it".to_owned()));
        }
        make(&dir).map_err(|error| failure(error.0))?;
        File::create(&complete).map_err(|error| failure(error.to_string()))?;
    }
    drop(lock);
    Ok(dir)
}

fn install(packages: &[&str]) -> Result<(), String> {
    if std::env::var_os("ARGOS_PEERS_INSTALL").is_some_and(|value| value == "0") {
        return Err("ARGOS_PEERS_INSTALL=0 forbids it".to_owned());
    }
    let apt = Path::new("/usr/bin/apt-get");
    if !process::is_root() || !apt.exists() {
        return Err(format!("this takes root on Debian; install {} yourself", packages.join(" ")));
    }
    std::fs::create_dir_all(format!("{ARCHIVES}/partial")).map_err(|error| format!("{ARCHIVES}: {error}"))?;
    let archives = format!("Dir::Cache::archives={ARCHIVES}");
    let mut args = vec!["-o", "DPkg::Lock::Timeout=600", "-o", &archives, "install", "-y", "--no-install-recommends"];
    args.extend(packages);
    let env = [("DEBIAN_FRONTEND", "noninteractive")];
    if process::run(apt, &args, &env).is_ok() {
        return Ok(());
    }
    // Either no package list yet, or one so old that its archives are gone. `check` returns only
    // when no other dpkg run holds the lock.
    process::run(apt, &["-o", "DPkg::Lock::Timeout=600", "check"], &env)?;
    process::run(apt, &["update"], &env)?;
    process::run(apt, &args, &env).map(drop)
}
