//! Who hears of healing: the event log, and by letter those who may decide about it, as the project's configuration says.

use argos_events::{NewEvent, Source};
use argos_identity::Project;
use argos_kernel::{Result, Severity};
use argos_notify::{Told, Ways};
use argos_store::Tx;
use argos_webtest::{ErrorCode, Outcome, Status, StepResult, StepStatus};
use serde_json::json;

use super::executor::Stage;
use super::healing::HealPlan;
use crate::model::heal_config::HealConfig;
use crate::model::healing::Suggestion;
use crate::model::test::Test;
use crate::service::Testing;

/// What became of a finding in its run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    /// The run went on with it.
    pub(crate) used: bool,
    /// It is in the test already.
    pub(crate) applied: bool,
}

/// What is said: kind and sentence. Each proposal is told once; that it went into a test by itself is told whenever it does.
fn news(config: &HealConfig, s: &Suggestion, heard: Heard) -> Vec<(&'static str, String)> {
    let (test, first) = (&s.test_name, s.times_seen <= 1);
    let mut news = Vec::new();
    if heard.used && config.flag("notify_on_heal") && (first || heard.applied) {
        let end = if heard.applied { "and the test was changed" } else { "in this run" };
        let text = if s.fix_type == "increase_timeout" {
            format!("{test}: a step was given {} ms instead of {} ms, {end}", s.new_value, s.old_value)
        } else {
            format!("{test}: {} was found as {}, {end}", s.old_value, s.new_value)
        };
        news.push(("healing.healed", text));
    }
    if !heard.applied && first && config.flag("notify_on_suggestion") {
        let text = format!("{test}: something on the page changed, and a mended step waits to be looked at");
        news.push(("healing.suggested", text));
    }
    news
}

/// Who hears of the healing of a project, and how.
pub(crate) struct Hearers {
    project: Project,
    config: HealConfig,
    people: Vec<i64>,
    ways: Ways,
}

impl Testing {
    /// The approvers, or everybody who may decide where there are none; and the ways they are written to.
    pub(super) async fn hearers(&self, project: &Project, config: &HealConfig) -> Result<Hearers> {
        let ways = Ways { email: config.tells_by("email"), slack: config.tells_by("slack") };
        let mut people = Vec::new();
        if ways != Ways::default() {
            let able = self.platform.identity.project_people(project, "healing:approve").await?;
            let approvers = config.names("approvers");
            let wanted = able.into_iter().filter(|(_, name)| approvers.is_empty() || approvers.contains(&name.as_str()));
            people = wanted.map(|(id, _)| id).collect();
        }
        Ok(Hearers { project: project.clone(), config: config.clone(), people, ways })
    }

    /// Tells the log, and once those who decide, with what the transaction writes.
    pub(super) async fn tell_healing(&self, tx: &mut Tx, to: &Hearers, s: &Suggestion, heard: Heard) -> Result<()> {
        let platform = &self.platform;
        let data = json!({ "suggestion_id": s.uid.to_string(), "test_id": s.test_uid.to_string(), "test": s.test_name,
                           "project_id": s.project_uid.to_string(), "run_id": s.run_uid.to_string(),
                           "old": s.old_value, "new": s.new_value, "confidence": s.confidence, "applied": heard.applied });
        for (place, (kind, text)) in news(&to.config, s, heard).iter().enumerate() {
            let event = NewEvent::new(Source::Quality, *kind, text.clone())
                .organization(s.organization_id)
                .project(s.project_id)
                .subject("test_project", s.project_uid, &to.project.fields.name)
                .data(data.clone());
            let event_id = platform.events.publish(tx, event).await?;
            // One letter about one finding, whatever the log says of it.
            if place == 0 {
                let title = format!("Healing in {}", to.project.fields.name);
                let told = Told { event_id, kind, source: Source::Quality, severity: Severity::Info, title: &title, message: text };
                platform.notify.tell_people(tx, &to.people, &told, to.ways).await?;
            }
        }
        Ok(())
    }
}

/// The element a test failed for and nothing took the place of.
fn unhealed(outcome: &Outcome) -> Option<&StepResult> {
    let lost = [ErrorCode::ElementNotFound, ErrorCode::StrictModeViolation, ErrorCode::NotActionable];
    let failed = outcome.step_results.iter().find(|step| step.status == StepStatus::Failed)?;
    let proposed = failed.healing.as_ref().is_some_and(|healing| healing.new_value.is_some());
    (outcome.status == Status::Failed && !proposed && failed.error_code.is_some_and(|code| lost.contains(&code))).then_some(failed)
}

impl Stage<'_> {
    /// Tells that a step found no element and healing none for it.
    pub(super) async fn tell_unhealed(&self, test: &Test, outcome: &Outcome) -> Result<()> {
        let Some(step) = unhealed(outcome) else { return Ok(()) };
        let (run, name) = (self.run, &test.document.name);
        let data = json!({ "test_id": test.uid.to_string(), "test": name, "run_id": run.uid.to_string(), "project_id": run.project_uid.to_string(),
                           "step_index": step.step_index, "target": step.target, "error": outcome.error_message });
        let words = format!("{name}: {} was not found, and nothing could take its place", step.target.as_deref().unwrap_or("an element"));
        let event = NewEvent::new(Source::Quality, "healing.failed", words).subject("test", test.uid, name).data(data);
        let platform = &self.testing.platform;
        let mut tx = platform.store.state.begin().await?;
        platform.events.publish(&mut tx, event.organization(run.organization_id).project(run.project_id)).await?;
        Ok(tx.commit().await?)
    }

    /// Tells what a run found and left for somebody to decide. What went into a test was told with it.
    pub(super) async fn tell_found(&self, plan: &HealPlan, s: &Suggestion, used: bool) -> Result<()> {
        let heard = Heard { used, applied: false };
        if news(&plan.config, s, heard).is_empty() {
            return Ok(());
        }
        let to = self.testing.hearers(self.project, &plan.config).await?;
        let mut tx = self.testing.platform.store.state.begin().await?;
        self.testing.tell_healing(&mut tx, &to, s, heard).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::model::healing::suggestion;

    fn said(config: &Value, seen: i64, used: bool, applied: bool) -> Vec<&'static str> {
        let config = HealConfig::of(config.as_object().unwrap(), &Map::new());
        let s = Suggestion { times_seen: seen, ..suggestion("update_selector", "#a", "#b") };
        news(&config, &s, Heard { used, applied }).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn each_finding_is_told_once_and_as_it_is_wanted() {
        let all = json!({});
        assert_eq!(said(&all, 1, true, false), ["healing.healed", "healing.suggested"]);
        assert_eq!(said(&all, 1, false, false), ["healing.suggested"]);
        assert_eq!(said(&all, 2, true, false), [] as [&str; 0], "the next run says nothing new");
        assert_eq!(said(&all, 2, true, true), ["healing.healed"], "that the test was changed is news");
        assert_eq!(said(&json!({ "notify_on_heal": false }), 1, true, false), ["healing.suggested"]);
        assert_eq!(said(&json!({ "notify_on_suggestion": false }), 1, true, false), ["healing.healed"]);
        assert_eq!(said(&json!({ "notify_on_suggestion": false }), 1, false, false), [] as [&str; 0]);
    }
}
