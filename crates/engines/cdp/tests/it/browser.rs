//! The life of a browser: start, end, crash, and what is left behind.

use std::process::{Command, Stdio};
use std::time::Duration;

use argos_cdp::{Browser, CdpError, ContextOptions, LaunchOptions, LoadState, PageEvent};
use argos_peers::Chromium;

use crate::{LONG, Stage, launch};

/// The processes of a group that are not zombies of somebody else's.
fn group(pid: u32) -> Vec<String> {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            (fields[2] == pid.to_string() && fields[0] != "Z").then(|| stat.clone())
        })
        .collect()
}

/// Children of this process that nobody reaped.
fn zombies() -> usize {
    let me = std::process::id().to_string();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok())
        .filter(|stat| {
            let fields: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
            fields.first() == Some(&"Z") && fields.get(1) == Some(&me.as_str())
        })
        .count()
}

async fn until_group_is_gone(pid: u32) {
    let end = tokio::time::Instant::now() + LONG;
    while !group(pid).is_empty() {
        assert!(tokio::time::Instant::now() < end, "still there: {:?}", group(pid));
        tokio::task::yield_now().await;
    }
}

fn profiles(dir: &std::path::Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_closed_leaves_no_process_no_zombie_and_no_profile() {
    let dir = tempfile::tempdir().unwrap();
    let options = LaunchOptions {
        program: Some(Chromium::find().unwrap().path),
        profiles_dir: Some(dir.path().to_owned()),
        ..LaunchOptions::default()
    };
    let browser = Browser::launch(&options).await.unwrap();
    let pid = browser.pid();
    assert!(browser.version().product.contains("Chrome"));
    assert!(!group(pid).is_empty());
    assert_eq!(profiles(dir.path()), 1);
    let page = browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    assert_eq!(page.evaluate::<i64>("6 * 7").await.unwrap(), 42);
    browser.close().await;
    assert!(matches!(page.evaluate::<i64>("1").await.unwrap_err(), CdpError::BrowserGone(_) | CdpError::TargetClosed { .. }));
    until_group_is_gone(pid).await;
    assert_eq!((zombies(), profiles(dir.path())), (0, 0));
    assert!(!browser.is_alive());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_killed_is_told_with_its_signal_and_another_one_starts() {
    let browser = launch().await;
    let page = browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    let hanging = page.evaluate::<i64>("new Promise(() => {})");
    let killed = async {
        browser.kill().await;
        browser.gone().await
    };
    let (hanging, gone) = tokio::join!(hanging, killed);
    assert!(matches!(hanging.unwrap_err(), CdpError::BrowserGone(_)));
    assert!(gone.to_string().contains("signal: 9"), "{gone}");
    assert_eq!(zombies(), 0);
    assert!(browser.ping(LONG).await.is_err());
    let next = launch().await;
    next.ping(LONG).await.unwrap();
    next.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_dropped_is_killed_and_reaped() {
    let browser = launch().await;
    let pid = browser.pid();
    drop(browser);
    until_group_is_gone(pid).await;
    let end = tokio::time::Instant::now() + LONG;
    while zombies() > 0 {
        assert!(tokio::time::Instant::now() < end);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_that_is_no_browser_is_told_with_its_last_words() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("fake");
    std::fs::write(&program, "#!/bin/sh\necho 'no display, no luck' >&2\nexit 3\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let error = Browser::launch(&LaunchOptions { program: Some(program), ..LaunchOptions::default() }).await.err().unwrap();
    assert_eq!(error.to_string(), "the browser did not start: exit status: 3; it said: no display, no luck");
    assert_eq!(zombies(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_that_dies_before_its_first_word_is_started_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let (program, died) = (dir.path().join("fragile"), dir.path().join("died"));
    let chromium = Chromium::find().unwrap().path;
    let script = format!("#!/bin/sh\n[ -e {0} ] && exec {1} \"$@\"\ntouch {0}\nkill -SEGV $$\n", died.display(), chromium.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = LaunchOptions { program: Some(program), timeout: Duration::from_secs(60), ..LaunchOptions::default() };
    let browser = Browser::launch(&options).await.unwrap();
    assert!(died.exists() && browser.is_alive());
    browser.close().await;
    assert_eq!(zombies(), 0);
}

/// The test below runs itself once more as the parent that dies.
const PARENT: &str = "ARGOS_CDP_TEST_PARENT";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parent_killed_by_signal_9_takes_its_browser_along() {
    if let Some(dir) = std::env::var_os(PARENT) {
        let options = LaunchOptions {
            program: Some(Chromium::find().unwrap().path),
            profiles_dir: Some(dir.into()),
            timeout: Duration::from_secs(60),
            ..LaunchOptions::default()
        };
        let browser = Browser::launch(&options).await.unwrap();
        let page = browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
        // A page that never rests does not keep it alive.
        page.session()
            .submit(&argos_cdp::protocol::runtime::Evaluate { expression: "for (;;) {}".to_owned(), ..Default::default() })
            .unwrap();
        println!("PID {}", browser.pid());
        std::future::pending::<()>().await;
    }
    let dir = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test starts itself")]
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "browser::parent_killed_by_signal_9_takes_its_browser_along", "--nocapture"])
        .env(PARENT, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(parent.stdout.take().unwrap()));
    let pid: u32 = lines.find_map(|line| line.unwrap().split_once("PID ").map(|(_, pid)| pid.trim().parse().unwrap())).unwrap();
    assert!(!group(pid).is_empty());
    parent.kill().unwrap();
    parent.wait().unwrap();
    until_group_is_gone(pid).await;
    assert_eq!((argos_cdp::sweep_profiles(dir.path()).unwrap(), profiles(dir.path())), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renderer_that_crashes_ends_its_page_and_no_other() {
    let stage = Stage::new().await;
    let context = stage.context(ContextOptions::default()).await;
    let (page, other) = (context.new_page().await.unwrap(), stage.page().await);
    page.goto(&stage.site.url("/shop.html"), LoadState::Load, LONG).await.unwrap();
    let crashed = page.expect("the crash", |event| matches!(event, PageEvent::Crashed).then_some(()));
    let hanging = page.evaluate::<i64>("new Promise(() => {})");
    let (hanging, crash) = tokio::join!(hanging, page.crash());
    crash.unwrap();
    assert!(matches!(hanging.unwrap_err(), CdpError::TargetCrashed { .. }));
    assert!(matches!(crashed.within(LONG).await, Err(CdpError::TargetCrashed { .. })));
    assert!(page.is_crashed());
    let error = page.locator("#search").unwrap().fill("x", LONG).await.unwrap_err();
    assert!(error.is_fatal(), "{error}");
    assert_eq!(other.evaluate::<i64>("1 + 1").await.unwrap(), 2);
    page.close().await.unwrap();
    context.new_page().await.unwrap().goto(&stage.site.url("/shop.html"), LoadState::Load, LONG).await.unwrap();
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_that_hangs_times_out_and_can_be_closed() {
    let stage = Stage::new().await;
    let page = stage.open("/shop.html").await;
    page.session().submit(&argos_cdp::protocol::runtime::Evaluate { expression: "for (;;) {}".to_owned(), ..Default::default() }).unwrap();
    let error = page
        .session()
        .call_raw("Runtime.evaluate", &serde_json::json!({ "expression": "1" }), Duration::from_millis(300))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "Runtime.evaluate took longer than 300 ms");
    stage.browser.ping(LONG).await.unwrap();
    page.close().await.unwrap();
    assert!(page.is_closed());
    assert_eq!(stage.page().await.evaluate::<i64>("1").await.unwrap(), 1);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_killed_for_a_reason_tells_it_and_while_it_runs_its_memory() {
    let browser = launch().await;
    let held = browser.memory_bytes().unwrap();
    assert!((8 << 20..4 << 30).contains(&held), "{held} bytes");
    browser.kill_for("it held too much").await;
    let told = browser.ping(LONG).await.unwrap_err().to_string();
    assert!(told.starts_with("the browser is gone: it held too much (signal: 9"), "{told}");
    assert_eq!(browser.memory_bytes(), None);
}
