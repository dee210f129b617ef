//! The four global roles (platform spec 0.7, 2.1). Each includes the one before it.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Operator,
    Admin,
    Owner,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Owner];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
    /// The spelling of the ops routes: an owner shows as `admin`.
    pub const fn ops_word(self) -> &'static str {
        match self {
            Self::Owner => "admin",
            other => other.as_str(),
        }
    }
    /// The spelling of `/api/v1/users*` and `/api/v1/auth/*`: an owner shows as `super_admin`.
    pub const fn nodes_word(self) -> &'static str {
        match self {
            Self::Owner => "super_admin",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();
    /// Accepts `super_admin` for owner, as every documented input does.
    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "super_admin" => Ok(Self::Owner),
            _ => Self::ALL.into_iter().find(|r| r.as_str() == word).ok_or(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_know_their_spellings() {
        assert!(Role::Viewer < Role::Operator && Role::Admin < Role::Owner);
        assert_eq!("super_admin".parse(), Ok(Role::Owner));
        assert_eq!(Role::Owner.ops_word(), "admin");
        assert!("root".parse::<Role>().is_err());
    }
}
