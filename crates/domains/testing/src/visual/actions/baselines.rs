//! Making, changing and removing baselines. Every approved picture is a version that can be gone back to.

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_store::Tx;
use argos_web::{OpCx, Req};
use serde_json::json;

use super::capture::Order;
use super::files::{EVIDENCE, FOREVER, SNAPSHOTS};
use crate::service::Testing;
use crate::visual::model::record::{Baseline, BaselineVersion, Snapshot, Taken};
use crate::visual::model::wanted::{Region, Tolerance, Viewport};
use crate::visual::store::{baselines, comparisons, snapshots};

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Baseline not found")
}

pub(crate) fn changed_meanwhile() -> AppError {
    AppError::conflict("The baseline was changed meanwhile").code("stale_version")
}

/// Writes a baseline over the version it was read with.
async fn put(tx: &mut Tx, b: &Baseline, read: i64) -> Result<()> {
    match baselines::put(tx, b, read).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(changed_meanwhile()),
        Err(e) if e.is_unique(baselines::PLACE_TAKEN) => {
            Err(AppError::conflict("A baseline of this name exists").code("name_taken").with("field", "name"))
        }
        Err(e) => Err(e.into()),
    }
}

/// A picture that becomes the approved one.
pub(crate) struct Promoted<'a> {
    pub(crate) picture: &'a str,
    pub(crate) facts: Option<&'a str>,
    /// How it was taken; `None` = as the one before.
    pub(crate) taken: Option<&'a Taken>,
    pub(crate) note: &'a str,
    pub(crate) by: &'a str,
    pub(crate) now: Timestamp,
}

/// What is changed of a baseline; `None` = stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) ignore_regions: Option<Vec<Region>>,
    /// The inner `None` gives it back to the project.
    pub(crate) tolerance: Option<Option<Tolerance>>,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) restore_version: Option<i64>,
}

/// What a new baseline is called, and where it belongs.
pub(crate) struct Place<'a> {
    pub(crate) name: &'a str,
    pub(crate) url: &'a str,
    pub(crate) viewport: &'a Viewport,
    pub(crate) branch: &'a str,
}

/// A new baseline without a picture.
pub(crate) fn blank(project: &Project, at: &Place<'_>, by: &str, uid: Uid, now: Timestamp) -> Baseline {
    Baseline {
        id: 0,
        uid,
        organization_id: project.organization_id,
        project_id: project.id,
        project_uid: project.uid,
        test_uid: None,
        name: at.name.to_owned(),
        url: at.url.to_owned(),
        browser: "chromium".to_owned(),
        viewport: at.viewport.clone(),
        branch: at.branch.to_owned(),
        version: 0,
        picture: None,
        facts: None,
        ignore_regions: Vec::new(),
        tolerance: None,
        taken: Taken::default(),
        created_by: by.to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// Makes a picture the approved one, as the next version. The row is read in the same transaction. What waits to be
/// decided about the version before waits no more.
pub(crate) async fn promote(tx: &mut Tx, b: &mut Baseline, p: &Promoted<'_>) -> Result<()> {
    let read = b.version;
    b.version += 1;
    b.picture = Some(p.picture.to_owned());
    b.facts = p.facts.map(str::to_owned);
    b.updated_at = p.now;
    b.taken = p.taken.cloned().unwrap_or_else(|| std::mem::take(&mut b.taken));
    put(tx, b, read).await?;
    comparisons::supersede(tx, b.id, &b.branch).await?;
    let version = BaselineVersion {
        version: b.version,
        picture: p.picture.to_owned(),
        facts: b.facts.clone(),
        taken: Some(b.taken.clone()),
        note: p.note.to_owned(),
        created_by: p.by.to_owned(),
        created_at: p.now,
    };
    if baselines::add_version(tx, b.id, &version, FOREVER).await? {
        Ok(())
    } else {
        Err(AppError::conflict("The picture is not kept any more").code("picture_gone"))
    }
}

impl Testing {
    /// Tells that a baseline has another picture.
    pub(super) async fn tell_baseline(&self, tx: &mut Tx, b: &Baseline) -> Result<()> {
        let data = json!({ "baseline_id": b.uid.to_string(), "name": b.name, "url": b.url, "branch": b.branch, "version": b.version });
        let words = format!("{}: version {} is what pictures are compared with", b.name, b.version);
        let event = NewEvent::new(Source::Quality, "visual.baseline.updated", words);
        let event = event.organization(b.organization_id).project(b.project_id).subject("baseline", b.uid, &b.name).data(data);
        Ok(self.platform.events.publish(tx, event).await.map(drop)?)
    }

    /// A baseline the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn baseline_named(&self, req: &Req, text: &str) -> Result<(Baseline, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let found = baselines::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    /// Makes a snapshot the approved picture of a name; one that has a baseline gets its next version.
    pub(crate) async fn approve_snapshot(&self, cx: &OpCx, project: &Project, name: &str, branch: &str, s: &Snapshot) -> Result<Baseline> {
        let (uid, now) = (Uid::mint(&**cx.clock(), &**cx.rng()), cx.now());
        let by = cx.caller.username.as_str();
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let at = Place { name, url: &s.url, viewport: &s.viewport, branch };
        let new = blank(project, &at, by, uid, now);
        let mut baseline = baselines::ensure(&mut change, new).await?.ok_or_else(changed_meanwhile)?;
        baseline.url.clone_from(&s.url);
        let note = if baseline.version == 0 { "first picture" } else { "new picture" };
        let taken = Taken::of_metadata(&s.metadata);
        let promoted = Promoted { picture: &s.picture, facts: Some(&s.facts), taken: Some(&taken), note, by, now };
        promote(&mut change, &mut baseline, &promoted).await?;
        self.tell_baseline(&mut change, &baseline).await?;
        let entry = Entry::new("visual.baseline.create", Category::Data)
            .organization(project.organization_id)
            .target("baseline", baseline.uid)
            .describe(format!("Baseline {name}: version {} of {}", baseline.version, baseline.url));
        change.commit(entry).await?;
        Ok(baseline)
    }

    /// Takes a picture of an address and approves it.
    pub(crate) async fn capture_baseline(&self, cx: &OpCx, project: &Project, name: &str, branch: &str, order: &Order) -> Result<Baseline> {
        let (snapshot, _) = self.capture_sound(cx, project, order).await?;
        self.approve_snapshot(cx, project, name, branch, &snapshot).await
    }

    pub(crate) async fn change_baseline(&self, cx: &OpCx, old: &Baseline, wanted: Change) -> Result<Baseline> {
        let restored = match wanted.restore_version {
            None => None,
            Some(n) => {
                let absent = || AppError::not_found("Version not found");
                Some(baselines::version(&self.platform.store.state, old.id, n).await?.ok_or_else(absent)?)
            }
        };
        let (by, now) = (cx.caller.username.as_str(), cx.now());
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let mut b = baselines::find_in(&mut change, old.uid).await?.ok_or_else(not_found)?;
        b.name = wanted.name.unwrap_or(b.name);
        b.url = wanted.url.unwrap_or(b.url);
        b.ignore_regions = wanted.ignore_regions.unwrap_or(b.ignore_regions);
        b.tolerance = wanted.tolerance.unwrap_or(b.tolerance);
        b.updated_at = now;
        match (&wanted.snapshot, &restored) {
            (Some(s), _) => {
                let taken = Taken::of_metadata(&s.metadata);
                let promoted = Promoted { picture: &s.picture, facts: Some(&s.facts), taken: Some(&taken), note: "new picture", by, now };
                promote(&mut change, &mut b, &promoted).await?;
                self.tell_baseline(&mut change, &b).await?;
            }
            (None, Some(v)) => {
                let note = format!("restored from version {}", v.version);
                let promoted = Promoted { picture: &v.picture, facts: v.facts.as_deref(), taken: v.taken.as_ref(), note: &note, by, now };
                promote(&mut change, &mut b, &promoted).await?;
                self.tell_baseline(&mut change, &b).await?;
            }
            (None, None) => put(&mut change, &b, b.version).await?,
        }
        let entry = Entry::new("visual.baseline.update", Category::Data)
            .organization(b.organization_id)
            .target("baseline", b.uid)
            .describe(format!("Baseline {} changed: version {}", b.name, b.version));
        change.commit(entry).await?;
        Ok(b)
    }

    pub(crate) async fn delete_baseline(&self, cx: &OpCx, b: &Baseline) -> Result<()> {
        // No snapshot, no comparison and no result of now shows its pictures longer than this.
        let days = self.settings().i64(SNAPSHOTS)?.max(self.settings().i64(EVIDENCE)?);
        let until = cx.now().plus_secs(days.saturating_mul(86_400));
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !baselines::delete(&mut change, b, until).await? {
            return Err(not_found());
        }
        let entry = Entry::new("visual.baseline.delete", Category::Data)
            .organization(b.organization_id)
            .target("baseline", b.uid)
            .describe(format!("Baseline {} deleted", b.name));
        change.commit(entry).await
    }

    /// A snapshot of the same project.
    pub(crate) async fn snapshot_of_project(&self, project_id: i64, text: &str) -> Result<Snapshot> {
        let uid: Option<Uid> = text.parse().ok();
        let found = match uid {
            Some(uid) => snapshots::find(&self.platform.store.state, uid).await?,
            None => None,
        };
        found.filter(|s| s.project_id == project_id).ok_or_else(super::capture::snapshot_not_found)
    }
}
