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

/// Acceptance tests whose subject is a protocol, a peer or the edge of the process: they say the same of either database,
/// so the second run leaves them out unless everything is asked for. What is counted, used once or found again after a
/// crash is none of them.
const OF_ONE_STORE: &str = "test(/^(certificate|cookies|diagnostics|edge_(apply|attacks|caddy|caddy_certificates|caddy_logs|countries\
    |first_site|proofs|protection|sites|streaming)|exits|hostile|ldap|openapi|power_compat|power_faults|power_meters|power_scale\
    |power_search|power_server|power_snmp|previews|ready_line|routing|security_redirects|security_ssrf|shutdown_hosts|shutdown_tools\
    |social|tools)::/)";

/// How much of the suite is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The inner loop.
    Quick,
    Usual,
    /// Every acceptance test on both databases.
    Everything,
}

pub(crate) fn run(workspace: &Workspace, extent: Extent) -> Result<(), Failed> {
    let quick = extent == Extent::Quick;
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
        full(workspace, &mut steps, extent)?;
    }
    steps.finish()
}

/// The cases of the browser's client and of the runner on top of it, over and over: one that fails once in fifty is mended,
/// not repeated until it passes.
pub(crate) fn corpus(workspace: &Workspace, times: &str) -> Result<(), Failed> {
    let cases = "package(argos-cdp) or package(argos-webtest) and not test(/^exports::/)";
    workspace
        .cargo(["nextest", "run", "-p", "argos-cdp", "-p", "argos-webtest", "--test", "it", "-E", cases, "--stress-count", times])
        .run()
}

fn full(workspace: &Workspace, steps: &mut Steps, extent: Extent) -> Result<(), Failed> {
    let peers = workspace.built("debug", "argos-peers");
    let argos = workspace.built("debug", "argos");
    // Two hundred crashes, half on each engine.
    let acceptance = |filter: &str| tests(workspace, filter).env("ARGOS_TEST_KILLS", "100");
    let again = match extent {
        Extent::Everything => "package(argos-acceptance)".to_owned(),
        _ => format!("package(argos-acceptance) and not {OF_ONE_STORE}"),
    };
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
    // The browser waits for pages, the acceptance tests for peers: together they fill the two cores that each leaves idle.
    let npm = web::npm(workspace, &["run", "e2e"]);
    let browser = Tool::new(&peers, &workspace.root.join("web")).args(["with-argos"]).args(npm.words()).env("ARGOS_BIN", &argos);
    let browser = steps.begin("browser", browser, &workspace.target.join("browser.log"));
    steps.attempt("acceptance on SQLite", || acceptance("package(argos-acceptance)").env("ARGOS_BIN", &argos).run());
    steps.join(browser);
    steps.attempt("acceptance on PostgreSQL", || {
        beside_postgres(acceptance(&again)).env("ARGOS_TEST_KILLS", "100").env("ARGOS_TEST_DATABASE", "postgres").run()
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
        _ if filter.starts_with("package(argos-acceptance)") => workspace.cargo(["test", "-p", "argos-acceptance"]),
        INNER => workspace.cargo(["test", "--workspace"]).args(all.iter().flat_map(|name| ["--exclude", name])),
        _ => workspace.cargo(["test", "--workspace", "--exclude", "argos-acceptance"]),
    }
}
