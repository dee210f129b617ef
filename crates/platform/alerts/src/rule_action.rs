//! What a rule may have done besides telling people. Who can do it stands above this crate and hands it in; a rule that wants
//! something nobody here can do is refused when it is saved.

use argos_kernel::{Actor, Result, Severity};
use argos_web::BoxFuture;
use serde_json::Value;

/// One sort of action, known by the word in `action.type`.
pub trait RuleAction: Send + Sync + 'static {
    fn word(&self) -> &'static str;
    /// One sentence: what will be done, for whoever must consent and for the incident.
    fn describe(&self, params: &Value) -> String;
    /// Why it cannot be carried out here with these parameters: `member: why`.
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>>;
    /// Whether doing it again after a crash does it once: it goes by the order's key.
    fn is_idempotent(&self) -> bool;
    /// The right that whoever consents needs, when somebody always has to: what cannot be taken back.
    fn always_asks(&self) -> Option<&'static str> {
        None
    }
    /// Does it. An error is ours (the store) and tried again.
    fn carry_out<'a>(&'a self, params: &'a Value, order: &'a Order) -> BoxFuture<'a, Result<Deed>>;
}

/// What an action is done for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The same for every try of one firing.
    pub key: String,
    /// The job that carries it out.
    pub job_id: i64,
    pub rule_id: String,
    pub rule_name: String,
    pub firing_id: i64,
    pub severity: Severity,
    pub message: String,
    pub value: Option<f64>,
    pub labels: Value,
    /// On whose behalf.
    pub actor: Actor,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is done; a sentence.
    Done(String),
    /// It did not work and will not.
    Failed(String),
    /// It did not work and may when it is tried again.
    Unreached(String),
    /// This job does it; how that ends is how it went.
    Job(i64),
}

/// Where an action keeps its parameters: in `params`, else beside its type.
pub(crate) fn params(action: &Value) -> Value {
    match action.get("params").filter(|p| p.is_object()) {
        Some(params) => params.clone(),
        None => {
            let mut own = action.clone();
            own.as_object_mut().map(|members| members.shift_remove("type"));
            own
        }
    }
}

pub(crate) fn word(action: &Value) -> &str {
    action.get("type").and_then(Value::as_str).unwrap_or_default()
}
