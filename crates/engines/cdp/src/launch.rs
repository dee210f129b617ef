//! What is started: the program, its switches and its profile directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;

use crate::error::CdpError;
use crate::process::Start;

/// What profile directories are called, and the file in them that is locked while they are used.
const PREFIX: &str = "chromium-profile-";
const LOCK: &str = "argos.lock";

/// Names under which distributions install the browser without its windows: it starts with a fifth of the work and draws the same.
/// Debian's name on the search path is a script that stays as its parent, and signals meant for the browser would end there.
const WITHOUT_WINDOWS: [&str; 4] =
    ["/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell", "chrome-headless-shell", "headless_shell"];

/// Names under which distributions install the browser.
const PROGRAMS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// Switches that make pages behave the same every time and keep the browser from calling home.
const SWITCHES: [&str; 28] = [
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-ipc-flooding-protection",
    "--disable-dev-shm-usage",
    // Pages that nobody looks at run at full speed.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    // A page that comes back from memory would send no events of its loading.
    "--disable-back-forward-cache",
    "--disable-features=Translate,MediaRouter,OptimizationHints,PaintHolding,HttpsUpgrades,LazyFrameLoading,GlobalMediaControls,DestroyProfileOnBrowserClose,AutoExpandDetailsElement",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--password-store=basic",
    // Without windows it is off, and frames of other sites would be reached in another way than people's browsers do.
    "--site-per-process",
    "--lang=en-US",
];

/// Whether the browser's own sandbox is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// On, except for root, for whom Chromium refuses it.
    #[default]
    Auto,
    /// Off: somebody decided so for a machine that has no user namespaces.
    Off,
}

/// How the browser is started.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// The program; without it the usual names are looked for.
    pub program: Option<PathBuf>,
    pub headless: bool,
    pub sandbox: Sandbox,
    /// Where profiles are made; without it the system's place for temporary files.
    pub profiles_dir: Option<PathBuf>,
    /// Further switches.
    pub args: Vec<String>,
    pub timeout: Duration,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self {
            program: None,
            headless: true,
            sandbox: Sandbox::Auto,
            profiles_dir: None,
            args: Vec::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

impl LaunchOptions {
    pub(crate) fn start(&self) -> Result<Start, CdpError> {
        let program = match &self.program {
            Some(path) if path.is_file() => path.clone(),
            Some(path) => return Err(CdpError::Launch(format!("{} is not a file", path.display()))),
            None => find_program(self.headless).ok_or_else(|| CdpError::Launch(format!("none of {} is installed", PROGRAMS.join(", "))))?,
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        let profile = match &self.profiles_dir {
            Some(dir) => builder.tempdir_in(dir),
            None => builder.tempdir(),
        };
        let profile = profile.map_err(|error| CdpError::Launch(format!("no directory for the profile: {error}")))?;
        let lock = std::fs::File::create(profile.path().join(LOCK))
            .and_then(|file| {
                rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).map(|()| file).map_err(std::io::Error::from)
            })
            .map_err(|error| CdpError::Launch(format!("the profile cannot be locked: {error}")))?;
        let args = self.switches(profile.path(), rustix::process::geteuid().is_root());
        Ok(Start { program, args, profile, lock })
    }

    fn switches(&self, profile: &Path, root: bool) -> Vec<OsString> {
        let mut args: Vec<OsString> = SWITCHES.iter().map(OsString::from).collect();
        let mut dir = OsString::from("--user-data-dir=");
        dir.push(profile.join("data"));
        args.push(dir);
        if self.headless {
            args.extend(
                [
                    "--headless=new",
                    "--hide-scrollbars",
                    "--mute-audio",
                    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
                ]
                .map(OsString::from),
            );
        }
        if root || self.sandbox == Sandbox::Off {
            args.push("--no-sandbox".into());
        }
        args.extend(self.args.iter().map(OsString::from));
        args
    }
}

/// Removes the profiles in `dir` whose process died without a chance to (kill -9, power); gives how many. Blocks.
pub fn sweep_profiles(dir: &Path) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_profile = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        // Who cannot be locked is used; what has no lock is not ours.
        let Some(lock) = is_profile.then(|| std::fs::File::open(path.join(LOCK)).ok()).flatten() else { continue };
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() && std::fs::remove_dir_all(&path).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The first of the usual names on the search path; for a browser that shows no windows first those that have none.
pub fn find_program(headless: bool) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut names = WITHOUT_WINDOWS.iter().filter(|_| headless).chain(&PROGRAMS);
    names.find_map(|name| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LaunchOptions, Sandbox, sweep_profiles};

    #[test]
    fn sandbox_is_only_off_for_root_or_when_asked() {
        let off = |sandbox, root| {
            let options = LaunchOptions { sandbox, ..LaunchOptions::default() };
            options.switches(Path::new("/p"), root).contains(&"--no-sandbox".into())
        };
        assert!(!off(Sandbox::Auto, false));
        assert!(off(Sandbox::Auto, true));
        assert!(off(Sandbox::Off, false));
    }

    #[test]
    fn profile_is_swept_only_when_nobody_uses_it() {
        let dir = tempfile::tempdir().unwrap();
        let options =
            LaunchOptions { program: Some("/bin/sh".into()), profiles_dir: Some(dir.path().to_owned()), ..LaunchOptions::default() };
        let used = options.start().unwrap();
        std::fs::create_dir(dir.path().join("chromium-profile-foreign")).unwrap();
        assert_eq!(sweep_profiles(dir.path()).unwrap(), 0);
        // A process that dies lets go of its lock and removes nothing.
        drop(used.lock);
        let left = used.profile.keep();
        assert_eq!(sweep_profiles(dir.path()).unwrap(), 1);
        assert!(!left.exists() && dir.path().join("chromium-profile-foreign").exists());
    }

    #[test]
    fn program_that_is_no_file_is_named() {
        let options = LaunchOptions { program: Some("/nowhere/chromium".into()), ..LaunchOptions::default() };
        assert_eq!(options.start().err().unwrap().to_string(), "the browser did not start: /nowhere/chromium is not a file");
    }
}
