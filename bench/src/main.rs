//! Benchmarks: Argos beside a peer, one figure a line. `README.md` holds the targets and the figures measured last.
//!
//! A benchmark checks what it measures: an answer that is wrong or incomplete ends the run instead of giving a figure.
#![expect(clippy::disallowed_methods, reason = "a tool: starts programs, reads its environment")]

mod alerts;
mod api;
mod backup;
mod deliveries;
mod export;
mod fanout;
mod hello;
mod inventory;
mod load;
mod metrics;
mod nodes;
mod power;
mod process;
mod proxy;
mod report;
mod start;
mod webtest;

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// `all` of them, and the parts of some.
const NAMES: &[&str] =
    &["metrics", "inventory", "api", "start", "power", "alerts", "deliveries", "backup", "export", "fanout", "nodes", "proxy", "webtest"];
const PARTS: &[&str] = &[
    "metrics.throughput",
    "metrics.size",
    "metrics.month",
    "power.watch",
    "power.chart",
    "power.outage",
    "proxy.inside",
    "proxy.contest",
    "proxy.handshakes",
    "proxy.stream",
    "proxy.reload",
    "proxy.forward_auth",
    "webtest.runner",
    "webtest.pictures",
    "webtest.discovery",
];

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    // Parts that are processes of their own, started by the benchmarks.
    let rest = names.get(1..).unwrap_or_default();
    let part = match names.first().map(String::as_str) {
        Some("proxy.serve") => Some(proxy::serve(rest)),
        Some("webtest.ours") => Some(webtest::ours(rest)),
        Some("webtest.difference") => Some(webtest::difference(rest)),
        _ => None,
    };
    if let Some(served) = part {
        return served.map_or_else(
            |error| {
                report::problem(&error.to_string());
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    if names.iter().any(|n| n == "all") {
        names = NAMES.iter().map(|n| (*n).to_owned()).collect();
    }
    if names.is_empty() || names.iter().any(|n| !NAMES.contains(&n.as_str()) && !PARTS.contains(&n.as_str())) {
        report::problem(&format!("usage: argos-bench all | {}", [NAMES, PARTS].concat().join(" | ")));
        return ExitCode::from(2);
    }
    for name in &names {
        let outcome = match name.as_str() {
            "alerts" => alerts::run(),
            "fanout" => fanout::run(),
            "deliveries" => with_binary(deliveries::run),
            "api" => with_binary(api::run),
            "backup" => with_binary(backup::run),
            "export" => with_binary(export::run),
            "start" => with_binary(start::run),
            "power" => with_binary(|| power::run(None)),
            "power.watch" => with_binary(|| power::run(Some("watch"))),
            "power.chart" => with_binary(|| power::run(Some("chart"))),
            "power.outage" => with_binary(|| power::run(Some("outage"))),
            "inventory" => inventory::run(),
            "nodes" => with_binary(nodes::run),
            "proxy" => proxy::run(None).and_then(|()| with_binary(proxy::forward_auth)),
            "proxy.forward_auth" => with_binary(proxy::forward_auth),
            part if part.starts_with("proxy.") => proxy::run(part.strip_prefix("proxy.")),
            "webtest" => webtest::run(None).and_then(|()| with_binary(webtest::explore)),
            "webtest.runner" => webtest::run(Some("runner")),
            "webtest.pictures" => webtest::run(Some("pictures")),
            "webtest.discovery" => with_binary(webtest::explore),
            metrics => metrics::run(metrics.strip_prefix("metrics.")),
        };
        if let Err(error) = outcome {
            report::problem(&format!("{name}: {error}"));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Runs `bench` with the binary under test: `ARGOS_BIN`, else the `argos` that was built beside this program.
fn with_binary(bench: fn() -> Outcome) -> Outcome {
    if std::env::var_os("ARGOS_BIN").is_some_and(|path| !path.is_empty()) {
        return bench();
    }
    let this = std::env::current_exe()?;
    let sibling: PathBuf = this.with_file_name("argos");
    if !sibling.is_file() {
        return Err(format!("no {}: run `cargo build --release -p argos` or set ARGOS_BIN", sibling.display()).into());
    }
    // The peers library asks the environment, and only a new process gets a new one.
    let again = Command::new(&this).args(std::env::args_os().skip(1)).env("ARGOS_BIN", sibling).exec();
    Err(again.into())
}
