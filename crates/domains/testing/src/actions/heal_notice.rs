//! Who hears of healing: the event log, and by letter those who may decide about it, as the project's configuration says.

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity};
use argos_notify::{Told, Ways};
use serde_json::json;

use super::executor::Stage;
use super::healing::HealPlan;
use crate::model::heal_config::HealConfig;
use crate::model::healing::Suggestion;
use crate::model::test::Test;

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

impl Stage<'_> {
    /// Tells the log, and once those who decide.
    pub(super) async fn tell_healing(&self, test: &Test, plan: &HealPlan, s: &Suggestion, heard: Heard) -> Result<()> {
        let news = news(&plan.config, s, heard);
        if news.is_empty() {
            return Ok(());
        }
        let (people, ways) = self.readers(&plan.config).await?;
        let platform = &self.testing.platform;
        let data = json!({ "suggestion_id": s.uid.to_string(), "test_id": test.uid.to_string(), "test": test.document.name,
                           "project_id": self.run.project_uid.to_string(), "run_id": self.run.uid.to_string(),
                           "old": s.old_value, "new": s.new_value, "confidence": s.confidence, "applied": heard.applied });
        let mut tx = platform.store.state.begin().await?;
        for (place, (kind, text)) in news.iter().enumerate() {
            let event = NewEvent::new(Source::Quality, *kind, text.clone())
                .organization(self.run.organization_id)
                .project(self.run.project_id)
                .subject("test_project", self.run.project_uid, &self.project.fields.name)
                .data(data.clone());
            let event_id = platform.events.publish(&mut tx, event).await?;
            // One letter about one finding, whatever the log says of it.
            if place == 0 {
                let title = format!("Healing in {}", self.project.fields.name);
                let told = Told { event_id, kind, source: Source::Quality, severity: Severity::Info, title: &title, message: text };
                platform.notify.tell_people(&mut tx, &people, &told, ways).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// The approvers, or everybody who may decide where there are none; and the ways they are written to.
    async fn readers(&self, config: &HealConfig) -> Result<(Vec<i64>, Ways)> {
        let ways = Ways { email: config.tells_by("email"), slack: config.tells_by("slack") };
        if ways == Ways::default() {
            return Ok((Vec::new(), ways));
        }
        let able = self.testing.platform.identity.project_people(self.project, "healing:approve").await?;
        let approvers = config.names("approvers");
        let wanted = able.into_iter().filter(|(_, name)| approvers.is_empty() || approvers.contains(&name.as_str()));
        Ok((wanted.map(|(id, _)| id).collect(), ways))
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
