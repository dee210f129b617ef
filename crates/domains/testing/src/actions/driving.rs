//! Steps in a browser that somebody drives: one after the other, with the values of its project, and what they saved stays
//! for the next ones. And the video of such a browser.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_identity::Project;
use argos_kernel::{AppError, Result, Uid};
use argos_llm::About;
use argos_webtest::{Observer, Outcome, Picture, Plan, Redactor, RunEvent, RunOptions, ScreenshotMode};
use serde_json::{Map, Value, json};

use super::adviser::Purse;
use super::artifacts::{Evidence, Owner};
use super::attempt::Plans;
use crate::browser::dress;
use crate::browser::film::Film;
use crate::browser::live::{Session, Turn};
use crate::model::artifact::Kind;
use crate::model::run::Wanted;
use crate::model::settings;
use crate::service::Testing;

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
    /// For what is read of the page afterwards.
    pub(crate) redactor: Redactor,
}

/// The files laid out for one call; gone with its work, whether or not anybody waits for that.
struct Laid(PathBuf);

impl Drop for Laid {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
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
        let project = match session.project_id {
            Some(id) => self.platform.identity.project_by_id(id).await?,
            None => None,
        };
        // Its own for each call: the work of one that was left may still be ending.
        let laid = Laid(self.pool.dir_of_attempt(Uid::mint(&*self.platform.clock, &*self.platform.rng), 1));
        let mut options = self.driving(session, project.as_ref(), &asked).await?;
        if let Some(project) = &project {
            options.assets = self.lay_files(project.id, &laid.0).await?;
        }
        let redactor = options.redactor();
        // Whatever ends this call ends the engine's work, and so does the end of the session.
        let cancel = session.stop.child_token();
        let _ended = cancel.clone().drop_guard();
        let pictures = Arc::new(Pictures::default());
        let (work, begun, heard) = (Arc::clone(session), guest.clone(), Arc::clone(&pictures));
        let handle = tokio::runtime::Handle::current();
        // Its future stays on the thread it began on.
        let done = tokio::task::spawn_blocking(move || {
            let _laid = laid;
            handle.block_on(argos_webtest::run_in(&work.browser, &begun, &asked.plan, &options, heard.as_ref(), &cancel))
        });
        let (outcome, left) = done.await.map_err(AppError::internal)?;
        *guest = left;
        let steps = u64::try_from(outcome.step_results.len()).unwrap_or(0);
        session.actions.fetch_add(steps, std::sync::atomic::Ordering::Relaxed);
        session.used(self.platform.clock.now());
        let pictures = std::mem::take(&mut *pictures.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Driven { outcome, pictures, redactor })
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
        let mut options = RunOptions::new(&site.or_else(|| argos_sitegraph::origin_of(&session.page.url())).unwrap_or_default());
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
            let adviser = self.adviser(project, values, About::default(), &Purse::new())?;
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
