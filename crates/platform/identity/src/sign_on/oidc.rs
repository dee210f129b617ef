//! One OpenID Connect sign-in: authorization code with PKCE, a state that belongs to one browser, and an id token
//! that is fully checked before anything in it is believed.

use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result};
use argos_net::{Class, Request};
use argos_web::OpCx;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::discovery::{Fault, Metadata, refused};
use super::{OidcConfig, SignOn};
use crate::actions::{How, Intake, SignedIn, same_issuer};
use crate::model::constant_time;
use crate::model::external::{self, ExternalProfile};
use crate::model::jose;
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
        let metadata = self.provider(&config, &issuer).await.map_err(unreachable)?;
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

    /// A provider that answers with an error ends the attempt too: its state is used once.
    pub(crate) async fn forget_state(&self, state: &str) -> Result<()> {
        let _: Option<Pending> = self.0.identity.take_secret(Kind::OidcState, state).await?;
        Ok(())
    }

    /// Signs the browser in that came back with a code, and with the issuer's name where the provider sends it.
    pub(crate) async fn oidc_finish(
        &self,
        cx: &OpCx,
        (state, code, named): (&str, &str, Option<&str>),
        browser: Option<&str>,
    ) -> Result<Result<Landed, Failed>> {
        let (config, issuer, client_id) = self.ready()?;
        let identity = &self.0.identity;
        let pending: Option<Pending> = identity.take_secret(Kind::OidcState, state).await?;
        let ours = |p: &Pending| browser.is_some_and(|b| constant_time::equal(b.as_bytes(), p.browser.as_bytes()));
        let Some(pending) = pending.filter(|p| ours(p) && p.issuer == issuer) else {
            identity.note_external_failure(cx, "oidc", "state_not_found", None).await?;
            return Ok(Err(Failed("state_not_found".to_owned())));
        };
        let metadata = self.provider(&config, &issuer).await.map_err(unreachable)?;
        let asked = match from_issuer(&metadata, named) {
            Ok(()) => self.oidc_profile(&config, &client_id, &metadata, &pending, code).await,
            Err(fault) => Err(fault),
        };
        let profile = match asked {
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

    /// The configuration with its issuer and client, if people may sign in this way.
    pub(crate) fn ready(&self) -> Result<(OidcConfig, String, String)> {
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
        let Some(jwks_uri) = metadata.jwks_uri.as_deref() else {
            return self.profile_of_userinfo(metadata, &tokens, client_id, pending).await;
        };
        let id_token = tokens.id_token.ok_or_else(|| Fault("the provider sent no id_token".to_owned()))?;
        let claims = self.0.providers.verified(&id_token, jwks_uri).await?;
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
            let more = self.userinfo(url, token).await?;
            // Userinfo of somebody else is worth nothing (OpenID Connect Core 5.3.2).
            if more.get("sub") == claims.get("sub") {
                for (name, value) in more {
                    claims.entry(name).or_insert(value);
                }
            }
        }
        Ok(profile_of(&pending.issuer, &claims))
    }

    /// A provider without keys: who somebody is comes from its userinfo, which we ask ourselves. An id token that came
    /// along proves nothing by a signature, but it must not speak of somebody or something else.
    async fn profile_of_userinfo(
        &self,
        metadata: &Metadata,
        tokens: &TokenReply,
        client_id: &str,
        pending: &Pending,
    ) -> Result<ExternalProfile, Fault> {
        let url = metadata.userinfo_endpoint.as_deref().ok_or_else(|| Fault("the provider publishes no keys".to_owned()))?;
        let token = tokens.access_token.as_deref().ok_or_else(|| Fault("the provider sent no access token".to_owned()))?;
        let claims = self.userinfo(url, token).await?;
        if let Some(id_token) = &tokens.id_token {
            let said = jose::Unverified::parse(id_token).map_err(refused)?;
            let fits = said.claim("sub") == claims.get("sub")
                && said
                    .claim("nonce")
                    .and_then(Value::as_str)
                    .is_some_and(|n| constant_time::equal(n.as_bytes(), pending.nonce.as_bytes()))
                && said.is_meant_for(client_id);
            if !fits {
                return Err(refused(jose::Fault::Nonce));
            }
        }
        Some(profile_of(&pending.issuer, &claims)).filter(|p| !p.subject.is_empty()).ok_or_else(|| refused(jose::Fault::Subject))
    }

    async fn userinfo(&self, url: &str, token: &str) -> Result<Map<String, Value>, Fault> {
        let request = Request::get(Class::Admin, url).bearer(token).timeout(USERINFO_TIMEOUT);
        Ok(self.0.net.send(request).await?.success()?.json()?)
    }

    /// Where the provider is: named by the settings, else by its own document.
    async fn provider(&self, config: &OidcConfig, issuer: &str) -> Result<Metadata, Fault> {
        match config.explicit() {
            Some(metadata) => Ok(metadata),
            None => self.0.providers.metadata(issuer).await,
        }
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
}

/// A provider that names itself in its answers has to be the one we asked (RFC 9207): a code of another one would be
/// handed to the wrong place.
fn from_issuer(metadata: &Metadata, named: Option<&str>) -> Result<(), Fault> {
    match named {
        // Without a document its name is not known, only where it is.
        Some(named) if metadata.is_guessed => match same_origin(named, &metadata.issuer) {
            true => Ok(()),
            false => Err(refused(jose::Fault::Issuer)),
        },
        Some(named) if named != metadata.issuer => Err(refused(jose::Fault::Issuer)),
        None if metadata.authorization_response_iss_parameter_supported == Some(true) => Err(refused(jose::Fault::Issuer)),
        _ => Ok(()),
    }
}

fn same_origin(one: &str, other: &str) -> bool {
    let origin =
        |url: &str| url.split_once("://").map(|(scheme, rest)| format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()));
    origin(one).is_some() && origin(one) == origin(other)
}

#[expect(clippy::needless_pass_by_value, reason = "reads as `map_err(unreachable)`")]
pub(crate) fn unreachable(fault: Fault) -> AppError {
    AppError::new(ErrorKind::Upstream, format!("discovery: {fault}")).code("oidc_discovery_failed")
}

/// The profile in standard claims. A verified mark that is missing counts as unverified.
fn profile_of(issuer: &str, claims: &Map<String, Value>) -> ExternalProfile {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(b)) => *b,
        Some(Value::String(s)) => s == "true",
        _ => false,
    };
    ExternalProfile {
        provider: "oidc".to_owned(),
        issuer: same_issuer(issuer).to_owned(),
        subject: text("sub").unwrap_or_default(),
        email: text("email").map(|e| e.to_lowercase()),
        email_verified: verified,
        preferred_username: text("preferred_username"),
        name: text("name"),
    }
}
