//! Reads the three logs of an external Caddy into the log store. How far they were read is written with the rows, so a
//! restart loses nothing and doubles nothing. One process of all does it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_caddy::{AccessLine, Batch, ErrorLine, Follower, WafLine};
use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Shutdown, Timestamp};
use argos_logs::LogEntry;
use serde_json::json;

use crate::model::access;
use crate::model::caddy_rows::{self, Names};
use crate::service::Edge;
use crate::store::log_positions;

/// Lines of one transaction.
const LINES_MAX: usize = 2_000;
const LOOK: Duration = Duration::from_millis(500);
/// After a failure of a file or of the store.
const PAUSE: Duration = Duration::from_secs(5);
/// Attempts to tell what stored lines say before the next ones are read all the same.
const TOLD_ATTEMPTS: u32 = 60;

/// Which log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Access,
    Errors,
    Firewall,
}

impl Log {
    pub(crate) const ALL: [Self; 3] = [Self::Access, Self::Errors, Self::Firewall];

    /// The name of its task and of its position.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Access => "edge-caddy-access",
            Self::Errors => "edge-caddy-errors",
            Self::Firewall => "edge-caddy-firewall",
        }
    }
}

/// Reads one log until the stop.
pub(crate) async fn run(edge: Arc<Edge>, log: Log, stop: Shutdown) -> Result<()> {
    let Some(caddy) = &edge.caddy else { return Ok(()) };
    let path = match log {
        Log::Access => &caddy.logs.access,
        Log::Errors => &caddy.logs.errors,
        Log::Firewall => &caddy.logs.firewall,
    };
    let db = &edge.platform.store.telemetry;
    let mut follower = Follower::new(path, log_positions::find(db, log.name()).await?);
    let mut is_told = false;
    loop {
        let pause = match tokio::task::block_in_place(|| follower.read(LINES_MAX)) {
            Ok(batch) => {
                is_told = false;
                let is_end = batch.is_end;
                if !batch.lines.is_empty() && !keep(&edge, log, batch, &stop).await? {
                    return Ok(());
                }
                if is_end { LOOK } else { Duration::ZERO }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(?error, path, "a log of Caddy cannot be read");
                }
                PAUSE
            }
        };
        if !stop.sleep(pause).await {
            return Ok(());
        }
    }
}

/// Stores what was read, however long the store is away: Caddy's files are the queue. False at the stop.
async fn keep(edge: &Edge, log: Log, batch: Batch, stop: &Shutdown) -> Result<bool> {
    let names = edge.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let position = batch.position.as_ref().map(|at| log_positions::put(log.name(), at));
    let rows = rows(edge, log, &batch.lines, &names);
    let mut is_told = false;
    while let Err(error) = edge.platform.logs.store_read(rows.clone(), position.clone().into_iter().collect()).await {
        if !std::mem::replace(&mut is_told, true) {
            tracing::warn!(?error, "lines of Caddy wait for the store");
        }
        if !stop.sleep(PAUSE).await {
            return Ok(false);
        }
    }
    // These lines are never read again.
    for attempt in 1..=TOLD_ATTEMPTS {
        let told = match log {
            Log::Access => edge.count_limited(limited(&rows)).await,
            Log::Errors => tell_failures(edge, &batch.lines, &names).await,
            Log::Firewall => edge.count_attacks_of(&rows).await,
        };
        match told {
            Ok(()) => break,
            Err(error) if attempt == TOLD_ATTEMPTS => return Err(error),
            Err(error) => tracing::warn!(?error, attempt, "what lines of Caddy say is not told yet"),
        }
        if !stop.sleep(PAUSE).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The seconds in which sites turned requests away because of their limits: when it was, not when it was read.
fn limited(rows: &[LogEntry]) -> BTreeMap<i64, Vec<i64>> {
    let mut hits: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| access::is_limited(&row.message)) {
        if let Some(site) = row.host_id {
            hits.entry(site).or_default().push(row.at.secs());
        }
    }
    hits
}

/// Lines that cannot be read are left out.
fn rows(edge: &Edge, log: Log, lines: &[String], names: &Names) -> Vec<LogEntry> {
    let now = edge.platform.clock.now();
    match log {
        Log::Access => lines.iter().filter_map(|line| Some(caddy_rows::access(&AccessLine::parse(line)?, names))).collect(),
        Log::Errors => {
            let read: Vec<(ErrorLine, &String)> = lines.iter().filter_map(|line| Some((ErrorLine::parse(line)?, line))).collect();
            if let Some(caddy) = &edge.caddy {
                let mut observed = caddy.observed();
                read.iter().for_each(|(line, _)| observed.book.note(line));
            }
            read.iter().map(|(line, raw)| caddy_rows::error(line, raw, names)).collect()
        }
        Log::Firewall => {
            let read = lines.iter().filter_map(|line| Some((WafLine::parse(line)?, line)));
            read.flat_map(|(line, raw)| caddy_rows::firewall(&line, raw, names, now)).collect()
        }
    }
}

/// Certificates that Caddy could not have, each once in a batch: Caddy itself tries ever more seldom.
async fn tell_failures(edge: &Edge, lines: &[String], names: &Names) -> Result<()> {
    let mut failed = BTreeMap::new();
    for line in lines.iter().filter_map(|line| ErrorLine::parse(line)) {
        if let Some((domain, why)) = line.failed_certificate() {
            failed.insert(domain.to_owned(), (why, Timestamp::from_micros(line.at)));
        }
    }
    for (domain, (why, at)) in failed {
        let Some((id, _)) = names.iter().find(|(_, name)| **name == domain) else { continue };
        let event = NewEvent::new(Source::Edge, "edge.cert_renewal_failed", format!("No certificate for {domain}: {why}"));
        let event = event.subject("host", *id, &domain).data(json!({ "host_id": id, "host_domain": domain, "code": "refused" }));
        edge.tell_failed_certificate(*id, &domain, at, event).await?;
    }
    Ok(())
}
