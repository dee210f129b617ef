//! A user account and the rules of its fields (platform spec 1.1). Hashes and sealed secrets travel apart, in
//! [`UserSecrets`], so that a `User` can be shown and logged without care.

use argos_kernel::{AppError, Role, Timestamp, Uid};

use super::permission::{Grants, OrgRole};

/// Who may sign in with this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    Human,
    Service,
}

impl UserKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Service => "service",
        }
    }
    pub fn parse(word: &str) -> Self {
        if word == "service" { Self::Service } else { Self::Human }
    }
}

/// One account as every view needs it.
#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    pub uid: Uid,
    pub username: String,
    pub display_name: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub has_password: bool,
    pub role: Role,
    pub kind: UserKind,
    pub is_active: bool,
    pub is_temporary: bool,
    pub expires_at: Option<Timestamp>,
    /// `None` = every node, `Some([])` = no node.
    pub allowed_node_ids: Option<Vec<String>>,
    pub must_change_password: bool,
    /// local, oidc, social, ldap, invitation or import.
    pub created_via: String,
    pub totp_enabled_at: Option<Timestamp>,
    /// A secret was handed out and waits for its first code.
    pub totp_pending: bool,
    pub last_login_at: Option<Timestamp>,
    pub login_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The role in the default organization; `None` when not a member.
    pub org_role: Option<OrgRole>,
}

impl User {
    pub fn has_2fa(&self) -> bool {
        self.totp_enabled_at.is_some()
    }

    /// Whether a new password has to come before anything else. An owner could lift the demand himself, so only the
    /// interface asks there: the first start must leave a server that programs can set up (platform spec 1.8).
    pub fn owes_a_password(&self) -> bool {
        self.must_change_password && self.has_password && self.role != Role::Owner
    }

    /// True once a temporary account's time is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    pub fn may_sign_in(&self, now: Timestamp) -> bool {
        self.is_active && !self.is_expired(now)
    }

    /// The effective rights: the global role's, and those of the role in the default organization. Global owners act
    /// as owners there.
    pub fn grants(&self) -> Grants {
        let org_role = if self.role == Role::Owner { Some(OrgRole::Owner) } else { self.org_role };
        Grants::of_role(self.role).union(org_role.map_or(Grants::EMPTY, Grants::inside_organization))
    }
}

/// The parts of the row that only login and second factors touch.
#[derive(Clone, Default)]
pub struct UserSecrets {
    pub password_hash: Option<String>,
    /// Sealed by the vault.
    pub totp_secret_enc: Option<String>,
    pub totp_last_step: Option<i64>,
    /// Sealed JSON list of the recovery codes not yet used.
    pub recovery_enc: Option<String>,
}

/// A user name: 1-64 characters, `[A-Za-z0-9][A-Za-z0-9_.@+-]*`; `me` is a path word and never a name's owner.
pub fn check_username(name: &str) -> Result<(), AppError> {
    let mut chars = name.chars();
    let first_fits = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
    if name.len() > 64 || !first_fits || !chars.all(|c| c.is_ascii_alphanumeric() || "_.@+-".contains(c)) {
        return Err(AppError::bad_request("Invalid username or role").code("invalid_username").with("field", "username"));
    }
    Ok(())
}

/// How names are compared: without case.
pub fn username_key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// 1-128 characters without control characters.
pub fn check_display_name(name: &str) -> Result<(), AppError> {
    let length = name.chars().count();
    if !(1..=128).contains(&length) || name.chars().any(char::is_control) {
        let text = "display_name must be 1-128 characters without control characters";
        return Err(AppError::bad_request(text).with("field", "display_name"));
    }
    Ok(())
}

/// At most 254 bytes, one `@`, a dot in the domain.
pub fn check_email(email: &str) -> Result<(), AppError> {
    let fits = email.len() <= 254
        && !email.chars().any(|c| c.is_control() || c.is_whitespace())
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.contains('@') && domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty())
        });
    if fits { Ok(()) } else { Err(AppError::bad_request("email is not a valid address").with("field", "email")) }
}

/// Node scopes: at most 1000 ids of 1-128 characters.
pub fn check_node_ids(ids: &[String]) -> Result<(), AppError> {
    if ids.len() > 1000 || ids.iter().any(|id| id.is_empty() || id.len() > 128 || id.chars().any(char::is_control)) {
        return Err(AppError::bad_request("allowed_node_ids must be a list of node ids").with("field", "allowed_node_ids"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_follow_the_pattern() {
        for good in ["a", "admin", "A.b-c_d@e+f", "0", &"x".repeat(64)] {
            assert!(check_username(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "-a", "a b", "a:b", "a/b", "ü", &"x".repeat(65)] {
            assert!(check_username(bad).is_err(), "{bad}");
        }
        assert_eq!(username_key("AdMin"), username_key("admin"));
    }

    #[test]
    fn emails_need_a_dotted_domain() {
        for good in ["a@b.c", "first.last+tag@mail.example.org"] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b.c", "a@b", "a@b.", "a@.c", "a b@c.d", "a@b@c.d"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
