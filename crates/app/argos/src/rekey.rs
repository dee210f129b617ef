//! Re-encryption of everything the vault sealed: the list of owners, the job that does it beside the running server, and
//! what its card shows. The job can be killed at any moment: the next attempt finishes the generation that was begun.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_jobs::{Job, JobContext, JobFilter, KindSpec, NewJob, State, Verdict};
use argos_kernel::{Actor, AppError, PageRequest, Result};
use argos_platform::{Domain, Platform};
use argos_vault::{RekeyReport, RekeyStep, RekeyWatch, Resealer, SealedColumn, rekey_watched};
use serde_json::{Value, json};

/// The kind of the job.
pub(crate) const KIND: &str = "vault.rekey";
/// How long the other processes of this instance get to learn a new key and to stop using the old one: they look every
/// two seconds.
pub(crate) const SETTLE: Duration = Duration::from_secs(5);

/// Every column with sealed values that platform and domains describe.
pub(crate) fn columns(domains: &[Domain]) -> Vec<SealedColumn> {
    let platform: [&[SealedColumn]; 4] = [argos_identity::SEALED, argos_jobs::SEALED, argos_llm::SEALED, argos_webhooks::SEALED];
    platform.into_iter().chain(domains.iter().map(|d| d.sealed)).flatten().copied().collect()
}

/// Every owner of sealed values.
pub(crate) fn owners(p: &Platform, columns: &[SealedColumn]) -> Vec<Box<dyn Resealer>> {
    let mut owners = p.settings.resealers();
    owners.push(p.notify.resealer());
    owners.extend(columns.iter().map(|column| column.on(p.store.state.clone())));
    owners
}

/// Re-encrypts everything and puts it on record.
pub(crate) async fn run(p: &Platform, columns: &[SealedColumn], actor: &Actor, watch: &dyn RekeyWatch) -> Result<RekeyReport> {
    let owners = owners(p, columns);
    let owners: Vec<&dyn Resealer> = owners.iter().map(AsRef::as_ref).collect();
    let report = rekey_watched(&p.vault, &owners, SETTLE, watch).await?;
    let total: u64 = report.resealed.iter().map(|(_, n)| n).sum();
    let text = format!("{total} values sealed with data key {}, {} old keys forgotten", p.vault.active_kid(), report.keys_forgotten);
    let mut change = p.audit.begin(actor).await?;
    let event = NewEvent::new(Source::Platform, "secret.rotated", text.clone()).actor(actor);
    p.events.publish(&mut change, event.data(json!({ "where": "vault", "values": total }))).await?;
    change.commit(Entry::new("vault.rekey", Category::Security).describe(text)).await?;
    Ok(report)
}

/// What a report looks like outside.
pub(crate) fn shown(report: &RekeyReport) -> Value {
    let columns: serde_json::Map<String, Value> = report.resealed.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
    json!({ "resealed": columns, "keys_forgotten": report.keys_forgotten })
}

/// Writes the progress of the job.
struct Progress(JobContext);

impl RekeyWatch for Progress {
    fn note(&self, step: RekeyStep) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            if self.0.is_cancelled() {
                return Err(AppError::conflict("The re-encryption was stopped; it goes on when it is started again").code("cancelled"));
            }
            let progress = json!({ "owner": step.owner, "done": step.done, "of": step.of, "resealed": step.resealed });
            self.0.progress(progress).await;
            Ok(())
        })
    }
}

/// Registers the job with the queue.
pub(crate) fn register(platform: &Platform, columns: Vec<SealedColumn>) {
    let (p, columns) = (platform.clone(), Arc::new(columns));
    platform.jobs.register(KIND, KindSpec::new("maintenance"), move |ctx: JobContext| -> argos_web::BoxFuture<'static, Verdict> {
        let (p, columns) = (p.clone(), Arc::clone(&columns));
        Box::pin(async move {
            let actor = Actor { name: ctx.job().triggered_by.clone(), ..Actor::system() };
            match run(&p, &columns, &actor, &Progress(ctx)).await {
                Ok(report) => Verdict::Done(shown(&report)),
                Err(error) => Verdict::fail(error.to_string()),
            }
        })
    });
}

/// The newest job, whatever its state.
pub(crate) async fn newest(p: &Platform) -> Result<Option<Job>> {
    let filter = JobFilter { kind: Some(KIND.to_owned()), ..JobFilter::default() };
    Ok(p.jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await?.items.into_iter().next())
}

/// Starts the job; 409 while one is under way.
pub(crate) async fn start(p: &Platform, actor: &Actor) -> Result<i64> {
    if newest(p).await?.is_some_and(|job| matches!(job.state, State::Queued | State::Running)) {
        return Err(AppError::conflict("A re-encryption is under way").code("rekey_running"));
    }
    let mut change = p.audit.begin(actor).await?;
    let id = p.jobs.enqueue(&mut change, NewJob::new(KIND).trigger("api").by(actor).concurrency(KIND)).await?;
    change.commit(Entry::new("vault.rekey_start", Category::Security).describe("Re-encryption of all secrets asked for")).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `<table>.<column>` of every column that says by its name that it holds sealed values.
    fn sealed_in_schema() -> BTreeSet<String> {
        let (mut found, mut table) = (BTreeSet::new(), String::new());
        for migration in crate::boot::migrations(&crate::domains()) {
            for line in migration.sqlite.lines() {
                let words: Vec<&str> = line.split([' ', '(', ',']).filter(|w| !w.is_empty()).collect();
                match words.as_slice() {
                    ["create", "table", name, ..] => (*name).clone_into(&mut table),
                    ["alter", "table", name, "add", "column", column, ..] if column.ends_with("_enc") => {
                        found.insert(format!("{name}.{column}"));
                    }
                    [column, "text", ..] if column.ends_with("_enc") => {
                        found.insert(format!("{table}.{column}"));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    #[tokio::test]
    async fn every_sealed_column_of_the_schema_has_an_owner_that_reseals_it() {
        let columns = columns(&crate::domains());
        let mut owned: BTreeSet<String> = columns.iter().map(|c| c.name.to_owned()).collect();
        // Owners with code of their own.
        owned.extend(["notification_channels.config_enc".to_owned()]);
        let in_schema = sealed_in_schema();
        assert!(in_schema.len() >= 8, "{in_schema:?}");
        assert_eq!(in_schema, owned, "a column whose name ends in _enc needs a line in SEALED of its crate");
    }
}
