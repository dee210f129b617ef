//! Asking for an exploration, pausing, going on, stopping and removing it, and ending those whose job ended without them.

use std::collections::HashMap;

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_jobs::{Job, NewJob, State};
use argos_kernel::{AppError, PageRequest, Result, Uid};
use argos_sitegraph::sibling;
use argos_store::Tx;
use argos_web::{OpCx, Req};
use serde_json::{Value, json};

use super::job::DISCOVERY;
use super::tell;
use crate::browser::guard::Reach;
use crate::discovery::model::{Auth, Discovery, Found, Mode, Status, Wanted, auth_place};
use crate::discovery::store::sessions;
use crate::service::Testing;
use crate::store::run_events::{self, RunEvent};

/// Explorations among which the one before is looked for.
const LOOKED_BACK: i64 = 50;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Discovery session not found")
}

/// It stands where this cannot be done.
fn wrong_state(d: &Discovery, what: &str) -> AppError {
    let text = format!("The exploration is {} and cannot be {what}", d.status.as_str());
    AppError::bad_request(text).code("wrong_state").with("status", d.status.as_str())
}

fn queued(uid: Uid, organization: i64, project: i64, app_url: &str, cx: &OpCx) -> NewJob {
    NewJob::new(DISCOVERY)
        .payload(json!({ "discovery": uid.to_string(), "app_url": app_url }))
        .trigger("api")
        .by(&cx.actor())
        .organization(organization)
        .project(project)
        .concurrency(format!("discovery:{uid}"))
}

impl Testing {
    /// An exploration the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn discovery_named(&self, req: &Req, text: &str) -> Result<(Discovery, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let found = sessions::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    pub(crate) async fn start_discovery(
        &self,
        cx: &OpCx,
        project: &Project,
        app_url: &str,
        mut wanted: Wanted,
        auth: Option<Auth>,
    ) -> Result<Discovery> {
        self.pool.program()?;
        if wanted.mode == Mode::Diff {
            wanted.compared_with = Some(self.explored_before(project, app_url).await?.to_string());
        }
        let values = self.platform.identity.project_values(project).await?;
        let reach = Reach::of(self, &super::crawl::hosts_of(&values)).await?;
        reach.check(app_url).await.map_err(|why| AppError::bad_request(why).code("blocked_url").with("field", "app_url"))?;
        let uid = Uid::mint(&**cx.clock(), &**cx.rng());
        let auth_enc = match &auth {
            None => None,
            Some(auth) => {
                let plain = serde_json::to_vec(auth).map_err(AppError::internal)?;
                Some(self.platform.vault.seal(&auth_place(&uid.to_string()), &plain)?)
            }
        };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let job = queued(uid, project.organization_id, project.id, app_url, cx);
        let job_id = self.platform.jobs.enqueue(&mut change, job).await?;
        let mut session = Discovery {
            id: 0,
            uid,
            job_id,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            status: Status::Pending,
            phase: "exploring".to_owned(),
            app_url: app_url.to_owned(),
            wanted,
            auth_enc,
            robots: None,
            found: Found::default(),
            current_url: None,
            current_depth: None,
            coverage_score: None,
            error: None,
            created_by: cx.caller.username.clone(),
            created_at: cx.now(),
            started_at: None,
            completed_at: None,
        };
        session.id = sessions::insert(&mut change, &session).await?;
        let entry = Entry::new("discovery.start", Category::Action)
            .organization(session.organization_id)
            .target("discovery", uid)
            .describe(format!("Exploration of {app_url} for {}", project.fields.name))
            .after(json!({ "app_url": app_url, "mode": session.wanted.mode.as_str(), "max_pages": session.wanted.max_pages }));
        change.commit(entry).await?;
        Ok(session)
    }

    /// The last exploration of the same site that came to its end, of those of a project.
    async fn explored_before(&self, project: &Project, app_url: &str) -> Result<Uid> {
        let filter =
            sessions::Filter { organization_id: project.organization_id, project_id: Some(project.id), status: Some(Status::Completed) };
        let done = sessions::list(&self.platform.store.state, &filter, PageRequest { limit: LOOKED_BACK, offset: 0 }).await?.items;
        let nothing = || {
            let text = "diff compares with the exploration before, and no exploration of this site came to its end yet";
            AppError::bad_request(text).code("nothing_to_compare").with("field", "mode")
        };
        // A project may have several sites: against another one every page would be new.
        done.iter().find(|d| sibling(&d.app_url, app_url)).map(|d| d.uid).ok_or_else(nothing)
    }

    fn entry(what: &'static str, d: &Discovery, text: &str) -> Entry {
        let category = if what == "discovery.delete" { Category::Data } else { Category::Action };
        Entry::new(what, category)
            .organization(d.organization_id)
            .target("discovery", d.uid)
            .describe(format!("Exploration of {} {text}", d.app_url))
    }

    /// It rests after the page it is at.
    pub(crate) async fn pause_discovery(&self, cx: &OpCx, d: &Discovery) -> Result<Discovery> {
        if !matches!(d.status, Status::Pending | Status::Running) {
            return Err(wrong_state(d, "paused"));
        }
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !sessions::move_to(&mut change, d, Status::Paused, None, cx.now()).await? {
            return Err(AppError::conflict("The exploration changed meanwhile"));
        }
        change.commit(Self::entry("discovery.pause", d, "paused")).await?;
        if d.status == Status::Pending {
            // A job that works says so itself when it rests.
            let data = json!({ "session_id": d.uid.to_string(), "status": "paused", "timestamp": cx.now().rfc3339() });
            self.say_of(d, "paused", data).await?;
        }
        self.again(d.uid).await
    }

    /// It goes on where it rested.
    pub(crate) async fn resume_discovery(&self, cx: &OpCx, d: &Discovery) -> Result<Discovery> {
        if d.status != Status::Paused {
            return Err(wrong_state(d, "resumed"));
        }
        self.pool.program()?;
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let job_id = self.platform.jobs.enqueue(&mut change, queued(d.uid, d.organization_id, d.project_id, &d.app_url, cx)).await?;
        if !sessions::again(&mut change, d.id, job_id).await? {
            return Err(AppError::conflict("The exploration changed meanwhile"));
        }
        change.commit(Self::entry("discovery.resume", d, "resumed")).await?;
        self.again(d.uid).await
    }

    /// It ends; what it found stays.
    pub(crate) async fn stop_discovery(&self, cx: &OpCx, d: &Discovery) -> Result<Discovery> {
        if d.status.is_final() {
            return Err(wrong_state(d, "stopped"));
        }
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !sessions::move_to(&mut change, d, Status::Cancelled, None, cx.now()).await? {
            return Err(AppError::conflict("The exploration changed meanwhile"));
        }
        self.end_job(&mut change, d.job_id).await?;
        change.commit(Self::entry("discovery.stop", d, "stopped")).await?;
        let ended = self.again(d.uid).await?;
        if d.status != Status::Running {
            self.say_last(&ended).await?;
        }
        Ok(ended)
    }

    async fn end_job(&self, tx: &mut Tx, job_id: i64) -> Result<()> {
        let job = self.platform.jobs.find_in(tx, job_id).await?;
        if job.is_some_and(|j| !j.state.is_final()) {
            self.platform.jobs.cancel(tx, job_id).await?;
        }
        Ok(())
    }

    /// Gives the number of flows that went with it.
    pub(crate) async fn delete_discovery(&self, cx: &OpCx, d: &Discovery) -> Result<i64> {
        if matches!(d.status, Status::Pending | Status::Running) {
            return Err(wrong_state(d, "removed before it was stopped"));
        }
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !sessions::delete(&mut change, d.id).await? {
            return Err(not_found());
        }
        change.commit(Self::entry("discovery.delete", d, "removed")).await?;
        Ok(d.found.flows)
    }

    async fn again(&self, uid: Uid) -> Result<Discovery> {
        sessions::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)
    }

    async fn say_of(&self, d: &Discovery, name: &str, data: Value) -> Result<()> {
        let telemetry = &self.platform.store.telemetry;
        let seq = run_events::last(telemetry, d.uid).await? + 1;
        run_events::insert(telemetry, d.uid, &[RunEvent { seq, name: name.to_owned(), data }], self.platform.clock.now()).await?;
        self.said(d.uid, seq);
        Ok(())
    }

    async fn say_last(&self, d: &Discovery) -> Result<()> {
        match tell::last(d) {
            Some((name, data)) => self.say_of(d, name, data).await,
            None => Ok(()),
        }
    }

    /// Ends explorations whose job ended without them.
    pub(crate) async fn reconcile_discoveries(&self) -> Result<()> {
        let db = &self.platform.store.state;
        let active = sessions::active(db).await?;
        if active.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = active.iter().map(|d| d.job_id).collect();
        let jobs: HashMap<i64, Job> = self.platform.jobs.find_many(&ids).await?;
        for d in &active {
            let (status, why) = match jobs.get(&d.job_id).map(|j| (j.state, j.error.clone())) {
                Some((state, _)) if !state.is_final() => continue,
                Some((State::Cancelled, _)) => (Status::Cancelled, None),
                Some((State::Timeout, _)) => (Status::Failed, Some("timeout".to_owned())),
                Some((_, why)) => (Status::Failed, why.or_else(|| Some("interrupted".to_owned()))),
                None => (Status::Failed, Some("interrupted".to_owned())),
            };
            let mut tx = db.begin().await?;
            let moved = sessions::move_to(&mut tx, d, status, why.as_deref(), self.platform.clock.now()).await?;
            if moved {
                self.tell_end(&mut tx, d, status, why.as_deref()).await?;
            }
            tx.commit().await?;
            if moved {
                let ended = self.again(d.uid).await?;
                self.say_last(&ended).await?;
            }
        }
        Ok(())
    }
}
