//! `cargo xtask up`: from a fresh clone to a page in the browser.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::{Failed, Steps};
use crate::web;
use crate::workspace::Workspace;

/// Hidden command: starts the binary, shows where it is, waits for it.
pub(crate) const SUPERVISE: &str = "supervise-up";
/// Where the page is when nobody asked for another place and the port is free.
const LISTEN: &str = "127.0.0.1:8080";

pub(crate) fn run(workspace: &Workspace, args: &[&str]) -> Result<(), Failed> {
    let (debug, serve_args): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| **arg == "--debug");
    let (profile_args, profile_dir): (&[&str], _) = if debug.is_empty() { (&["--release"], "release") } else { (&[], "debug") };
    let mut steps = Steps::new();
    steps.step("interface", || web::install(workspace).and_then(|()| web::build(workspace)))?;
    steps.step("binary", || workspace.cargo(["build", "-p", "argos"]).args(profile_args).run())?;
    let data = std::env::var_os("ARGOS_DATA_DIR").map_or_else(|| workspace.root.join(".argos/data"), PathBuf::from);
    std::fs::create_dir_all(&data).map_err(|e| Failed::new(format!("{}: {e}", data.display())))?;
    let this = std::env::current_exe().map_err(|e| Failed::new(format!("own path: {e}")))?;
    // Ctrl-C reaches the whole process group. The shell makes this side ignore it, so that the server can stop in
    // its own time and the terminal comes back when it has; the server installs its own handler.
    let error = Command::new("/bin/sh")
        .args(["-c", "trap '' INT; exec \"$0\" \"$@\""])
        .arg(this)
        .arg(SUPERVISE)
        .arg(workspace.built(profile_dir, "argos"))
        .arg(&data)
        .args(serve_args)
        .exec();
    Err(Failed::new(format!("/bin/sh: {error}")))
}

/// `dist`: the binary as it is given to others.
pub(crate) fn dist(workspace: &Workspace) -> Result<(), Failed> {
    let mut steps = Steps::new();
    steps.step("interface", || web::install(workspace).and_then(|()| web::build(workspace)))?;
    steps.step("binary", || workspace.cargo(["build", "--profile", "dist", "-p", "argos"]).run())?;
    let path = workspace.built("dist", "argos");
    let size = std::fs::metadata(&path).map_err(|e| Failed::new(format!("{}: {e}", path.display())))?.len();
    println!("{} ({}.{:02} MB)", path.display(), size / 1_000_000, size % 1_000_000 / 10_000);
    Ok(())
}

/// `supervise-up BINARY DATA_DIR [SERVE ARGS..]`
pub(crate) fn supervise(args: &[&str]) -> Result<(), Failed> {
    let [binary, data, serve_args @ ..] = args else {
        return Err(Failed::new("this command is started by `cargo xtask up`"));
    };
    let mut command = Command::new(binary);
    command.args(["serve", "--data-dir", data, "--print-first-run-password"]);
    if !serve_args.contains(&"--listen") {
        command.args(["--listen", &listen()]);
    }
    command.args(serve_args).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(log_file(Path::new(data))?);
    let mut server = command.spawn().map_err(|e| Failed::new(format!("{binary}: {e}")))?;
    let mut told = false;
    if let Some(stdout) = server.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            announce(&line, Path::new(data), &mut told);
        }
    }
    let status = server.wait().map_err(|e| Failed::new(format!("{binary}: {e}")))?;
    if status.success() {
        println!("stopped");
        return Ok(());
    }
    let log = std::fs::read_to_string(log_path(Path::new(data))).unwrap_or_default();
    let last: Vec<&str> = log.lines().rev().take(12).collect();
    Err(Failed::new(format!("argos ended with {status}; end of its log:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"))))
}

fn listen() -> String {
    match std::env::var("ARGOS_LISTEN") {
        Ok(address) if !address.is_empty() => address,
        _ if TcpListener::bind(LISTEN).is_ok() => LISTEN.to_owned(),
        _ => "127.0.0.1:0".to_owned(),
    }
}

/// The log stands beside the data directory: nothing but the server writes inside it.
fn log_path(data: &Path) -> PathBuf {
    data.with_extension("log")
}

fn log_file(data: &Path) -> Result<std::fs::File, Failed> {
    let path = log_path(data);
    std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(|e| Failed::new(format!("{}: {e}", path.display())))
}

/// Shows a line of the server's standard output as a person reads it; `told` once the first password was shown.
fn announce(line: &str, data: &Path, told: &mut bool) {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    if let Some(first) = line.strip_prefix("ARGOS_FIRST_RUN ").map(json) {
        let text = |key: &str| first[key].as_str().unwrap_or_default().to_owned();
        println!("\n  first user      {}\n  first password  {}", text("username"), text("password"));
        *told = true;
    } else if let Some(ready) = line.strip_prefix("ARGOS_READY ").map(json) {
        // A former start made it and nobody has signed in since.
        if let (false, Ok(password)) = (*told, std::fs::read_to_string(data.join("first-run-password"))) {
            println!("\n  first password  {}", password.trim());
        }
        println!("  sign in at      http://{}/", ready["http"].as_str().unwrap_or_default());
        println!("  data directory  {}\n  log             {}\n\n  Ctrl-C stops it.", data.display(), log_path(data).display());
    } else {
        println!("{line}");
    }
}
