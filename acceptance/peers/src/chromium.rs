//! Finds the Chromium browser of the machine, installing Debian's without windows when there is none: it starts with a fifth of
//! the work.

use std::path::PathBuf;

use crate::packages::{self, Unavailable};
use crate::process;

/// A Chromium binary that can be started.
#[derive(Clone, Debug)]
pub struct Chromium {
    /// Path of the executable.
    pub path: PathBuf,
}

impl Chromium {
    /// Finds the browser: `ARGOS_TEST_CHROMIUM`, then the usual names, then Debian's package.
    ///
    /// # Errors
    /// When there is none and none can be installed.
    pub fn find() -> Result<Self, Unavailable> {
        if let Some(path) = std::env::var_os("ARGOS_TEST_CHROMIUM").map(PathBuf::from) {
            return if path.is_file() {
                Ok(Self { path })
            } else {
                Err(Unavailable(format!("ARGOS_TEST_CHROMIUM names {}, which is not a file", path.display())))
            };
        }
        packages::require("Chromium", &["chromium-headless-shell", "fonts-dejavu-core"], || {
            // Its name on the search path is a script that stays as its parent.
            Some(PathBuf::from("/usr/lib/chromium/chromium-headless-shell")).filter(|path| path.is_file())
        })
        .map(|path| Self { path })
        .or_else(|_| Self::whole())
    }

    /// Finds the one with windows: only it shows notifications.
    ///
    /// # Errors
    /// When there is none and none can be installed.
    pub fn whole() -> Result<Self, Unavailable> {
        let usual = || process::find_program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"], &[]);
        packages::require("Chromium", &["chromium", "fonts-dejavu-core"], usual).map(|path| Self { path })
    }
}
