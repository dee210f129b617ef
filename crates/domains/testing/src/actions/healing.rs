//! Healing inside runs: what the engine may do to a test, and what it found, kept as proposals with their evidence.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_identity::Project;
use argos_kernel::{PageRequest, Result, Timestamp, Uid};
use argos_webtest::heal::{HealPolicy, Healing, KnownElement, Pattern, spelling};
use argos_webtest::{Outcome, Status};
use serde_json::{Value, json};

use super::artifacts::Evidence;
use super::evidence::{FAILURE, phase_word};
use super::executor::Stage;
use super::heal_alternatives::{judge_alternative, of_elements};
use crate::model::artifact::Kind;
use crate::model::heal_config::HealConfig;
use crate::model::healing::{Details, Scope, Suggestion, SuggestionStatus, pattern_fingerprint};
use crate::model::result::{ResultStatus, TestResult};
use crate::model::test::Test;
use crate::service::Testing;
use crate::store::{alternatives, elements, patterns, results, suggestions};

/// How long a refused proposal is not made again.
const REFUSED_S: i64 = 30 * 86_400;
const HOUR_S: i64 = 3_600;
/// Patterns and results that are looked at.
const PATTERNS_MAX: i64 = 500;
const RESULTS_LOOKED_AT: i64 = 20;

/// What is known of the healing of a test when its run begins.
pub(crate) struct HealPlan {
    pub(crate) config: HealConfig,
    known: Vec<KnownElement>,
    policy: HealPolicy,
    last_green: Option<TestResult>,
}

impl HealPlan {
    pub(crate) fn policy(&self) -> HealPolicy {
        self.policy.clone()
    }
}

impl Testing {
    /// What counts for a project.
    pub(crate) async fn heal_config(&self, organization_id: i64, project_id: i64) -> Result<HealConfig> {
        let rows = patterns::configs(&self.platform.store.state, organization_id, project_id).await?;
        let of = |id: i64| rows.iter().find(|r| r.project_id == id).map(|r| r.fields.clone()).unwrap_or_default();
        Ok(HealConfig::of(&of(0), &if project_id == 0 { serde_json::Map::new() } else { of(project_id) }))
    }

    /// What the engine may do to heal a test; `None` where healing is switched off.
    pub(crate) async fn heal_plan(&self, project: &Project, test: &Test, now: Timestamp) -> Result<Option<HealPlan>> {
        let db = &self.platform.store.state;
        let config = self.heal_config(project.organization_id, project.id).await?;
        if !config.flag("enabled") {
            return Ok(None);
        }
        let known = elements::of_test(db, test.id).await?;
        let budget = config.count("max_heals_per_hour").unwrap_or(0) - suggestions::uses(db, project.id, now.minus_secs(HOUR_S)).await?;
        let most = config.count("max_heals_per_test").unwrap_or(0).min(budget).max(0);
        let page = PageRequest { limit: RESULTS_LOOKED_AT, offset: 0 };
        let lately = results::of_test(db, test.uid, None, page).await?.items;
        let waits = waits(&lately);
        let last_green = lately.into_iter().find(|r| r.status == ResultStatus::Passed);
        let selectors = config.flag("heal_selectors");
        let late = if config.flag("heal_timeouts") { config.count("max_wait_time_ms").unwrap_or(0) } else { 0 };
        let refused = suggestions::refused(db, test.id, now.minus_secs(REFUSED_S)).await?;
        let policy = HealPolicy {
            min_confidence_suggest: config.share("min_confidence_suggest"),
            heal_in_run: self.settings().bool("quality.heal_in_run")? && most > 0,
            max_heals_per_test: u32::try_from(most.max(1)).unwrap_or(u32::MAX),
            fingerprints: if selectors { known.clone() } else { Vec::new() },
            patterns: if selectors { self.patterns_for(project, &config).await? } else { Vec::new() },
            alternatives: if selectors {
                of_elements(&known, &alternatives::of_test(db, project.id, test.id).await?, &config)
            } else {
                Vec::new()
            },
            strategies: config.names("preferred_selector_strategies").into_iter().map(str::to_owned).collect(),
            refused: refused.pairs,
            refused_late: refused.late,
            known_exceptions: last_green.as_ref().map(exceptions).unwrap_or_default(),
            late_max: Duration::from_millis(u64::try_from(late).unwrap_or(0)),
            waits,
            attempt: 1,
        };
        Ok(Some(HealPlan { config, known, policy, last_green }))
    }

    /// Replacements people approved: of the project, and of the others of the organization when they are shared.
    async fn patterns_for(&self, project: &Project, config: &HealConfig) -> Result<Vec<Pattern>> {
        let own = (!config.flag("share_patterns_across_projects")).then_some(project.id);
        let page = PageRequest { limit: PATTERNS_MAX, offset: 0 };
        let kept = patterns::list(&self.platform.store.state, project.organization_id, own, 0.0, page).await?;
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut kept = kept.items;
        // The project's own come before those of others.
        kept.sort_by_key(|p| p.project_id != project.id);
        Ok(kept
            .into_iter()
            .map(|p| Pattern { original: p.original, healed: p.healed, successes: count(p.successes), failures: count(p.failures) })
            .collect())
    }
}

/// Whether two proposals for a step say the same; of more time, how much more is no difference.
fn is_same(old: &Suggestion, new: &Suggestion) -> bool {
    let is_time = old.fix_type == "increase_timeout";
    old.fix_type == new.fix_type && old.old_value == new.old_value && (is_time || old.new_value == new.new_value)
}

/// What a proposal that was made again proposes: the longer of two times.
fn longer(old: &Suggestion, new: &Suggestion) -> String {
    let ms = |s: &Suggestion| s.new_value.parse::<u64>().unwrap_or(0);
    if new.fix_type == "increase_timeout" && ms(old) > ms(new) { old.new_value.clone() } else { new.new_value.clone() }
}

/// How long the steps of each selector took where they passed, of results the newest of which comes first.
fn waits(results: &[TestResult]) -> BTreeMap<String, Vec<u64>> {
    let mut waits: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for step in results.iter().rev().flat_map(|r| &r.body.step_results).filter(|s| s.status == "passed") {
        if let (Some(target), Ok(took)) = (&step.target, u64::try_from(step.duration_ms)) {
            waits.entry(target.clone()).or_default().push(took);
        }
    }
    waits
}

/// What a page throws though its test passes.
fn exceptions(result: &TestResult) -> Vec<String> {
    let thrown = |e: &&Value| e.get("kind").and_then(Value::as_str) == Some("exception");
    let text = |e: &Value| e.get("text").and_then(Value::as_str).map(str::to_owned);
    result.body.console_errors.iter().filter(thrown).filter_map(text).collect()
}

impl Stage<'_> {
    /// Keeps what healing found in the last attempt of a test, and puts into the test what may go in by itself.
    pub(super) async fn keep_healings(&self, test: &Test, plan: &HealPlan, outcome: &Outcome, result: Uid) -> Result<()> {
        for step in &outcome.step_results {
            let index = i64::try_from(step.step_index).unwrap_or(i64::MAX);
            if let Some(healing) = step.healing.as_ref().filter(|h| h.new_value.is_some()) {
                let found = self.suggestion(test, plan, (phase_word(step.phase), index, step.target.clone()), healing);
                if found.confidence >= plan.config.share("min_confidence_suggest") {
                    self.propose(test, plan, found, (healing, outcome.status == Status::Passed, result)).await?;
                }
            } else if let Some(found) =
                step.assertion.as_ref().and_then(|a| self.text_changed(test, plan, phase_word(step.phase), index, a))
            {
                self.propose_text(plan, found).await?;
            }
        }
        for (place, healing) in outcome.claim_healings.iter().filter(|(_, healing)| healing.new_value.is_some()) {
            let index = i64::try_from(*place).unwrap_or(i64::MAX);
            let written = test.document.list("assertions").get(*place);
            let target = written.and_then(|claim| claim.get("target")).and_then(Value::as_str).map(str::to_owned);
            let found = self.suggestion(test, plan, ("assertions", index, target), healing);
            if found.confidence >= plan.config.share("min_confidence_suggest") {
                self.propose(test, plan, found, (healing, outcome.status == Status::Passed, result)).await?;
            }
        }
        let end = outcome.assertion_results.len().saturating_sub(test.document.list("assertions").len());
        for (n, claim) in outcome.assertion_results.iter().skip(end).enumerate() {
            let index = i64::try_from(n).unwrap_or(i64::MAX);
            // The claims at the end come after those of steps, unless the test ended before them.
            let is_it = test.document.list("assertions").get(n).and_then(|a| a.get("type")).and_then(Value::as_str) == Some(&claim.kind);
            if let Some(found) = Some(claim).filter(|_| is_it).and_then(|a| self.text_changed(test, plan, "assertions", index, a)) {
                self.propose_text(plan, found).await?;
            }
        }
        Ok(())
    }

    fn blank(&self, test: &Test, phase: &str, index: i64) -> Suggestion {
        let platform = &self.testing.platform;
        Suggestion {
            id: 0,
            uid: Uid::mint(&*platform.clock, &*platform.rng),
            organization_id: test.organization_id,
            project_id: test.project_id,
            project_uid: test.project_uid,
            test_id: test.id,
            test_uid: test.uid,
            test_name: test.document.name.clone(),
            status: SuggestionStatus::Pending,
            phase: phase.to_owned(),
            step_index: index,
            error_type: String::new(),
            failure_type: String::new(),
            fix_type: String::new(),
            old_value: String::new(),
            new_value: String::new(),
            confidence: 0.0,
            times_seen: 1,
            times_used: 0,
            run_uid: self.run.uid,
            details: Details::default(),
            created_at: self.ctx.now(),
            reviewed_at: None,
            reviewed_by: None,
            note: None,
        }
    }

    fn suggestion(&self, test: &Test, plan: &HealPlan, (phase, index, target): (&str, i64, Option<String>), h: &Healing) -> Suggestion {
        let known = plan.known.iter().find(|k| k.selector == h.element);
        let (width, height) = self.run.wanted.viewport.unwrap_or(self.manner.viewport);
        Suggestion {
            error_type: h.error_code.clone(),
            failure_type: h.failure_type.clone(),
            fix_type: h.fix_type.clone(),
            old_value: h.old_value.clone(),
            new_value: h.new_value.clone().unwrap_or_default(),
            confidence: h.confidence,
            times_used: i64::from(h.used),
            details: Details {
                runner_up: h.runner_up_confidence,
                strategy: h.strategy.clone(),
                explanation: h.explanation.clone(),
                target,
                page_url: h.page_url.clone(),
                candidates: h.candidates.clone(),
                fingerprint: known.and_then(|k| serde_json::to_value(&k.fingerprint).ok()),
                area: h.area,
                view: Some([width, height]),
                ..Details::default()
            },
            ..self.blank(test, phase, index)
        }
    }

    /// A claim about a text that is nearly what is there: proposed, never put in by itself.
    fn text_changed(
        &self,
        test: &Test,
        plan: &HealPlan,
        phase: &str,
        index: i64,
        a: &argos_webtest::AssertionResult,
    ) -> Option<Suggestion> {
        let (expected, actual) = (a.expected.as_ref()?.as_str()?, a.actual.as_ref()?.as_str()?);
        let is_text = matches!(a.kind.as_str(), "text_equals" | "text_contains" | "title_equals" | "title_contains");
        if a.passed || !is_text || !plan.config.flag("heal_text_content") {
            return None;
        }
        let likeness = spelling(expected, actual);
        (likeness >= plan.config.share("text_similarity_threshold") && actual.chars().count() <= 300).then(|| Suggestion {
            error_type: "assertion_failed".to_owned(),
            failure_type: "data_changed".to_owned(),
            fix_type: "update_assertion".to_owned(),
            old_value: expected.to_owned(),
            new_value: actual.trim().to_owned(),
            confidence: likeness,
            details: Details {
                strategy: "text".to_owned(),
                explanation: "the text on the page is nearly the one the test expects".to_owned(),
                target: a.target.clone(),
                ..Details::default()
            },
            ..self.blank(test, phase, index)
        })
    }

    async fn propose_text(&self, plan: &HealPlan, found: Suggestion) -> Result<()> {
        let refused = plan.policy.refused.iter().any(|(old, new)| *old == found.old_value && *new == found.new_value);
        if !refused {
            let stored = self.put_suggestion(found).await?;
            self.tell_found(plan, &stored, false).await?;
        }
        Ok(())
    }

    async fn propose(
        &self,
        test: &Test,
        plan: &HealPlan,
        mut found: Suggestion,
        (healing, passed, result): (&Healing, bool, Uid),
    ) -> Result<()> {
        let place = format!("{result}:heal:{}:{}", found.phase, found.step_index);
        if let Some(picture) = &healing.picture {
            let metadata =
                json!({ "test_id": test.uid.to_string(), "phase": found.phase, "step_index": found.step_index, "what": "healing" });
            found.details.after = Some(self.put_picture(&place, picture, metadata, FAILURE).await?);
        }
        found.details.before = self.picture_before(plan, &found, &place).await?;
        let stored = self.put_suggestion(found).await?;
        let needs_person = self.testing.settings().bool("quality.require_healing_approval")?;
        let by_itself = healing.used && passed && !needs_person && plan.config.applies_by_itself(stored.confidence);
        let by_itself = by_itself && !stored.details.held;
        let applied = by_itself && self.testing.apply_by_itself(&stored, Scope::Step).await.is_ok();
        if healing.used && passed && !applied && plan.config.flag("learn_from_success") {
            self.learn(&stored).await?;
        }
        if !applied {
            self.tell_found(plan, &stored, healing.used).await?;
        }
        self.recorder.say(
            "healing",
            json!({ "test_id": test.uid.to_string(), "step_index": stored.step_index, "suggestion_id": stored.uid.to_string(),
                    "confidence": stored.confidence, "status": if applied { "auto_applied" } else { "pending" } }),
        );
        Ok(())
    }

    /// The picture of the step when it last passed with the selector it has now, kept as long as the proposal's own.
    async fn picture_before(&self, plan: &HealPlan, found: &Suggestion, place: &str) -> Result<Option<String>> {
        let steps = plan.last_green.iter().flat_map(|r| &r.body.step_results);
        let same = steps.filter(|s| s.phase == found.phase && s.step_index == found.step_index && s.target == found.details.target);
        let Some(id) = same.filter(|s| s.status == "passed").find_map(|s| s.screenshot.clone()) else { return Ok(None) };
        let Ok(artifact) = self.testing.artifact(&id).await else { return Ok(None) };
        let Ok(bytes) = self.testing.artifact_bytes(&artifact).await else { return Ok(None) };
        let content_type = if artifact.content_type == "image/png" { "image/png" } else { "image/jpeg" };
        let evidence = Evidence { kind: Kind::Screenshot, content_type, metadata: json!({ "what": "before healing" }), retention: FAILURE };
        Ok(Some(self.put(&format!("{place}:before"), &bytes, evidence).await?))
    }

    /// The row of a proposal: the one that waits already, or a new one that takes the place of others at the step.
    async fn put_suggestion(&self, mut found: Suggestion) -> Result<Suggestion> {
        let mut tx = self.testing.platform.store.state.begin().await?;
        // Who took a replacement back decides about the next one too, whatever it is and for every step of the test.
        let waits = suggestions::pending_of_test(&mut tx, found.test_id).await?;
        let same_place = |old: &Suggestion| old.old_value == found.old_value && old.details.target == found.details.target;
        found.details.held = waits.iter().any(|old| old.details.held && old.fix_type == found.fix_type && same_place(old));
        let mut same = None;
        for old in waits.into_iter().filter(|old| (&old.phase, old.step_index) == (&found.phase, found.step_index)) {
            if is_same(&old, &found) {
                same = Some(old);
            } else {
                let gone = Suggestion { status: SuggestionStatus::Superseded, ..old };
                suggestions::settle(&mut tx, &gone, SuggestionStatus::Pending).await?;
            }
        }
        match same {
            Some(old) => {
                found.new_value = longer(&old, &found);
                suggestions::again(&mut tx, old.id, &found).await?;
                (found.id, found.uid, found.times_seen) = (old.id, old.uid, old.times_seen + 1);
            }
            None => found.id = suggestions::insert(&mut tx, &found).await?,
        }
        for _ in 0..found.times_used {
            suggestions::note_use(&mut tx, found.project_id, self.ctx.now()).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// A pattern that was used in a test that passed was right once more.
    async fn learn(&self, s: &Suggestion) -> Result<()> {
        let mut tx = self.testing.platform.store.state.begin().await?;
        let name = pattern_fingerprint(&s.old_value, &s.error_type);
        patterns::counted(&mut tx, s.project_id, &name, &s.new_value, (1, 0), self.ctx.now()).await?;
        judge_alternative(&mut tx, s, (1, 0), self.ctx.now()).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::healing::suggestion;

    #[test]
    fn more_time_is_the_same_proposal_however_much_and_the_longer_stays() {
        let (short, long) = (suggestion("increase_timeout", "5000", "9000"), suggestion("increase_timeout", "5000", "10000"));
        assert!(is_same(&short, &long) && longer(&long, &short) == "10000" && longer(&short, &long) == "10000");
        let selector = |new: &str| suggestion("update_selector", "#a", new);
        assert!(is_same(&selector("#b"), &selector("#b")) && !is_same(&selector("#b"), &selector("#c")));
        assert!(!is_same(&suggestion("update_selector", "5000", "9000"), &short) && longer(&selector("#b"), &selector("#c")) == "#c");
    }
}
