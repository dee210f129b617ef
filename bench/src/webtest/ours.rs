//! Our runner as a process of its own: the tests of `peer.mjs`, word for word, with the evidence every run keeps (console,
//! requests as HAR, a picture of the end).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use argos_cdp::{Browser, LaunchOptions};
use argos_webtest::{Plan, RunOptions, Silent, Status};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Outcome, process};

const WARM_UP: usize = 5;
const ROUNDS: usize = 20;
const TESTS: usize = 50;
const CONTEXTS: usize = 4;

fn shop() -> Value {
    json!({ "name": "Shop", "steps": [
        { "action": "goto", "target": "/shop.html" },
        { "action": "fill", "target": "placeholder=Find a product", "value": "ap" },
        { "action": "assert", "type": "count", "target": "#products li", "expected": 2 },
        { "action": "click", "target": "testid=product-1 >> role=button" },
        { "action": "assert", "type": "text_equals", "target": "testid=cart-count", "expected": "1" },
        { "action": "click", "target": "#to-cart" },
        { "action": "click", "target": "role=button[name=\"Checkout\"]" },
        { "action": "fill", "target": "label=Name", "value": "Ana" },
        { "action": "select", "target": "label=Country", "value": "Spain" },
        { "action": "check", "target": "label=I accept the terms" },
        { "action": "fill", "target": "label=Address", "value": "Street 1" },
        { "action": "click", "target": "role=button[name=\"Place order\"]" },
    ], "assertions": [{ "type": "text_matches", "target": "#number", "expected": "^Order \\d{4} of 1 items$" }] })
}

fn short() -> Value {
    json!({ "name": "Short", "steps": [
        { "action": "goto", "target": "/shop.html" },
        { "action": "fill", "target": "placeholder=Find a product", "value": "ap" },
        { "action": "assert", "type": "text_equals", "target": "#found", "expected": "2 products" },
    ]})
}

/// Prints what the tests took; `args` are the browser's program and the address of the site.
pub(crate) fn ours(args: &[String]) -> Outcome {
    let [program, site] = args else { return Err("webtest.ours needs the browser and the site".into()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let document = runtime.block_on(measure(program.into(), site))?;
    crate::report::line(&document.to_string());
    Ok(())
}

struct Measured {
    wall: Duration,
    cpu: Duration,
}

async fn measured(work: impl Future<Output = Outcome>) -> Outcome<Measured> {
    let (cpu, began) = (process::cpu_precise(), Instant::now());
    work.await?;
    Ok(Measured { wall: began.elapsed(), cpu: process::cpu_precise().saturating_sub(cpu) })
}

async fn measure(program: PathBuf, site: &str) -> Outcome<Value> {
    let launch = LaunchOptions { program: Some(program), timeout: Duration::from_secs(60), ..LaunchOptions::default() };
    let browser = Browser::launch(&launch).await?;
    let plan = |doc: &Value| Plan::parse(doc).map_err(|problems| format!("{problems:?}"));
    let (shop, short, options) = (plan(&shop())?, plan(&short())?, RunOptions::new(site));
    for _ in 0..WARM_UP {
        pass(&browser, &shop, &options).await?;
    }
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(measured(pass(&browser, &shop, &options)).await?);
    }
    let queue = std::sync::atomic::AtomicUsize::new(0);
    let context = || async {
        while queue.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < TESTS {
            pass(&browser, &short, &options).await?;
        }
        Ok(())
    };
    let fifty = measured(async {
        let contexts: [_; CONTEXTS] = std::array::from_fn(|_| Box::pin(context()));
        let [a, b, c, d] = contexts;
        tokio::try_join!(a, b, c, d).map(drop)
    })
    .await?;
    let rss = process::rss_mib(std::process::id())?;
    browser.close().await;
    rounds.sort_by_key(|round| round.wall);
    let cpu: Duration = rounds.iter().map(|round| round.cpu).sum();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    Ok(json!({
        "shop_ms": ms(rounds[ROUNDS / 2].wall), "shop_cpu_ms": ms(cpu) / 20.0,
        "fifty_ms": ms(fifty.wall), "fifty_cpu_ms": ms(fifty.cpu), "rss_mib": rss,
    }))
}

async fn pass(browser: &Browser, plan: &Plan, options: &RunOptions) -> Outcome {
    let outcome = argos_webtest::run(browser, plan, options, &Silent, &CancellationToken::new()).await;
    if outcome.status == Status::Passed { Ok(()) } else { Err(format!("{}: {:?}", plan.name, outcome.error_message).into()) }
}
