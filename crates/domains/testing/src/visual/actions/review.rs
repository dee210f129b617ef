//! Deciding about pictures that differ: once, by one person, and never about a picture that a newer one replaced.

use argos_audit::{Category, Entry};
use argos_identity::ProjectAccess;
use argos_kernel::{AppError, Result, Uid};
use argos_web::{OpCx, Req};

use super::baselines::{Promoted, changed_meanwhile, promote};
use crate::service::Testing;
use crate::visual::model::difference::Kind;
use crate::visual::model::record::{Baseline, Comparison, Status};
use crate::visual::store::{baselines, comparisons};

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Comparison not found")
}

/// Somebody decided before, or a newer picture took its place.
fn decided(c: &Comparison) -> AppError {
    let text = match (&c.reviewed_by, c.superseded) {
        (Some(by), _) => format!("{by} has decided already: {}", c.status.as_str()),
        (None, true) => "It is over: a newer picture took its place".to_owned(),
        (None, false) => format!("There is nothing to decide: {}", c.status.as_str()),
    };
    AppError::conflict(text).code("not_pending").with("status", c.status.as_str())
}

/// What came of an approval.
pub(crate) struct Approved {
    pub(crate) comparison: Comparison,
    pub(crate) changes: Vec<String>,
    pub(crate) baseline_updated: bool,
}

impl Testing {
    /// A comparison the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn comparison_named(&self, req: &Req, text: &str) -> Result<(Comparison, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let found = comparisons::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    /// Accepts what differs. The picture becomes the baseline when all differences are accepted; `changes` names some.
    pub(crate) async fn approve(
        &self,
        cx: &OpCx,
        uid: Uid,
        changes: Option<&[String]>,
        notes: Option<&str>,
        update_baseline: bool,
    ) -> Result<Approved> {
        let (by, now) = (cx.caller.username.as_str(), cx.now());
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let c = comparisons::find_in(&mut change, uid).await?.ok_or_else(not_found)?;
        let all = c.measured.differences.iter();
        let approved: Vec<String> =
            all.clone().map(|d| d.id.clone()).filter(|id| changes.is_none_or(|wanted| wanted.contains(id))).collect();
        let complete = all.filter(|d| d.kind != Kind::Dynamic).all(|d| approved.contains(&d.id));
        if !comparisons::review(&mut change, c.id, Status::Approved, notes, by, now).await? {
            return Err(decided(&c));
        }
        let mut updated = false;
        if update_baseline
            && complete
            && let Some(baseline) = c.baseline
            && let Some(found) = baselines::find_in(&mut change, baseline).await?
        {
            let shared = found.branch != c.branch;
            let mut target = self.on_branch(&mut change, found, &c, by).await?;
            // The baseline of a branch that had none is new; any other picture in it is one this comparison never saw.
            if target.version != if shared { 0 } else { c.baseline_version } {
                return Err(changed_meanwhile());
            }
            if !c.viewport.is_as_large_as(&target.viewport) {
                let text = "The picture has another size than the baseline's; approve it without update_baseline, or reject it";
                return Err(AppError::conflict(text).code("viewport_mismatch"));
            }
            let note = notes.filter(|n| !n.is_empty()).unwrap_or("approved in review");
            let (facts, taken) = (c.after_facts.as_deref(), c.measured.taken.as_ref());
            promote(&mut change, &mut target, &Promoted { picture: &c.after, facts, taken, note, by, now }).await?;
            self.tell_baseline(&mut change, &target).await?;
            updated = true;
        }
        let entry = Entry::new("visual.approve", Category::Action)
            .organization(c.organization_id)
            .target("comparison", c.uid)
            .describe(format!("Picture {} approved: {}", c.name, c.measured.summary));
        change.commit(entry).await?;
        let comparison = comparisons::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        Ok(Approved { comparison, changes: approved, baseline_updated: updated })
    }

    /// The baseline of the comparison's own branch; made when there is only that of the default branch.
    async fn on_branch(&self, tx: &mut argos_store::Tx, found: Baseline, c: &Comparison, by: &str) -> Result<Baseline> {
        if found.branch == c.branch {
            return Ok(found);
        }
        let now = self.platform.clock.now();
        let own = Baseline {
            uid: Uid::mint(&*self.platform.clock, &*self.platform.rng),
            branch: c.branch.clone(),
            version: 0,
            picture: None,
            facts: None,
            created_by: by.to_owned(),
            created_at: now,
            updated_at: now,
            ..found
        };
        baselines::ensure(tx, own).await?.ok_or_else(changed_meanwhile)
    }

    /// Refuses what differs: the baseline stays, and the next run says the same again.
    pub(crate) async fn reject(&self, cx: &OpCx, uid: Uid, notes: &str) -> Result<Comparison> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let c = comparisons::find_in(&mut change, uid).await?.ok_or_else(not_found)?;
        if !comparisons::review(&mut change, c.id, Status::Rejected, Some(notes), &cx.caller.username, cx.now()).await? {
            return Err(decided(&c));
        }
        let entry = Entry::new("visual.reject", Category::Action)
            .organization(c.organization_id)
            .target("comparison", c.uid)
            .describe(format!("Picture {} rejected: {notes}", c.name));
        change.commit(entry).await?;
        comparisons::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)
    }

    /// Compares a name on a branch, else on the default branch.
    pub(crate) async fn baseline_for(
        &self,
        project_id: i64,
        test: Option<Uid>,
        name: &str,
        viewport: &crate::visual::model::wanted::Viewport,
        branch: &str,
    ) -> Result<Option<Baseline>> {
        let db = &self.platform.store.state;
        let at = |branch: &str| baselines::place(test, name, "chromium", viewport, branch);
        let own = baselines::find_at(db, project_id, &at(branch)).await?;
        let has_picture = own.as_ref().is_some_and(|b| b.version > 0);
        if has_picture || branch == crate::visual::model::record::DEFAULT_BRANCH {
            return Ok(own);
        }
        let general = baselines::find_at(db, project_id, &at(crate::visual::model::record::DEFAULT_BRANCH)).await?;
        Ok(general.filter(|b| b.version > 0).or(own))
    }
}
