//! A way through the site: what it is for, how much it matters, its steps and how one knows that it worked.

use serde::{Deserialize, Serialize};

/// What a way is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Authentication,
    Registration,
    PasswordReset,
    Search,
    Crud,
    Checkout,
    Form,
    Navigation,
    Settings,
    Profile,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Authentication,
        Self::Registration,
        Self::PasswordReset,
        Self::Search,
        Self::Crud,
        Self::Checkout,
        Self::Form,
        Self::Navigation,
        Self::Settings,
        Self::Profile,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Registration => "registration",
            Self::PasswordReset => "password_reset",
            Self::Search => "search",
            Self::Crud => "crud",
            Self::Checkout => "checkout",
            Self::Form => "form",
            Self::Navigation => "navigation",
            Self::Settings => "settings",
            Self::Profile => "profile",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }
    /// 1 matters most, 10 least.
    pub const fn priority(self) -> i64 {
        match self {
            Self::Authentication => 1,
            Self::Checkout => 2,
            Self::Registration => 3,
            Self::Crud => 4,
            Self::Search | Self::PasswordReset => 5,
            Self::Profile | Self::Settings => 6,
            Self::Form => 7,
            Self::Navigation => 8,
        }
    }
}

/// One step of a way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowStep {
    /// From 1 on.
    pub order: i64,
    /// An action of the step model.
    pub action: String,
    pub target: Option<String>,
    pub value: Option<String>,
    /// The page it happens on.
    pub page_url: Option<String>,
    pub description: Option<String>,
    /// What is claimed afterwards, such as `not url_contains /login`.
    pub expected_result: Option<String>,
    /// `load`, `networkidle` or a selector.
    pub wait_condition: Option<String>,
}

/// A way through the site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub name: String,
    pub description: String,
    pub kind: Kind,
    /// 1 to 10, 1 matters most.
    pub priority: i64,
    pub start_url: String,
    pub steps: Vec<FlowStep>,
    /// Addresses, in the order they are met.
    pub pages: Vec<String>,
    pub success_criteria: Vec<String>,
    /// 0 to 1: how sure it is that the steps do what the name says.
    pub confidence: f64,
    /// Running it changes nothing at the site beyond what a visit does.
    pub harmless: bool,
}

impl Flow {
    /// Seconds it takes about: three for each page that is opened, one for anything else.
    pub fn estimated_duration_s(&self) -> i64 {
        self.steps.iter().map(|s| if s.action == "goto" { 3 } else { 1 }).sum()
    }

    /// 0 to 1, of steps, pages and fields.
    pub fn complexity(&self) -> f64 {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let fields = self.steps.iter().filter(|s| matches!(s.action.as_str(), "fill" | "select" | "check")).count();
        (0.1 * count(self.steps.len()) + 0.1 * count(self.pages.len()) + 0.05 * count(fields)).min(1.0)
    }
}
