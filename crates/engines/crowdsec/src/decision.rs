//! A decision: what is done with whom, and for how much longer.

use serde::Deserialize;

use crate::duration::GoDuration;

/// A decision as the local API lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Decision {
    /// Its number; each one is asked to be taken back by it.
    pub id: i64,
    /// Who decided: `cscli`, `crowdsec`, `CAPI`, a list.
    #[serde(default)]
    pub origin: String,
    /// What is done: `ban`, `captcha`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What the value is: `Ip`, `Range`, `Country`, `AS`.
    #[serde(default)]
    pub scope: String,
    /// Whom it meets.
    #[serde(default)]
    pub value: String,
    /// Why.
    #[serde(default)]
    pub scenario: String,
    /// How much longer, as Go writes it; negative once it is over.
    #[serde(default)]
    pub duration: String,
}

impl Decision {
    /// How much longer. `None` when the text is none.
    #[must_use]
    pub fn left(&self) -> Option<GoDuration> {
        self.duration.parse().ok()
    }

    /// Whether it meets addresses, not countries or networks.
    #[must_use]
    pub fn is_of_addresses(&self) -> bool {
        self.scope.eq_ignore_ascii_case("ip") || self.scope.eq_ignore_ascii_case("range")
    }
}
