//! What alert rules may have done: call an address, fire a hook, run a schedule, run one of the kinds of work that people
//! may put on a schedule. No rule of its own: each hands the work to its owner.

use std::sync::Arc;
use std::time::Duration;

use argos_alerts::{Deed, Order, RuleAction};
use argos_jobs::NewJob;
use argos_kernel::{AppError, ErrorKind, Result};
use argos_net::{Class, Method, NetError, Request};
use argos_platform::Platform;
use argos_web::BoxFuture;
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_BYTES_MAX: usize = 64 << 10;
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "GET"];

/// Makes them known.
pub(crate) fn offer(p: &Platform) {
    p.alerts.set_jobs(&p.jobs);
    let all: [Arc<dyn RuleAction>; 4] =
        [Arc::new(Call(p.clone())), Arc::new(Hook(p.clone())), Arc::new(Run(p.clone())), Arc::new(Work(p.clone()))];
    all.into_iter().for_each(|action| p.alerts.offer_action(action));
}

fn text<'a>(params: &'a Value, name: &str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// `webhook`: `{url, method = POST, headers, body}`; without a body it gets the alert.
struct Call(Platform);

impl Call {
    fn method(params: &Value) -> String {
        Some(text(params, "method")).filter(|m| !m.is_empty()).unwrap_or("POST").to_ascii_uppercase()
    }
}

/// The address without what may be secret in it.
fn place(url: &str) -> &str {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    if bare.contains('@') { "an address" } else { bare }
}

impl RuleAction for Call {
    fn word(&self) -> &'static str {
        "webhook"
    }
    fn describe(&self, params: &Value) -> String {
        format!("{} {}", Self::method(params), place(text(params, "url")))
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move {
            let url = text(params, "url");
            let headers = params.get("headers").unwrap_or(&Value::Null);
            Ok(if !url.starts_with("http://") && !url.starts_with("https://") {
                Err("url: it must begin with http:// or https://".to_owned())
            } else if !METHODS.contains(&Self::method(params).as_str()) {
                Err(format!("method: it must be one of {}", METHODS.join(", ")))
            } else if !headers.is_null() && headers.as_object().is_none_or(|h| h.values().any(|v| !v.is_string())) {
                Err("headers: it must be an object of texts".to_owned())
            } else {
                Ok(())
            })
        })
    }
    fn is_idempotent(&self) -> bool {
        false
    }
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        Box::pin(async move {
            let method = Method::from_bytes(Self::method(params).as_bytes()).map_err(AppError::internal)?;
            let mut request = Request::new(Class::Heal, method, text(params, "url")).timeout(TIMEOUT).bytes_max(RESPONSE_BYTES_MAX);
            for (name, value) in params.get("headers").and_then(Value::as_object).into_iter().flatten() {
                request = request.header(name, value.as_str().unwrap_or_default());
            }
            request = request.header("X-Argos-Event", "heal.requested").header("X-Argos-Delivery", &order.key);
            let alert = json!({
                "rule_id": order.rule_id, "rule": order.rule_name, "firing_id": order.firing_id, "severity": order.severity.as_str(),
                "message": order.message, "value": order.value, "labels": order.labels,
            });
            let request = match params.get("body") {
                None | Some(Value::Null) => request.json(&alert),
                Some(Value::String(text)) => request.body("text/plain; charset=utf-8", text.clone()),
                Some(document) => request.json(document),
            };
            Ok(match self.0.net.send(request).await {
                Ok(response) => match response.status {
                    status @ 200..300 => Deed::Done(format!("answered {status}")),
                    status @ (408 | 429 | 500..) => Deed::Unreached(format!("answered {status}")),
                    status => Deed::Failed(format!("answered {status}")),
                },
                // It was received; only its answer is too long for us.
                Err(NetError::TooLarge(_)) => Deed::Done("answered".to_owned()),
                Err(error @ (NetError::Blocked(_) | NetError::InvalidUrl | NetError::Request(_))) => Deed::Failed(error.to_string()),
                Err(error) => Deed::Unreached(error.to_string()),
            })
        })
    }
}

/// `automation`: `{automation_id}`, one of the hooks of the setting `ops.automations`.
struct Hook(Platform);

fn id_of(params: &Value, name: &str) -> String {
    let value = params.get(name).unwrap_or(&Value::Null);
    value.as_str().map_or_else(|| value.as_i64().map(|n| n.to_string()).unwrap_or_default(), |t| t.trim().to_owned())
}

impl RuleAction for Hook {
    fn word(&self) -> &'static str {
        "automation"
    }
    fn describe(&self, params: &Value) -> String {
        format!("fire the hook {}", id_of(params, "automation_id"))
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move {
            Ok(self.0.webhooks.check_hook(&id_of(params, "automation_id")).map_err(|e| format!("automation_id: {}", e.message())))
        })
    }
    fn is_idempotent(&self) -> bool {
        false
    }
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        Box::pin(async move {
            Ok(match self.0.webhooks.fire(&order.actor, &id_of(params, "automation_id")).await {
                Ok(true) => Deed::Done("its receiver said yes".to_owned()),
                Ok(false) => Deed::Failed("its receiver said no".to_owned()),
                Err(error) if error.kind() == ErrorKind::Upstream => Deed::Unreached(error.message().to_owned()),
                Err(error) if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable) => return Err(error),
                Err(error) => Deed::Failed(error.message().to_owned()),
            })
        })
    }
}

/// `schedule`: `{schedule_id}`, one of the instance's or of the organization it belongs to, run now.
struct Run(Platform);

impl Run {
    /// Its number, when it is there and rules may run it.
    async fn find(&self, params: &Value) -> Result<Result<i64, String>> {
        let absent = || Ok(Err("schedule_id: there is no such schedule".to_owned()));
        let Ok(id) = id_of(params, "schedule_id").parse::<i64>() else { return absent() };
        let Some(schedule) = self.0.schedules.find(id).await? else { return absent() };
        let house = self.0.identity.default_organization().await?.map(|(id, _)| id);
        // What belongs to other organizations is their own affair.
        if schedule.spec.organization_id.is_some_and(|of| Some(of) != house) { absent() } else { Ok(Ok(id)) }
    }
}

impl RuleAction for Run {
    fn word(&self) -> &'static str {
        "schedule"
    }
    fn describe(&self, params: &Value) -> String {
        format!("run the schedule {}", id_of(params, "schedule_id"))
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move { Ok(self.find(params).await?.map(drop)) })
    }
    fn is_idempotent(&self) -> bool {
        true
    }
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        Box::pin(async move {
            let id = match self.find(params).await? {
                Ok(id) => id,
                Err(why) => return Ok(Deed::Failed(why)),
            };
            let mut tx = self.0.store.state.begin().await?;
            let job = self.0.schedules.trigger_once(&mut tx, id, &order.actor, &order.key).await?;
            tx.commit().await?;
            Ok(Deed::Job(job))
        })
    }
}

/// `job`: `{kind, payload}`, one of the kinds that people may put on a schedule.
struct Work(Platform);

impl Work {
    fn judge(&self, params: &Value) -> Result<Value, String> {
        let kind = text(params, "kind");
        let offered = self.0.jobs.schedulable();
        if self.0.schedules.managed_by(kind).is_some() || !offered.iter().any(|(name, _)| name == kind) {
            let known = offered.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("kind: it must be one of {known}"));
        }
        let payload = params.get("payload").filter(|p| !p.is_null()).cloned().unwrap_or_else(|| json!({}));
        self.0.jobs.check_payload(kind, &payload).map_err(|e| format!("payload: {}", e.message()))?;
        Ok(payload)
    }
}

impl RuleAction for Work {
    fn word(&self) -> &'static str {
        "job"
    }
    fn describe(&self, params: &Value) -> String {
        format!("run {}", text(params, "kind"))
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move { Ok(self.judge(params).map(drop)) })
    }
    fn is_idempotent(&self) -> bool {
        true
    }
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        Box::pin(async move {
            let payload = match self.judge(params) {
                Ok(payload) => payload,
                Err(why) => return Ok(Deed::Failed(why)),
            };
            let job = NewJob::new(text(params, "kind")).payload(payload).parent(order.job_id).idempotency(order.key.as_str());
            let job = job.trigger(order.actor.name.as_str()).by(&order.actor);
            Ok(Deed::Job(self.0.jobs.submit(job).await?))
        })
    }
}
