//! The providers, their documented other names, and what each needs.

use schemars::JsonSchema;
use serde::Serialize;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Anthropic,
    Openai,
    Gemini,
    Ollama,
    Groq,
    Together,
    OpenaiCompatible,
}

/// Which language a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Anthropic,
    Openai,
    Gemini,
    Ollama,
}

impl Provider {
    pub const ALL: [Self; 7] =
        [Self::Anthropic, Self::Openai, Self::Gemini, Self::Ollama, Self::Groq, Self::Together, Self::OpenaiCompatible];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Openai => "openai",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Groq => "groq",
            Self::Together => "together",
            Self::OpenaiCompatible => "openai_compatible",
        }
    }
    /// By its name or a documented other one.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "google" => Some(Self::Gemini),
            "local" => Some(Self::Ollama),
            "custom" => Some(Self::OpenaiCompatible),
            word => Self::ALL.into_iter().find(|p| p.as_str() == word),
        }
    }
    pub(crate) const fn wire(self) -> Wire {
        match self {
            Self::Anthropic => Wire::Anthropic,
            Self::Gemini => Wire::Gemini,
            Self::Ollama => Wire::Ollama,
            Self::Openai | Self::Groq | Self::Together | Self::OpenaiCompatible => Wire::Openai,
        }
    }
    /// Where it answers; `None` = the administrator must say.
    pub(crate) const fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Openai => Some("https://api.openai.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Ollama => Some("http://localhost:11434"),
            Self::Groq => Some("https://api.groq.com/openai"),
            Self::Together => Some("https://api.together.xyz"),
            Self::OpenaiCompatible => None,
        }
    }
    /// The model when none is configured.
    pub(crate) const fn default_model(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("claude-haiku-4-5"),
            Self::Openai => Some("gpt-4o-mini"),
            Self::Gemini => Some("gemini-2.5-flash"),
            Self::Ollama => Some("llama3.2"),
            Self::Groq => Some("llama-3.3-70b-versatile"),
            Self::Together => Some("meta-llama/Llama-3.3-70B-Instruct-Turbo"),
            Self::OpenaiCompatible => None,
        }
    }
    /// Answers without a key: it runs on the administrator's own machines.
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Ollama)
    }
    pub(crate) const fn needs_key(self) -> bool {
        !matches!(self, Self::Ollama | Self::OpenaiCompatible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_by_all_their_names() {
        for (word, provider) in [("google", Provider::Gemini), ("local", Provider::Ollama), ("custom", Provider::OpenaiCompatible)] {
            assert_eq!(Provider::parse(word), Some(provider));
        }
        assert!(Provider::ALL.into_iter().all(|p| Provider::parse(p.as_str()) == Some(p)));
        assert_eq!(Provider::parse("skynet"), None);
    }
}
