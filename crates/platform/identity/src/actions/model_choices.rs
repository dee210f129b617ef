//! What the gateway to language models asks identity: what somebody chose for himself, and what an organization may spend.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_web::BoxFuture;
use serde_json::{Map, Value};

use super::Document;
use crate::model::profile;
use crate::service::Identity;
use crate::store::organizations;

/// The assistant settings of one person (`/api/v1/users/me/ai-config`).
#[derive(Clone, Debug, PartialEq)]
pub struct ModelChoices {
    /// Only when it was chosen: the documented default is no choice.
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Dollars; zero = nothing may be spent.
    pub cost_limit_per_day: f64,
    pub cost_limit_per_message: f64,
    /// Whether the key of the installation may be used when there is none of one's own.
    pub use_platform_key: bool,
    /// The model for a feature, by its name.
    pub by_task: BTreeMap<String, String>,
}

impl Default for ModelChoices {
    fn default() -> Self {
        Self::of(&Map::new())
    }
}

impl ModelChoices {
    fn of(stored: &Map<String, Value>) -> Self {
        let all = profile::merged(profile::ai_defaults(), stored);
        let text = |name: &str| stored.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
        let number = |name: &str| all.get(name).and_then(Value::as_f64).unwrap_or_default();
        let by_task = all.get("preferred_models_by_task").and_then(Value::as_object).into_iter().flatten();
        Self {
            provider: text("default_provider"),
            model: text("default_model"),
            cost_limit_per_day: number("cost_limit_per_day"),
            cost_limit_per_message: number("cost_limit_per_message"),
            use_platform_key: all.get("use_platform_key_fallback").and_then(Value::as_bool).unwrap_or(true),
            by_task: by_task.filter_map(|(task, model)| Some((task.clone(), model.as_str()?.to_owned()))).collect(),
        }
    }
}

/// What an organization may spend on models, in dollars; zero = nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelBudget {
    pub daily: f64,
    pub monthly: f64,
}

/// Knows what organizations spent on models. Whoever counts it stands above this crate, so it comes in as a trait.
pub trait ModelSpend: Send + Sync {
    /// Dollars today and this month; `None` = it asked, and of nothing it asked is the price known.
    fn spent(&self, organization: i64) -> BoxFuture<'_, Result<(Option<f64>, Option<f64>)>>;
}

impl Identity {
    /// What somebody chose, with the documented defaults for the rest.
    pub async fn model_choices(&self, user_id: i64) -> Result<ModelChoices> {
        let stored = self.document(user_id, Document::AiConfig).await?.map(|(map, _)| map).unwrap_or_default();
        Ok(ModelChoices::of(&stored))
    }

    /// What an organization may spend; `None` when there is no such organization.
    pub async fn model_budget(&self, organization: i64) -> Result<Option<ModelBudget>> {
        let found = organizations::find(&self.0.db, organizations::By::Id(organization)).await?;
        Ok(found.map(|o| ModelBudget { daily: o.ai_budget_daily, monthly: o.ai_budget_monthly }))
    }

    /// What it spent today and this month; `None` where nobody counts.
    pub(crate) async fn model_spend(&self, organization: i64) -> Result<(Option<f64>, Option<f64>)> {
        match self.0.model_spend.get() {
            Some(spend) => spend.spent(organization).await,
            None => Ok((None, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_limits_and_no_choice_of_a_model() {
        let nothing = ModelChoices::default();
        assert_eq!((nothing.provider.clone(), nothing.model.clone(), nothing.use_platform_key), (None, None, true));
        assert_eq!((nothing.cost_limit_per_day, nothing.cost_limit_per_message), (10.0, 1.0));
        let stored = json!({ "default_provider": "groq", "default_model": "", "cost_limit_per_day": 0, "use_platform_key_fallback": false,
            "preferred_models_by_task": { "chat": "gpt-4o" } });
        let chosen = ModelChoices::of(stored.as_object().unwrap());
        assert_eq!((chosen.provider.as_deref(), chosen.model.clone(), chosen.use_platform_key), (Some("groq"), None, false));
        assert_eq!((chosen.cost_limit_per_day, chosen.by_task["chat"].as_str()), (0.0, "gpt-4o"));
    }
}
