//! Page after page. What a page is worth to the tables is one transaction with the figures, refused when the exploration
//! was paused, stopped or given to another job meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use argos_identity::{Project, ProjectValues};
use argos_jobs::JobContext;
use argos_kernel::{AppError, Result, Uid};
use argos_sitegraph::{Pattern, Queued, Refusal, Scope, normalise, origin_of, page_type, path_of, structure_hash};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::account::was_sent_away;
use super::frontier::Ground;
use super::opening::{Opened, is_old};
use super::site::{Site, VIEW};
use super::visit::Visit;
use super::{robots, start, tell};
use crate::actions::artifacts::{Evidence, Owner};
use crate::actions::recorder::Recorder;
use crate::browser::dress;
use crate::browser::guard::Reach;
use crate::discovery::model::{Address, AddressState, Auth, Discovery, Found, Mode, Page, auth_place};
use crate::discovery::store::{addresses, pages, sessions};
use crate::model::artifact::Kind;
use crate::service::Testing;

/// Work on one site, pauses left out.
pub(super) const ACTIVE_MS_MAX: i64 = 3_600_000;

/// How the work of a job ended.
pub(crate) enum Ended {
    Done,
    /// It was paused, stopped, or is another job's.
    Left,
}

/// An exploration under way.
pub(crate) struct Explorer<'a> {
    pub(super) testing: &'a Arc<Testing>,
    pub(super) ctx: &'a JobContext,
    pub(super) session: Discovery,
    pub(super) recorder: &'a Arc<Recorder>,
    pub(super) found: Found,
    began: Instant,
    /// Browsers that were opened.
    pub(super) browsers: AtomicU32,
    /// Times the account was given to the site.
    pub(super) sign_ins: AtomicU32,
}

/// What is known before the first page.
pub(super) struct Prepared {
    pub(super) project: Project,
    pub(super) values: ProjectValues,
    pub(super) auth: Option<Auth>,
    pub(super) reach: Reach,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(testing: &'a Arc<Testing>, ctx: &'a JobContext, session: &'a Discovery, recorder: &'a Arc<Recorder>) -> Self {
        let (browsers, sign_ins) = (AtomicU32::new(0), AtomicU32::new(0));
        Self { testing, ctx, session: session.clone(), recorder, found: session.found, began: Instant::now(), browsers, sign_ins }
    }

    pub(crate) async fn run(mut self) -> Result<Ended> {
        let prepared = self.prepare().await?;
        if self.session.phase == "exploring" {
            if self.session.found.pages == 0 {
                let start = start::follow(&prepared.reach, &self.session.app_url, prepared.auth.is_some()).await?;
                if start != self.session.app_url {
                    sessions::put_start(self.db(), self.session.id, &start).await?;
                    self.session.app_url = start;
                }
            }
            let scope = scope(&self.session, &prepared)?;
            let heard = robots::ask(&prepared.reach, scope.start()).await;
            let allowed = heard.robots.allows(&path_of(scope.start()));
            sessions::put_robots(self.db(), self.session.id, &robots::document(&heard, allowed)).await?;
            if self.session.wanted.respect_robots && !allowed {
                let text = "robots.txt asks programs not to visit the start page; set respect_robots to false where the site is yours";
                return Err(AppError::bad_request(text).code("closed_by_robots"));
            }
            let mut ground = Ground::load(self.db(), &self.session, scope, heard.robots).await?;
            if ground.is_fresh() {
                self.seed(&mut ground, &prepared.reach).await?;
            }
            let mut site = Some(self.open(&prepared, &ground.scope).await?);
            let outcome = self.walk(&mut site, &prepared, &mut ground).await;
            if let Some(site) = site {
                site.close(false).await;
            }
            if matches!(outcome?, Ended::Left) {
                return Ok(Ended::Left);
            }
            if self.found.pages == 0 {
                return Err(self.unreachable().await?);
            }
        }
        self.learn(&prepared).await
    }

    /// Why nothing was seen: what became of the start.
    async fn unreachable(&self) -> Result<AppError> {
        let first = addresses::of(self.db(), self.session.id, None, 1).await?.into_iter().next();
        let why = first.and_then(|a| a.reason).unwrap_or_else(|| "no page".to_owned());
        Ok(AppError::bad_request(format!("The start page could not be seen: {why}")).code("start_unreachable"))
    }

    pub(super) fn db(&self) -> &argos_store::Database {
        &self.testing.platform.store.state
    }

    pub(super) fn active_ms(&self) -> i64 {
        let now = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.session.found.active_ms.saturating_add(now)
    }

    async fn prepare(&self) -> Result<Prepared> {
        let identity = &self.testing.platform.identity;
        let gone = || AppError::not_found("Project not found");
        let project = identity.project_by_id(self.session.project_id).await?.ok_or_else(gone)?;
        let values = identity.project_values(&project).await?;
        let hosts = hosts_of(&values);
        let reach = Reach::of(self.testing, &hosts).await?;
        reach.check(&self.session.app_url).await.map_err(|why| AppError::bad_request(why).code("blocked_url"))?;
        self.testing.pool.program()?;
        let auth = match &self.session.auth_enc {
            None => None,
            Some(sealed) => {
                let open = self.testing.platform.vault.open(&auth_place(&self.session.uid.to_string()), sealed)?;
                Some(serde_json::from_slice(open.reveal()).map_err(AppError::internal)?)
            }
        };
        Ok(Prepared { project, values, auth, reach })
    }

    pub(super) async fn open(&self, prepared: &Prepared, scope: &Scope) -> Result<Site> {
        let lease = tokio::select! {
            lease = self.testing.pool.lease() => lease?,
            () = self.ctx.cancelled() => return Err(AppError::conflict("The exploration was stopped")),
        };
        self.browsers.fetch_add(1, Ordering::Relaxed);
        // Logins and headers of the project are not an exploration's: it has an account of its own, or none.
        let dressed = dress::context(&prepared.values, None);
        let site = Site::open(&self.testing.platform.tasks, lease, &prepared.reach, (scope, prepared.auth.as_ref()), dressed).await?;
        if let Some(auth) = prepared.auth.as_ref().filter(|a| a.kind == "form") {
            self.sign_in(&site, auth, scope.start()).await?;
        }
        Ok(site)
    }

    pub(super) async fn sign_in(&self, site: &Site, auth: &Auth, start: &str) -> Result<()> {
        self.sign_ins.fetch_add(1, Ordering::Relaxed);
        site.sign_in(auth, start, self.limit()).await
    }

    pub(super) fn limit(&self) -> Duration {
        Duration::from_secs(self.session.wanted.timeout_seconds)
    }

    /// The start, and what the sitemaps name.
    async fn seed(&mut self, ground: &mut Ground, reach: &Reach) -> Result<()> {
        let start = ground.scope.start().to_owned();
        let mut met: Vec<Address> = ground.meet(&start, "", 0, None).into_iter().collect();
        if self.session.wanted.mode != Mode::QuickScan {
            for url in robots::named(reach, &ground.robots, &start).await {
                met.extend(ground.meet(&url, "", 1, None));
            }
        }
        let mut tx = self.db().begin().await?;
        for address in &met {
            addresses::insert(&mut tx, self.session.id, address).await?;
        }
        tx.commit().await?;
        ground.queue(&met);
        Ok(())
    }

    async fn walk(&mut self, site: &mut Option<Site>, prepared: &Prepared, ground: &mut Ground) -> Result<Ended> {
        loop {
            if !sessions::is_held(self.db(), self.session.id, self.ctx.job().id).await? || self.ctx.is_cancelled() {
                return Ok(Ended::Left);
            }
            let Some(wave) = self.next_wave(ground).await? else { return Ok(Ended::Left) };
            if wave.is_empty() {
                return Ok(Ended::Done);
            }
            let Some(here) = site.as_ref() else { return Ok(Ended::Left) };
            let visits = self.opened_at_once(here, &wave).await;
            let (browser, sign_ins) = (self.browsers.load(Ordering::Relaxed), self.sign_ins.load(Ordering::Relaxed));
            for (next, visited) in wave.iter().zip(visits) {
                // What was learned of the others meanwhile may be enough of this kind.
                if ground.is_sampled(&next.url) {
                    if !self.leave_out(ground, next, Refusal::Sampled).await? {
                        return Ok(Ended::Left);
                    }
                    continue;
                }
                let renewed = self.browsers.load(Ordering::Relaxed) != browser;
                let entered = self.sign_ins.load(Ordering::Relaxed) != sign_ins;
                let visited = visited.filter(|v| !is_old(&next.url, v, renewed, entered));
                let kept = match self.opened(site, prepared, ground, next, visited).await? {
                    Opened::Stop => false,
                    Opened::Failed(why) => self.failed(ground, next, &why).await?,
                    Opened::Page(visit) => self.keep(ground, next, *visit).await?,
                };
                if !kept {
                    return Ok(Ended::Left);
                }
            }
            if let Some(ms) = ground.robots.delay_ms().filter(|_| self.session.wanted.respect_robots) {
                // What stops it meanwhile is seen at the top.
                self.ctx.stop().sleep(Duration::from_millis(ms)).await;
            }
        }
    }

    /// Writes one step of the work; false when it shall end.
    async fn commit(&mut self, ground: &Ground, next: &Queued, mut tx: argos_store::Tx) -> Result<bool> {
        self.found.queued = i64::try_from(ground.frontier.len()).unwrap_or(i64::MAX);
        self.found.active_ms = self.active_ms();
        let at = Some((next.url.as_str(), next.depth));
        if !sessions::put_progress(&mut tx, self.session.id, self.ctx.job().id, &self.found, at).await? {
            // What was written in it goes with it.
            drop(tx);
            return Ok(false);
        }
        tx.commit().await?;
        let now = Discovery {
            found: self.found,
            current_url: Some(next.url.clone()),
            current_depth: Some(next.depth),
            status: crate::discovery::model::Status::Running,
            ..self.session.clone()
        };
        self.recorder.say("progress", tell::progress(&now));
        self.ctx.progress(json!({ "percent": now.progress(), "pages": self.found.pages })).await;
        Ok(true)
    }

    pub(super) async fn leave_out(&mut self, ground: &Ground, next: &Queued, why: Refusal) -> Result<bool> {
        let mut tx = self.db().begin().await?;
        addresses::set(&mut tx, self.session.id, &next.url, AddressState::Refused, Some(why.as_str())).await?;
        self.commit(ground, next, tx).await
    }

    async fn failed(&mut self, ground: &Ground, next: &Queued, why: &str) -> Result<bool> {
        let mut tx = self.db().begin().await?;
        addresses::set(&mut tx, self.session.id, &next.url, AddressState::Failed, Some(why)).await?;
        self.found.errors += 1;
        let at = self.ctx.now().rfc3339();
        self.recorder.say("error", json!({ "error": why, "url": next.url, "recoverable": true, "timestamp": at }));
        self.commit(ground, next, tx).await
    }

    /// Keeps a page with what it leads to.
    async fn keep(&mut self, ground: &mut Ground, next: &Queued, visit: Visit) -> Result<bool> {
        let Some(seen) = visit.seen.as_ref() else { return self.leave_out(ground, next, Refusal::NotAPage).await };
        let url = normalise(&seen.url).unwrap_or_else(|| next.url.clone());
        if !ground.scope.is_own(&url) {
            return self.leave_out(ground, next, Refusal::Foreign).await;
        }
        let met = ground.meet_all(&seen.links, &seen.pushed, next.depth + 1, &url);
        let new = !ground.was_visited(&url);
        let page = if new { Some(self.page_of(next, url, visit).await?) } else { None };
        ground.queue(&met);
        let before = self.found;
        let mut tx = self.db().begin().await?;
        let redirected = page.as_ref().is_none_or(|(p, _)| p.url != next.url);
        addresses::set(&mut tx, self.session.id, &next.url, AddressState::Visited, redirected.then_some("redirected")).await?;
        for address in &met {
            addresses::insert(&mut tx, self.session.id, address).await?;
        }
        if let Some((page, artifact)) = &page {
            if let Some(artifact) = artifact {
                self.testing.note_artifact_of(&mut tx, &self.owner(), artifact).await?;
            }
            pages::insert(&mut tx, self.session.id, page).await?;
            self.found.pages += 1;
            self.found.elements += page.elements_count;
            self.found.forms += page.forms_count;
            let wrong = page.findings.console_errors.len() + page.findings.failed_requests.len();
            let broken = usize::from(page.status_code.is_some_and(|s| s >= 400));
            self.found.errors += i64::try_from(wrong + broken).unwrap_or(0);
            ground.keep(page);
        }
        if !self.commit(ground, next, tx).await? {
            self.found = before;
            return Ok(false);
        }
        if let Some((page, _)) = page {
            self.tell_page(&page);
        }
        Ok(true)
    }

    fn tell_page(&self, page: &Page) {
        let document: Value = tell::page(self.session.uid, page);
        self.recorder.say(
            "page_discovered",
            json!({ "session_id": self.session.uid.to_string(), "page": document, "total_pages": self.found.pages }),
        );
        if let Some(id) = &page.screenshot {
            self.recorder.say("screenshot", json!({ "page_id": page.uid.to_string(), "artifact_id": id }));
        }
    }

    pub(super) fn owner(&self) -> Owner {
        Owner { uid: self.session.uid, organization_id: self.session.organization_id, project_id: self.session.project_id }
    }

    async fn page_of(&self, next: &Queued, url: String, visit: Visit) -> Result<(Page, Option<crate::model::artifact::Artifact>)> {
        let platform = &self.testing.platform;
        let uid = Uid::mint(&*platform.clock, &*platform.rng);
        let now = self.ctx.now();
        let mut seen = visit.seen.unwrap_or_default();
        let kind = page_type(&seen, visit.status);
        let structure = structure_hash(&seen.skeleton);
        seen.skeleton.clear();
        let artifact = match &visit.picture {
            None => None,
            Some(bytes) => {
                let evidence = Evidence {
                    kind: Kind::Screenshot,
                    content_type: "image/webp",
                    metadata: json!({ "url": url, "width": VIEW.0, "height": VIEW.1 }),
                    retention: "quality.retention.step_screenshots_days",
                };
                Some(self.testing.keep_file_of(&self.owner(), &url, bytes, evidence, now).await?)
            }
        };
        let requires_auth = was_sent_away(&next.url, &seen);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        seen.url.clone_from(&url);
        let page = Page {
            id: 0,
            uid,
            position: self.found.pages,
            title: seen.title.clone(),
            page_type: kind.as_str().to_owned(),
            depth: next.depth,
            status_code: visit.status,
            structure_hash: structure,
            load_time_ms: visit.load_ms,
            requires_auth,
            screenshot: artifact.as_ref().map(|a| a.id.clone()),
            elements_count: count(seen.elements.len()),
            forms_count: count(seen.forms.len()),
            links_count: count(seen.links.len()),
            findings: visit.findings,
            discovered_at: now,
            url,
            seen,
        };
        Ok((page, artifact))
    }
}

/// What tests of this site are run below: the project's address where it is of the same site, else the site's.
pub(crate) fn base_of(project: &Project, app_url: &str) -> String {
    let own = project.fields.app_url.as_deref().filter(|u| origin_of(u).is_some() && origin_of(u) == origin_of(app_url));
    own.map(str::to_owned).or_else(|| origin_of(app_url)).unwrap_or_else(|| app_url.to_owned())
}

/// Hosts beside that of the start which belong to the site.
pub(crate) fn hosts_of(values: &ProjectValues) -> Vec<String> {
    let list = values.settings.get("allowed_hosts").and_then(Value::as_array);
    list.map(|l| l.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
}

pub(super) fn scope(session: &Discovery, prepared: &Prepared) -> Result<Scope> {
    let compiled = |list: &[String]| -> Result<Vec<Pattern>> {
        list.iter().map(|t| Pattern::parse(t)).collect::<std::result::Result<_, _>>().map_err(AppError::bad_request)
    };
    let (include, exclude) = (compiled(&session.wanted.include_patterns)?, compiled(&session.wanted.exclude_patterns)?);
    let bad = || AppError::bad_request("app_url must be an http or https address");
    Scope::new(&session.app_url, &hosts_of(&prepared.values), include, exclude).ok_or_else(bad)
}
