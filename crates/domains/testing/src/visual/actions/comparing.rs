//! Comparing a picture with another one and keeping what was found. Without an approved picture nothing is compared, and
//! what is kept says so.

use std::collections::{HashMap, HashSet};

use argos_events::{NewEvent, Source};
use argos_imagediff::Picture;
use argos_kernel::{AppError, Result, Uid};
use argos_store::Tx;
use serde_json::{Map, Value, json};

use super::files::{EVIDENCE, Owner};
use crate::model::artifact::Artifact;
use crate::service::{PictureTurn, Testing};
use crate::visual::model::auto_approve::AutoApprove;
use crate::visual::model::difference::Kind;
use crate::visual::model::layout::{Facts, Rect};
use crate::visual::model::record::{Baseline, Comparison, Measured, Status};
use crate::visual::model::verdict::{Manner, Side, judge};
use crate::visual::model::wanted::{Region, Tolerance, Viewport};
use crate::visual::store::comparisons;

/// Of this many of the last five approved comparisons an element must have changed to be called dynamic.
const LEARNED_FROM: usize = 3;

/// What is compared, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
    pub(crate) project_uid: Uid,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) viewport: Viewport,
    pub(crate) branch: String,
    pub(crate) run_uid: Option<Uid>,
    pub(crate) test_uid: Option<Uid>,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) auto_approve: AutoApprove,
}

/// The picture that was approved, or the older one.
pub(crate) struct Before {
    pub(crate) picture: String,
    pub(crate) facts: Option<String>,
}

/// The present picture.
pub(crate) struct Current {
    pub(crate) picture: Picture,
    pub(crate) facts: Facts,
    /// In CSS pixels.
    pub(crate) ignored: Vec<Rect>,
    pub(crate) warnings: Vec<String>,
    pub(crate) turn: PictureTurn,
}

/// Where the present picture is kept.
pub(crate) struct Kept {
    pub(crate) picture: String,
    pub(crate) facts: Option<String>,
    /// The snapshot, when there is one.
    pub(crate) snapshot: Option<Uid>,
}

/// A comparison that is not written yet, with the artifact of its difference.
pub(crate) struct Made {
    pub(crate) comparison: Comparison,
    pub(crate) difference: Option<Artifact>,
}

/// The tolerance a project asks for.
pub(crate) fn of_project(settings: &Map<String, Value>) -> Tolerance {
    let stored = settings.get("visual").and_then(Value::as_object).cloned().unwrap_or_default();
    // A stored value that cannot be read was never taken by the settings route.
    Tolerance::default().read(&stored).unwrap_or_default()
}

/// Selectors a project never compares.
pub(crate) fn ignored_by_project(settings: &Map<String, Value>) -> Vec<Region> {
    let list = settings.get("visual").and_then(|v| v.get("ignore_selectors")).and_then(Value::as_array);
    let selectors = list.into_iter().flatten().filter_map(Value::as_str);
    selectors.map(|s| Region::Selector { selector: s.to_owned() }).collect()
}

/// Where regions lie on a page that is not open any more: elements are found by their own selector or text.
pub(crate) fn on_paper(regions: &[Region], facts: &Facts) -> Vec<Rect> {
    let boxes = |wanted: &dyn Fn(&crate::visual::model::layout::Element) -> bool| {
        facts.elements.iter().filter(|e| wanted(e)).map(|e| e.bounds).collect::<Vec<_>>()
    };
    let found = regions.iter().flat_map(|region| match region {
        Region::Area(rect) => vec![*rect],
        Region::Selector { selector } => boxes(&|e| e.selector == *selector),
        Region::Text(text) => boxes(&|e| e.selector == *text || e.text.contains(text.as_str())),
    });
    found.collect()
}

impl Testing {
    /// Elements that change so often that it says nothing.
    async fn learned(&self, baseline: Option<i64>) -> Result<HashSet<String>> {
        let Some(id) = baseline else { return Ok(HashSet::new()) };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for measured in comparisons::approved(&self.platform.store.state, id).await? {
            let changed: HashSet<String> =
                measured.differences.into_iter().filter(|d| d.kind != Kind::Missing).filter_map(|d| d.element).collect();
            for element in changed {
                *counts.entry(element).or_default() += 1;
            }
        }
        Ok(counts.into_iter().filter(|(_, n)| *n >= LEARNED_FROM).map(|(element, _)| element).collect())
    }

    async fn measured(
        &self,
        subject: &Subject,
        before: Option<&Before>,
        current: Current,
        tolerance: Tolerance,
    ) -> Result<(Measured, Option<Vec<u8>>)> {
        let scale = subject.viewport.device_scale_factor;
        let Current { picture, facts: said, ignored, warnings, turn } = current;
        let (width, height) = (picture.width(), picture.height());
        let Some(before) = before else {
            let summary = "Nobody has approved a picture yet, so nothing was compared".to_owned();
            let Tolerance { threshold, threshold_percentage } = tolerance;
            return Ok((
                Measured { threshold, threshold_percentage, summary, warnings, width, height, scale, ..Measured::default() },
                None,
            ));
        };
        let learned = self.learned(subject.baseline.as_ref().map(|b| b.id)).await?;
        let (old, turn) = self.picture_of(&before.picture, turn).await?;
        let facts = self.facts_of(before.facts.as_deref()).await?;
        let view = (subject.viewport.width, subject.viewport.height);
        let work = move || {
            let _turn = turn;
            let manner = Manner { tolerance, ignored: &ignored, learned: &learned, scale, view };
            let (a, b) = (Side { picture: &old, facts: facts.as_ref() }, Side { picture: &picture, facts: Some(&said) });
            let verdict = judge(&a, &b, &manner);
            let png = verdict.picture.and_then(|p| p.to_png().ok());
            (Measured { warnings, ..verdict.measured }, png)
        };
        tokio::task::spawn_blocking(work).await.map_err(AppError::internal)
    }

    /// Compares; the rows are the caller's to insert with [`Testing::write_comparison`].
    pub(crate) async fn make_comparison(
        &self,
        subject: &Subject,
        before: Option<Before>,
        current: Current,
        kept: &Kept,
        tolerance: Tolerance,
    ) -> Result<Made> {
        let (clock, rng) = (&self.platform.clock, &self.platform.rng);
        let uid = Uid::mint(&**clock, &**rng);
        let (measured, png) = self.measured(subject, before.as_ref(), current, tolerance).await?;
        let owner = Owner { organization_id: subject.organization_id, project_id: subject.project_id, uid };
        let difference = match png {
            Some(png) => Some(self.keep_png(owner, "difference", &png, EVIDENCE).await?),
            None => None,
        };
        let fine = measured.matches == Some(true) && !measured.differences.iter().any(|d| d.is_regression);
        let status = if fine {
            Status::Passed
        } else if subject.auto_approve.takes(&measured) {
            Status::AutoApproved
        } else {
            Status::PendingReview
        };
        let comparison = Comparison {
            id: 0,
            uid,
            organization_id: subject.organization_id,
            project_id: subject.project_id,
            project_uid: subject.project_uid,
            baseline: subject.baseline.as_ref().map(|b| b.uid),
            baseline_id: subject.baseline.as_ref().map(|b| b.id),
            baseline_version: subject.baseline.as_ref().map_or(0, |b| b.version),
            name: subject.name.clone(),
            url: subject.url.clone(),
            browser: "chromium".to_owned(),
            viewport: subject.viewport.clone(),
            branch: subject.branch.clone(),
            run_uid: subject.run_uid,
            test_uid: subject.test_uid,
            status,
            superseded: false,
            before: before.map(|b| b.picture),
            after: kept.picture.clone(),
            after_facts: kept.facts.clone(),
            difference: difference.as_ref().map(|a| a.id.clone()),
            current: kept.snapshot,
            measured,
            notes: None,
            reviewed_by: None,
            reviewed_at: None,
            compared_at: clock.now(),
        };
        Ok(Made { comparison, difference })
    }

    /// Writes a comparison with the row of its difference.
    pub(crate) async fn write_comparison(&self, tx: &mut Tx, made: &mut Made) -> Result<()> {
        let c = &mut made.comparison;
        let owner = Owner { organization_id: c.organization_id, project_id: c.project_id, uid: c.uid };
        let all: Vec<&Artifact> = made.difference.iter().collect();
        self.note_visual(tx, owner, &all).await?;
        let days = self.settings().i64(EVIDENCE)?;
        c.id = comparisons::insert(tx, c, c.compared_at.plus_secs(days.saturating_mul(86_400))).await?;
        if c.status == Status::PendingReview {
            let data = json!({ "comparison_id": c.uid.to_string(), "project_id": c.project_uid.to_string(), "name": c.name, "url": c.url,
                               "diff_percentage": c.measured.diff_percentage, "summary": c.measured.summary });
            let event = NewEvent::new(Source::Quality, "visual.mismatch.detected", format!("{}: {}", c.name, c.measured.summary));
            let event = event.organization(c.organization_id).project(c.project_id).subject("comparison", c.uid, &c.name).data(data);
            self.platform.events.publish(tx, event).await?;
        }
        Ok(())
    }
}
