//! Debian's OpenLDAP server with a small directory of people.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::try_wait_for;

/// Where people stand.
pub const BASE_DN: &str = "dc=example,dc=org";
/// The service account that may search.
pub const BIND_DN: &str = "cn=reader,dc=example,dc=org";
/// Its password.
pub const BIND_PASSWORD: &str = "Reader-Pass-1";
/// Password of `ada` and `bob`.
pub const PERSON_PASSWORD: &str = "Directory-Pass-1";
/// The group `ada` is in.
pub const GROUP_DN: &str = "cn=operators,dc=example,dc=org";

/// A running directory.
#[derive(Debug)]
pub struct Slapd {
    /// Its address as a setting takes it.
    pub url: String,
    _process: Process,
    // Dropped after the process.
    _dir: TempDir,
}

fn configuration(dir: &std::path::Path) -> String {
    let dir = dir.display();
    let schema: String = ["core", "cosine", "inetorgperson"].map(|s| format!("include /etc/ldap/schema/{s}.schema\n")).concat();
    format!(
        "{schema}pidfile {dir}/slapd.pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload memberof\n\
         access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact=\"{BIND_DN}\" read by * none\n\
         database mdb\nsuffix \"{BASE_DN}\"\nrootdn \"cn=root,{BASE_DN}\"\nrootpw Root-Pass-1\ndirectory {dir}/db\noverlay memberof\n"
    )
}

fn people() -> String {
    let person = |uid: &str, name: &str, more: &str| {
        format!(
            "dn: uid={uid},{BASE_DN}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: {name}\nmail: {uid}@example.org\n\
             userPassword: {PERSON_PASSWORD}\n{more}\n"
        )
    };
    format!(
        "dn: {BASE_DN}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n\
         dn: {BIND_DN}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: {BIND_PASSWORD}\n\n\
         {}{}dn: {GROUP_DN}\nobjectClass: groupOfNames\ncn: operators\nmember: uid=ada,{BASE_DN}\n\n",
        person("ada", "Ada Lovelace", &format!("memberOf: {GROUP_DN}\n")),
        person("bob", "Bob", "")
    )
}

impl Slapd {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("slapd", &["slapd"], || process::find_program(&["slapd"], &[PathBuf::from("/usr/sbin")]))
    }

    /// Starts a directory with `ada` (in the group) and `bob`.
    ///
    /// # Errors
    /// When slapd is not here and cannot be installed, or refuses its configuration.
    pub fn start() -> Result<Self, Unavailable> {
        let program = Self::find()?;
        let adder = process::find_program(&["slapadd"], &[PathBuf::from("/usr/sbin")]);
        let adder = adder.ok_or_else(|| Unavailable("slapadd is missing".to_owned()))?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-slapd-").tempdir().map_err(io_failure)?;
            let (conf, ldif) = (dir.path().join("slapd.conf"), dir.path().join("people.ldif"));
            std::fs::create_dir(dir.path().join("db")).map_err(io_failure)?;
            std::fs::write(&conf, configuration(dir.path())).map_err(io_failure)?;
            std::fs::write(&ldif, people()).map_err(io_failure)?;
            let (conf_text, ldif_text) = (conf.display().to_string(), ldif.display().to_string());
            process::run(&adder, &["-f", &conf_text, "-l", &ldif_text], &[]).map_err(Unavailable)?;
            let port = crate::free_port();
            let url = format!("ldap://127.0.0.1:{port}");
            let log = process::log_file(&dir.path().join("slapd.log")).map_err(io_failure)?;
            let mut process = Launch::new(&program, "KILL")
                .args(["-d", "0", "-f", &conf_text, "-h", &url])
                .with(|command| {
                    command.stdout(std::process::Stdio::null()).stderr(log);
                })
                .spawn()
                .map_err(io_failure)?;
            let up = try_wait_for(Duration::from_secs(10), || {
                let ended = process.try_exit().is_some();
                let answers = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
                (ended || answers).then_some(answers && !ended)
            });
            if up == Some(true) {
                return Ok(Self { url, _process: process, _dir: dir });
            }
        }
        Err(Unavailable("slapd did not start".to_owned()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads as `map_err(io_failure)`")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(error.to_string())
}
