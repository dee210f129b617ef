//! A disk without room: it costs what a run would have shown, never the run.

use std::path::Path;

use argos_peers::process;
use argos_webtest::{RunOptions, TraceMode};
use serde_json::json;

use crate::{Stage, passed};

/// Says why a test did not run here.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// A file system that is full at once.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    fn mount(dir: &Path) -> Option<SmallDisk<'_>> {
        let mount = process::find_program(&["mount"], &[]).filter(|_| process::is_root())?;
        process::run(&mount, &["-t", "tmpfs", "-o", "size=16k", "tmpfs", &dir.display().to_string()], &[]).ok()?;
        Some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        if let Some(umount) = process::find_program(&["umount"], &[]) {
            drop(process::run(&umount, &["-l", &self.0.display().to_string()], &[]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_costs_evidence_and_not_the_test() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(dir.path()) else {
        return skip("mounting takes root");
    };
    let stage = Stage::new().await;
    let options = RunOptions { out_dir: Some(dir.path().to_owned()), trace: TraceMode::On, record_video: true, ..stage.options() };
    let steps = json!({ "steps": [
        { "action": "goto", "target": "/shop.html" },
        { "action": "click", "target": "testid=product-2 >> role=button" },
        { "action": "click", "target": "#to-cart" },
        { "action": "assert", "type": "visible", "target": "#total" },
    ]});
    let outcome = stage.run_with(&steps, &options).await;
    passed(&outcome);
    // What could not be written whole is not shown as if it were.
    assert_eq!((&outcome.evidence.trace, &outcome.evidence.video), (&None, &None));
    stage.browser.close().await;
}
