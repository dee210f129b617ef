//! One OpenID Connect sign-in: authorization code with PKCE, a state that belongs to one browser, and an id token
//! that is fully checked before anything in it is believed.

use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result};
use argos_net::{Class, Request};
use argos_web::OpCx;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::discovery::{Fault, Metadata};
use super::{OidcConfig, SignOn};
use crate::actions::{How, Intake, SignedIn};
use crate::model::constant_time;
use crate::model::external::{self, ExternalProfile};
use crate::model::jose::{self, Unverified};
use crate::model::session::SessionKind;
use crate::store::ephemeral::Kind;

const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
const USERINFO_TIMEOUT: Duration = Duration::from_secs(5);
const CALLBACK: &str = "/api/auth/oidc/callback";

/// What waits for the browser to come back.
#[derive(Serialize, Deserialize)]
struct Pending {
    nonce: String,
    verifier: String,
    /// The cookie of the browser that left.
    browser: String,
    /// Where to go afterwards; `None` = hand out an exchange code.
    rd: Option<String>,
    redirect_uri: String,
    issuer: String,
}

/// Why a browser came back in vain: the word of `oidc_error`.
pub(crate) struct Failed(pub(crate) String);

/// A browser that came back and is signed in.
pub(crate) struct Landed {
    pub(crate) opened: Box<SignedIn>,
    pub(crate) rd: Option<String>,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: Option<String>,
    id_token: Option<String>,
}

impl SignOn {
    /// Where to send the browser.
    pub(crate) async fn oidc_start(&self, cx: &OpCx, rd: Option<&str>, browser: &str) -> Result<String> {
        let (config, issuer, client_id) = self.ready()?;
        let metadata = self.metadata(&issuer).await.map_err(unreachable)?;
        let identity = &self.0.identity;
        let rng = &*identity.0.rng;
        let (state, nonce, verifier) = (external::new_state(rng), external::new_state(rng), external::new_verifier(rng));
        let redirect_uri = self.redirect_uri(cx);
        let query = external::encode_query(&[
            ("client_id", &client_id),
            ("response_type", "code"),
            ("scope", &config.scopes),
            ("redirect_uri", &redirect_uri),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &external::challenge_of(&verifier)),
            ("code_challenge_method", "S256"),
        ]);
        let pending = Pending { nonce, verifier, browser: browser.to_owned(), rd: rd.map(str::to_owned), redirect_uri, issuer };
        identity.keep_secret(Kind::OidcState, &state, &pending).await?;
        let joint = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{}{joint}{query}", metadata.authorization_endpoint))
    }

    /// Signs the browser in that came back with a code.
    pub(crate) async fn oidc_finish(&self, cx: &OpCx, state: &str, code: &str, browser: Option<&str>) -> Result<Result<Landed, Failed>> {
        let (config, issuer, client_id) = self.ready()?;
        let identity = &self.0.identity;
        let pending: Option<Pending> = identity.take_secret(Kind::OidcState, state).await?;
        let ours = |p: &Pending| browser.is_some_and(|b| constant_time::equal(b.as_bytes(), p.browser.as_bytes()));
        let Some(pending) = pending.filter(|p| ours(p) && p.issuer == issuer) else {
            identity.note_external_failure(cx, "oidc", "state_not_found", None).await?;
            return Ok(Err(Failed("state_not_found".to_owned())));
        };
        let metadata = self.metadata(&issuer).await.map_err(unreachable)?;
        let profile = match self.oidc_profile(&config, &client_id, &metadata, &pending, code).await {
            Ok(profile) => profile,
            Err(fault) => {
                tracing::warn!(%fault, "a single sign-on was refused");
                identity.note_external_failure(cx, "oidc", "callback", None).await?;
                return Ok(Err(Failed("callback".to_owned())));
            }
        };
        let intake = Intake {
            admission: &config.admission,
            default_role: config.default_role,
            how: How { kind: SessionKind::Web, route: CALLBACK, methods: &["oidc"] },
            created_via: "oidc",
        };
        Ok(match identity.admit(cx, &profile, &intake).await? {
            Ok(opened) => Ok(Landed { opened, rd: pending.rd }),
            Err(denial) => Err(Failed(denial.word().to_owned())),
        })
    }

    /// The address the provider sends browsers back to.
    pub(crate) fn redirect_uri(&self, cx: &OpCx) -> String {
        format!("{}{CALLBACK}", self.0.identity.public_base(cx))
    }

    fn ready(&self) -> Result<(OidcConfig, String, String)> {
        let config = self.oidc_config()?;
        if !config.enabled {
            return Err(AppError::not_found("OIDC not configured").code("oidc_disabled"));
        }
        let complete = config.complete().map(|(issuer, client)| (issuer.to_owned(), client.to_owned()));
        match complete {
            Some((issuer, client_id)) => Ok((config, issuer, client_id)),
            None => Err(AppError::unavailable("OIDC configuration is incomplete").code("oidc_incomplete")),
        }
    }

    /// Exchanges the code and checks everything that comes back.
    async fn oidc_profile(
        &self,
        config: &OidcConfig,
        client_id: &str,
        metadata: &Metadata,
        pending: &Pending,
        code: &str,
    ) -> Result<ExternalProfile, Fault> {
        let tokens = self.exchange(config, client_id, metadata, pending, code).await?;
        let id_token = tokens.id_token.ok_or_else(|| Fault("the provider sent no id_token".to_owned()))?;
        let jwks_uri = metadata.jwks_uri.as_deref().ok_or_else(|| Fault("the provider publishes no keys".to_owned()))?;
        let claims = self.verified(&id_token, jwks_uri).await?;
        let now_s = self.0.identity.now().secs();
        claims.check(&metadata.issuer, Some(client_id), now_s).map_err(refused)?;
        let nonce = claims.text("nonce").unwrap_or_default();
        if !constant_time::equal(nonce.as_bytes(), pending.nonce.as_bytes()) {
            return Err(refused(jose::Fault::Nonce));
        }
        let mut claims = claims.into_map();
        if !claims.contains_key("email")
            && let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
        {
            let request = Request::get(Class::Admin, url.as_str()).bearer(token).timeout(USERINFO_TIMEOUT);
            let more: Map<String, Value> = self.0.net.send(request).await?.success()?.json()?;
            // Userinfo of somebody else is worth nothing (OpenID Connect Core 5.3.2).
            if more.get("sub") == claims.get("sub") {
                for (name, value) in more {
                    claims.entry(name).or_insert(value);
                }
            }
        }
        Ok(profile_of(&claims))
    }

    async fn exchange(
        &self,
        config: &OidcConfig,
        client_id: &str,
        metadata: &Metadata,
        pending: &Pending,
        code: &str,
    ) -> Result<TokenReply, Fault> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &pending.redirect_uri),
            ("code_verifier", &pending.verifier),
        ];
        let mut request = Request::post(Class::Admin, metadata.token_endpoint.as_str()).timeout(TOKEN_TIMEOUT);
        request = request.header("accept", "application/json");
        let methods = metadata.token_endpoint_auth_methods_supported.as_deref();
        let basic = methods.is_none_or(|m| m.iter().any(|m| m == "client_secret_basic"));
        match &config.client_secret {
            Some(secret) if basic => {
                let pair = format!("{}:{}", external::escape(client_id), external::escape(secret.reveal()));
                request = request.header("authorization", &format!("Basic {}", BASE64.encode(pair.as_bytes())));
            }
            Some(secret) => form.extend([("client_id", client_id), ("client_secret", secret.reveal())]),
            None => form.push(("client_id", client_id)),
        }
        let request = request.body("application/x-www-form-urlencoded", external::encode_query(&form));
        Ok(self.0.net.send(request).await?.success()?.json()?)
    }

    /// Claims signed by one of the published keys; an unknown key makes us look once more.
    pub(crate) async fn verified(&self, token: &str, jwks_uri: &str) -> Result<jose::Claims, Fault> {
        let parse = || Unverified::parse(token).map_err(refused);
        match parse()?.verify(&self.keys(jwks_uri, false).await?) {
            Ok(claims) => Ok(claims),
            Err(jose::Fault::UnknownKey | jose::Fault::Signature) => parse()?.verify(&self.keys(jwks_uri, true).await?).map_err(refused),
            Err(fault) => Err(refused(fault)),
        }
    }
}

fn refused(fault: jose::Fault) -> Fault {
    Fault(format!("the token is refused: {fault:?}"))
}

#[expect(clippy::needless_pass_by_value, reason = "reads as `map_err(unreachable)`")]
pub(crate) fn unreachable(fault: Fault) -> AppError {
    AppError::new(ErrorKind::Upstream, format!("discovery: {fault}")).code("oidc_discovery_failed")
}

/// The profile in standard claims. A verified mark that is missing counts as unverified.
fn profile_of(claims: &Map<String, Value>) -> ExternalProfile {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(b)) => *b,
        Some(Value::String(s)) => s == "true",
        _ => false,
    };
    ExternalProfile {
        provider: "oidc".to_owned(),
        subject: text("sub").unwrap_or_default(),
        email: text("email").map(|e| e.to_lowercase()),
        email_verified: verified,
        preferred_username: text("preferred_username"),
        name: text("name"),
    }
}
