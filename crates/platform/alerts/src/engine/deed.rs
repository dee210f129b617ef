//! The action of a rule: queued as a job in the transaction of the firing, held for consent where the rule says so, carried
//! out by whoever can, and its outcome told in the war room of the incident and in an event. The engine itself does nothing
//! to anything.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_events::{NewEvent, Source};
use argos_jobs::{Cut, Hold, HoldPolicy, JobContext, Jobs, KindSpec, NewJob, OnTimeout, State, Verdict};
use argos_kernel::{Actor, ErrorKind, Result};
use argos_store::Tx;
use argos_web::BoxFuture;
use serde_json::{Value, json};

use super::windows::Heal;
use crate::Alerts;
use crate::model::action::masked;
use crate::model::attention::OpenFiring;
use crate::model::rule::{AlertRule, Autonomy};
use crate::rule_action::{Deed, Order, RuleAction, params, word};
use crate::store::{firings, incidents, rules};

const KIND: &str = "alert.action";
/// What whoever consents must be allowed to do.
const PERMISSION: &str = "remediation:run";
/// Failures count towards `circuit_break_after` for so long.
const BREAK_S: i64 = 3_600;
/// How often a job that does it is looked at, and how long.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKS_MAX: u32 = 1_800;
const WHO: &str = "alerts";
/// How the result of an order begins that says nothing about its action: it neither makes a row of failures nor ends one.
const LEFT: &str = "{\"outcome\":\"left\"";

/// What is told of an error that is ours.
const BROKE: &str = "it broke off, the log of Argos says why";

/// How an order ended.
enum Outcome {
    Succeeded(String),
    Failed(String),
    /// Nothing was done and that is as it should be, or it is not for us to say how it went.
    Left(String),
}

/// What one try of an order came to.
enum Tried {
    Ended(Outcome),
    Again(String),
}

impl Alerts {
    /// The queue that carries actions out. The first one given stays.
    pub fn set_jobs(&self, jobs: &Jobs) {
        if self.0.jobs.set(jobs.clone()).is_err() {
            tracing::error!("a second queue for the actions of alert rules was refused");
            return;
        }
        let alerts = self.clone();
        jobs.register(KIND, KindSpec::new("heal"), move |ctx: JobContext| -> BoxFuture<'static, Verdict> {
            let alerts = alerts.clone();
            Box::pin(async move { alerts.run_action(&ctx).await })
        });
    }

    /// Makes a sort of action known.
    pub fn offer_action(&self, action: Arc<dyn RuleAction>) {
        self.0.offered.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(action);
    }

    fn offered(&self, word: &str) -> Option<Arc<dyn RuleAction>> {
        self.0.offered.read().unwrap_or_else(std::sync::PoisonError::into_inner).iter().find(|a| a.word() == word).cloned()
    }

    /// The words of the actions that can be carried out here.
    fn offered_words(&self) -> Vec<&'static str> {
        self.0.offered.read().unwrap_or_else(std::sync::PoisonError::into_inner).iter().map(|a| a.word()).collect()
    }

    /// Why the action of a rule cannot be carried out here, as the text of a 400; one that was stored before is left alone.
    pub(crate) async fn check_action(&self, rule: &AlertRule, before: Option<&AlertRule>) -> Result<Result<(), String>> {
        let Some(action) =
            rule.action.as_ref().filter(|a| self.0.jobs.get().is_some() && before.and_then(|b| b.action.as_ref()) != Some(*a))
        else {
            return Ok(Ok(()));
        };
        let word = word(action);
        let Some(offered) = self.offered(word) else {
            let known = self.offered_words().join(", ");
            let told = if word.is_empty() { "is missing".to_owned() } else { format!("{word} cannot be carried out here") };
            return Ok(Err(format!("Invalid action.type: {told}; there are {known}")));
        };
        Ok(offered.check(&params(action)).await?.map_err(|why| format!("Invalid action.params.{why}")))
    }

    /// Queues the action of a rule that fired, or says in the incident why not; the job's id.
    pub(super) async fn order_action(
        &self,
        tx: &mut Tx,
        rule: &AlertRule,
        open: &OpenFiring,
        (autonomy, heal): (Autonomy, Option<Heal>),
    ) -> Result<Option<i64>> {
        let (Some(jobs), Some(action)) = (self.0.jobs.get(), &rule.action) else { return Ok(None) };
        let Some(offered) = self.offered(word(action)) else {
            self.tell_incident(tx, open.incident_id, &format!("Action not taken: {} cannot be carried out here", word(action))).await?;
            return Ok(None);
        };
        let (trigger, what) = (format!("alert:{}", rule.id), offered.describe(&params(action)));
        if let Ok(limit @ 1..) = usize::try_from(rule.circuit_break_after) {
            let ends = jobs.newest_ends(tx, KIND, &trigger, LEFT, rule.circuit_break_after).await?;
            let since = open.started_at.minus_secs(BREAK_S);
            let failed = |(state, at): &(State, _)| matches!(state, State::Failed | State::Timeout) && *at >= since;
            if ends.len() >= limit && ends.iter().all(failed) {
                let text = format!("Action not taken: {what}. It failed {limit} times in a row within the hour");
                self.tell_incident(tx, open.incident_id, &text).await?;
                return Ok(None);
            }
        }
        if heal == Some(Heal::Left) {
            self.tell_incident(tx, open.incident_id, &format!("Action not taken, maintenance: {what}")).await?;
            return Ok(None);
        }
        let actor = Actor { name: trigger.clone(), ..Actor::system() };
        // What is consented to is the action itself, not its sentence: it goes along, is shown, and is compared.
        let payload = json!({
            "rule_id": rule.id, "firing_id": open.id, "incident_id": open.incident_id, "action": what, "wanted": masked(action),
        });
        let mut job = NewJob::new(KIND).payload(payload).trigger(trigger).by(&actor).idempotency(format!("alert.action:{}", open.uid));
        job = job.max_attempts(rule.max_retries.saturating_add(1));
        if let Some(Heal::At(end)) = heal {
            job = job.run_at(end);
        }
        let always = offered.always_asks();
        let asks = autonomy == Autonomy::Approve || always.is_some();
        if asks {
            job = job.hold(consent(rule, &what, open, always));
        }
        let id = jobs.enqueue(tx, job).await?;
        let said = match (asks, heal) {
            (true, None | Some(Heal::Left)) => "waits for consent",
            (true, Some(Heal::At(_))) => "waits for consent and the end of maintenance",
            (false, Some(_)) => "waits for the end of maintenance",
            (false, None) => "begins",
        };
        self.tell_incident(tx, open.incident_id, &format!("Action {said}: {what} (job {id})")).await?;
        Ok(Some(id))
    }

    async fn tell_incident(&self, tx: &mut Tx, incident: Option<i64>, text: &str) -> Result<()> {
        if let Some(id) = incident {
            incidents::add_message(tx, id, WHO, text, "system", self.0.clock.now()).await?;
        }
        Ok(())
    }

    async fn run_action(&self, ctx: &JobContext) -> Verdict {
        let job = ctx.job();
        let outcome = match self.try_action(ctx).await {
            Ok(Tried::Ended(outcome)) => outcome,
            Ok(Tried::Again(why)) => return Verdict::retry(why),
            // Nobody else would ever tell how the last try ended. Whoever lost the job says nothing: another has it.
            Err(error) if job.attempts >= job.max_attempts && !ctx.is_cancelled() && error.code_str() != "lease_lost" => {
                tracing::error!(job = job.id, ?error, "the last try of an action broke off");
                let what = job.payload["action"].as_str().unwrap_or_default();
                Outcome::Failed(format!("{what}: {}", if error.kind() == ErrorKind::Internal { BROKE } else { error.message() }))
            }
            Err(error) => return Verdict::retry(error.message().to_owned()),
        };
        self.settle(ctx, outcome).await.unwrap_or_else(|error| Verdict::retry(error.message().to_owned()))
    }

    async fn try_action(&self, ctx: &JobContext) -> Result<Tried> {
        let ended = |outcome| Ok(Tried::Ended(outcome));
        let job = ctx.job();
        let what = job.payload["action"].as_str().unwrap_or_default();
        if let Some(refused) = refusal(&job.payload) {
            return ended(Outcome::Left(format!("Action refused{refused}: {what}")));
        }
        let mut tx = self.0.db.begin().await?;
        let rule = rules::find(&mut tx, job.payload["rule_id"].as_str().unwrap_or_default()).await?;
        let open = match &rule {
            Some(rule) => firings::open_of_rule(&mut tx, &rule.id).await?.into_iter().find(|f| job.payload["firing_id"] == f.id),
            None => None,
        };
        tx.commit().await?;
        let (Some(rule), Some(open)) = (rule, open) else {
            return ended(Outcome::Left(format!("Action left out, the alert is over: {what}")));
        };
        let wanted = rule.action.as_ref().filter(|action| masked(action) == job.payload["wanted"]);
        let Some((offered, params)) = wanted.and_then(|action| Some((self.offered(word(action))?, params(action)))) else {
            return ended(Outcome::Left(format!("Action left out, the rule was changed: {what}")));
        };
        if job.progress.as_ref().is_some_and(|p| p["begun"] == true) && !offered.is_idempotent() {
            let text = format!("Argos stopped while it was done, so it is not known whether it was: {what}");
            return ended(Outcome::Failed(text));
        }
        ctx.checkpoint(json!({ "begun": true })).await?;
        let order = Order {
            key: format!("alert.action:{}", open.uid),
            job_id: job.id,
            rule_id: rule.id.clone(),
            rule_name: rule.title().to_owned(),
            firing_id: open.id,
            severity: open.severity,
            message: open.message.clone(),
            value: open.value,
            labels: open.labels.clone(),
            actor: Actor { name: format!("alert:{}", rule.id), ..Actor::system() },
        };
        match offered.carry_out(&params, &order).await? {
            Deed::Done(said) => ended(Outcome::Succeeded(format!("{what}: {said}"))),
            Deed::Unreached(why) if job.attempts < job.max_attempts => {
                ctx.checkpoint(json!({ "begun": false })).await?;
                Ok(Tried::Again(why))
            }
            Deed::Failed(why) | Deed::Unreached(why) => ended(Outcome::Failed(format!("{what}: {why}"))),
            Deed::Job(id) => {
                let outcome = self.follow_job(ctx, id, what).await?;
                Ok(outcome.map_or_else(|| Tried::Again("stopped while its job ran".to_owned()), Tried::Ended))
            }
        }
    }

    /// How the job ends that does it; `None` when this one must end first.
    async fn follow_job(&self, ctx: &JobContext, id: i64, what: &str) -> Result<Option<Outcome>> {
        let Some(jobs) = self.0.jobs.get() else { return Ok(None) };
        let failed = |why: String| Outcome::Failed(format!("{what}: job {id} {why}"));
        for _ in 0..LOOKS_MAX {
            let Some(job) = jobs.find_many(&[id]).await?.remove(&id) else { return Ok(Some(failed("is gone".to_owned()))) };
            match job.state {
                State::Succeeded => return Ok(Some(Outcome::Succeeded(format!("{what}: job {id} succeeded")))),
                State::Waiting => {
                    let text = format!("Action handed on, its job {id} waits for a decision of its own: {what}");
                    return Ok(Some(Outcome::Left(text)));
                }
                State::Queued | State::Running => {}
                state => return Ok(Some(failed(format!("{}: {}", state.as_str(), job.error.unwrap_or_default())))),
            }
            tokio::select! {
                () = ctx.cancelled() => {
                    let by_somebody = ctx.cut() == Some(Cut::Cancelled);
                    return Ok(by_somebody.then(|| Outcome::Failed(format!("{what}: nobody waits any more for job {id}"))));
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(Some(Outcome::Left(format!("Action begun, its job {id} still runs: {what}"))))
    }

    /// Tells how it ended where people look.
    async fn settle(&self, ctx: &JobContext, outcome: Outcome) -> Result<Verdict> {
        let payload = &ctx.job().payload;
        let (kind, text) = match &outcome {
            Outcome::Succeeded(text) => (Some("heal.succeeded"), format!("Action done. {text}")),
            Outcome::Failed(text) => (Some("heal.failed"), format!("Action failed. {text}")),
            Outcome::Left(text) => (None, text.clone()),
        };
        let rule = payload["rule_id"].as_str().unwrap_or_default();
        let actor = Actor { name: format!("alert:{rule}"), ..Actor::system() };
        let mut tx = self.0.audit.begin(&actor).await?;
        let incident = match payload["incident_id"].as_i64() {
            Some(id) => incidents::find(&mut tx, id).await?,
            None => None,
        };
        self.tell_incident(&mut tx, incident.as_ref().map(|i| i.id), &text).await?;
        if let Some(kind) = kind {
            let data = json!({ "rule_id": rule, "firing_id": payload["firing_id"], "job_id": ctx.job().id, "action": payload["action"] });
            let mut event = NewEvent::new(Source::Ops, kind, text.as_str()).subject("alert_rule", rule, rule).data(data);
            event.organization_id = incident.and_then(|i| i.organization_id);
            self.0.events.publish(&mut tx, event).await?;
        }
        let status = if matches!(outcome, Outcome::Failed(_)) { Status::Failure } else { Status::Success };
        tx.commit(Entry::new("alert_rule.action", Category::Action).target("alert_rule", rule).describe(text).status(status)).await?;
        Ok(match outcome {
            Outcome::Failed(why) => Verdict::fail(why),
            Outcome::Succeeded(said) => Verdict::Done(json!({ "outcome": "succeeded", "text": said })),
            Outcome::Left(said) => Verdict::Done(json!({ "outcome": "left", "text": said })),
        })
    }
}

/// Who must consent and by when: with `auto_approve_timeout` silence is consent, without it a refusal, and always where
/// `always` names the right it takes.
fn consent(rule: &AlertRule, what: &str, open: &OpenFiring, always: Option<&'static str>) -> Hold {
    let minutes = rule.auto_approve_timeout;
    let timeout_s = if minutes > 0 { minutes.saturating_mul(60) } else { 3_600 };
    let on_timeout = if minutes > 0 && always.is_none() { OnTimeout::Approve } else { OnTimeout::Deny };
    let policy = HoldPolicy { timeout_s: timeout_s.clamp(60, 604_800), on_timeout, ..HoldPolicy::default() };
    let mut hold = Hold::new("heal", format!("{}: {what}", rule.title()), always.unwrap_or(PERMISSION), policy);
    hold.target = Some(rule.id.clone());
    hold.risk = always.map(|_| "high".to_owned());
    let action = rule.action.as_ref().map(masked);
    hold.evidence = json!({ "message": open.message, "value": open.value, "labels": open.labels, "action": action });
    // A refusal is told in the incident, too.
    hold.denied_runs = true;
    hold
}

/// Who said no, when somebody or the clock did.
fn refusal(payload: &Value) -> Option<String> {
    let decision = payload.get("approval")?;
    if matches!(decision["status"].as_str(), Some("approved" | "auto_approved")) {
        return None;
    }
    let by = decision["decided_by"].as_str().map(|name| format!(" by {name}"));
    Some(by.unwrap_or_default())
}
