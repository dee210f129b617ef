//! The process runner.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_net::process::{Limits, ProcessError, Run, Stream, run};

#[tokio::test]
async fn run_returns_status_and_both_streams() {
    let out = run("sh", ["-c", "echo out; echo err >&2; exit 3"], Limits::default()).await.unwrap();
    assert_eq!((out.status, out.stdout_text().as_str(), out.stderr_text().as_str()), (Some(3), "out\n", "err\n"));
    assert!(!out.success() && !out.truncated && !out.timed_out);
}

#[tokio::test]
async fn arguments_are_not_read_by_a_shell() {
    let out = run("echo", ["$(id); `id` && rm -rf /", "*"], Limits::default()).await.unwrap();
    assert_eq!(out.stdout_text(), "$(id); `id` && rm -rf / *\n");
}

#[tokio::test]
async fn missing_program_is_told_apart_from_a_failing_one() {
    assert!(matches!(run("argos-no-such-tool", ["-x"], Limits::default()).await, Err(ProcessError::NotFound(_))));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plain");
    std::fs::write(&file, "x").unwrap();
    let denied = run(file.to_str().unwrap(), Vec::<String>::new(), Limits::default()).await;
    assert!(matches!(denied, Err(ProcessError::Denied(_))));
    let nowhere = Run::new("true").current_dir(dir.path().join("none")).output().await;
    assert!(matches!(nowhere, Err(ProcessError::Io(_))));
}

#[tokio::test]
async fn environment_is_cleared_to_the_short_list() {
    let out = Run::new("env").env("GIVEN", "1").output().await.unwrap();
    let text = out.stdout_text();
    let names: Vec<&str> = text.lines().filter_map(|l| l.split_once('=')).map(|(n, _)| n).collect();
    assert!(names.contains(&"GIVEN") && names.contains(&"PATH"));
    // The test harness sets CARGO_* variables; none of them may pass.
    assert!(std::env::vars_os().any(|(n, _)| n.to_string_lossy().starts_with("CARGO")));
    assert!(!names.iter().any(|n| n.starts_with("CARGO")), "{names:?}");
}

#[tokio::test]
async fn standard_input_is_empty_or_what_was_given() {
    assert_eq!(run("cat", Vec::<String>::new(), Limits::default()).await.unwrap().stdout_text(), "");
    let big = "secret line\n".repeat(20_000);
    let out = Run::new("cat").stdin(big.clone()).output().await.unwrap();
    assert_eq!(out.stdout_text(), big);
}

#[tokio::test]
async fn output_beyond_the_limit_is_dropped_and_said() {
    let limits = Limits { output_bytes: 1000, ..Limits::default() };
    let seen = Arc::new(Mutex::new(0_usize));
    let count = Arc::clone(&seen);
    let out = Run::new("head")
        .args(["-c", "300000", "/dev/zero"])
        .limits(limits)
        .on_output(move |stream, piece| {
            assert_eq!(stream, Stream::Stdout);
            *count.lock().expect("not poisoned") += piece.len();
        })
        .output()
        .await
        .unwrap();
    assert!(out.truncated && out.success());
    assert_eq!(out.stdout.len(), 1000);
    assert_eq!(*seen.lock().unwrap(), 300_000);
}

/// True while the process whose id stands in `file` is alive.
fn alive(file: &std::path::Path) -> bool {
    let pid = std::fs::read_to_string(file).unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // A zombie waiting for its new parent is dead.
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..200 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(what(), "not within four seconds");
}

#[tokio::test]
async fn run_that_takes_too_long_is_killed_with_its_children() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}; echo started; wait", file.display());
    let limits = Limits { timeout: Duration::from_millis(500), ..Limits::default() };
    let out = run("sh", ["-c", &script], limits).await.unwrap();
    assert!(out.timed_out);
    assert_eq!((out.status, out.stdout_text().as_str()), (None, "started\n"));
    until(|| !alive(&file)).await;
}

#[tokio::test]
async fn dropped_run_leaves_no_process_behind() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}; wait", file.display());
    let work = Box::pin(run("sh", ["-c", &script], Limits::seconds(60)));
    let started = async { until(|| file.exists() && alive(&file)).await };
    tokio::select! {
        _ = work => panic!("the run must not end by itself"),
        () = started => {}
    }
    until(|| !alive(&file)).await;
}

#[tokio::test]
async fn child_that_keeps_the_pipe_does_not_hold_up_the_run() {
    let started = tokio::time::Instant::now();
    let out = run("sh", ["-c", "sleep 30 & echo done"], Limits::seconds(20)).await.unwrap();
    assert_eq!((out.status, out.stdout_text().as_str()), (Some(0), "done\n"));
    assert!(started.elapsed() < Duration::from_secs(5));
}
