//! Steps in a browser that somebody drives: one after the other, with the values of its project, and what they saved stays
//! for the next ones. And the video of such a browser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_identity::Project;
use argos_kernel::{AppError, Result, Uid};
use argos_llm::About;
use argos_webtest::{Observer, Outcome, Picture, Plan, Redactor, RunEvent, RunOptions, ScreenshotMode};
use serde_json::{Map, Value, json};

use super::artifacts::{Evidence, Owner};
use super::attempt::Plans;
use crate::browser::dress;
use crate::browser::film::Film;
use crate::browser::live::{Session, Turn};
use crate::model::artifact::Kind;
use crate::model::result::Download;
use crate::model::run::Wanted;
use crate::model::settings;
use crate::service::Testing;
use crate::visual::actions::checks::StepChecks;

/// Longest work of one call.
const WHOLE: Duration = Duration::from_secs(300);

/// What is to be done in a session.
pub(crate) struct Asked {
    pub(crate) plan: Plan,
    /// Of the project's environments; empty = none.
    pub(crate) environment: String,
    /// Of a step that names none; `None` = as the project says.
    pub(crate) step_timeout: Option<Duration>,
    /// A picture after every step.
    pub(crate) pictures: bool,
    /// Words may mean an element that is only called alike.
    pub(crate) alike: bool,
}

/// What came of it.
pub(crate) struct Driven {
    pub(crate) outcome: Outcome,
    /// By place of the step.
    pub(crate) pictures: HashMap<usize, Picture>,
    /// What checks of pictures and of accessibility found, by place of the step.
    pub(crate) checks: HashMap<usize, Value>,
    /// What the steps downloaded, kept with the project.
    pub(crate) downloads: Vec<Download>,
    /// For what is read of the page afterwards.
    pub(crate) redactor: Redactor,
}

/// Keeps the newest picture of each step.
#[derive(Default)]
struct Pictures(Mutex<HashMap<usize, Picture>>);

impl Observer for Pictures {
    fn on(&self, event: RunEvent) {
        if let RunEvent::Screenshot { index, picture, .. } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(index, picture);
        }
    }
}

impl Testing {
    /// Does steps in a session whose turn the caller has, from where its page stands.
    pub(crate) async fn drive(self: &Arc<Self>, session: &Arc<Session>, mut guest: Turn<'_>, asked: Asked) -> Result<Driven> {
        session.used(self.platform.clock.now());
        // Where a person turned to meanwhile.
        guest.stand_in(&session.page());
        let project = match session.project_id {
            Some(id) => self.platform.identity.project_by_id(id).await?,
            None => None,
        };
        let mut options = self.driving(session, project.as_ref(), &asked).await?;
        if let Some(project) = &project {
            // Its own for each call, so that a file that was replaced is the new one, and there as long as the session: a browser
            // reads a chosen file when its form is sent.
            let laid = session.dir.join(Uid::mint(&*self.platform.clock, &*self.platform.rng).to_string());
            options.assets = self.lay_files(project.id, &laid).await?;
        }
        let redactor = options.redactor();
        let checks = match &project {
            None => None,
            Some(project) => {
                let settings = self.platform.identity.project_values(project).await?.settings;
                Some(Arc::new(StepChecks::of_session(self, project, &settings, session.uid, session.view, redactor.clone())))
            }
        };
        options.checks = checks.clone().map(|checks| checks as Arc<dyn argos_webtest::Checks>);
        // Whatever ends this call ends the engine's work, and so does the end of the session.
        let cancel = session.stop.child_token();
        let _ended = cancel.clone().drop_guard();
        let pictures = Arc::new(Pictures::default());
        let (work, begun, heard) = (Arc::clone(session), guest.clone(), Arc::clone(&pictures));
        let handle = tokio::runtime::Handle::current();
        // Its future stays on the thread it began on.
        let done = tokio::task::spawn_blocking(move || {
            handle.block_on(argos_webtest::run_in(&work.browser, &begun, &asked.plan, &options, heard.as_ref(), &cancel))
        });
        let (outcome, left) = done.await.map_err(AppError::internal)?;
        if let Some(page) = left.page() {
            session.turn_to(page);
        }
        *guest = left;
        self.pool.acted(&outcome.step_results);
        let steps = u64::try_from(outcome.step_results.len()).unwrap_or(0);
        session.actions.fetch_add(steps, std::sync::atomic::Ordering::Relaxed);
        session.used(self.platform.clock.now());
        let pictures = std::mem::take(&mut *pictures.0.lock().unwrap_or_else(PoisonError::into_inner));
        let found = checks.map(|checks| checks.take()).unwrap_or_default();
        let checks = found.into_iter().map(|((_, index), found)| (index, found)).collect();
        let downloads = self.keep_downloads(session, &outcome).await?;
        Ok(Driven { outcome, pictures, checks, downloads, redactor })
    }

    /// Keeps what steps downloaded as artifacts of the project; without a project nobody could see them.
    async fn keep_downloads(&self, session: &Session, outcome: &Outcome) -> Result<Vec<Download>> {
        let mut kept = Vec::new();
        let Some(project_id) = session.project_id else { return Ok(kept) };
        let owner = Owner { uid: session.uid, organization_id: session.organization_id, project_id };
        for file in &outcome.evidence.downloads {
            let bytes = tokio::fs::read(&file.path).await.map_err(|e| AppError::internal(format!("read a download: {e}")))?;
            let metadata = json!({ "what": "download", "name": file.name, "browser_session_id": session.uid.to_string() });
            let retention = "quality.retention.step_screenshots_days";
            let evidence = Evidence { kind: Kind::File, content_type: "application/octet-stream", metadata, retention };
            let place = format!("download:{}", Uid::mint(&*self.platform.clock, &*self.platform.rng));
            let artifact = self.keep_file_of(&owner, &place, &bytes, evidence, self.platform.clock.now()).await?;
            let mut tx = self.platform.store.state.begin().await?;
            self.note_artifact_of(&mut tx, &owner, &artifact).await?;
            tx.commit().await?;
            let size_bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
            kept.push(Download { artifact_id: artifact.id, name: file.name.clone(), size_bytes });
        }
        Ok(kept)
    }

    /// Takes the secrets of a session's project out of what is told of its page.
    pub(crate) async fn redactor_of(&self, session: &Session) -> Result<Redactor> {
        let Some(id) = session.project_id else { return Ok(Redactor::default()) };
        let project = self.platform.identity.project_by_id(id).await?.ok_or_else(|| AppError::not_found("Session not found"))?;
        let values = self.platform.identity.project_values(&project).await?;
        Ok(dress::redactor(&values, project.fields.app_url.as_deref()))
    }

    async fn driving(self: &Arc<Self>, session: &Session, project: Option<&Project>, asked: &Asked) -> Result<RunOptions> {
        let common = self.common()?;
        let (values, own) = match project {
            Some(project) => (Some(self.platform.identity.project_values(project).await?), project.fields.app_url.as_deref()),
            None => (None, None),
        };
        let stored = values.as_ref().map(|v| v.settings.clone()).unwrap_or_default();
        let m = settings::manner(&stored, &Wanted::default(), &asked.environment, common);
        let site = settings::app_url(None, &stored, &asked.environment, own);
        let mut options = RunOptions::new(&site.or_else(|| argos_sitegraph::origin_of(&session.page().url())).unwrap_or_default());
        options.run_id = session.uid.to_string();
        options.started_at_ms = self.platform.clock.now().millis();
        options.seed = u64::from_le_bytes(self.platform.rng.bytes::<8>());
        options.default_timeout = asked.step_timeout.unwrap_or(Duration::from_millis(m.step_timeout_ms));
        options.navigation_timeout = asked.step_timeout.unwrap_or(Duration::from_millis(m.navigation_timeout_ms));
        options.test_timeout = WHOLE;
        options.strict = m.strict;
        options.screenshots = if asked.pictures { ScreenshotMode::EveryStep } else { ScreenshotMode::Off };
        options.http = Some(Arc::new(session.reach.clone()));
        if let Some(values) = &values {
            options.variables = dress::layers(values, &m, Map::new());
            options.http_credentials = dress::credentials(values, own);
        }
        options.alike = asked.alike;
        if let (Some(project), Some(values)) = (project, &values) {
            let adviser = self.adviser(project, values, About::default())?;
            options.adviser = adviser.map(|a| Arc::new(a) as Arc<dyn argos_webtest::Adviser>);
        }
        if let Some(project) = project {
            options.plans = Some(Arc::new(Plans { db: self.platform.store.state.clone(), project_id: project.id }));
        }
        Ok(options)
    }

    /// Keeps the video of a session as an artifact of its project; `None` when there is none, or it could not be kept.
    pub(crate) async fn keep_video(&self, session: &Session, film: Film) -> Option<String> {
        let (file, dir) = film.finish();
        let kept = match (&file, session.project_id) {
            (Some(file), Some(project_id)) => self.keep_film(session, project_id, file).await,
            _ => Ok(None),
        };
        drop(tokio::fs::remove_dir_all(&dir).await);
        kept.unwrap_or_else(|error| {
            tracing::warn!(?error, session = %session.uid, "the video of a session was not kept");
            None
        })
    }

    async fn keep_film(&self, session: &Session, project_id: i64, file: &std::path::Path) -> Result<Option<String>> {
        let bytes = tokio::fs::read(file).await.map_err(|e| AppError::internal(format!("read a video: {e}")))?;
        let owner = Owner { uid: session.uid, organization_id: session.organization_id, project_id };
        let metadata: Value = json!({ "what": "video", "browser_session_id": session.uid.to_string() });
        let evidence = Evidence { kind: Kind::Video, content_type: "video/webm", metadata, retention: "quality.retention.videos_days" };
        let artifact = self.keep_file_of(&owner, "video", &bytes, evidence, self.platform.clock.now()).await?;
        let mut tx = self.platform.store.state.begin().await?;
        self.note_artifact_of(&mut tx, &owner, &artifact).await?;
        tx.commit().await?;
        Ok(Some(artifact.id))
    }
}
