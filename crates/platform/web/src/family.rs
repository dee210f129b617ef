//! The five route families. They differ in how they judge bodies and word their errors (platform spec 3.1).

/// Which documented family a route belongs to; our own routes follow `Edge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Edge,
    Power,
    Ops,
    Nodes,
    Quality,
}

impl Family {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "edge" | "platform" => Self::Edge,
            "power" => Self::Power,
            "ops" => Self::Ops,
            "nodes" => Self::Nodes,
            "quality" => Self::Quality,
            _ => return None,
        })
    }
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Power => "power",
            Self::Ops => "ops",
            Self::Nodes => "nodes",
            Self::Quality => "quality",
        }
    }
    /// Largest JSON body when the route states no limit of its own.
    pub const fn body_limit(self) -> usize {
        match self {
            Self::Ops => 64 << 10,
            Self::Quality => 10 << 20,
            _ => 1 << 20,
        }
    }
    /// The text for a body that is not JSON.
    pub const fn bad_json(self) -> &'static str {
        match self {
            Self::Ops => "Invalid JSON",
            _ => "invalid json body",
        }
    }
    /// Whether a bad field is a 422 list (power, quality) rather than a 400 text.
    pub const fn lists_fields(self) -> bool {
        matches!(self, Self::Power | Self::Quality)
    }
}
