//! Two pictures of the shop, 1920 x 1080: with one word changed, and moved by three pixels, where nearly every row
//! differs. pixelmatch and we compare what is in memory; odiff and we, each a program of its own, read two files, compare
//! and write a third.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use argos_cdp::{Browser, ContextOptions, LaunchOptions, LoadState, Screenshot, Viewport};
use argos_imagediff::{Options, Picture, compare};
use argos_peers::{Chromium, FixtureSite};
use serde_json::json;

use super::{again, modules, number, script};
use crate::{Outcome, report};

const IN_MEMORY: usize = 15;
/// Comparing before the measured ones, as long as pixelmatch gets for its own: processors and threads are awake by then.
const WARM: Duration = Duration::from_millis(50);
const WITH_FILES: usize = 9;
const LOAD: Duration = Duration::from_secs(30);

pub(crate) fn run() -> Outcome {
    let dir = tempfile::tempdir()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(take(dir.path()))?;
    for second in ["changed", "moved"] {
        let path = |name: &str| dir.path().join(format!("{name}.png")).display().to_string();
        let (first, second_path, out) = (path("first"), path(second), path("out"));
        let ours = again("webtest.difference", &[&first, &second_path])?;
        let peer = script("pixels.mjs", include_str!("pixels.mjs"), &[&first, &second_path])?;
        let counted = (number(&ours, "pixels")?, number(&peer, "pixels")?);
        if counted.0 < 1.0 || (counted.0 / counted.1 - 1.0).abs() > 0.01 {
            return Err(format!("{second}: we count {} pixels, pixelmatch {}", counted.0, counted.1).into());
        }
        let (took, of_peer) = (number(&ours, "ms")?, number(&peer, "ms")?);
        report::against(&format!("webtest.pixels_{second}"), took, "ms", "pixelmatch", of_peer);
        report::figure(&format!("webtest.pixels_{second}_faster"), of_peer / took, "times pixelmatch");

        let odiff = modules()?.join("odiff-bin/bin/odiff");
        let odiff = std::fs::canonicalize(odiff)?;
        let own = std::env::current_exe()?;
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for _ in 0..WITH_FILES {
            ours.push(timed(Command::new(&own).args(["webtest.difference", &first, &second_path, &out]), &[0])?);
            peers.push(timed(Command::new(&odiff).args([&first, &second_path, &out, "--antialiasing"]), &[22])?);
        }
        report::against(&format!("webtest.files_{second}"), report::median(&mut ours), "ms", "odiff", report::median(&mut peers));
    }
    Ok(())
}

/// Takes the pictures.
async fn take(dir: &Path) -> Outcome {
    let site = FixtureSite::start();
    let browser =
        Browser::launch(&LaunchOptions { program: Some(Chromium::find()?.path), timeout: LOAD, ..LaunchOptions::default() }).await?;
    let context =
        browser.new_context(ContextOptions { viewport: Some(Viewport::desktop(1920, 1080)), ..ContextOptions::default() }).await?;
    let page = context.new_page().await?;
    page.goto(&site.url("/shop.html"), LoadState::Load, LOAD).await?;
    page.wait_for_function("document.querySelectorAll('#products li').length === 8", LOAD).await?;
    for (name, change) in [
        ("first", "0"),
        ("changed", "document.querySelector('h1').textContent = 'Frost shop'"),
        ("moved", "document.body.style.transform = 'translate(1px, 3px)'"),
    ] {
        page.evaluate::<serde_json::Value>(&format!("void ({change})")).await?;
        std::fs::write(dir.join(format!("{name}.png")), page.screenshot(&Screenshot::default(), LOAD).await?)?;
    }
    browser.close().await;
    Ok(())
}

/// How long a program runs, in milliseconds; its exit code must be one of `codes`.
fn timed(command: &mut Command, codes: &[i32]) -> Outcome<f64> {
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    if output.status.code().is_some_and(|code| codes.contains(&code)) {
        Ok(took)
    } else {
        Err(format!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// Compares two files: once, writing what differs as a third, or often, telling how long it took in memory.
pub(crate) fn difference(args: &[String]) -> Outcome {
    let picture = |path: &String| -> Outcome<Picture> { Ok(Picture::from_png(&std::fs::read(path)?)?) };
    let [first, second, out @ ..] = args else { return Err("webtest.difference needs two pictures".into()) };
    let (first, second, options) = (picture(first)?, picture(second)?, Options::default());
    if let [out] = out {
        std::fs::write(out, compare(&first, &second, &options).picture(&second)?.to_png()?)?;
        return Ok(());
    }
    let (mut times, mut pixels) = (Vec::with_capacity(IN_MEMORY), 0);
    let woken = Instant::now();
    while woken.elapsed() < WARM {
        std::hint::black_box(compare(&first, &second, &options));
    }
    for _ in 0..IN_MEMORY {
        let began = Instant::now();
        pixels = std::hint::black_box(compare(&first, &second, &options)).different_pixels;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    report::line(&json!({ "ms": report::median(&mut times), "pixels": pixels }).to_string());
    Ok(())
}
