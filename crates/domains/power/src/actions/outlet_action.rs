//! Switching an outlet because of an alert. Somebody always consents first: what hangs on it goes dark.

use std::sync::Arc;

use argos_alerts::{Deed, Order, RuleAction};
use argos_jobs::NewJob;
use argos_kernel::Result;
use argos_web::BoxFuture;
use serde_json::{Value, json};

use super::outlets::JOB;
use crate::model::outlet::Switch;
use crate::service::Power;

/// `outlet`: `{device_id, outlet, state = cycle}`, state being on, off or cycle.
pub(crate) struct OutletAction(pub(crate) Arc<Power>);

fn text<'a>(params: &'a Value, name: &str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn state(params: &Value) -> Result<Switch, String> {
    let word = params.get("state").cloned().filter(|w| !w.is_null()).unwrap_or_else(|| json!("cycle"));
    serde_json::from_value(word).map_err(|_| "state: it must be on, off or cycle".to_owned())
}

impl OutletAction {
    fn judge(&self, params: &Value) -> Result<Switch, String> {
        let state = state(params)?;
        let member = if self.0.find_live(text(params, "device_id")).is_none() { "device_id" } else { "outlet" };
        let found = self.0.switchable(text(params, "device_id"), text(params, "outlet"));
        found.map(|_| state).map_err(|e| format!("{member}: {}", e.message()))
    }
}

impl RuleAction for OutletAction {
    fn word(&self) -> &'static str {
        "outlet"
    }
    fn describe(&self, params: &Value) -> String {
        let word = state(params).map_or("switch", Switch::as_str);
        format!("outlet {} of {}: {word}", text(params, "outlet"), text(params, "device_id"))
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move { Ok(self.judge(params).map(drop)) })
    }
    fn is_idempotent(&self) -> bool {
        true
    }
    fn always_asks(&self) -> Option<&'static str> {
        Some("power:control")
    }
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        Box::pin(async move {
            let state = match self.judge(params) {
                Ok(state) => state,
                Err(why) => return Ok(Deed::Failed(why)),
            };
            let payload = json!({
                "device_id": text(params, "device_id"), "outlet": text(params, "outlet"), "state": state.as_str(), "actor": order.actor.name,
            });
            let job = NewJob::new(JOB).payload(payload).parent(order.job_id).idempotency(order.key.as_str());
            Ok(Deed::Job(self.0.platform.jobs.submit(job.trigger(order.actor.name.as_str()).by(&order.actor)).await?))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn state_is_one_of_three_words_and_cycle_when_nothing_is_said() {
        assert_eq!((state(&json!({})), state(&json!({"state": "off"}))), (Ok(Switch::Cycle), Ok(Switch::Off)));
        assert!(state(&json!({"state": "melt"})).is_err() && state(&json!({"state": 7})).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_state_or_none(word in ".{0,12}") {
            prop_assert_eq!(state(&json!({"state": word.clone()})).is_ok(), ["on", "off", "cycle"].contains(&word.as_str()));
        }
    }
}
