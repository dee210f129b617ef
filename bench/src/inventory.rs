//! The search over 100 000 things, as the palette asks: four letters, a whole name, two words, an address, and what is
//! found nowhere. A search that misses the thing it looks for ends the run.

use std::sync::Arc;
use std::time::Instant;

use argos_audit::Audit;
use argos_events::Events;
use argos_inventory::{Feed, Inventory, Kind, NewThing, Scope, Status};
use argos_kernel::{Clock, ManualClock, Rng, SeededRng, Timestamp};
use argos_store::Store;

use crate::Outcome;
use crate::report::figure;

const THINGS: usize = 100_000;
const ROUNDS: usize = 60;
const KINDS: &[Kind] = &[
    Kind::new("machine", "stats:read", "A computer."),
    Kind::new("container", "stats:read", "A container."),
    Kind::new("site", "edge:read", "A site."),
    Kind::new("outlet", "power:read", "An outlet."),
];
const WORDS: [&str; 16] =
    ["web", "db", "cache", "app", "edge", "node", "build", "mail", "proxy", "vault", "queue", "store", "rack", "power", "shop", "metrics"];

pub(crate) fn run() -> Outcome {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(search())
}

fn word(n: usize) -> &'static str {
    WORDS.get(n % WORDS.len()).copied().unwrap_or("web")
}

fn thing(n: usize) -> NewThing {
    let kind = KINDS.get(n % KINDS.len()).map_or("machine", |k| k.name);
    let name = format!("{}-{}-{n}.{}.example.com", word(n / 7), word(n / 113), word(n / 1009));
    let status = if n.is_multiple_of(1000) { Status::Warning } else { Status::Ok };
    NewThing::new(format!("{kind}:{name}"), name, status, "").keyword(Some(format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255)))
}

async fn search() -> Outcome {
    let dir = tempfile::Builder::new().prefix("argos-bench-").tempdir()?;
    let store = Store::open_sqlite(dir.path()).await?;
    let migrations = [argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_inventory::MIGRATIONS].concat();
    store.migrate(&migrations, Timestamp::from_secs(1_767_225_600)).await?;
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_secs(1_767_225_600)));
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
    let events = Events::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let audit = Audit::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let inventory = Inventory::new(store.state.clone(), clock, rng, events, audit);
    inventory.declare(KINDS);
    let scope = Scope { kinds: KINDS.iter().map(|k| k.name).collect(), nodes: None };

    let things: Vec<NewThing> = (0..THINGS).map(thing).collect();
    let names: Vec<String> = things.iter().map(|t| t.name.clone()).collect();
    let began = Instant::now();
    inventory.feed(Feed { source: "bench", things: things.clone(), links: Vec::new() }).await?;
    figure("inventory.first_feed", began.elapsed().as_secs_f64(), "s");
    let began = Instant::now();
    inventory.feed(Feed { source: "bench", things, links: Vec::new() }).await?;
    figure("inventory.same_feed", began.elapsed().as_secs_f64() * 1000.0, "ms");

    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let n = (round * 15_485_863) % THINGS;
        let name = names.get(n).cloned().unwrap_or_default();
        let address = format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255);
        let (number, first) = (n.to_string(), word(n / 7));
        let four: String = name.chars().take(4).collect();
        let asked = [
            (name.clone(), true),
            (address, true),
            (format!("{number} {first}"), true),
            (four, false),
            ("exam".to_owned(), false),
            ("qqzx".to_owned(), false),
        ];
        for (query, must) in asked {
            let began = Instant::now();
            let hits = inventory.search(&scope, &query).await?;
            took.push(began.elapsed().as_secs_f64() * 1000.0);
            if must && !hits.iter().any(|t| t.name == name) {
                return Err(format!("{query} did not find {name}").into());
            }
        }
    }
    took.sort_by(f64::total_cmp);
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or(f64::NAN);
    figure("inventory.search_p50", at(50), "ms");
    figure("inventory.search_p95", at(95), "ms");
    figure("inventory.search_max", took.last().copied().unwrap_or(f64::NAN), "ms");
    store.close().await;
    Ok(())
}
