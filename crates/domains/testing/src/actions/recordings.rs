//! Taking in what a page or a person recorded, and making a test of it.

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, ErrorKind, Result, Timestamp, Uid};
use argos_web::{OpCx, Req};
use argos_webtest::plan::Action;
use argos_webtest::record::{ConvertOptions, Converted, convert, interactions, mask};
use serde_json::{Map, Value, json};

use crate::actions::tests::fault;
use crate::model::recording::{BYTES_MAX, EVENTS_MAX, NAME_MAX, Recording, RecordingStatus, first_href, span};
use crate::model::test::Test;
use crate::service::Testing;
use crate::store::recordings;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Recording not found")
}

/// A recording before it has events.
pub(crate) struct NewRecording {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) source: &'static str,
    pub(crate) client_key: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created_by: String,
}

/// Events that came in together.
pub(crate) struct Batch {
    pub(crate) events: Vec<Value>,
    /// A number of the sender's; the same one is taken in once.
    pub(crate) sequence: Option<i64>,
    pub(crate) metadata: Map<String, Value>,
    /// Nothing more will come.
    pub(crate) last: bool,
}

/// Members and bytes of what is told about a recording.
const METADATA_MAX: (usize, usize) = (50, 16 << 10);
/// Pages of one project that record at the same time.
const AT_ONCE_MAX: i64 = 100;
/// A page that sent nothing for so long has been left.
const UNDER_WAY_S: i64 = 600;

fn too_large() -> AppError {
    let text = format!("A recording has at most {EVENTS_MAX} events and {} MB", BYTES_MAX >> 20);
    AppError::new(ErrorKind::TooLarge, text).code("recording_too_large")
}

/// What can be said of a batch without what is there already.
pub(crate) fn fits_recording(events: &[Value], metadata: &Map<String, Value>) -> Result<()> {
    if i64::try_from(events.len()).is_ok_and(|n| n > EVENTS_MAX) {
        return Err(too_large());
    }
    let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    if metadata.len() > METADATA_MAX.0 || bytes > METADATA_MAX.1 {
        return Err(fault("metadata", format!("metadata must have at most {} members and {} KB", METADATA_MAX.0, METADATA_MAX.1 >> 10)));
    }
    Ok(())
}

impl Testing {
    /// A recording the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn recording_named(&self, req: &Req, text: &str) -> Result<(Recording, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let found = recordings::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    /// Begins a recording; a page that goes on with its own gets that one.
    pub(crate) async fn begin_recording(&self, project: &Project, new: NewRecording) -> Result<Recording> {
        let (platform, now) = (&self.platform, self.platform.clock.now());
        let uid = Uid::mint(&*platform.clock, &*platform.rng);
        let host = |url: &String| url.split("://").nth(1)?.split(['/', '?', '#']).next().filter(|h| !h.is_empty()).map(str::to_owned);
        let named = new.name.filter(|n| !n.trim().is_empty());
        let name = named.or_else(|| new.url.as_ref().and_then(host)).unwrap_or_else(|| format!("Recording of {}", project.fields.name));
        let row = Recording {
            id: 0,
            uid,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            test_uid: None,
            name: name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect(),
            url: new.url,
            status: RecordingStatus::Recording,
            source: new.source.to_owned(),
            client_key: new.client_key,
            metadata: new.metadata,
            masked: crate::model::recording::Masked::default(),
            events_count: 0,
            interaction_count: 0,
            bytes: 0,
            first_ms: None,
            last_ms: None,
            created_by: new.created_by,
            created_at: now,
            updated_at: now,
        };
        let mut tx = platform.store.state.begin().await?;
        if row.source == "snippet" && recordings::others_under_way(&mut tx, &row, now.plus_secs(-UNDER_WAY_S)).await? >= AT_ONCE_MAX {
            let text = format!("{AT_ONCE_MAX} pages of the project record already");
            return Err(AppError::rate_limited(text, 60).code("too_many_recordings"));
        }
        recordings::insert(&mut tx, &row).await?;
        tx.commit().await?;
        let db = &platform.store.state;
        let stored = match &row.client_key {
            Some(key) => recordings::by_key(db, project.id, key).await?,
            None => recordings::find(db, uid).await?,
        };
        stored.ok_or_else(not_found)
    }

    /// Takes events in, passwords taken out of them. 409 when the recording is over, 413 when it becomes too large.
    pub(crate) async fn append_events(&self, recording: &Recording, mut batch: Batch) -> Result<Recording> {
        fits_recording(&batch.events, &batch.metadata)?;
        let now = self.platform.clock.now();
        let mut tx = self.platform.store.state.begin().await?;
        let mut r = recordings::lock(&mut tx, recording.id, recording.uid, now).await?.ok_or_else(not_found)?;
        if let Some(sequence) = batch.sequence
            && recordings::has_sequence(&mut tx, r.id, sequence).await?
        {
            return Ok(r);
        }
        if r.status != RecordingStatus::Recording {
            return Err(AppError::conflict("The recording is completed").code("recording_completed"));
        }
        mask(&mut batch.events, &mut r.masked.fields);
        let done = interactions(&batch.events, &mut r.masked.last);
        let text = serde_json::to_string(&batch.events).unwrap_or_default();
        let int = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let part = r.events_count;
        r.events_count = r.events_count.saturating_add(int(batch.events.len()));
        r.bytes = r.bytes.saturating_add(int(text.len()));
        if r.events_count > EVENTS_MAX || r.bytes > BYTES_MAX {
            return Err(too_large());
        }
        r.interaction_count = r.interaction_count.saturating_add(int(done));
        if let Some((from, to)) = span(&batch.events) {
            r.first_ms = Some(r.first_ms.map_or(from, |first| first.min(from)));
            r.last_ms = Some(r.last_ms.map_or(to, |last| last.max(to)));
        }
        r.url = r.url.or_else(|| first_href(&batch.events).map(|href| href.chars().take(2_048).collect()));
        r.metadata.extend(batch.metadata);
        fits_recording(&[], &r.metadata)?;
        if batch.last {
            r.status = RecordingStatus::Completed;
        }
        r.updated_at = now;
        recordings::append(&mut tx, &r, part, batch.sequence, (!batch.events.is_empty()).then_some(text.as_str())).await?;
        tx.commit().await?;
        Ok(r)
    }

    /// The steps of a recording; addresses of the project's own site become paths.
    pub(crate) async fn converted(&self, recording: &Recording, project: &Project, options: &ConvertOptions) -> Result<Converted> {
        let mut events = recordings::events(&self.platform.store.state, recording.id).await?;
        let at = |e: &Value| e.get("timestamp").and_then(Value::as_f64).unwrap_or_default();
        events.sort_by(|a, b| at(a).total_cmp(&at(b)));
        let options = options.clone();
        // Long recordings take a while, and the other tasks of the thread should not.
        let work = tokio::task::spawn_blocking(move || convert(&events, &options)).await;
        let mut converted = work.map_err(|e| AppError::internal(format!("a recording was not converted: {e}")))?;
        let own = project.fields.app_url.as_deref().map(|url| url.trim_end_matches('/'));
        for recorded in &mut converted.steps {
            let relative = recorded.step.target.as_deref().and_then(|target| within(own?, target)).map(str::to_owned);
            if let Some(path) = relative.filter(|_| matches!(recorded.step.action, Action::Goto | Action::NewTab)) {
                recorded.step.target = Some(path);
            }
        }
        Ok(converted)
    }

    /// Makes a test of what a recording became.
    pub(crate) async fn save_recording(
        &self,
        cx: &OpCx,
        (recording, project): (&Recording, &Project),
        name: &str,
        c: &Converted,
    ) -> Result<Test> {
        let body = json!({
            "name": name, "source": "imported", "description": format!("Recorded at {}", recording.url.as_deref().unwrap_or("an unknown address")),
            "steps": c.steps.iter().map(|s| s.step.to_json()).collect::<Vec<_>>(),
            "assertions": c.assertions.iter().map(argos_webtest::plan::Assertion::to_json).collect::<Vec<_>>(),
            "variables": c.values, "config": { "strict_selectors": false },
        });
        let test = self.create_test(cx, project, body.as_object().unwrap_or(&Map::new())).await?;
        self.settle_recording(recording, RecordingStatus::Converted, Some(test.uid)).await?;
        Ok(test)
    }

    pub(crate) async fn settle_recording(&self, recording: &Recording, status: RecordingStatus, test: Option<Uid>) -> Result<()> {
        let now: Timestamp = self.platform.clock.now();
        let mut tx = self.platform.store.state.begin().await?;
        recordings::settle(&mut tx, recording.id, status, test, now).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn delete_recording(&self, cx: &OpCx, recording: &Recording) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !recordings::delete(&mut change, recording.id).await? {
            return Err(not_found());
        }
        let entry = Entry::new("recording.delete", Category::Data)
            .organization(recording.organization_id)
            .target("recording", recording.uid)
            .describe(format!("Recording {} deleted", recording.name));
        change.commit(entry).await
    }

    /// The key that signs upload tokens, the same on every replica.
    pub(crate) fn upload_secret(&self) -> Vec<u8> {
        self.platform.vault.derive("recording-upload").reveal().to_vec()
    }
}

/// The path of an address within a site.
fn within<'a>(site: &str, address: &'a str) -> Option<&'a str> {
    let rest = address.strip_prefix(site)?;
    if rest.is_empty() {
        return Some("/");
    }
    rest.starts_with(['/', '?', '#']).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn address_of_the_own_site_is_a_path() {
        assert_eq!(within("http://a.test", "http://a.test/login?x=1"), Some("/login?x=1"));
        assert_eq!(within("http://a.test", "http://a.test"), Some("/"));
        assert_eq!(within("http://a.test", "http://a.test.evil/login"), None);
    }
}
