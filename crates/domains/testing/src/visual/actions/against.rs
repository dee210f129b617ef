//! Comparing what is shown now with a baseline or an older picture, taken the same way.

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::{OpCx, Req};
use serde_json::{Map, Value};

use super::capture::Order;
use super::comparing::{Before, Current, Kept, Subject, ignored_by_project, of_project, on_paper};
use crate::service::Testing;
use crate::visual::model::auto_approve::AutoApprove;
use crate::visual::model::layout::PageIssue;
use crate::visual::model::record::{Baseline, ChangeStory, Comparison, DEFAULT_BRANCH, Snapshot, Taken};
use crate::visual::model::wanted::{Region, Viewport};
use crate::visual::page::shot::Shot;
use crate::visual::store::baselines;

/// Screens that are compared at once.
const SCREENS_MAX: i64 = 10;

/// What is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Against {
    Baseline(Box<Baseline>),
    Snapshot(Box<Snapshot>),
}

impl Against {
    /// How its picture was taken.
    pub(crate) fn taken(&self) -> Taken {
        match self {
            Self::Baseline(b) => b.taken.clone(),
            Self::Snapshot(s) => Taken::of_metadata(&s.metadata),
        }
    }

    pub(crate) fn viewport(&self) -> &Viewport {
        match self {
            Self::Baseline(b) => &b.viewport,
            Self::Snapshot(s) => &s.viewport,
        }
    }
}

/// What is shown now.
pub(crate) enum Shown {
    Address(Box<Order>),
    Snapshot(Box<Snapshot>),
    /// A picture that was just taken.
    Fresh(Box<Snapshot>, Box<Shot>),
}

/// How strictly: a document whose `sensitivity`, `threshold` and `threshold_percentage` win over what is stored, and regions
/// besides the stored ones.
pub(crate) struct Strictness<'a> {
    pub(crate) document: &'a Map<String, Value>,
    pub(crate) regions: Vec<Region>,
    /// What is said of the change.
    pub(crate) story: ChangeStory,
}

impl Testing {
    /// A baseline, else a snapshot, that the caller may see.
    pub(crate) async fn against_named(&self, req: &Req, named: &str) -> Result<(Against, ProjectAccess)> {
        match self.baseline_named(req, named).await {
            Ok((baseline, access)) => Ok((Against::Baseline(Box::new(baseline)), access)),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let (snapshot, access) = self.snapshot_named(req, named).await.map_err(|_| super::baselines::not_found())?;
                Ok((Against::Snapshot(Box::new(snapshot)), access))
            }
            Err(e) => Err(e),
        }
    }

    /// The baselines of its name, test, branch and browser, one for each screen; 400 when there are more than anybody waits for.
    pub(crate) async fn screens_of(&self, b: &Baseline) -> Result<Vec<Baseline>> {
        let found = baselines::screens(&self.platform.store.state, b, SCREENS_MAX + 1).await?;
        if i64::try_from(found.len()).is_ok_and(|n| n <= SCREENS_MAX) {
            return Ok(found);
        }
        let text = format!("{} has baselines for more than {SCREENS_MAX} screens; compare them one by one", b.name);
        Err(AppError::bad_request(text).code("too_many_screens").with("field", "baseline_id"))
    }

    /// Areas that are left out of every comparison with it.
    pub(crate) fn ignored(against: &Against, settings: &Map<String, Value>) -> Vec<Region> {
        let mut regions = ignored_by_project(settings);
        if let Against::Baseline(b) = against {
            regions.extend(b.ignore_regions.clone());
        }
        regions
    }

    /// A picture of an address with its responsive faults; taken as a baseline is and compared with it, where there is one.
    pub(crate) async fn screen(
        &self,
        cx: &OpCx,
        project: &Project,
        order: Order,
        against: Option<Baseline>,
    ) -> Result<(Snapshot, Vec<PageIssue>, Option<Comparison>)> {
        let Some(baseline) = against else {
            let (snapshot, shot) = Box::pin(self.capture(cx, project, &order)).await?;
            return Ok((snapshot, shot.facts.issues, None));
        };
        let settings = self.platform.identity.project_values(project).await?.settings;
        let against = Against::Baseline(Box::new(baseline));
        let Taken { full_page, mask_selectors: mask, hide_selectors: hide, signed_in: _ } = against.taken();
        let order = Order { full_page, mask, hide, ignore: Self::ignored(&against, &settings), ..order };
        let (snapshot, shot) = Box::pin(self.capture(cx, project, &order)).await?;
        let (issues, kept, none) = (shot.facts.issues.clone(), snapshot.clone(), Map::new());
        let strictness = Strictness { document: &none, regions: Vec::new(), story: ChangeStory::default() };
        let shown = Shown::Fresh(Box::new(snapshot), Box::new(shot));
        let comparison = Box::pin(self.compare_with(cx, project, against, shown, strictness)).await?;
        Ok((kept, issues, Some(comparison)))
    }

    /// Compares and keeps what was found.
    pub(crate) async fn compare_with(
        &self,
        cx: &OpCx,
        project: &Project,
        against: Against,
        shown: Shown,
        strictness: Strictness<'_>,
    ) -> Result<Comparison> {
        let settings = self.platform.identity.project_values(project).await?.settings;
        let general = match &against {
            Against::Baseline(b) => b.tolerance,
            Against::Snapshot(_) => None,
        };
        let tolerance = general.unwrap_or_else(|| of_project(&settings)).read(strictness.document);
        let tolerance = tolerance.map_err(|f| AppError::invalid(vec![f]))?;
        let mut regions = strictness.regions;
        regions.extend(Self::ignored(&against, &settings));
        let fresh = |shot: Shot, turn| {
            let Shot { picture, facts, ignored, warnings, .. } = shot;
            Current { picture, facts, ignored, warnings, turn }
        };
        let (snapshot, current) = match shown {
            Shown::Snapshot(s) => {
                let facts = self.facts_of(Some(&s.facts)).await?.unwrap_or_default();
                let ignored = on_paper(&regions, &facts);
                let (picture, turn) = self.picture_of(&s.picture, self.picture_turn().await?).await?;
                (*s, Current { picture, facts, ignored, warnings: Vec::new(), turn })
            }
            Shown::Address(order) => {
                let order = Order { ignore: regions, ..*order };
                let (s, shot) = Box::pin(self.capture(cx, project, &order)).await?;
                (s, fresh(shot, self.picture_turn().await?))
            }
            Shown::Fresh(s, shot) => (*s, fresh(*shot, self.picture_turn().await?)),
        };
        let (name, branch, before, baseline) = match against {
            Against::Baseline(b) => {
                let before = b.picture.clone().map(|picture| Before { picture, facts: b.facts.clone() });
                (b.name.clone(), b.branch.clone(), before, Some(*b))
            }
            Against::Snapshot(s) => {
                let before = Before { picture: s.picture.clone(), facts: Some(s.facts.clone()) };
                (s.name.clone().unwrap_or_else(|| s.url.clone()), DEFAULT_BRANCH.to_owned(), Some(before), None)
            }
        };
        let subject = Subject {
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            name,
            url: snapshot.url.clone(),
            viewport: snapshot.viewport.clone(),
            branch,
            run_uid: None,
            test_uid: None,
            baseline,
            auto_approve: AutoApprove::of(&settings),
        };
        let kept = Kept { picture: snapshot.picture.clone(), facts: Some(snapshot.facts.clone()), snapshot: Some(snapshot.uid) };
        let mut made = self.make_comparison(&subject, before, current, &kept, tolerance).await?;
        made.comparison.measured.story = strictness.story;
        made.comparison.measured.taken = Some(Taken::of_metadata(&snapshot.metadata));
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        self.write_comparison(&mut change, &mut made).await?;
        let c = &made.comparison;
        let entry = Entry::new("visual.compare", Category::Action)
            .organization(c.organization_id)
            .target("comparison", c.uid)
            .describe(format!("Picture {} compared: {}", c.name, c.measured.summary));
        change.commit(entry).await?;
        Ok(made.comparison)
    }
}
