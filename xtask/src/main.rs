//! `cargo xtask`: every command of this repository. It starts the tools a person would start, in the right order;
//! rules that clippy cannot check stand in `tidy`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a build tool: starts programs, reads its environment, reports on the terminal"
)]

mod openapi;
mod steps;
mod suite;
mod tidy;
mod up;
mod web;
mod workspace;

use std::process::ExitCode;

use steps::Failed;
use suite::Extent;
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  up [--debug] [SERVE ARGS..]   build the interface and the binary, start Argos on ./.argos/data (ARGOS_DATA_DIR, ARGOS_LISTEN)
  test [--quick|--everything]   all checks; --quick leaves out web, acceptance, PostgreSQL and browser; --everything repeats every
                                acceptance test on PostgreSQL, also those that are the same on either database
  tidy [--bless]                rooms, SQL in stores, file lengths, migration hashes, banned words; --bless records new migrations
  openapi [--check]             write contract/openapi.json from the binary, or compare
  gen                           openapi, then the interface's types
  corpus [--times N]            the interaction cases on a real Chromium, N times in a row (once)
  bench [ARGS..]                run the benchmarks (release build)
  dist                          build the binary to give away, with the interface, optimised as a whole; prints where it is and its size
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let workspace = match Workspace::find() {
        Ok(workspace) => workspace,
        Err(failed) => return report(&failed),
    };
    let outcome = match words.as_slice() {
        ["up", rest @ ..] => up::run(&workspace, rest),
        [up::SUPERVISE, rest @ ..] => up::supervise(rest),
        ["test"] => suite::run(&workspace, Extent::Usual),
        ["test", "--quick"] => suite::run(&workspace, Extent::Quick),
        ["test", "--everything"] => suite::run(&workspace, Extent::Everything),
        ["tidy"] => tidy::run(&workspace, false),
        ["tidy", "--bless"] => tidy::run(&workspace, true),
        ["openapi"] => openapi::write(&workspace),
        ["openapi", "--check"] => openapi::check(&workspace),
        ["gen"] => openapi::write(&workspace).and_then(|()| web::generate(&workspace)),
        ["corpus"] => suite::corpus(&workspace, "1"),
        ["corpus", "--times", times] => suite::corpus(&workspace, times),
        ["bench", "ui"] => suite::figures(&workspace),
        ["bench", rest @ ..] => workspace.cargo(["run", "--release", "-p", "argos-bench", "--"]).args(rest).run(),
        ["dist"] => up::dist(&workspace),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failed::new(USAGE)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => report(&failed),
    }
}

fn report(failed: &Failed) -> ExitCode {
    eprintln!("{failed}");
    ExitCode::FAILURE
}
