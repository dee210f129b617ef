//! Debian's aiosmtpd: a real SMTP server with STARTTLS or implicit TLS and a login, whose certificate the test may
//! trust. Mails lie in a directory, one JSON file each.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{try_wait_for, wait_until};

/// Accepted by the server.
pub const USER: &str = "argos";
/// Its password.
pub const PASSWORD: &str = "mail-pass-word";

const SERVER: &str = r#"
import asyncio, email, email.policy, json, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
port, mode, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode(), sys.argv[4].encode()
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("cert.pem", "key.pem")
count = 0
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@") and not os.path.exists("accepting"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        global count
        count += 1
        m = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        part = m.get_body(("plain",))
        html = m.get_body(("html",))
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": m["subject"], "message_id": m["message-id"],
                "in_reply_to": m["in-reply-to"], "text": part.get_content() if part else None, "html": html.get_content() if html else None,
                "tls": session.ssl is not None or mode == "tls", "login": bool(session.authenticated)}
        with open(f"mail-{count:04}.tmp", "w") as f:
            json.dump(mail, f)
        os.rename(f"mail-{count:04}.tmp", f"mail-{count:04}.json")
        return "250 2.0.0 queued as %d" % count
def authenticator(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login == user and data.password == password), handled=False)
def session():
    return SMTP(Handler(), hostname="mail.test", authenticator=authenticator, auth_required=(mode != "none"), auth_require_tls=(mode == "starttls"),
                require_starttls=(mode == "starttls"), tls_context=context if mode == "starttls" else None)
async def main():
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port, ssl=context if mode == "tls" else None)
    open("port", "w").write(str(server.sockets[0].getsockname()[1]))
    os.rename("port", "port.ready")
    await server.serve_forever()
asyncio.run(main())
"#;

/// A running mail server.
#[derive(Debug)]
pub struct MailServer {
    process: Process,
    port: u16,
    // Dropped after the process.
    dir: TempDir,
}

impl MailServer {
    /// Finds the interpreter, installing Debian's aiosmtpd when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("openssl", &["openssl"], || process::find_program(&["openssl"], &[]))?;
        packages::require("aiosmtpd", &["python3-aiosmtpd"], || {
            let python = PathBuf::from("/usr/bin/python3");
            process::run(&python, &["-c", "import aiosmtpd"], &[]).is_ok().then_some(python)
        })
    }

    /// Starts a server; `mode` is starttls, tls or none.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start(mode: &str) -> Self {
        let python = Self::find().unwrap_or_else(|error| panic!("{error}"));
        let dir = tempfile::Builder::new().prefix("argos-mail-").tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("server.py"), SERVER).expect("a writable directory");
        let at = |name: &str| dir.path().join(name).display().to_string();
        let (key, cert) = (at("key.pem"), at("cert.pem"));
        let args =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
        let names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
        let files = ["-keyout", &key, "-out", &cert];
        let all: Vec<&str> = args.iter().chain(&names).copied().chain(files).collect();
        let openssl = process::find_program(&["openssl"], &[]).expect("installed above");
        process::run(&openssl, &all, &[]).unwrap_or_else(|error| panic!("the certificate could not be made: {error}"));
        let log = process::log_file(&dir.path().join("log")).expect("a writable directory");
        let log_too = log.try_clone().expect("a log file");
        let process = Launch::new(&python, "KILL")
            .args(["server.py", "0", mode, USER, PASSWORD])
            .with(|command| {
                command.current_dir(dir.path()).stdout(log).stderr(log_too);
            })
            .spawn()
            .expect("the interpreter starts");
        let port = try_wait_for(Duration::from_secs(20), || std::fs::read_to_string(dir.path().join("port.ready")).ok()?.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the mail server did not start:\n{}", process::tail(&dir.path().join("log"), 20)));
        Self { process, port, dir }
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its certificate, for `SSL_CERT_FILE`.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.dir.path().join("cert.pem").display().to_string()
    }

    /// From now on `later@...` is accepted.
    ///
    /// # Panics
    /// When the directory is gone.
    pub fn accept_later(&self) {
        std::fs::write(self.dir.path().join("accepting"), "").expect("a writable directory");
    }

    /// Every mail so far: `{from,to[],subject,message_id,in_reply_to,text,html,tls,login}`.
    #[must_use]
    pub fn mails(&self) -> Vec<Value> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.dir.path())
            .map(|all| all.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect())
            .unwrap_or_default();
        files.sort();
        files.iter().filter_map(|f| serde_json::from_str(&std::fs::read_to_string(f).ok()?).ok()).collect()
    }

    /// Waits until at least `count` mails have come.
    ///
    /// # Panics
    /// When they do not come within `limit`.
    #[track_caller]
    #[must_use]
    pub fn wait(&self, count: usize, limit: Duration) -> Vec<Value> {
        wait_until(&format!("{count} mails"), limit, || self.mails().len() >= count);
        self.mails()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(3));
    }
}
