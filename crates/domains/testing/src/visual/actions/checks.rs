//! The steps `visual_check` and `accessibility_check` of a test under way.
//!
//! A first picture is nobody's claim: it makes a baseline without a version, waits in the review queue, and the step says
//! with a warning that nothing was compared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use argos_a11y::{Level, Options, Severity, audit};
use argos_cdp::Page;
use argos_kernel::{AppError, Uid};
use argos_webtest::{CheckInput, CheckVerdict, Checks, Later, Phase, Redactor};
use serde_json::{Map, Value, json};

use super::baselines::{Place, blank, changed_meanwhile};
use super::comparing::{Before, Current, Kept, Subject, ignored_by_project, of_project};
use super::files::{EVIDENCE, Owner};
use crate::actions::evidence::phase_word;
use crate::service::Testing;
use crate::visual::model::auto_approve::AutoApprove;
use crate::visual::model::record::{DEFAULT_BRANCH, Status, Taken};
use crate::visual::model::wanted::{Region, TEXT_MAX, Viewport, selectors};
use crate::visual::page::shot::{self, Shot, Wanted};
use crate::visual::store::baselines;

/// Issues that are kept with the step; the document has all of them.
const ISSUES_MAX: usize = 50;

/// The checks of one attempt at a test.
pub(crate) struct StepChecks {
    pub(crate) testing: Arc<Testing>,
    pub(crate) project: argos_identity::Project,
    /// The settings of the project.
    pub(crate) settings: Map<String, Value>,
    /// Whose evidence it is: the run's, or the session's somebody drives.
    pub(crate) owner: Uid,
    pub(crate) run_uid: Option<Uid>,
    /// The test and its name; a session that somebody drives has none: its pictures are compared with those of the project.
    pub(crate) test: Option<(Uid, String)>,
    pub(crate) branch: String,
    pub(crate) view: (u32, u32),
    /// Takes the secrets of the run out of whatever is kept.
    redactor: Redactor,
    found: Mutex<HashMap<(&'static str, usize), Value>>,
}

type Words<T> = Result<T, String>;

fn words(error: &AppError) -> String {
    error.fields().first().map_or_else(|| error.message().to_owned(), |f| f.msg.clone())
}

/// A number an option holds, as a number or as text.
fn number(options: &Map<String, Value>, name: &str) -> Option<f64> {
    let value = options.get(name)?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn flag(options: &Map<String, Value>, name: &str) -> bool {
    options.get(name).is_some_and(|v| v == true || v == "true")
}

/// How the step wants its picture.
fn taken(input: &CheckInput) -> Words<Taken> {
    let list = |name: &str| selectors(input.options.get(name).unwrap_or(&Value::Null), name).map_err(|f| f.msg);
    Ok(Taken {
        full_page: input.full_page,
        mask_selectors: list("mask_selectors")?,
        hide_selectors: list("hide_selectors")?,
        signed_in: false,
    })
}

impl StepChecks {
    pub(crate) fn new(
        testing: &Arc<Testing>,
        project: &argos_identity::Project,
        settings: &Map<String, Value>,
        run: &crate::model::run::Run,
        test: &crate::model::test::Test,
        view: (u32, u32),
        redactor: Redactor,
    ) -> Self {
        let branch = run.ci_metadata.get("branch").and_then(Value::as_str).filter(|b| !b.is_empty());
        Self {
            testing: Arc::clone(testing),
            project: project.clone(),
            settings: settings.clone(),
            owner: run.uid,
            run_uid: Some(run.uid),
            test: Some((test.uid, test.document.name.clone())),
            branch: branch.unwrap_or(DEFAULT_BRANCH).chars().take(TEXT_MAX).collect(),
            view,
            redactor,
            found: Mutex::default(),
        }
    }

    /// Those of a browser that somebody drives.
    pub(crate) fn of_session(
        testing: &Arc<Testing>,
        project: &argos_identity::Project,
        settings: &Map<String, Value>,
        session: Uid,
        view: (u32, u32),
        redactor: Redactor,
    ) -> Self {
        Self {
            testing: Arc::clone(testing),
            project: project.clone(),
            settings: settings.clone(),
            owner: session,
            run_uid: None,
            test: None,
            branch: DEFAULT_BRANCH.to_owned(),
            view,
            redactor,
            found: Mutex::default(),
        }
    }

    fn test_uid(&self) -> Option<Uid> {
        self.test.as_ref().map(|(uid, _)| *uid)
    }

    /// What the checks found, by the list and place of their step.
    pub(crate) fn take(&self) -> HashMap<(&'static str, usize), Value> {
        std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, place: Option<(Phase, usize)>, details: &Value) {
        if let Some((phase, index)) = place {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).insert((phase_word(phase), index), details.clone());
        }
    }

    fn owner(&self) -> Owner {
        Owner { organization_id: self.project.organization_id, project_id: self.project.id, uid: self.owner }
    }

    fn viewport(&self) -> Viewport {
        Viewport { width: self.view.0, height: self.view.1, ..Viewport::default() }
    }

    async fn shot(&self, page: &Page, input: &CheckInput, ignore: Vec<Region>) -> Words<Shot> {
        let Taken { full_page: whole, mask_selectors: mask, hide_selectors: hide, signed_in: _ } = taken(input)?;
        let wanted = Wanted {
            whole,
            element: input.element.as_ref().map(|(_, locator)| locator.clone()),
            ignore,
            mask,
            hide,
            issues: None,
            scale: 1.0,
            limit: input.limit,
        };
        let mut shot = Box::pin(shot::take(page, &wanted)).await.map_err(|e| e.to_string())?;
        // Each time the same way, so that what is compared stays equal.
        shot.facts = shot.facts.without_secrets(&self.redactor).ok_or("what the page says cannot be read")?;
        Ok(shot)
    }

    async fn look(&self, page: &Page, input: CheckInput) -> Words<CheckVerdict> {
        if input.name.chars().count() > TEXT_MAX {
            return Err(format!("visual_check: a name has at most {TEXT_MAX} characters"));
        }
        let (testing, viewport) = (&*self.testing, self.viewport());
        let found =
            testing.baseline_for(self.project.id, self.test_uid(), &input.name, &viewport, &self.branch).await.map_err(|e| words(&e))?;
        let general = found.as_ref().and_then(|b| b.tolerance).unwrap_or_else(|| of_project(&self.settings));
        let tolerance = general.read(&input.options).map_err(|f| f.msg)?;
        let regions = input.options.get("ignore_regions").unwrap_or(&Value::Null);
        let mut ignore = Region::list(regions, "ignore_regions").map_err(|f| f.msg)?;
        ignore.extend(ignored_by_project(&self.settings));
        ignore.extend(found.iter().flat_map(|b| b.ignore_regions.clone()));
        let shot = self.shot(page, &input, ignore).await?;
        let compared = self.compared(&input, found, shot, tolerance).await.map_err(|e| words(&e));
        let (c, png_name) = compared?;
        let m = &c.measured;
        let details = json!({
            "kind": "visual", "name": input.name, "comparison_id": c.uid.to_string(), "baseline_id": c.baseline.map(|b| b.to_string()),
            "baseline_version": c.baseline_version, "status": c.status, "match": m.matches, "match_percentage": m.match_percentage,
            "diff_percentage": m.diff_percentage, "diff_pixel_count": m.diff_pixel_count, "summary": m.summary,
            "before": c.before, "after": png_name, "difference": c.difference, "width": m.width, "height": m.height,
        });
        self.note(input.place, &details);
        let mut warnings = m.warnings.clone();
        let first = c.before.is_none();
        if first {
            warnings.insert(0, format!("baseline_pending: nothing was compared; the picture “{}” waits to be approved", input.name));
        }
        let passed = first || matches!(c.status, Status::Passed | Status::AutoApproved);
        let message = format!("The picture “{}” does not look as approved: {}", input.name, m.summary);
        Ok(CheckVerdict { passed, message, details, warnings })
    }

    async fn compared(
        &self,
        input: &CheckInput,
        found: Option<crate::visual::model::record::Baseline>,
        shot: Shot,
        tolerance: crate::visual::model::wanted::Tolerance,
    ) -> Result<(crate::visual::model::record::Comparison, String), AppError> {
        let testing = &*self.testing;
        let place = input.place.map_or_else(|| "end".to_owned(), |(phase, index)| format!("{}:{index}", phase_word(phase)));
        let owner = Owner { uid: Uid::mint(&*testing.platform.clock, &*testing.platform.rng), ..self.owner() };
        let picture = testing.keep_png(owner, "visual_check", &shot.png, EVIDENCE).await?;
        let facts = serde_json::to_value(&shot.facts).map_err(AppError::internal)?;
        let said = testing.keep_document(owner, "facts", &facts, EVIDENCE).await?;
        let now = testing.platform.clock.now();
        let baseline = found.unwrap_or_else(|| {
            let uid = Uid::mint(&*testing.platform.clock, &*testing.platform.rng);
            let (viewport, taken) = (self.viewport(), taken(input).unwrap_or_default());
            let at = Place { name: &input.name, url: &shot.facts.url, viewport: &viewport, branch: &self.branch };
            let new = blank(&self.project, &at, "run", uid, now);
            crate::visual::model::record::Baseline { test_uid: self.test_uid(), taken, ..new }
        });
        let before = baseline.picture.clone().map(|picture| Before { picture, facts: baseline.facts.clone() });
        let mut subject = Subject {
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            project_uid: self.project.uid,
            name: self.test.as_ref().map_or_else(|| input.name.clone(), |(_, test)| format!("{test} · {}", input.name)),
            url: shot.facts.url.clone(),
            viewport: self.viewport(),
            branch: self.branch.clone(),
            run_uid: self.run_uid,
            test_uid: self.test_uid(),
            baseline: Some(baseline),
            auto_approve: AutoApprove::of(&self.settings),
        };
        let turn = testing.picture_turn().await?;
        let current = Current { picture: shot.picture, facts: shot.facts, ignored: shot.ignored, warnings: shot.warnings, turn };
        let kept = Kept { picture: picture.id.clone(), facts: Some(said.id.clone()), snapshot: None };
        let mut made = testing.make_comparison(&subject, before, current, &kept, tolerance).await?;
        let mut tx = testing.platform.store.state.begin().await?;
        if let Some(new) = subject.baseline.take_if(|b| b.id == 0) {
            // Another run of the test may have been faster.
            let there = baselines::ensure(&mut tx, new).await?.ok_or_else(changed_meanwhile)?;
            (made.comparison.baseline_id, made.comparison.baseline) = (Some(there.id), Some(there.uid));
        }
        testing.note_visual(&mut tx, owner, &[&picture, &said]).await?;
        testing.write_comparison(&mut tx, &mut made).await?;
        tx.commit().await?;
        tracing::debug!(%place, owner = %self.owner, status = made.comparison.status.as_str(), "picture compared");
        Ok((made.comparison, picture.id))
    }

    async fn judge(&self, page: &Page, input: CheckInput) -> Words<CheckVerdict> {
        let o = &input.options;
        let word = |names: [&str; 2]| names.iter().find_map(|n| o.get(*n)).and_then(Value::as_str).map(str::to_owned);
        let level = match word(["wcag_level", "level"]) {
            None => Level::Aa,
            Some(word) => Level::parse(&word).ok_or_else(|| format!("accessibility_check: {word} is none of A, AA, AAA"))?,
        };
        let fail_on = match word(["fail_on", "severity"]) {
            None => Severity::Major,
            Some(word) => Severity::parse(&word).ok_or_else(|| format!("accessibility_check: {word} is none of critical, major, minor"))?,
        };
        let ignore_rules = selectors(o.get("ignore_rules").unwrap_or(&Value::Null), "ignore_rules").map_err(|f| f.msg)?;
        // A test says when its page may be looked at on another screen: it has its size back afterwards.
        let narrow = if flag(o, "test_reflow") {
            let (width, height) = page.main_frame().evaluate::<(u32, u32)>("[innerWidth, innerHeight]").await.map_err(|e| e.to_string())?;
            Some(argos_cdp::Viewport::desktop(width, height))
        } else {
            None
        };
        let options = Options {
            level,
            best_practices: flag(o, "include_best_practices"),
            keyboard: flag(o, "test_keyboard"),
            narrow,
            scope: input.element.as_ref().map(|(_, locator)| (locator.clone(), input.limit)),
            ignore_rules,
        };
        let audit = Box::pin(audit(page, &options)).await.map_err(|e| e.to_string())?;
        let shot = self.shot(page, &CheckInput { full_page: true, element: None, ..input.clone() }, Vec::new()).await?;
        let details = self.kept(&audit, &shot, level).await.map_err(|e| words(&e))?;
        self.note(input.place, &details);
        let broken = audit.issues.iter().filter(|i| i.severity >= fail_on).count();
        let too_many = number(o, "max_issues").is_some_and(|max| f64::from(u32::try_from(audit.issues.len()).unwrap_or(u32::MAX)) > max);
        let too_low = number(o, "min_score").is_some_and(|min| f64::from(audit.overall_score) < min);
        let passed = broken == 0 && !too_many && !too_low;
        let message = match audit.issues.first() {
            Some(first) => format!("{}; the first: {} ({})", audit.summary, first.description, first.selector),
            None => audit.summary.clone(),
        };
        let warnings = if passed && !audit.issues.is_empty() { vec![audit.summary.clone()] } else { Vec::new() };
        Ok(CheckVerdict { passed, message, details, warnings })
    }

    async fn kept(&self, audit: &argos_a11y::Audit, shot: &Shot, level: Level) -> Result<Value, AppError> {
        let testing = &*self.testing;
        let owner = Owner { uid: Uid::mint(&*testing.platform.clock, &*testing.platform.rng), ..self.owner() };
        let picture = testing.keep_png(owner, "accessibility", &shot.png, EVIDENCE).await?;
        let said = self.redactor.clean_value(&serde_json::to_value(audit).map_err(AppError::internal)?);
        let document = testing.keep_document(owner, "audit", &said, EVIDENCE).await?;
        let mut tx = testing.platform.store.state.begin().await?;
        testing.note_visual(&mut tx, owner, &[&picture, &document]).await?;
        tx.commit().await?;
        Ok(json!({
            "kind": "accessibility", "wcag_level": level.as_str(), "score": audit.overall_score,
            "level_compliance": audit.level_compliance, "summary": audit.summary, "issue_count": audit.issues.len(),
            "issues": said["issues"].as_array().map(|all| &all[..all.len().min(ISSUES_MAX)]), "incomplete_count": audit.incomplete.len(),
            "picture": picture.id, "document": document.id, "width": shot.picture.width(), "height": shot.picture.height(),
        }))
    }
}

impl Checks for StepChecks {
    fn visual<'a>(&'a self, page: &'a Page, input: CheckInput) -> Later<'a, Result<CheckVerdict, String>> {
        Box::pin(self.look(page, input))
    }

    fn accessibility<'a>(&'a self, page: &'a Page, input: CheckInput) -> Later<'a, Result<CheckVerdict, String>> {
        Box::pin(self.judge(page, input))
    }
}
