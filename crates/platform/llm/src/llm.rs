//! The handle: who asks, what is asked, and the words for "no model".

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use argos_alerts::Alerts;
use argos_audit::Audit;
use argos_identity::Identity;
use argos_kernel::{Actor, AppError, BoxFuture, Clock, ErrorKind, Result, Rng, Tasks, Uid};
use argos_net::{Class, Net};
use argos_settings::Settings;
use argos_store::Database;
use argos_vault::Vault;
use argos_web::{Caller, OpCx, Organizations};

use crate::model::provider::Provider;
use crate::model::wire::Turn;
use crate::store::keys::{self, Owner};

/// Addresses that people give with their keys: public ones, and what `net.outbound_allow` names.
pub(crate) const OWN_ADDRESS: Class = Class::Heal;
/// Usage rows are kept this long.
const USAGE_DAYS: i64 = 400;

/// What the gateway is made of. `db` is the state database.
#[derive(Clone)]
pub struct LlmParts {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub vault: Vault,
    pub settings: Settings,
    pub net: Net,
    pub audit: Audit,
    pub alerts: Alerts,
    /// Knows what people chose and what organizations may spend.
    pub identity: Identity,
    /// In which organization a request acts.
    pub organizations: Arc<dyn Organizations>,
}

/// A handle to the gateway. Clones share everything.
#[derive(Clone)]
pub struct Llm(pub(crate) Arc<LlmParts>, Arc<OnceLock<Arc<dyn FleetFacts>>>, LastAnswer);

/// Whether the instance's own model answered when it was asked last.
type LastAnswer = Arc<Mutex<Option<bool>>>;

/// What a domain knows of its fleet, for questions about it.
pub trait FleetFacts: Send + Sync + 'static {
    /// JSON with what this caller may read, without secrets, of at most `room` characters; `node`: in more detail.
    fn facts<'a>(&'a self, caller: &'a Caller, node: Option<&'a str>, room: usize) -> BoxFuture<'a, Result<String>>;
}

/// More of a fleet does not make an answer better.
const FACTS_CHARS: usize = 40_000;
/// Instead of facts that could not be read.
const UNREAD: &str = "The fleet cannot be read now: nothing is known of it.";
/// What the instructions and the state of this instance take of a message.
const FRAME_CHARS: usize = 4_000;

/// Characters a budget of `tokens` leaves for facts beside a question; about four make a token.
fn facts_room(tokens: usize, asked: usize) -> usize {
    tokens.saturating_mul(4).saturating_sub(asked.saturating_add(FRAME_CHARS)).min(FACTS_CHARS)
}

/// What a question says of a fleet.
fn told(facts: Result<String>) -> Option<String> {
    match facts {
        Ok(facts) => Some(facts).filter(|text| !text.is_empty()),
        Err(error) => {
            tracing::warn!(?error, "a question is asked without the fleet");
            // Else "which node is down?" is answered out of nothing.
            Some(UNREAD.to_owned())
        }
    }
}

/// Who asks; usage and budgets are theirs. Somebody of several organizations asks in the default one.
#[derive(Clone, Debug)]
pub struct Asker {
    pub user_id: Option<i64>,
    pub actor: Actor,
    pub organization_id: Option<i64>,
}

impl Asker {
    pub fn of(cx: &OpCx) -> Self {
        let member = &cx.caller.memberships;
        let own = member.iter().find(|m| m.is_default).or_else(|| member.first().filter(|_| member.len() == 1));
        Self { user_id: cx.caller.user_id, actor: cx.actor(), organization_id: own.map(|m| m.organization_id) }
    }
    /// On behalf of an organization the caller was found to belong to: with its key and within its budget.
    pub fn within(cx: &OpCx, organization_id: i64) -> Self {
        Self { organization_id: Some(organization_id), ..Self::of(cx) }
    }
    /// For the organization itself, with its key alone.
    pub(crate) fn organization(cx: &OpCx, id: i64) -> Self {
        Self { user_id: None, actor: cx.actor(), organization_id: Some(id) }
    }
}

/// A question. Untrusted text in it is fenced by whoever writes it.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// The feature that asks, for the usage rows.
    pub feature: &'static str,
    pub system: String,
    pub turns: Vec<Turn>,
    /// Another provider than the configured one; its key must be the asker's or the instance's.
    pub provider: Option<Provider>,
    /// Another model than the one the asker or the settings prefer.
    pub model: Option<String>,
    /// What it is about, for the limits of a run and of a test.
    pub about: About,
    /// How long its asker waits, when that is less than the settings say.
    pub patience: Option<Duration>,
}

/// The run and the test a question is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub run: Option<Uid>,
    pub test: Option<Uid>,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub text: String,
    /// In US dollars; unknown without prices or counted tokens.
    pub cost_usd: Option<f64>,
    pub provider: Provider,
    pub model: String,
}

/// Why there is no answer; every caller has a result without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoModel {
    /// `llm.enabled` is off.
    Disabled,
    /// No key, no model, no address.
    NotConfigured(String),
    /// This model looks at no pictures.
    SeesNothing(String),
    /// The budget that is spent.
    Budget(&'static str),
    Timeout,
    /// The model declined.
    Refused,
    /// What came back is no answer, or was cut.
    BadAnswer,
    /// The provider answered with this status.
    Status(u16),
    /// It could not be reached; the text names the kind of failure only.
    Unreachable(String),
}

impl NoModel {
    /// For usage rows and replies.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::NotConfigured(_) => "not_configured",
            Self::SeesNothing(_) => "no_pictures",
            Self::Budget(_) => "budget_spent",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::BadAnswer => "bad_answer",
            Self::Status(_) => "provider_error",
            Self::Unreachable(_) => "unreachable",
        }
    }
    /// One sentence for people.
    pub fn reason(&self) -> String {
        match self {
            Self::Disabled => "Language models are switched off".to_owned(),
            Self::NotConfigured(what) => what.clone(),
            Self::SeesNothing(model) => format!("The model {model} takes no pictures"),
            Self::Budget(which) => format!("The {which} budget is spent"),
            Self::Timeout => "The model did not answer in time".to_owned(),
            Self::Refused => "The model declined to answer".to_owned(),
            Self::BadAnswer => "The model's answer could not be read".to_owned(),
            Self::Status(401 | 403) => "The provider refused the key".to_owned(),
            Self::Status(429) => "The provider limits the rate or its quota is spent".to_owned(),
            Self::Status(code) => format!("The provider answered with HTTP {code}"),
            Self::Unreachable(why) => format!("The provider could not be reached: {why}"),
        }
    }
    /// What it cost to hear nothing: nothing, where nobody was asked or the provider turned the question away; what was
    /// read before there was no answer is paid for, and nobody says how much.
    pub const fn cost_usd(&self) -> Option<f64> {
        match self {
            Self::Timeout | Self::Refused | Self::BadAnswer => None,
            _ => Some(0.0),
        }
    }
    /// 503 when nothing is set up, 502 when asking failed (ops-automation C.11).
    pub fn into_error(self, failed: &str) -> AppError {
        let error = match &self {
            Self::Disabled | Self::NotConfigured(_) => AppError::unavailable("LLM not configured").code("llm_not_configured"),
            _ => AppError::new(ErrorKind::Upstream, failed).code("llm_failed"),
        };
        error.with("reason", self.code()).with("reason_text", self.reason())
    }
}

impl Llm {
    pub fn new(parts: LlmParts) -> Self {
        Self(Arc::new(parts), Arc::default(), LastAnswer::default())
    }

    /// Whether the model answered that is asked with the instance's key, or with none; nothing before the first question.
    pub fn answered_last(&self) -> Option<bool> {
        *self.2.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers how it went. What others set up says nothing about the instance.
    pub(crate) fn remember(&self, plan: &crate::plan::Plan, failed: Option<&NoModel>) {
        if matches!(plan.key_owner, "instance" | "none") {
            let is_down = matches!(failed, Some(NoModel::Timeout | NoModel::Status(_) | NoModel::Unreachable(_)));
            *self.2.lock().unwrap_or_else(PoisonError::into_inner) = Some(!is_down);
        }
    }

    /// Who knows the fleet; the first one stays.
    pub fn set_fleet(&self, fleet: Arc<dyn FleetFacts>) {
        drop(self.1.set(fleet));
    }

    /// What a question of `asked` characters may say of the fleet: nothing where none is known or nobody will be asked, no
    /// more than the budget of a message leaves, and that it cannot be read where that is so.
    pub(crate) async fn fleet_facts(&self, caller: &Caller, node: Option<&str>, asked: usize) -> Result<Option<String>> {
        let Some(fleet) = self.1.get().filter(|_| self.is_enabled().unwrap_or(false)) else { return Ok(None) };
        let tokens = usize::try_from(self.0.settings.i64("llm.budget.message_tokens")?).unwrap_or(0);
        let room = if tokens == 0 { FACTS_CHARS } else { facts_room(tokens, asked) };
        if room == 0 {
            return Ok(None);
        }
        Ok(told(fleet.facts(caller, node, room).await))
    }

    /// Forgets old usage rows. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        let own = self.clone();
        tasks.supervise("llm-usage", move |stop| {
            let own = own.clone();
            async move {
                while stop.sleep(Duration::from_secs(3_600)).await {
                    crate::store::usage::prune(&own.0.db, own.0.clock.now().minus_secs(USAGE_DAYS * 86_400)).await?;
                }
                Ok(())
            }
        });
    }

    pub fn is_enabled(&self) -> Result<bool> {
        self.0.settings.bool("llm.enabled")
    }

    /// The configured provider.
    pub(crate) fn provider(&self) -> Result<Provider> {
        let word = self.0.settings.text("llm.provider")?;
        Provider::parse(&word).ok_or_else(|| AppError::internal(format!("llm.provider: {word}")))
    }

    /// The model a provider is asked for: of the key, of the settings when they name this provider, else its default.
    pub(crate) fn model(&self, provider: Provider, preference: Option<&str>) -> Result<Option<String>> {
        let configured = if self.provider()? == provider { self.setting("llm.model")? } else { None };
        Ok(preference.map(str::to_owned).or(configured).or(provider.default_model().map(str::to_owned)))
    }

    /// A text setting, with the placeholder of the registry read as absent.
    pub(crate) fn setting(&self, key: &str) -> Result<Option<String>> {
        Ok(self.0.settings.opt_text(key)?.filter(|t| !t.trim().is_empty() && t != "vendor" && t != "per provider"))
    }
}

/// The place a key is sealed for.
pub(crate) fn aad(owner: Owner, provider: Provider) -> String {
    let (kind, id) = owner.parts();
    keys::place_of(&format!("{kind}:{id}:{}", provider.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleet_that_cannot_be_read_is_said_to_be_unknown() {
        assert_eq!(told(Ok("[]".to_owned())).as_deref(), Some("[]"));
        assert_eq!(told(Ok(String::new())), None, "nothing is known of any");
        assert_eq!(told(Err(AppError::unavailable("the store is busy"))).as_deref(), Some(UNREAD));
    }
}
