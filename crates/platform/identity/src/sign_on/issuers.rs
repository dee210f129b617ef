//! Access tokens that other issuers signed: only those of `auth.jwt_issuers`, checked against the keys the issuer
//! publishes. It says whose token it is, never what its owner may do: rights come from the store.

use std::sync::Arc;

use argos_kernel::{Clock, Result, Role, Timestamp};
use argos_settings::Settings;
use argos_web::BoxFuture;
use serde_json::{Map, Value};

use super::discovery::{Fault, Providers, refused};
use crate::model::external::{Admission, ExternalProfile};
use crate::model::jose::Unverified;
use crate::service::{ForeignToken, ForeignTokens};

/// Our own name as an audience.
const AUDIENCE: &str = "argos-api";

/// The issuers the settings name.
pub(crate) struct Issuers {
    pub(crate) settings: Settings,
    pub(crate) providers: Arc<Providers>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ForeignTokens for Issuers {
    fn check<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<ForeignToken>>> {
        Box::pin(async move {
            let Ok(unverified) = Unverified::parse(token) else { return Ok(None) };
            let Some(issuer) = self.listed(unverified.issuer())? else { return Ok(None) };
            let (s, audiences) = (&self.settings, self.audiences()?);
            let (profile, ends_at) = match self.believed(token, &issuer, &audiences).await {
                Ok(believed) => believed,
                Err(fault) => {
                    tracing::warn!(%fault, issuer, "a token of a foreign issuer was refused");
                    return Ok(None);
                }
            };
            Ok(Some(ForeignToken {
                profile,
                ends_at,
                admission: Admission { auto_provision: s.bool("oidc.auto_provision")?, ..Admission::default() },
                default_role: s.text("oidc.default_role")?.parse().unwrap_or(Role::Viewer),
            }))
        })
    }
}

impl Issuers {
    /// The issuer as the settings write it, when they do.
    fn listed(&self, claimed: Option<&str>) -> Result<Option<String>> {
        let Some(claimed) = claimed else { return Ok(None) };
        let all = self.settings.list("auth.jwt_issuers")?;
        Ok(all.into_iter().find(|known| known.trim_end_matches('/') == claimed.trim_end_matches('/')))
    }

    /// Empty = a token that names no audience will do.
    fn audiences(&self) -> Result<Vec<String>> {
        self.settings.list("auth.jwt_audiences")
    }

    async fn believed(&self, token: &str, issuer: &str, audiences: &[String]) -> Result<(ExternalProfile, Timestamp), Fault> {
        let metadata = self.providers.metadata(issuer).await?;
        let jwks_uri = metadata.jwks_uri.as_deref().ok_or_else(|| Fault("the issuer publishes no keys".to_owned()))?;
        let claims = self.providers.verified(token, jwks_uri).await?;
        let ends_at = claims.check_access(&metadata.issuer, audiences, AUDIENCE, self.clock.now().secs()).map_err(refused)?;
        Ok((profile_of(issuer, &claims.into_map()), Timestamp::from_secs(ends_at)))
    }
}

/// The profile in the claims such tokens carry.
fn profile_of(issuer: &str, claims: &Map<String, Value>) -> ExternalProfile {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let full_name = || {
        let parts: Vec<String> = [text("first_name"), text("last_name")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    ExternalProfile {
        // The provider says it.
        issuer: String::new(),
        provider: format!("jwt:{}", issuer.trim_end_matches('/')),
        subject: text("sub").unwrap_or_default(),
        email: text("email").or_else(|| text("primary_email")).or_else(|| text("email_address")).map(|e| e.to_lowercase()),
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        preferred_username: text("preferred_username"),
        name: text("name").or_else(full_name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn profile_is_read_in_any_of_the_documented_claims() {
        let claims = json!({"sub": "u1", "primary_email": "A@B.c", "first_name": "Ada", "last_name": "Lovelace"});
        let profile = profile_of("https://idp.example/", claims.as_object().unwrap());
        assert_eq!((profile.provider.as_str(), profile.email.as_deref()), ("jwt:https://idp.example", Some("a@b.c")));
        assert_eq!((profile.name.as_deref(), profile.email_verified), (Some("Ada Lovelace"), false));
        assert_eq!(profile.username_candidates(), ["a", "a-jwt"]);
    }
}
