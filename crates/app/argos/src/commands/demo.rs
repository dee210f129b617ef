//! `argos demo`: a few sites and a day of their traffic, so that somebody can look at the pages without a proxy of his own.
//! Everything it makes has one of the names below or lies in the log stream `demo`, and `clear` removes just that: what
//! people named `demo-` themselves stays.

use argos_identity::Authority;
use argos_kernel::AppError;
use argos_logs::LogFilter;
use argos_platform::{Domain, Platform};
use argos_settings::ImportMode;
use clap::Subcommand;
use serde_json::{Value, json};

use super::demo_traffic::{STREAM, day};
use super::{refuse_beside_servers, say, visit};
use crate::boot;
use crate::cli::ServeArgs;
use crate::data_dir::DataDir;
use crate::exit::Failure;

const DOCUMENT: &str = include_str!("demo.yaml");
const SECTION: &str = "edge";
/// What seed makes (see demo.yaml): pools by name, sites by domain.
const OURS: [&str; 4] = ["demo-shop", "demo-blog", "demo-shop.example", "demo-blog.example"];
/// A path with this in it is somebody's production.
const PRODUCTION: &str = "argos-prod";
/// Members of the section by which its objects are known.
const LISTS: [(&str, &str); 4] = [("target_groups", "name"), ("hosts", "domain"), ("rules", "host"), ("host_security", "host")];

#[derive(Subcommand)]
pub(crate) enum DemoCommand {
    /// Adds the sites and the traffic.
    Seed {
        /// Confirms; without it nothing changes.
        #[arg(long)]
        yes: bool,
    },
    /// Removes what seed added, and nothing else.
    Clear {
        /// Confirms; without it nothing changes.
        #[arg(long)]
        yes: bool,
    },
    /// Counts what there is of it.
    Stats,
}

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: DemoCommand) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    let changes = !matches!(command, DemoCommand::Stats);
    if changes {
        if !boot.bool("demo_seed") {
            return Err(Failure::configuration("nothing was changed: demonstration data needs ARGOS_DEMO_SEED=1"));
        }
        if boot.data_dir().display().to_string().contains(PRODUCTION) {
            return Err(Failure::configuration(format!("nothing was changed: the data directory is named {PRODUCTION}")));
        }
        if matches!(command, DemoCommand::Seed { yes: false } | DemoCommand::Clear { yes: false }) {
            return Err(Failure::configuration("nothing was changed: confirm with --yes"));
        }
    }
    let platform = visit(args, &domains).await?;
    // What it does is more than one transaction, so nobody else may be at it.
    let _held = if changes {
        refuse_beside_servers(&platform.store).await?;
        Some(DataDir::hold(&boot.data_dir())?)
    } else {
        None
    };
    let built: Vec<_> = domains.into_iter().map(|d| d.build(&platform)).collect();
    platform.tasks.shutdown().trigger();
    let done = match command {
        DemoCommand::Seed { .. } => seed(&platform).await,
        DemoCommand::Clear { .. } => clear(&platform).await,
        DemoCommand::Stats => stats(&platform).await,
    };
    drop(built);
    platform.store.close().await;
    done
}

#[expect(clippy::needless_pass_by_value, reason = "as a mapping of errors wants it")]
fn refused(error: AppError) -> Failure {
    Failure::configuration(error.message())
}

/// The section as it is now.
async fn section(platform: &Platform) -> Result<Value, Failure> {
    let text = platform.portable.export(&[SECTION], false, &*platform.clock).await?;
    let mut document: Value = serde_json::from_str(&text).map_err(Failure::runtime)?;
    Ok(document["sections"][SECTION].take())
}

async fn seed(platform: &Platform) -> Result<(), Failure> {
    let by = Authority::command_line();
    platform.portable.apply(&by, DOCUMENT, &[SECTION], ImportMode::Merge).await.map_err(refused)?;
    // A second seed makes the day anew instead of a second one.
    platform.logs.remove_stream(STREAM).await?;
    platform.logs.store(&day(platform.clock.now())).await?;
    stats(platform).await
}

/// Whether an object is one of ours.
fn is_demo(object: &Value, known_by: &str) -> bool {
    object[known_by].as_str().is_some_and(|name| OURS.contains(&name))
}

async fn clear(platform: &Platform) -> Result<(), Failure> {
    let mut kept = section(platform).await?;
    for (list, known_by) in LISTS {
        if let Some(objects) = kept[list].as_array_mut() {
            objects.retain(|object| !is_demo(object, known_by));
        }
    }
    let document = json!({ "version": "1", "sections": { SECTION: kept } }).to_string();
    let by = Authority::command_line();
    platform.portable.apply(&by, &document, &[SECTION], ImportMode::Replace).await.map_err(refused)?;
    platform.logs.remove_stream(STREAM).await?;
    stats(platform).await
}

async fn stats(platform: &Platform) -> Result<(), Failure> {
    let now = section(platform).await?;
    let count = |list: &str, known_by: &str| now[list].as_array().map_or(0, |all| all.iter().filter(|o| is_demo(o, known_by)).count());
    let lines = LogFilter { stream: Some(STREAM.to_owned()), ..LogFilter::default() };
    let lines = platform.logs.count(&lines).await?;
    say(format_args!("{} sites, {} pools, {lines} log lines", count("hosts", "domain"), count("target_groups", "name")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_the_names_that_seed_gives_and_no_others() {
        let words = DOCUMENT.split(|c: char| c.is_whitespace() || c == ',');
        let names: std::collections::BTreeSet<&str> = words.filter(|w| w.starts_with("demo-")).collect();
        assert_eq!(names, OURS.into_iter().collect());
        assert!(is_demo(&json!({ "name": "demo-shop" }), "name") && is_demo(&json!({ "domain": "demo-shop.example" }), "domain"));
        assert!(!is_demo(&json!({ "name": "demo-of-mine" }), "name") && !is_demo(&json!({ "domain": "demo-shop.example.com" }), "domain"));
    }
}
