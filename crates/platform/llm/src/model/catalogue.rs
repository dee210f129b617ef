//! Models this version knows, with what their providers asked for a million tokens when it was built. The settings
//! `llm.price.*` win for the configured model. A model that is neither here nor priced by them has no known cost.

use super::provider::Provider;

/// Dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Price {
    pub(crate) input: f64,
    pub(crate) output: f64,
}

/// A model and its price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) provider: Provider,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) price: Price,
    /// It looks at pictures.
    pub(crate) sees: bool,
}

/// What every model is used for here; tools are given to none.
const USES: [&str; 2] = ["chat", "streaming"];
/// The same with pictures.
const USES_OF_SEEING: [&str; 3] = ["chat", "streaming", "vision"];

const fn known(provider: Provider, id: &'static str, name: &'static str, input: f64, output: f64) -> Known {
    let sees = matches!(provider, Provider::Anthropic | Provider::Openai | Provider::Gemini);
    Known { provider, id, name, price: Price { input, output }, sees }
}

pub(crate) const ALL: [Known; 17] = [
    known(Provider::Anthropic, "claude-opus-4-5", "Claude Opus 4.5", 5.0, 25.0),
    known(Provider::Anthropic, "claude-opus-4-1", "Claude Opus 4.1", 15.0, 75.0),
    known(Provider::Anthropic, "claude-sonnet-4-5", "Claude Sonnet 4.5", 3.0, 15.0),
    known(Provider::Anthropic, "claude-haiku-4-5", "Claude Haiku 4.5", 1.0, 5.0),
    known(Provider::Openai, "gpt-4.1", "GPT-4.1", 2.0, 8.0),
    known(Provider::Openai, "gpt-4.1-mini", "GPT-4.1 mini", 0.4, 1.6),
    known(Provider::Openai, "gpt-4o", "GPT-4o", 2.5, 10.0),
    known(Provider::Openai, "gpt-4o-mini", "GPT-4o mini", 0.15, 0.6),
    known(Provider::Gemini, "gemini-2.5-pro", "Gemini 2.5 Pro", 1.25, 10.0),
    known(Provider::Gemini, "gemini-2.5-flash", "Gemini 2.5 Flash", 0.3, 2.5),
    known(Provider::Gemini, "gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 0.1, 0.4),
    known(Provider::Ollama, "llama3.2", "Llama 3.2", 0.0, 0.0),
    known(Provider::Ollama, "qwen3", "Qwen 3", 0.0, 0.0),
    known(Provider::Ollama, "mistral", "Mistral", 0.0, 0.0),
    known(Provider::Groq, "llama-3.3-70b-versatile", "Llama 3.3 70B", 0.59, 0.79),
    known(Provider::Groq, "llama-3.1-8b-instant", "Llama 3.1 8B", 0.05, 0.08),
    known(Provider::Together, "meta-llama/Llama-3.3-70B-Instruct-Turbo", "Llama 3.3 70B Turbo", 0.88, 0.88),
];

/// The model of this name, also by the name of one of its dated versions.
fn find(provider: Provider, model: &str) -> Option<&'static Known> {
    let same = |k: &&Known| {
        let dated = model.strip_prefix(k.id).and_then(|rest| rest.strip_prefix('-'));
        k.provider == provider
            && (model == k.id || dated.is_some_and(|d| d.len() >= 8 && d.bytes().all(|b| b.is_ascii_digit() || b == b'-')))
    };
    ALL.iter().find(same)
}

/// Whether a model looks at pictures; nobody knows it of one that is not listed, so it may be asked.
pub(crate) fn sees(provider: Provider, model: &str) -> Option<bool> {
    // Models on own machines have their size behind a colon.
    let family = if provider.is_local() { model.split(':').next().unwrap_or(model) } else { model };
    find(provider, family).map(|known| known.sees)
}

/// What a model is used for here, as far as it is known.
pub(crate) fn uses(provider: Provider, model: &str) -> &'static [&'static str] {
    if sees(provider, model) == Some(true) { &USES_OF_SEEING } else { &USES }
}

/// What a model costs, as far as it is known. What runs on one's own machines costs nothing.
pub(crate) fn price(provider: Provider, model: &str) -> Option<Price> {
    match find(provider, model) {
        Some(found) => Some(found.price),
        None => provider.is_local().then_some(Price { input: 0.0, output: 0.0 }),
    }
}

/// Who offers a model, when that is known of its name alone.
pub(crate) fn provider_of(model: &str) -> Option<Provider> {
    Provider::ALL.into_iter().find(|p| find(*p, model).is_some())
}

impl Price {
    pub(crate) const fn is_free(self) -> bool {
        self.input == 0.0 && self.output == 0.0
    }
    /// Dollars for so many tokens.
    #[expect(clippy::cast_precision_loss, reason = "token counts stay far below 2^52")]
    pub(crate) fn cost(self, input: i64, output: i64) -> f64 {
        (self.input * input as f64 + self.output * output as f64) / 1e6
    }
    /// The longest answer, of at most `max` tokens, with which a question of `input` tokens stays within `limit` dollars.
    #[expect(clippy::cast_possible_truncation, reason = "the quotient is bounded before it is cut")]
    pub(crate) fn answer_within(self, limit: f64, input: i64, max: i64) -> i64 {
        let left = limit - self.cost(input, 0);
        if left < 0.0 || self.cost(input, max) <= limit {
            return if left < 0.0 { 0 } else { max };
        }
        (left * 1e6 / self.output).clamp(0.0, 1e12) as i64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_provider_with_a_default_model_has_its_price() {
        for provider in Provider::ALL {
            if let Some(model) = provider.default_model() {
                assert!(price(provider, model).is_some() && provider_of(model) == Some(provider), "{model}");
            }
        }
    }

    #[test]
    fn dated_versions_are_the_model_and_others_are_not() {
        let haiku = price(Provider::Anthropic, "claude-haiku-4-5");
        assert_eq!(price(Provider::Anthropic, "claude-haiku-4-5-20251001"), haiku);
        assert_eq!(price(Provider::Openai, "gpt-4o-2024-11-20"), price(Provider::Openai, "gpt-4o"));
        assert_eq!((price(Provider::Anthropic, "claude-haiku-4-5-fast"), price(Provider::Groq, "claude-haiku-4-5")), (None, None));
        assert_eq!(price(Provider::Ollama, "my-own:7b").map(Price::is_free), Some(true));
    }

    #[test]
    fn models_that_see_nothing_are_known_and_others_may_be_asked() {
        assert_eq!(
            (sees(Provider::Anthropic, "claude-haiku-4-5-20251001"), sees(Provider::Ollama, "llama3.2:3b")),
            (Some(true), Some(false))
        );
        assert_eq!((sees(Provider::Ollama, "llama3.2-vision"), sees(Provider::OpenaiCompatible, "gpt-4o")), (None, None));
        assert_eq!((uses(Provider::Openai, "gpt-4o").len(), uses(Provider::Groq, "llama-3.1-8b-instant").len()), (3, 2));
    }

    proptest! {
        #[test]
        fn answer_never_costs_more_than_the_limit(limit in 0.0..5.0_f64, tokens in 0_i64..2_000_000, max in 1_i64..200_000, which in 0..ALL.len()) {
            let price = ALL[which].price;
            let answer = price.answer_within(limit, tokens, max);
            prop_assert!((0..=max).contains(&answer));
            prop_assert!(answer == 0 || price.cost(tokens, answer) <= limit + 1e-9);
        }
    }
}
