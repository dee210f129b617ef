//! Rules for accounts of other providers: who is let in, what a new account is called, and the secrets of one
//! round trip. Pure.

use argos_kernel::{Rng, hex};
use data_encoding::BASE64URL_NOPAD;
use ring::digest;

/// What a provider vouches for.
#[derive(Clone, Debug, Default)]
pub struct ExternalProfile {
    /// `oidc`, `github`, `ldap` ...
    pub provider: String,
    /// Who gave the subject, where the provider alone does not say it: the issuer of a single sign-on, the server of a
    /// social one.
    pub issuer: String,
    /// The provider's own, never changing id.
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub preferred_username: Option<String>,
    pub name: Option<String>,
}

/// Why somebody a provider vouches for is not let in: the words of `oidc_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    EmailUnverified,
    NotAllowed,
    NoAutoProvision,
    /// The account could not be made.
    Upsert,
}

impl Denial {
    pub const fn word(self) -> &'static str {
        match self {
            Self::EmailUnverified => "email_unverified",
            Self::NotAllowed => "not_allowed",
            Self::NoAutoProvision => "no_auto_provision",
            Self::Upsert => "upsert",
        }
    }
}

/// Who may come in by a provider.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    pub auto_provision: bool,
    pub require_email: bool,
    pub require_email_verified: bool,
    pub allowed_emails: Vec<String>,
    pub allowed_domains: Vec<String>,
}

impl Admission {
    /// Both lists empty = everyone; else the exact address or its exact domain.
    pub fn judge(&self, profile: &ExternalProfile) -> Result<(), Denial> {
        let email = profile.email.as_deref().map(str::to_lowercase);
        if (self.require_email && email.is_none()) || (self.require_email_verified && !profile.email_verified) {
            return Err(Denial::EmailUnverified);
        }
        if self.allowed_emails.is_empty() && self.allowed_domains.is_empty() {
            return Ok(());
        }
        let listed = email.is_some_and(|email| {
            let domain = email.rsplit_once('@').map(|(_, domain)| domain);
            self.allowed_emails.contains(&email) || domain.is_some_and(|d| self.allowed_domains.iter().any(|a| a == d))
        });
        if listed { Ok(()) } else { Err(Denial::NotAllowed) }
    }
}

impl ExternalProfile {
    /// Names to try for a new account, best first.
    pub fn username_candidates(&self) -> Vec<String> {
        let local = self.email.as_deref().and_then(|e| e.split_once('@')).map(|(local, _)| local);
        // Of `jwt:<issuer>` only the kind can stand in a name.
        let kind = self.provider.split(':').next().unwrap_or_default();
        let best = [self.preferred_username.as_deref(), local].into_iter().flatten().map(plain).find(|name| !name.is_empty());
        let digest = digest::digest(&digest::SHA256, self.subject.as_bytes());
        let fallback = format!("{kind}-{}", &hex(digest.as_ref()).chars().take(12).collect::<String>());
        match best {
            Some(name) => {
                let short: String = name.chars().take(63 - kind.len()).collect();
                vec![name, format!("{short}-{kind}")]
            }
            None => vec![fallback],
        }
    }

    /// What the account is shown as.
    pub fn display_name(&self) -> Option<String> {
        let local = self.email.as_deref().and_then(|e| e.split_once('@')).map(|(local, _)| local);
        let wanted = [self.name.as_deref(), self.preferred_username.as_deref(), local].into_iter().flatten();
        wanted.map(|n| n.chars().filter(|c| !c.is_control()).take(128).collect::<String>()).find(|n| !n.trim().is_empty())
    }
}

/// Only what a user name may hold, starting with a letter or digit.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_ascii_alphanumeric() || "_.-".contains(*c));
    kept.skip_while(|c| !c.is_ascii_alphanumeric()).take(64).collect()
}

/// 32 random bytes as 43 characters: states and nonces.
pub fn new_state(rng: &dyn Rng) -> String {
    BASE64URL_NOPAD.encode(&rng.bytes::<32>())
}

/// 64 random bytes as 86 characters (RFC 7636).
pub fn new_verifier(rng: &dyn Rng) -> String {
    BASE64URL_NOPAD.encode(&[rng.bytes::<32>(), rng.bytes::<32>()].concat())
}

/// The S256 challenge of a verifier.
pub fn challenge_of(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref())
}

/// `name=value&...` with every reserved byte escaped.
pub fn encode_query(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&escape(name));
        out.push('=');
        out.push_str(&escape(value));
    }
    out
}

/// Percent-encodes everything but unreserved characters (RFC 3986 2.3).
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;
    use proptest::prelude::*;

    use super::*;
    use crate::model::user::check_username;

    fn profile(email: &str, verified: bool) -> ExternalProfile {
        ExternalProfile {
            provider: "oidc".to_owned(),
            subject: "7".to_owned(),
            email: Some(email.to_owned()),
            email_verified: verified,
            ..ExternalProfile::default()
        }
    }

    #[test]
    fn admission_asks_for_the_mail_and_the_lists() {
        let open = Admission { require_email: true, require_email_verified: true, ..Admission::default() };
        assert_eq!(open.judge(&profile("a@b.c", true)), Ok(()));
        assert_eq!(open.judge(&profile("a@b.c", false)), Err(Denial::EmailUnverified));
        assert_eq!(open.judge(&ExternalProfile::default()), Err(Denial::EmailUnverified));
        let listed = Admission { allowed_emails: vec!["x@y.z".to_owned()], allowed_domains: vec!["b.c".to_owned()], ..open };
        assert_eq!(listed.judge(&profile("A@B.C", true)), Ok(()));
        assert_eq!(listed.judge(&profile("X@y.z", true)), Ok(()));
        assert_eq!(listed.judge(&profile("a@sub.b.c", true)), Err(Denial::NotAllowed));
    }

    #[test]
    fn names_come_from_the_handle_then_the_mail_then_the_subject() {
        let mut p = profile("ada.l@b.c", true);
        assert_eq!(p.username_candidates(), ["ada.l", "ada.l-oidc"]);
        p.preferred_username = Some("-Ada L!".to_owned());
        assert_eq!(p.username_candidates()[0], "AdaL");
        p = ExternalProfile { provider: "oidc".to_owned(), subject: "7".to_owned(), ..ExternalProfile::default() };
        assert_eq!(p.username_candidates(), ["oidc-7902699be42c"]);
    }

    #[test]
    fn challenge_is_that_of_the_standard() {
        // RFC 7636 appendix B.
        assert_eq!(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!((new_state(&SeededRng::new(1)).len(), new_verifier(&SeededRng::new(1)).len()), (43, 86));
    }

    proptest! {
        #[test]
        fn candidate_names_are_names(handle in "\\PC{0,90}", email in "\\PC{0,20}@x.y") {
            let p = ExternalProfile {
                provider: "microsoft".to_owned(),
                subject: "s".to_owned(),
                email: Some(email),
                preferred_username: Some(handle),
                ..ExternalProfile::default()
            };
            for name in p.username_candidates() {
                prop_assert!(check_username(&name).is_ok(), "{}", name);
            }
        }
    }
}
