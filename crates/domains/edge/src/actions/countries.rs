//! Banning whole countries: their ranges are reported to CrowdSec a part at a time by a job, compared with what lasts, and
//! taken back together. CrowdSec itself enforces no country, only addresses and ranges.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_crowdsec::{AlertDecision, LapiError, NewAlert};
use argos_jobs::{Job, JobContext, JobFilter, KindSpec, NewJob, State, Verdict};
use argos_kernel::{Actor, AppError, PageRequest, Result, Timestamp};
use argos_proxy::Prefix;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::crowdsec::upstream;
use crate::geoip::{Kind, month, no_database};
use crate::model::ban::COUNTRY_ORIGIN;
use crate::model::country;
use crate::service::Edge;
use crate::store::bans;
use crate::store::countries::{self, Expansion};

/// The kind of its jobs.
pub(crate) const JOB: &str = "edge.country_expansion";
/// Ranges of one alert.
const CHUNK: usize = 500;
/// Pauses before a part that was not taken is reported again. They begin anew only after a success, so a CrowdSec that is
/// away costs them once and not once for each part.
const AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(25)];
/// How long a ban is not judged by what is heard of it.
const SETTLING_S: i64 = 15;
/// How long after its end a ban that came to nothing is cleaned up after.
const LOST_FOR_S: i64 = 86_400;
/// What a job fails with when CrowdSec took no part of it.
const NOTHING_TAKEN: &str = "CrowdSec took none of the ranges";

/// What a job is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) country_code: String,
    pub(crate) duration: String,
    pub(crate) reason: String,
}

/// How far a job is. It goes on from here after a crash.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) chunks_total: usize,
    pub(crate) chunks_done: usize,
    pub(crate) chunks_failed: usize,
    pub(crate) cidr_committed: usize,
    pub(crate) requested_count: usize,
    /// Places of the parts that CrowdSec did not take.
    #[serde(default)]
    pub(crate) failed: Vec<usize>,
}

fn origin(code: &str) -> String {
    format!("{COUNTRY_ORIGIN}{code}")
}

/// Has the queue know the kind.
pub(crate) fn register(edge: &Arc<Edge>) {
    let own = Arc::clone(edge);
    // A part that was reported twice is one ban twice: the comparison with what lasts counts ranges, not decisions.
    let spec = KindSpec::new("country");
    edge.platform.jobs.register(JOB, spec, move |ctx: JobContext| -> argos_kernel::BoxFuture<'static, Verdict> {
        let edge = Arc::clone(&own);
        Box::pin(async move { edge.expand(&ctx).await.unwrap_or_else(|error| Verdict::fail(error.message())) })
    });
}

impl Edge {
    /// Queues the ban of a country.
    pub(crate) async fn order_country(&self, actor: &Actor, code: &str, duration: &str, reason: &str) -> Result<Job> {
        let code = country::code(code)?;
        country::hours(duration)?;
        let connection = self.crowdsec_connection()?;
        self.crowdsec.machine(&connection)?;
        if self.geoip.loaded(Kind::Country).is_none() {
            return Err(no_database());
        }
        let own = self.protected(actor).await?;
        if let Some(ip) = own.addresses().find(|ip| self.geoip.find(*ip).country_code.as_deref() == Some(code.as_str())) {
            let text = format!("{ip} is in {code}: you would lock yourself out. Put it on the allow list first.");
            let allowed = own.allowed.iter().any(|range| range.contains(ip));
            if !allowed {
                return Err(AppError::conflict(text).code("would_lock_out").with("field", "cc"));
            }
        }
        let order = Order { country_code: code.clone(), duration: duration.trim().to_owned(), reason: reason.trim().to_owned() };
        let mut m = self.platform.audit.begin(actor).await?;
        let job = NewJob::new(JOB).payload(json!(order)).trigger("api").by(actor);
        let id = self.platform.jobs.enqueue(&mut m, job).await?;
        let entry = Entry::new("security.country_expand", Category::Security).alias("security_country_expand_submit");
        m.commit(entry.target("country", &code).describe(format!("ban of {code} ordered")).after(json!(order))).await?;
        self.platform.jobs.find(&id.to_string()).await?.ok_or_else(|| AppError::not_found("job not found"))
    }

    /// Reports the ranges of a country, a part at a time.
    async fn expand(&self, ctx: &JobContext) -> Result<Verdict> {
        let order: Order = serde_json::from_value(ctx.job().payload.clone()).map_err(AppError::internal)?;
        let hours = country::hours(&order.duration)?;
        let code = order.country_code.as_str();
        let database = self.geoip.loaded(Kind::Country).ok_or_else(no_database)?.database;
        let ranges = tokio::task::block_in_place(|| {
            let found: Vec<Prefix> = database.ranges_of(code).into_iter().filter_map(country::range).collect();
            country::rolled_up(&found)
        });
        if ranges.is_empty() {
            return Ok(Verdict::fail("country not found"));
        }
        let connection = self.crowdsec_connection()?;
        let machine = self.crowdsec.machine(&connection)?;
        let chunks: Vec<&[Prefix]> = ranges.chunks(CHUNK).collect();
        let kept = ctx.job().progress.clone().and_then(|p| serde_json::from_value::<Progress>(p).ok());
        // Another database since then is another list: from the beginning.
        let resumed = kept.filter(|p| p.requested_count == ranges.len());
        let is_resumed = resumed.is_some();
        let mut progress = resumed.unwrap_or(Progress { chunks_total: chunks.len(), requested_count: ranges.len(), ..Progress::default() });
        if !is_resumed {
            let _one = self.crowdsec.countries.lock().await;
            // Not tried again: whoever orders a ban while CrowdSec is away hears of it at once.
            machine.remove_origin(&origin(code)).await.map_err(|e| upstream(&e))?;
            ctx.checkpoint(json!(progress)).await?;
        }
        let mut last_error = None;
        let mut pauses = AGAIN.iter();
        for (place, chunk) in chunks.iter().enumerate().skip(progress.chunks_done + progress.chunks_failed) {
            let taken = loop {
                if ctx.is_cancelled() {
                    return self.give_up(ctx, code).await;
                }
                let alert = alert(&order, hours, chunk, self.platform.clock.now());
                // The queue waits only a moment for whoever is cancelled; a report may take minutes.
                let outcome = tokio::select! {
                    outcome = machine.report(&alert) => outcome,
                    () = ctx.cancelled() => return self.give_up(ctx, code).await,
                };
                let Err(error) = outcome else { break Ok(()) };
                let Some(pause) = pauses.next().filter(|_| may_pass(&error)) else { break Err(error) };
                ctx.say(format!("a part of {} ranges was not taken, again in {} s: {error}", chunk.len(), pause.as_secs()));
                tokio::select! {
                    () = tokio::time::sleep(*pause) => {}
                    () = ctx.cancelled() => {}
                }
            };
            match taken {
                Ok(()) => {
                    pauses = AGAIN.iter();
                    progress.chunks_done += 1;
                    progress.cidr_committed += chunk.len();
                }
                Err(error) => {
                    progress.chunks_failed += 1;
                    progress.failed.push(place);
                    ctx.say(format!("a part of {} ranges was not taken: {error}", chunk.len()));
                    last_error = Some(error);
                }
            }
            ctx.checkpoint(json!(progress)).await?;
        }
        if progress.chunks_done == 0 {
            let why = last_error.map_or_else(|| NOTHING_TAKEN.to_owned(), |e| format!("{NOTHING_TAKEN}: {}", upstream(&e).message()));
            // A report without an answer may have been taken all the same.
            let cleaned = machine.remove_origin(&origin(code)).await;
            return Ok(Verdict::fail(match cleaned {
                Ok(_) => why,
                Err(error) => format!("{why}; what it may have taken is removed once it answers: {error}"),
            }));
        }
        // Another process that lifts it is heard of late here; nothing of it may be listed then.
        if ctx.is_cancelled() || self.is_cancel_requested(ctx).await? {
            return self.give_up(ctx, code).await;
        }
        let is_committed = |place: &usize| !progress.failed.contains(place);
        let committed = chunks.iter().enumerate().filter(|(place, _)| is_committed(place)).flat_map(|(_, chunk)| chunk.iter());
        let (cidrs, version) = (committed.map(ToString::to_string).collect(), month(Timestamp::from_secs(database.built_at())));
        let kept_at = self.keep_country(ctx.job(), &order, hours, cidrs, &version).await?;
        // Who lifted it in between found nothing to delete yet.
        if self.is_cancel_requested(ctx).await? {
            countries::delete_one(&self.platform.store.state, code, kept_at).await?;
            return self.give_up(ctx, code).await;
        }
        self.crowdsec.ask.notify_one();
        Ok(Verdict::Done(json!(progress)))
    }

    /// A cancelled job takes back what it did; one that a stopping process interrupts goes on after the start.
    async fn give_up(&self, ctx: &JobContext, code: &str) -> Result<Verdict> {
        if self.is_cancel_requested(ctx).await? {
            let connection = self.crowdsec_connection()?;
            self.crowdsec.machine(&connection)?.remove_origin(&origin(code)).await.map_err(|e| upstream(&e))?;
            self.crowdsec.ask.notify_one();
        }
        Ok(Verdict::fail("cancelled"))
    }

    async fn is_cancel_requested(&self, ctx: &JobContext) -> Result<bool> {
        Ok(self.platform.jobs.find(&ctx.job().id.to_string()).await?.is_some_and(|job| job.cancel_requested))
    }

    /// Lists the country; under which time.
    async fn keep_country(&self, job: &Job, order: &Order, hours: u32, cidrs: Vec<String>, version: &str) -> Result<Timestamp> {
        let now = self.platform.clock.now();
        let mut tx = self.platform.store.state.begin().await?;
        let expansion = Expansion {
            id: 0,
            country_code: order.country_code.clone(),
            cidr_count: i64::try_from(cidrs.len()).unwrap_or(i64::MAX),
            cidrs,
            reason: order.reason.clone(),
            duration: order.duration.clone(),
            until: now.plus_secs(i64::from(hours) * 3_600),
            created_at: now,
            created_by: job.triggered_by.clone(),
            mmdb_version: version.to_owned(),
            state: "active".to_owned(),
        };
        countries::put(&mut tx, &expansion).await?;
        tx.commit().await?;
        Ok(now)
    }

    pub(crate) async fn list_countries(&self) -> Result<Vec<Expansion>> {
        Ok(countries::list(&self.platform.store.state).await?)
    }

    /// Takes the ban of a country back; how many decisions went.
    pub(crate) async fn revoke_country(&self, actor: &Actor, code: &str) -> Result<(String, u64)> {
        let code = country::code(code)?;
        let connection = self.crowdsec_connection()?;
        let machine = self.crowdsec.machine(&connection)?;
        self.cancel_country_jobs(actor, &code).await?;
        let _turn = self.crowdsec.turn.lock().await;
        let removed = machine.remove_origin(&origin(&code)).await.map_err(|e| upstream(&e))?;
        let mut m = self.platform.audit.begin(actor).await?;
        countries::delete(&mut m, &code).await?;
        bans::delete_origin(&mut m, &origin(&code)).await?;
        let entry = Entry::new("security.country_revoke", Category::Security).alias("security_country_revoke").target("country", &code);
        m.commit(entry.describe(format!("ban of {code} lifted")).after(json!({ "removed": removed }))).await?;
        self.enforce_bans().await;
        Ok((code, removed))
    }

    /// Compares every banned country with what lasts.
    pub(crate) async fn compare_countries(&self) -> Result<()> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        if bans::exchange(db).await?.failures > 0 {
            return Ok(());
        }
        let all = countries::list(db).await?;
        let mut live_by_origin = bans::values_of_origins(db, now).await?;
        live_by_origin.retain(|name, _| name.starts_with(COUNTRY_ORIGIN));
        self.remove_orphans(&live_by_origin).await?;
        for country in all {
            // What was just ordered is still on its way to those who hear of it.
            if now.secs_since(country.created_at) < SETTLING_S {
                continue;
            }
            let own = origin(&country.country_code);
            let live = live_by_origin.get(&own).copied().unwrap_or(0);
            let state = match (country.until <= now, country::has_drifted(country.cidr_count, live)) {
                (true, _) => "expired",
                (false, true) => "drifted",
                (false, false) => "active",
            };
            if state != country.state {
                countries::set_state(db, &country.country_code, state).await?;
            }
        }
        Ok(())
    }

    /// What still runs would bring back what is lifted.
    async fn cancel_country_jobs(&self, actor: &Actor, code: &str) -> Result<()> {
        let is_open = |job: &Job| matches!(job.state, State::Queued | State::Running | State::Waiting);
        let open: Vec<Job> = self.country_jobs(Some(code), i64::MAX).await?.into_iter().filter(is_open).collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut m = self.platform.audit.begin(actor).await?;
        for job in &open {
            match self.platform.jobs.cancel(&mut m, job.id).await {
                Ok(_) => {}
                // It ended meanwhile.
                Err(error) if error.code_str() == "job_not_active" => {}
                Err(error) => return Err(error),
            }
        }
        let entry = Entry::new("security.country_expand_cancel", Category::Security).target("country", code);
        m.commit(entry.describe(format!("ban of {code} stopped"))).await
    }

    /// Takes back what lasts of a country whose ban was stopped or failed: its job may have been cut off before it could.
    /// Bans of others who share this CrowdSec are not ours to judge, so only countries that we worked on lately are looked at.
    async fn remove_orphans(&self, live: &HashMap<String, i64>) -> Result<()> {
        if live.is_empty() {
            return Ok(());
        }
        // Until the last of it is gone no new ban of the country begins in this process.
        let _one = self.crowdsec.countries.lock().await;
        let (jobs, now) = (self.country_jobs(None, i64::MAX).await?, self.platform.clock.now());
        // Asked after the jobs: one that ends in between has its row by now.
        let banned = countries::list(&self.platform.store.state).await?;
        let is_orphan = |name: &String| {
            let newest = jobs.iter().find(|job| job.payload["country_code"].as_str().is_some_and(|code| origin(code) == *name));
            newest.is_some_and(|job| is_lately_lost(job.state, job.finished_at, now))
                && !banned.iter().any(|country| origin(&country.country_code) == *name)
        };
        let connection = self.crowdsec_connection()?;
        for name in live.keys().filter(|name| is_orphan(name)) {
            let Ok(machine) = self.crowdsec.machine(&connection) else { return Ok(()) };
            match machine.remove_origin(name).await {
                Ok(removed) => {
                    tracing::info!(origin = name, removed, "bans of a country that nobody wants were taken back");
                    self.crowdsec.ask.notify_one();
                }
                // Next time.
                Err(error) => tracing::warn!(origin = name, %error, "bans of a country that nobody wants stay for now"),
            }
        }
        Ok(())
    }

    pub(crate) async fn country_jobs(&self, code: Option<&str>, limit: i64) -> Result<Vec<Job>> {
        let code = code.map(country::code).transpose()?;
        let filter = JobFilter { kind: Some(JOB.to_owned()), ..JobFilter::default() };
        let page = self.platform.jobs.list(&filter, PageRequest { limit: 500, offset: 0 }).await?;
        let is_wanted = |job: &Job| code.as_ref().is_none_or(|code| job.payload["country_code"] == json!(code));
        Ok(page.items.into_iter().filter(is_wanted).take(usize::try_from(limit).unwrap_or(20)).collect())
    }

    pub(crate) async fn country_job(&self, id: i64) -> Result<Job> {
        let found = self.platform.jobs.find(&id.to_string()).await?.filter(|job| job.kind == JOB);
        found.ok_or_else(|| AppError::not_found("job not found"))
    }
}

/// Whether a job left a ban behind that is ours to clean away.
fn is_lately_lost(state: State, finished_at: Option<Timestamp>, now: Timestamp) -> bool {
    let is_lost = matches!(state, State::Failed | State::Timeout | State::Cancelled);
    is_lost && finished_at.is_some_and(|at| now.secs_since(at) < LOST_FOR_S)
}

/// Whether the same report may be taken a moment later.
fn may_pass(error: &LapiError) -> bool {
    matches!(error, LapiError::Unreachable(_) | LapiError::Malformed(_) | LapiError::Status(408 | 429 | 500..=599, _))
}

fn alert(order: &Order, hours: u32, ranges: &[Prefix], now: Timestamp) -> NewAlert {
    let own = origin(&order.country_code);
    let reason = format!("country={} [auto-expanded] {}", order.country_code, order.reason);
    NewAlert {
        scenario: format!("argos: {own} (+{} ranges)", ranges.len()),
        message: reason.clone(),
        source: (own.clone(), String::new()),
        events: 0,
        at: now.rfc3339(),
        decisions: ranges.iter().map(|range| AlertDecision::ban("Range", range.to_string(), own.clone(), hours, reason.trim())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bans_that_came_to_nothing_lately_are_cleaned_up_after() {
        let (now, hour) = (Timestamp::from_secs(1_000_000), 3_600);
        let lost = |state, ago: i64| is_lately_lost(state, Some(now.minus_secs(ago)), now);
        assert!(lost(State::Failed, hour) && lost(State::Cancelled, hour) && lost(State::Timeout, 23 * hour));
        assert!(!lost(State::Succeeded, hour), "it is wanted");
        assert!(!lost(State::Failed, 25 * hour), "what is there by now may be of another Argos");
        assert!(!is_lately_lost(State::Failed, None, now), "it has not ended");
    }
}
