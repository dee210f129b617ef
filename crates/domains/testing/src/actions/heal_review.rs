//! Deciding about proposals of healing: putting one into its test, refusing it, taking either back; and what patterns and
//! the configuration learn of it.

use std::collections::{HashMap, hash_map};

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_identity::ProjectAccess;
use argos_kernel::{Actor, AppError, ErrorKind, Result, Timestamp, Uid};
use argos_store::Tx;
use argos_web::{OpCx, Req};
use serde_json::{Map, Value, json};

use super::heal_alternatives::judge_alternative;
use super::heal_notice::{Heard, Hearers};
use super::tests::{fault, write_version};
use crate::model::heal_config::{self, HealConfig};
use crate::model::healing::{
    KeptPattern, Scope, Suggestion, SuggestionStatus, Taken, is_of_claim, pattern_fingerprint, replaced, still_fits,
};
use crate::model::input;
use crate::model::test::Test;
use crate::service::Testing;
use crate::store::patterns::{self, ConfigRow, Right};
use crate::store::{suggestions, tests, versions};

const HOUR_S: i64 = 3_600;
/// The name of what nobody decided.
const ITSELF: &str = "argos";

/// Who decides, and when.
pub(crate) struct Reviewer {
    actor: Actor,
    name: String,
    now: Timestamp,
}

impl Reviewer {
    pub(crate) fn of(cx: &OpCx) -> Self {
        Self { actor: cx.actor(), name: cx.caller.username.clone(), now: cx.now() }
    }
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Suggestion not found")
}

fn not_pending(s: &Suggestion) -> AppError {
    AppError::conflict(format!("The suggestion is {} already", s.status.as_str().replace('_', " ")))
        .code("not_pending")
        .with("status", s.status.as_str())
}

fn changed() -> AppError {
    AppError::conflict("The step was changed since the suggestion was made").code("step_changed")
}

/// Whether an error says that a proposal cannot go into its test; any other is no word about the proposal.
const fn is_over(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid)
}

fn must_be_approver(config: &HealConfig, cx: &OpCx) -> Result<()> {
    let approvers = config.names("approvers");
    if approvers.is_empty() || approvers.contains(&cx.caller.username.as_str()) {
        return Ok(());
    }
    Err(AppError::forbidden("Suggestions of this project are decided by its approvers").code("not_an_approver"))
}

impl Testing {
    /// A proposal the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn suggestion_named(&self, req: &Req, text: &str) -> Result<(Suggestion, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let found = suggestions::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    /// 403 unless the caller is among the approvers, where there are any.
    pub(crate) async fn require_approver(&self, cx: &OpCx, s: &Suggestion) -> Result<()> {
        must_be_approver(&self.heal_config(s.organization_id, s.project_id).await?, cx)
    }

    /// A person says of a pattern that it is right, or wrong: its count goes up by one.
    pub(crate) async fn judge_pattern(&self, cx: &OpCx, p: &KeptPattern, organization_id: i64, right: bool) -> Result<()> {
        let config = self.heal_config(organization_id, p.project_id).await?;
        must_be_approver(&config, cx)?;
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let counts = if right { (1, 0) } else { (0, 1) };
        if !patterns::counted(&mut change, p.project_id, &p.fingerprint, &p.healed, counts, cx.now()).await? {
            return Err(AppError::conflict("The pattern changed meanwhile").code("pattern_changed"));
        }
        let (action, word) = if right { ("healing.approve_pattern", "right") } else { ("healing.reject_pattern", "wrong") };
        let entry = Entry::new(action, Category::Data)
            .organization(organization_id)
            .target("healing_pattern", p.uid)
            .describe(format!("{} in the place of {} was called {word}", p.healed, p.original));
        change.commit(entry).await
    }

    /// Puts a proposal into its test, as its next version.
    pub(crate) async fn apply_suggestion(&self, by: &Reviewer, uid: Uid, scope: Scope, note: Option<String>) -> Result<Suggestion> {
        self.put_into_tests(by, uid, (scope, SuggestionStatus::Applied), note, None).await
    }

    /// The same without a person, which is told to those who would have decided.
    pub(crate) async fn apply_by_itself(&self, s: &Suggestion, scope: Scope) -> Result<Suggestion> {
        let by = Reviewer { actor: Actor::system(), name: ITSELF.to_owned(), now: self.platform.clock.now() };
        let project = self.platform.identity.project_by_id(s.project_id).await?.ok_or_else(not_found)?;
        let to = self.hearers(&project, &self.heal_config(s.organization_id, s.project_id).await?).await?;
        self.put_into_tests(&by, s.uid, (scope, SuggestionStatus::AutoApplied), None, Some(&to)).await
    }

    async fn put_into_tests(
        &self,
        by: &Reviewer,
        uid: Uid,
        (scope, status): (Scope, SuggestionStatus),
        note: Option<String>,
        to: Option<&Hearers>,
    ) -> Result<Suggestion> {
        let mut change = self.platform.audit.begin(&by.actor).await?;
        let mut s = suggestions::find_in(&mut change, uid).await?.ok_or_else(not_found)?;
        if s.status != SuggestionStatus::Pending {
            return Err(not_pending(&s));
        }
        let own = tests::find_in(&mut change, s.test_uid).await?.ok_or_else(not_found)?;
        if !still_fits(&own.document, &s) {
            return Err(changed());
        }
        if status == SuggestionStatus::AutoApplied && is_of_claim(&own.document, &s) {
            return Err(AppError::conflict("Only a person changes what a test claims").code("only_a_person"));
        }
        let others = if scope == Scope::Project && s.fix_type == "update_selector" {
            tests::active_of(&self.platform.store.state, s.project_id).await?.into_iter().filter(|t| t.id != own.id).collect()
        } else {
            Vec::new()
        };
        let mut changed_tests = Vec::new();
        for test in std::iter::once(own).chain(others) {
            let Some(lists) = replaced(&test.document, &s, scope) else { continue };
            let document = input::apply(&test.document, &lists).map_err(AppError::invalid)?;
            let what = format!("healed: {} is {} now", s.old_value, s.new_value);
            let after = write_version(&mut change, &test, &document, &what, (&by.name, by.now)).await?;
            s.details.taken.push(Taken { test: test.uid, before: test.version, after });
            changed_tests.push((test.id, document));
        }
        let learns = s.fix_type == "update_selector" && self.learns(&s, status).await?;
        s.details.learned = learns;
        (s.status, s.reviewed_at, s.reviewed_by, s.note) = (status, Some(by.now), Some(by.name.clone()), note);
        if !suggestions::settle(&mut change, &s, SuggestionStatus::Pending).await? {
            return Err(not_pending(&s));
        }
        for other in suggestions::at_step(&mut change, s.test_id, &s.phase, s.step_index).await? {
            let gone = Suggestion { status: SuggestionStatus::Superseded, ..other };
            suggestions::settle(&mut change, &gone, SuggestionStatus::Pending).await?;
        }
        for (test, document) in &changed_tests {
            // What was proposed for other steps and is done by this is over.
            for other in suggestions::pending_of_test(&mut change, *test).await? {
                if !still_fits(document, &other) {
                    let gone = Suggestion { status: SuggestionStatus::Superseded, ..other };
                    suggestions::settle(&mut change, &gone, SuggestionStatus::Pending).await?;
                }
            }
        }
        if learns {
            self.pattern_was_right(&mut change, &s, by.now).await?;
            judge_alternative(&mut change, &s, (1, 0), by.now).await?;
        }
        if let Some(to) = to {
            self.tell_healing(&mut change, to, &s, Heard { used: true, applied: true }).await?;
        }
        let data = json!({ "suggestion_id": s.uid.to_string(), "test_id": s.test_uid.to_string(), "test": s.test_name,
                           "project_id": s.project_uid.to_string(), "old": s.old_value, "new": s.new_value, "by": by.name });
        let words = format!("{}: {} is {} now", s.test_name, s.old_value, s.new_value);
        let event = NewEvent::new(Source::Quality, "healing.applied", words).subject("test", s.test_uid, &s.test_name).data(data);
        self.platform.events.publish(&mut change, event.organization(s.organization_id).project(s.project_id)).await?;
        let entry = Entry::new("healing.apply", Category::Data)
            .organization(s.organization_id)
            .target("test", s.test_uid)
            .describe(format!("Test {}: {} is {} now, in {} tests", s.test_name, s.old_value, s.new_value, s.details.taken.len()))
            .before(json!({ "value": s.old_value }))
            .after(json!({ "value": s.new_value, "confidence": s.confidence, "suggestion_id": s.uid.to_string() }));
        change.commit(entry).await?;
        Ok(s)
    }

    async fn learns(&self, s: &Suggestion, status: SuggestionStatus) -> Result<bool> {
        let by = if status == SuggestionStatus::AutoApplied { "learn_from_success" } else { "learn_from_manual_fixes" };
        Ok(self.heal_config(s.organization_id, s.project_id).await?.flag(by))
    }

    async fn pattern_was_right(&self, tx: &mut Tx, s: &Suggestion, now: Timestamp) -> Result<()> {
        let platform = &self.platform;
        let right = Right {
            uid: Uid::mint(&*platform.clock, &*platform.rng),
            organization_id: s.organization_id,
            project_id: s.project_id,
            fingerprint: &pattern_fingerprint(&s.old_value, &s.error_type),
            original: &s.old_value,
            healed: &s.new_value,
            error_type: &s.error_type,
            now,
        };
        Ok(patterns::right(tx, &right).await?)
    }

    /// Refuses a proposal: it is not made again for a while, and its pattern was wrong once more.
    pub(crate) async fn reject_suggestion(&self, by: &Reviewer, uid: Uid, reason: Option<String>, is_bug: bool) -> Result<Suggestion> {
        let mut change = self.platform.audit.begin(&by.actor).await?;
        let mut s = suggestions::find_in(&mut change, uid).await?.ok_or_else(not_found)?;
        if s.status != SuggestionStatus::Pending {
            return Err(not_pending(&s));
        }
        (s.status, s.reviewed_at, s.reviewed_by, s.note) =
            (SuggestionStatus::Rejected, Some(by.now), Some(by.name.clone()), reason.clone());
        s.details.mark_as_bug = is_bug;
        let name = pattern_fingerprint(&s.old_value, &s.error_type);
        s.details.learned = patterns::counted(&mut change, s.project_id, &name, &s.new_value, (0, 1), by.now).await?;
        judge_alternative(&mut change, &s, (0, 1), by.now).await?;
        if !suggestions::settle(&mut change, &s, SuggestionStatus::Pending).await? {
            return Err(not_pending(&s));
        }
        let entry = Entry::new("healing.reject", Category::Data)
            .organization(s.organization_id)
            .target("test", s.test_uid)
            .describe(format!("Test {}: {} in the place of {} was refused", s.test_name, s.new_value, s.old_value))
            .after(json!({ "suggestion_id": s.uid.to_string(), "reason": reason, "mark_as_bug": is_bug }));
        change.commit(entry).await?;
        Ok(s)
    }

    /// Takes a decision back: what was applied leaves the tests as they were before, in a new version. 409 when a test was
    /// changed since.
    pub(crate) async fn undo_suggestion(&self, by: &Reviewer, uid: Uid) -> Result<Suggestion> {
        let mut change = self.platform.audit.begin(&by.actor).await?;
        let mut s = suggestions::find_in(&mut change, uid).await?.ok_or_else(not_found)?;
        let from = s.status;
        if !from.is_in_the_test() && from != SuggestionStatus::Rejected {
            return Err(AppError::conflict("Nothing was decided that could be taken back").code("nothing_to_undo"));
        }
        for taken in std::mem::take(&mut s.details.taken) {
            let Some(test) = tests::find_in(&mut change, taken.test).await? else { continue };
            if test.version != taken.after && !self.is_as_in(&test, taken.after).await? {
                let text = format!("The test {} was changed since; go back to a version of it instead", test.document.name);
                return Err(AppError::conflict(text).code("test_changed").with("test_id", test.uid.to_string()));
            }
            self.back_to(&mut change, &test, taken.before, by).await?;
        }
        if let Some(counts) = s.to_take_back() {
            let name = pattern_fingerprint(&s.old_value, &s.error_type);
            patterns::counted(&mut change, s.project_id, &name, &s.new_value, counts, by.now).await?;
        }
        let was_right = from.is_in_the_test();
        // What was put in without being learned from counted nothing.
        if !was_right || s.details.learned {
            judge_alternative(&mut change, &s, if was_right { (-1, 0) } else { (0, -1) }, by.now).await?;
        }
        (s.details.learned, s.details.held) = (false, true);
        (s.status, s.reviewed_at, s.reviewed_by, s.note) = (SuggestionStatus::Pending, None, None, None);
        s.details.mark_as_bug = false;
        if !suggestions::settle(&mut change, &s, from).await? {
            return Err(AppError::conflict("The suggestion was decided anew meanwhile").code("nothing_to_undo"));
        }
        let entry = Entry::new("healing.undo", Category::Data)
            .organization(s.organization_id)
            .target("test", s.test_uid)
            .describe(format!("Test {}: the decision about {} was taken back", s.test_name, s.old_value))
            .after(json!({ "suggestion_id": s.uid.to_string(), "was": from.as_str() }));
        change.commit(entry).await?;
        Ok(s)
    }

    /// Whether a test holds what a version of it held: later decisions may have been taken back before this one.
    async fn is_as_in(&self, test: &Test, version: i64) -> Result<bool> {
        let then = versions::find(&self.platform.store.state, test.id, version).await?;
        Ok(then.as_ref() == Some(&test.document))
    }

    async fn back_to(&self, tx: &mut Tx, test: &Test, version: i64, by: &Reviewer) -> Result<()> {
        let absent = || AppError::conflict("The version from before is not kept any more").code("test_changed");
        let document = versions::find(&self.platform.store.state, test.id, version).await?.ok_or_else(absent)?;
        write_version(tx, test, &document, "healing taken back", (&by.name, by.now)).await.map(drop)
    }

    /// Writes fields of the configuration of an organization (project 0) or of a project.
    pub(crate) async fn put_heal_config(
        &self,
        cx: &OpCx,
        (organization_id, project_id): (i64, i64),
        body: &Map<String, Value>,
    ) -> Result<()> {
        let stored = self.heal_config_row(organization_id, project_id).await?.map(|r| r.fields).unwrap_or_default();
        let fields = heal_config::patch(&stored, body).map_err(AppError::invalid)?;
        let wants = |way: &str| body.get("notification_channels").and_then(|c| c.get(way)) == Some(&Value::Bool(true));
        if wants("slack") && !self.platform.notify.ways().await?.slack {
            let text = "notification_channels.slack needs an enabled Slack channel with a bot token in this installation";
            return Err(fault("notification_channels", text));
        }
        let uid = Uid::mint(&**cx.clock(), &**cx.rng());
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        patterns::put_config(&mut change, (organization_id, project_id), uid, &fields, cx.now()).await?;
        let entry = Entry::new("healing.configure", Category::Config)
            .organization(organization_id)
            .target("healing_config", project_id)
            .describe("Healing was configured")
            .before(Value::Object(stored))
            .after(Value::Object(fields));
        change.commit(entry).await
    }

    /// What was set of an organization (project 0) or a project itself.
    pub(crate) async fn heal_config_row(&self, organization_id: i64, project_id: i64) -> Result<Option<ConfigRow>> {
        let rows = patterns::configs(&self.platform.store.state, organization_id, project_id).await?;
        Ok(rows.into_iter().find(|r| r.project_id == project_id))
    }

    /// Puts in what waited as long as its project wants; how many.
    pub(crate) async fn apply_the_waiting(&self) -> Result<u64> {
        let now = self.platform.clock.now();
        if self.settings().bool("quality.require_healing_approval")? {
            return Ok(0);
        }
        let (mut done, mut after) = (0, 0);
        let mut configs: HashMap<i64, HealConfig> = HashMap::new();
        loop {
            let page = suggestions::pending(&self.platform.store.state, now.minus_secs(HOUR_S), after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for s in page {
                let config = match configs.entry(s.project_id) {
                    hash_map::Entry::Occupied(known) => known.into_mut(),
                    hash_map::Entry::Vacant(new) => new.insert(self.heal_config(s.organization_id, s.project_id).await?),
                };
                let due = config.count("auto_approve_after_hours").is_some_and(|hours| s.created_at < now.minus_secs(hours * HOUR_S));
                if due && !s.details.held && self.apply_due(&s).await? {
                    done += 1;
                }
            }
        }
        Ok(done)
    }

    /// Puts in what is due; what does not fit its test any more is over.
    async fn apply_due(&self, s: &Suggestion) -> Result<bool> {
        match self.apply_by_itself(s, Scope::Test).await {
            Ok(_) => Ok(true),
            Err(error) if !is_over(error.kind()) => Err(error),
            Err(error) => {
                tracing::debug!(?error, suggestion = %s.uid, "a suggestion does not fit any more");
                if error.code_str() == "step_changed" {
                    let mut tx = self.platform.store.state.begin().await?;
                    let gone = Suggestion { status: SuggestionStatus::Superseded, ..s.clone() };
                    suggestions::settle(&mut tx, &gone, SuggestionStatus::Pending).await?;
                    tx.commit().await?;
                }
                Ok(false)
            }
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn store_that_cannot_be_written_says_nothing_of_a_proposal() {
        assert!(is_over(changed().kind()) && is_over(not_found().kind()));
        for kind in [ErrorKind::Internal, ErrorKind::Unavailable, ErrorKind::Upstream] {
            assert!(!is_over(kind), "{kind:?}");
        }
    }
}
