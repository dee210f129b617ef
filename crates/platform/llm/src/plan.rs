//! Whom a question goes to: wishes and settings into a plan (provider, model, address, key, price).

use std::time::Duration;

use argos_identity::ModelChoices;
use argos_kernel::{Result, Secret};
use argos_net::Class;

use crate::llm::{Asker, Llm, NoModel, OWN_ADDRESS, aad};
use crate::model::catalogue::{self, Price};
use crate::model::provider::Provider;
use crate::model::wire::Said;
use crate::store::keys::{self, Owner};

/// Everything a call needs.
pub(crate) struct Plan {
    pub(crate) provider: Provider,
    pub(crate) model: String,
    pub(crate) base_url: String,
    /// How far the address may lead: one that no administrator set leads to no network of ours.
    pub(crate) class: Class,
    pub(crate) key: Option<Secret<String>>,
    /// `user`, `org`, `instance` or `none`
    pub(crate) key_owner: &'static str,
    pub(crate) timeout: Duration,
    pub(crate) max_tokens: i64,
    pub(crate) temperature: f64,
    /// Not known of every model.
    pub(crate) price: Option<Price>,
}

impl Plan {
    /// What an answer cost in US dollars; unknown without a price or counted tokens.
    pub(crate) fn cost(&self, said: Option<&Said>) -> Option<f64> {
        let (input, output) = said.and_then(|s| s.input_tokens.zip(s.output_tokens))?;
        self.price.map(|price| price.cost(input, output))
    }
}

/// What a question says about whom it goes to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish<'a> {
    pub(crate) feature: &'a str,
    pub(crate) provider: Option<Provider>,
    pub(crate) model: Option<&'a str>,
}

/// The provider and model that somebody prefers for a kind of work.
fn preferred<'a>(choices: &'a ModelChoices, feature: &str, configured: Provider) -> Option<(Provider, Option<&'a str>)> {
    let stated = choices.provider.as_deref().and_then(Provider::parse);
    if let Some(model) = choices.by_task.get(feature) {
        return Some((catalogue::provider_of(model).or(stated).unwrap_or(configured), Some(model)));
    }
    match (stated, choices.model.as_deref()) {
        (None, None) => None,
        (Some(provider), model) => Some((provider, model)),
        (None, Some(model)) => Some((catalogue::provider_of(model).unwrap_or(configured), Some(model))),
    }
}

impl Llm {
    /// What the asker chose; the documented defaults of whoever chose nothing.
    pub(crate) async fn choices(&self, asker: &Asker) -> Result<ModelChoices> {
        match asker.user_id {
            Some(id) => self.0.identity.model_choices(id).await,
            None => Ok(ModelChoices::default()),
        }
    }

    /// The question's own wish, else what its asker prefers, else the settings. A preference for a provider that cannot be
    /// asked is passed over. `Err` of the inner result: why nothing can be asked.
    pub(crate) async fn plan(&self, asker: &Asker, choices: &ModelChoices, wish: Wish<'_>) -> Result<Result<Plan, NoModel>> {
        let configured = self.provider()?;
        if wish.provider.is_some() || wish.model.is_some() {
            let named = wish.model.and_then(catalogue::provider_of);
            return self.plan_for(asker, choices, wish.provider.or(named).unwrap_or(configured), wish.model).await;
        }
        if let Some((provider, model)) = preferred(choices, wish.feature, configured)
            && let Ok(plan) = self.plan_for(asker, choices, provider, model).await?
        {
            return Ok(Ok(plan));
        }
        self.plan_for(asker, choices, configured, None).await
    }

    /// Whom a chat goes to.
    pub(crate) async fn chat_plan(&self, asker: &Asker) -> Result<Result<Plan, NoModel>> {
        let choices = self.choices(asker).await?;
        self.plan(asker, &choices, Wish { feature: "chat", ..Wish::default() }).await
    }

    async fn plan_for(
        &self,
        asker: &Asker,
        choices: &ModelChoices,
        provider: Provider,
        model: Option<&str>,
    ) -> Result<Result<Plan, NoModel>> {
        let s = &self.0.settings;
        let Some((key, key_owner, stored)) = self.key(asker, choices, provider).await? else {
            return Ok(Err(NoModel::NotConfigured(format!("No API key configured for '{}'", provider.as_str()))));
        };
        let preference = model.or(stored.as_ref().and_then(|k| k.model_preference.as_deref()));
        let Some(model) = self.model(provider, preference)? else {
            return Ok(Err(NoModel::NotConfigured(format!("No model configured for '{}'", provider.as_str()))));
        };
        // A person's own address is only for servers that have no fixed one.
        let own = stored.and_then(|k| k.base_url).filter(|_| provider == Provider::OpenaiCompatible);
        let general = if provider == self.provider()? { self.setting("llm.base_url")? } else { None };
        let specific = self.setting(&format!("ai.base_url.{}", provider.as_str()))?;
        let class = if own.is_some() { OWN_ADDRESS } else { Class::Integration };
        let base_url = own.or(specific).or(general).or(provider.base_url().map(str::to_owned));
        let Some(base_url) = base_url else {
            return Ok(Err(NoModel::NotConfigured(format!("No address configured for '{}'", provider.as_str()))));
        };
        let mut timeout = u64::try_from(s.i64("llm.timeout_s")?).unwrap_or(60);
        if provider.is_local() && timeout == 60 {
            // Models on own machines load before they answer.
            timeout = 120;
        }
        Ok(Ok(Plan {
            price: self.price(provider, &model)?,
            provider,
            model,
            base_url: base_url.trim_end_matches('/').to_owned(),
            class,
            key,
            key_owner,
            timeout: Duration::from_secs(timeout),
            max_tokens: s.i64("llm.max_tokens")?,
            temperature: s.f64("llm.temperature")?,
        }))
    }

    /// Of the configured model what the settings say, else what is known of it.
    pub(crate) fn price(&self, provider: Provider, model: &str) -> Result<Option<Price>> {
        let s = &self.0.settings;
        let is_configured = self.provider()? == provider && self.model(provider, None)?.as_deref() == Some(model);
        Ok(match (s.opt_f64("llm.price.input")?, s.opt_f64("llm.price.output")?) {
            (Some(input), Some(output)) if is_configured => Some(Price { input, output }),
            _ => catalogue::price(provider, model),
        })
    }

    /// The key by which a provider is asked: the user's, the organization's, the instance's. `None` = there is none.
    async fn key(
        &self,
        asker: &Asker,
        choices: &ModelChoices,
        provider: Provider,
    ) -> Result<Option<(Option<Secret<String>>, &'static str, Option<keys::Key>)>> {
        let owners = [asker.user_id.map(Owner::User), asker.organization_id.map(Owner::Organization)];
        for owner in owners.into_iter().flatten() {
            if let Some(found) = keys::find(&self.0.db, owner, provider.as_str()).await? {
                let plain = self.0.vault.open_text(&aad(owner, provider), &found.key_enc)?;
                // From here on it is in use, so nothing may carry it by accident.
                self.0.vault.redactor().set(&aad(owner, provider), [Secret::new(plain.reveal().clone())]);
                return Ok(Some((Some(plain), owner.parts().0, Some(found))));
            }
        }
        let is_shared = choices.use_platform_key && self.0.settings.bool("llm.use_platform_key_fallback")?;
        let own = if self.provider()? == provider { self.0.settings.secret("llm.api_key")? } else { None };
        let own = own.filter(|k| !k.reveal().is_empty() && is_shared);
        Ok(match own {
            Some(key) => Some((Some(key), "instance", None)),
            None if !provider.needs_key() => Some((None, "none", None)),
            None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preference_is_of_the_work_then_of_the_person_and_a_known_model_names_its_provider() {
        let mut choices = ModelChoices::default();
        assert_eq!(preferred(&choices, "chat", Provider::Ollama), None, "who chose nothing has the model of the settings");
        choices.model = Some("gpt-4o".to_owned());
        assert_eq!(preferred(&choices, "chat", Provider::Ollama), Some((Provider::Openai, Some("gpt-4o"))));
        choices.provider = Some("groq".to_owned());
        assert_eq!(preferred(&choices, "chat", Provider::Ollama), Some((Provider::Groq, Some("gpt-4o"))), "who names both means both");
        choices.by_task.insert("healing".to_owned(), "claude-haiku-4-5".to_owned());
        assert_eq!(preferred(&choices, "healing", Provider::Ollama), Some((Provider::Anthropic, Some("claude-haiku-4-5"))));
        choices.by_task.insert("chat".to_owned(), "my-own".to_owned());
        assert_eq!(preferred(&choices, "chat", Provider::Ollama), Some((Provider::Groq, Some("my-own"))));
    }
}
