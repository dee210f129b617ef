//! Making, changing and removing baselines. Every approved picture is a version that can be gone back to.

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_store::Tx;
use argos_web::{OpCx, Req};

use super::capture::Order;
use super::files::FOREVER;
use crate::service::Testing;
use crate::visual::model::record::{Baseline, BaselineVersion, Snapshot};
use crate::visual::model::wanted::{Region, Tolerance, Viewport};
use crate::visual::store::{baselines, snapshots};

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Baseline not found")
}

fn changed_meanwhile() -> AppError {
    AppError::conflict("The baseline was changed meanwhile").code("stale_version")
}

/// A picture that becomes the approved one.
pub(crate) struct Promoted<'a> {
    pub(crate) picture: &'a str,
    pub(crate) facts: Option<&'a str>,
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
    pub(crate) tolerance: Option<Tolerance>,
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
        created_by: by.to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// Makes a picture the approved one, as the next version. The row is read in the same transaction.
pub(crate) async fn promote(tx: &mut Tx, b: &mut Baseline, p: &Promoted<'_>) -> Result<()> {
    let read = b.version;
    b.version += 1;
    b.picture = Some(p.picture.to_owned());
    b.facts = p.facts.map(str::to_owned);
    b.updated_at = p.now;
    if !baselines::put(tx, b, read).await? {
        return Err(changed_meanwhile());
    }
    let version = BaselineVersion {
        version: b.version,
        picture: p.picture.to_owned(),
        facts: b.facts.clone(),
        note: p.note.to_owned(),
        created_by: p.by.to_owned(),
        created_at: p.now,
    };
    Ok(baselines::add_version(tx, b.id, &version, FOREVER).await?)
}

impl Testing {
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
        let place = baselines::place(None, name, "chromium", &s.viewport, branch);
        let mut baseline = match baselines::find_at_in(&mut change, project.id, &place).await? {
            Some(found) => found,
            None => {
                let at = Place { name, url: &s.url, viewport: &s.viewport, branch };
                let mut new = blank(project, &at, by, uid, now);
                new.id = baselines::insert(&mut change, &new).await?;
                new
            }
        };
        baseline.url.clone_from(&s.url);
        let note = if baseline.version == 0 { "first picture" } else { "new picture" };
        promote(&mut change, &mut baseline, &Promoted { picture: &s.picture, facts: Some(&s.facts), note, by, now }).await?;
        let entry = Entry::new("visual.baseline.create", Category::Data)
            .organization(project.organization_id)
            .target("baseline", baseline.uid)
            .describe(format!("Baseline {name}: version {} of {}", baseline.version, baseline.url));
        change.commit(entry).await?;
        Ok(baseline)
    }

    /// Takes a picture of an address and approves it.
    pub(crate) async fn capture_baseline(&self, cx: &OpCx, project: &Project, name: &str, branch: &str, order: &Order) -> Result<Baseline> {
        let (snapshot, _) = self.capture(cx, project, order).await?;
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
        b.tolerance = wanted.tolerance.or(b.tolerance);
        b.updated_at = now;
        let picture = match (&wanted.snapshot, &restored) {
            (Some(s), _) => Some((s.picture.clone(), Some(s.facts.clone()), "new picture".to_owned())),
            (None, Some(v)) => Some((v.picture.clone(), v.facts.clone(), format!("restored from version {}", v.version))),
            (None, None) => None,
        };
        match &picture {
            Some((picture, facts, note)) => {
                promote(&mut change, &mut b, &Promoted { picture, facts: facts.as_deref(), note, by, now }).await?;
            }
            None => {
                if !baselines::put(&mut change, &b, b.version).await? {
                    return Err(changed_meanwhile());
                }
            }
        }
        let entry = Entry::new("visual.baseline.update", Category::Data)
            .organization(b.organization_id)
            .target("baseline", b.uid)
            .describe(format!("Baseline {} changed: version {}", b.name, b.version));
        change.commit(entry).await?;
        Ok(b)
    }

    pub(crate) async fn delete_baseline(&self, cx: &OpCx, b: &Baseline) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !baselines::delete(&mut change, b.id, cx.now()).await? {
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
