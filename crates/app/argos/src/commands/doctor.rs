//! `argos doctor`: looks at everything a start needs, in order, and says what is wrong in one line each.

use std::path::Path;

use argos_kernel::{Clock, Rng, SystemClock, SystemRng};
use argos_platform::{Domain, diagnostics};
use std::sync::Arc;

use super::{say, visit};
use crate::boot;
use crate::cli::ServeArgs;
use crate::data_dir::DataDir;
use crate::exit::{Exit, Failure};

/// Checks and reports. A finding that would keep the server from starting makes the exit status non-zero.
pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, bundle: Option<&Path>) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    good("configuration", &format!("read; data directory {}", boot.data_dir().display()))?;
    let dir = DataDir::visit(&boot.data_dir())?;
    match DataDir::hold(&boot.data_dir()) {
        Ok(_) => good("server", "none running on this directory")?,
        Err(f) if f.exit == Exit::InUse => good("server", "one is running on this directory")?,
        Err(f) => return Err(f),
    }
    private("data directory", &dir.path)?;
    let store = boot::open_store(&boot).await?;
    let (state, telemetry) = (store.state.size_bytes().await?, store.telemetry.size_bytes().await?);
    good("store", &format!("{:?}, {state} + {telemetry} bytes", store.engine()))?;
    let pending = pending(&store, &domains).await?;
    if pending.is_empty() {
        good("schema", "newest")?;
    } else {
        note("schema", &format!("to be brought up at the next start: {}", pending.join(", ")))?;
    }
    if pending.is_empty() {
        let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng::default()));
        let vault = boot::unlock(&boot, &store, &clock, &rng).await?;
        good("master key", &format!("opens the vault (generation {})", vault.active_kid()))?;
    }
    if boot.secret("master_key").is_none() {
        let file = boot.data_dir().join("master.key");
        if file.exists() {
            private("master key file", &file)?;
            note("master key", "lies in the data directory: keep a copy elsewhere, backups without it cannot be read")?;
        }
    }
    for tool in ["systemctl", "journalctl", "smartctl", "ping"] {
        let found = argos_net::process::run(tool, ["--version"], argos_net::process::Limits::seconds(3)).await;
        match found {
            Ok(_) => good("tool", tool)?,
            Err(e) => note("tool", &format!("{e}: what needs it shows empty answers"))?,
        }
    }
    store.close().await;
    match bundle {
        Some(file) => write_bundle(args, domains, file).await,
        None => Ok(()),
    }
}

/// The document of `/api/system/diagnostics`, as far as a process beside the server can tell: its components are unknown.
async fn write_bundle(args: &ServeArgs, domains: Vec<Domain>, file: &Path) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let platform = visit(args, &domains).await?;
    let document = diagnostics(&platform).await;
    platform.store.close().await;
    let text = serde_json::to_string_pretty(&document?).map_err(Failure::runtime)?;
    let made = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(file);
    made.and_then(|mut f| f.write_all(text.as_bytes())).map_err(|e| Failure::configuration(format!("{}: {e}", file.display())))?;
    good("bundle", &format!("{} written; look at it before you pass it on", file.display()))
}

async fn pending(store: &argos_store::Store, domains: &[Domain]) -> Result<Vec<String>, Failure> {
    let mut out = Vec::new();
    for step in boot::migrations(domains) {
        let applied = store.applied(step.part).await?;
        if !applied.iter().any(|a| a.module == step.module && a.version == step.version) {
            out.push(format!("{} {}", step.module, step.version));
        }
    }
    Ok(out)
}

fn private(what: &str, path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(Failure::runtime)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        good(what, &format!("private ({mode:o})"))
    } else {
        note(what, &format!("others may read it ({mode:o}): chmod go= {}", path.display()))
    }
}

fn good(what: &str, text: &str) -> Result<(), Failure> {
    say(format_args!("ok    {what}: {text}"))
}

fn note(what: &str, text: &str) -> Result<(), Failure> {
    say(format_args!("note  {what}: {text}"))
}
