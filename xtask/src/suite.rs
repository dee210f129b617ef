//! `cargo xtask test`: cheap checks first. A failure there ends the run; of the tests, each set is run, so that one run
//! tells everything that is wrong.
//!
//! The same package set is named in every cargo call, so that features are chosen once and nothing is built twice;
//! which tests run is a filter.

use crate::steps::{Failed, Steps, Tool};
use crate::workspace::Workspace;
use crate::{openapi, tidy, web};

/// Tests that need neither the binary nor a peer.
const INNER: &str = "not (package(argos-acceptance) or package(argos-peers))";

pub(crate) fn run(workspace: &Workspace, quick: bool) -> Result<(), Failed> {
    let mut steps = Steps::new();
    steps.step("format", || workspace.cargo(["fmt", "--all", "--check"]).run())?;
    if !quick {
        steps.step("interface: install", || web::install(workspace))?;
        steps.step("interface: build", || web::build(workspace))?;
        steps.step("interface: lint", || web::npm(workspace, &["run", "lint"]).run())?;
        steps.step("interface: unit tests", || web::npm(workspace, &["test"]).run())?;
    }
    steps.step("tidy", || tidy::run(workspace, false))?;
    steps.step("clippy", || workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run())?;
    if quick {
        steps.step("tests on SQLite", || tests(workspace, INNER).run())?;
    } else {
        full(workspace, &mut steps)?;
    }
    steps.finish()
}

fn full(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failed> {
    let peers = workspace.built("debug", "argos-peers");
    let argos = workspace.built("debug", "argos");
    // Two hundred crashes, half on each engine.
    let acceptance = || tests(workspace, "package(argos-acceptance)").env("ARGOS_TEST_KILLS", "100");
    steps.step("binaries", || workspace.cargo(["build", "--workspace", "--bins"]).run())?;
    steps.step("packages of the peers", || Tool::new(&peers, &workspace.root).args(["install"]).run())?;
    let beside_postgres = |tool: Tool| {
        Tool::new(&peers, &workspace.root)
            .args(["with-postgres"])
            .args(tool.words())
            .env("CARGO_TARGET_DIR", &workspace.target)
            .env("ARGOS_BIN", &argos)
    };
    steps.attempt("OpenAPI document", || openapi::check(workspace));
    steps.attempt("tests on SQLite and PostgreSQL", || beside_postgres(tests(workspace, "not package(argos-acceptance)")).run());
    steps.attempt("acceptance on SQLite", || acceptance().env("ARGOS_BIN", &argos).run());
    steps.attempt("acceptance on PostgreSQL", || {
        beside_postgres(acceptance()).env("ARGOS_TEST_KILLS", "100").env("ARGOS_TEST_DATABASE", "postgres").run()
    });
    steps.attempt("browser", || {
        let npm = web::npm(workspace, &["run", "e2e"]);
        Tool::new(&peers, &workspace.root.join("web")).args(["with-argos"]).args(npm.words()).env("ARGOS_BIN", &argos).run()
    });
    Ok(())
}

/// The interface's figures, with the release binary.
pub(crate) fn figures(workspace: &Workspace) -> Result<(), Failed> {
    web::install(workspace)?;
    web::build(workspace)?;
    workspace.cargo(["build", "--release", "-p", "argos", "-p", "argos-peers"]).run()?;
    let npm = web::npm(workspace, &["run", "--silent", "figures"]);
    let peers = Tool::new(workspace.built("release", "argos-peers"), &workspace.root.join("web"));
    peers.args(["with-argos"]).args(npm.words()).env("ARGOS_BIN", workspace.built("release", "argos")).run()
}

/// The tests that `filter` selects; without nextest the package selection of plain cargo comes as near as it can.
fn tests(workspace: &Workspace, filter: &str) -> Tool {
    if workspace.cargo(["nextest", "--version"]).succeeds() {
        return workspace.cargo(["nextest", "run", "--workspace", "-E", filter]);
    }
    let all = ["argos-acceptance", "argos-peers"];
    match filter {
        "package(argos-acceptance)" => workspace.cargo(["test", "-p", "argos-acceptance"]),
        INNER => workspace.cargo(["test", "--workspace"]).args(all.iter().flat_map(|name| ["--exclude", name])),
        _ => workspace.cargo(["test", "--workspace", "--exclude", "argos-acceptance"]),
    }
}
