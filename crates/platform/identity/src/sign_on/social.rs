//! Sign-in with Google, Facebook, GitHub and Microsoft: OAuth 2 with PKCE, then the provider's own profile call. Each
//! can be pointed at another server (GitHub Enterprise, a proxy) with `baseUrl` and `apiUrl` beside its client id.

use std::time::Duration;

use argos_kernel::{AppError, Result, Role};
use argos_net::{Class, Request};
use argos_web::OpCx;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SignOn;
use super::discovery::Fault;
use super::oidc::{Failed, Landed};
use crate::actions::{How, Intake};
use crate::model::constant_time;
use crate::model::external::{self, Admission, ExternalProfile};
use crate::model::session::SessionKind;
use crate::store::ephemeral::Kind;

const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
const PROFILE_TIMEOUT: Duration = Duration::from_secs(5);
const ROUTE: &str = "/api/auth/social/callback";

/// What we know of a provider. Paths are appended to its base addresses.
pub(crate) struct Provider {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    base: &'static str,
    authorize: &'static str,
    token_base: &'static str,
    token: &'static str,
    api: &'static str,
    profile: &'static str,
    scope: &'static str,
    extra: &'static [(&'static str, &'static str)],
}

pub(crate) const PROVIDERS: [Provider; 4] = [
    Provider {
        id: "google",
        name: "Google",
        base: "https://accounts.google.com",
        authorize: "/o/oauth2/v2/auth",
        token_base: "https://oauth2.googleapis.com",
        token: "/token",
        api: "https://openidconnect.googleapis.com",
        profile: "/v1/userinfo",
        scope: "openid email profile",
        extra: &[("access_type", "offline"), ("prompt", "select_account")],
    },
    Provider {
        id: "facebook",
        name: "Facebook",
        base: "https://www.facebook.com",
        authorize: "/v19.0/dialog/oauth",
        token_base: "https://graph.facebook.com",
        token: "/v19.0/oauth/access_token",
        api: "https://graph.facebook.com",
        profile: "/me?fields=id,name,email",
        scope: "email public_profile",
        extra: &[],
    },
    Provider {
        id: "github",
        name: "GitHub",
        base: "https://github.com",
        authorize: "/login/oauth/authorize",
        token_base: "https://github.com",
        token: "/login/oauth/access_token",
        api: "https://api.github.com",
        profile: "/user",
        scope: "read:user user:email",
        extra: &[],
    },
    Provider {
        id: "microsoft",
        name: "Microsoft",
        base: "https://login.microsoftonline.com",
        authorize: "/common/oauth2/v2.0/authorize",
        token_base: "https://login.microsoftonline.com",
        token: "/common/oauth2/v2.0/token",
        api: "https://graph.microsoft.com",
        profile: "/v1.0/me",
        scope: "openid email profile User.Read",
        extra: &[],
    },
];

/// What a linked provider is called.
pub(crate) fn provider_name(id: &str) -> &str {
    match id {
        "oidc" => "OpenID Connect",
        "ldap" => "LDAP",
        _ => PROVIDERS.iter().find(|p| p.id == id).map_or(id, |p| p.name),
    }
}

/// One member of `social.providers`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    base_url: Option<String>,
    api_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    provider: String,
    verifier: String,
    browser: String,
    rd: Option<String>,
    redirect_uri: String,
    /// The user who wants to link the account; `None` = sign in.
    link: Option<i64>,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct GithubEmail {
    email: String,
    primary: bool,
    verified: bool,
}

/// What a provider thinks of our client.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Probed {
    reachable: bool,
    /// Null when its answer says neither.
    client_known: Option<bool>,
    /// The provider's error word, or why it was not reached.
    detail: String,
}

/// The error of a token answer: a word, or the message of a nested one.
fn error_of(said: &Value) -> Option<String> {
    let error = said.get("error")?;
    let text = error.as_str().or_else(|| error.get("message").and_then(Value::as_str))?;
    Some(text.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// Whether the client was known: a wrong code is refused only after the client was believed (RFC 6749 5.2).
fn judged(word: &str) -> Option<bool> {
    match word {
        "invalid_grant" | "bad_verification_code" | "redirect_uri_mismatch" => Some(true),
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "Not Found" | "HTTP 401" => Some(false),
        _ => None,
    }
}

/// What a browser that came back is told.
pub(crate) enum Back {
    SignedIn(Landed),
    Linked(Option<String>),
}

impl SignOn {
    /// Says of accounts from before issuers were kept where they came from: from what the settings name now. Before
    /// anybody can change the settings, at every start.
    pub async fn adopt_issuers(&self) -> Result<()> {
        let identity = &self.0.identity;
        identity.adopt_issuer("oidc", self.0.settings.opt_text("oidc.issuer_url")?.as_deref()).await?;
        for provider in &PROVIDERS {
            let api = self.social_client(provider.id)?.map(|client| api_of(provider, &client));
            identity.adopt_issuer(provider.id, api.as_deref()).await?;
        }
        Ok(())
    }

    /// The providers with a client id, in their fixed order.
    pub(crate) fn social(&self) -> Result<Vec<&'static Provider>> {
        let mut ready = Vec::new();
        for provider in &PROVIDERS {
            if self.social_client(provider.id)?.is_some() {
                ready.push(provider);
            }
        }
        Ok(ready)
    }

    fn social_client(&self, id: &str) -> Result<Option<Client>> {
        let all = self.0.settings.json("social.providers")?;
        let client: Option<Client> = all.get(id).and_then(|value| serde_json::from_value(value.clone()).ok());
        Ok(client.filter(|c| !c.client_id.is_empty()))
    }

    fn configured(&self, id: &str) -> Result<(&'static Provider, Client)> {
        let known = PROVIDERS.iter().find(|p| p.id == id);
        let client = match known {
            Some(provider) => self.social_client(provider.id)?,
            None => None,
        };
        let shown: String = id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        known.zip(client).ok_or_else(|| AppError::bad_request(format!("Provider '{shown}' not configured")).code("provider_not_configured"))
    }

    /// Where to send the browser; `link` names the user who wants to link an account.
    pub(crate) async fn social_start(&self, cx: &OpCx, id: &str, rd: Option<String>, browser: &str, link: Option<i64>) -> Result<String> {
        let (provider, client) = self.configured(id)?;
        let identity = &self.0.identity;
        let rng = &*identity.0.rng;
        let (state, verifier) = (external::new_state(rng), external::new_verifier(rng));
        let tail = if link.is_some() { "link/callback" } else { "callback" };
        let redirect_uri = format!("{}/api/auth/social/{}/{tail}", identity.public_base(cx), provider.id);
        let challenge = external::challenge_of(&verifier);
        let mut query = vec![
            ("client_id", client.client_id.as_str()),
            ("response_type", "code"),
            ("scope", provider.scope),
            ("redirect_uri", &redirect_uri),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        query.extend(provider.extra);
        let url = format!("{}{}?{}", base(&client.base_url, provider.base), provider.authorize, external::encode_query(&query));
        let pending = Pending { provider: provider.id.to_owned(), verifier, browser: browser.to_owned(), rd, redirect_uri, link };
        identity.keep_secret(Kind::SocialState, &state, &pending).await?;
        Ok(url)
    }

    /// Signs in or links, once the browser came back with a code.
    pub(crate) async fn social_finish(
        &self,
        cx: &OpCx,
        id: &str,
        (state, code): (&str, &str),
        browser: Option<&str>,
        linking: bool,
    ) -> Result<Result<Back, Failed>> {
        let (provider, client) = self.configured(id)?;
        let identity = &self.0.identity;
        let pending: Option<Pending> = identity.take_secret(Kind::SocialState, state).await?;
        let ours = |p: &Pending| browser.is_some_and(|b| constant_time::equal(b.as_bytes(), p.browser.as_bytes()));
        let Some(pending) = pending.filter(|p| ours(p) && p.provider == provider.id && p.link.is_some() == linking) else {
            identity.note_external_failure(cx, provider.id, "state_not_found", None).await?;
            return Ok(Err(Failed("state_not_found".to_owned())));
        };
        let profile = match self.social_profile(provider, &client, &pending, code).await {
            Ok(profile) => profile,
            Err(fault) => {
                tracing::warn!(%fault, provider = provider.id, "a social sign-in was refused");
                identity.note_external_failure(cx, provider.id, "callback", None).await?;
                return Ok(Err(Failed("callback".to_owned())));
            }
        };
        if let Some(user_id) = pending.link {
            let (user, _) = identity.account(user_id).await?;
            identity.link_external(cx, &user, &profile).await?;
            return Ok(Ok(Back::Linked(pending.rd)));
        }
        let settings = &self.0.settings;
        let admission = Admission { auto_provision: settings.bool("social.auto_provision")?, require_email: true, ..Admission::default() };
        let intake = Intake {
            admission: &admission,
            default_role: settings.text("oidc.default_role")?.parse().unwrap_or(Role::Viewer),
            how: How { kind: SessionKind::Web, route: ROUTE, methods: &["social"] },
            created_via: "social",
        };
        Ok(match identity.admit(cx, &profile, &intake).await? {
            Ok(opened) => Ok(Back::SignedIn(Landed { opened, rd: pending.rd })),
            Err(denial) => Err(Failed(denial.word().to_owned())),
        })
    }

    /// Asks a provider's token address with a code that cannot be right: its answer tells whether it is there and knows
    /// the client and its secret.
    pub(crate) async fn social_probe(&self, id: &str) -> Result<Probed> {
        let (provider, client) = self.configured(id)?;
        let form = external::encode_query(&[
            ("grant_type", "authorization_code"),
            ("code", "argos-test"),
            ("redirect_uri", "https://argos.invalid/"),
            ("client_id", &client.client_id),
            ("client_secret", &client.client_secret),
            ("code_verifier", "argos-test-argos-test-argos-test-argos-test"),
        ]);
        let url = format!("{}{}", base(&client.base_url, provider.token_base), provider.token);
        let request = Request::post(Class::Admin, url).timeout(TOKEN_TIMEOUT).header("accept", "application/json");
        let answer = self.0.net.send(request.body("application/x-www-form-urlencoded", form)).await;
        Ok(match answer {
            Err(fault) => Probed { reachable: false, client_known: None, detail: fault.to_string() },
            Ok(reply) => {
                let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
                let word = said.as_ref().and_then(error_of).unwrap_or_else(|| format!("HTTP {}", reply.status));
                Probed { reachable: true, client_known: judged(&word), detail: word }
            }
        })
    }

    async fn social_profile(&self, provider: &Provider, client: &Client, pending: &Pending, code: &str) -> Result<ExternalProfile, Fault> {
        let form = external::encode_query(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &pending.redirect_uri),
            ("client_id", &client.client_id),
            ("client_secret", &client.client_secret),
            ("code_verifier", &pending.verifier),
        ]);
        let url = format!("{}{}", base(&client.base_url, provider.token_base), provider.token);
        let request = Request::post(Class::Admin, url).timeout(TOKEN_TIMEOUT).header("accept", "application/json");
        let request = request.body("application/x-www-form-urlencoded", form);
        let reply: TokenReply = self.0.net.send(request).await?.success()?.json()?;
        let token = reply.access_token.filter(|t| !t.is_empty()).ok_or_else(|| Fault("the provider sent no access token".to_owned()))?;
        let api = api_of(provider, client);
        let raw: Value = self.ask(&format!("{api}{}", provider.profile), &token).await?;
        let mut profile = profile_of(provider.id, &raw).ok_or_else(|| Fault("the provider names no account".to_owned()))?;
        // A server of one's own counts its people from one as well.
        profile.issuer.clone_from(&api);
        if provider.id == "github" {
            // The profile shows any address its owner likes; only this list says which are verified.
            let all: Vec<GithubEmail> = self.ask(&format!("{api}/user/emails"), &token).await?;
            let primary = all.into_iter().find(|e| e.primary && e.verified);
            profile.email_verified = primary.is_some();
            profile.email = primary.map(|e| e.email.to_lowercase());
        }
        Ok(profile)
    }

    async fn ask<T: DeserializeOwned>(&self, url: &str, token: &str) -> Result<T, Fault> {
        let request = Request::get(Class::Admin, url).bearer(token).header("accept", "application/json").timeout(PROFILE_TIMEOUT);
        Ok(self.0.net.send(request).await?.success()?.json()?)
    }
}

/// Where a provider's profiles come from: who vouches for its people.
fn api_of(provider: &Provider, client: &Client) -> String {
    base(&client.api_url.clone().or_else(|| client.base_url.clone()), provider.api)
}

fn base(given: &Option<String>, usual: &str) -> String {
    let given = given.as_deref().map(|url| url.trim().trim_end_matches('/')).filter(|url| !url.is_empty());
    given.unwrap_or(usual).to_owned()
}

/// The profile in the provider's own words. Facebook and Microsoft do not say whether an address is verified.
fn profile_of(provider: &str, raw: &Value) -> Option<ExternalProfile> {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let id = |name: &str| text(name).or_else(|| raw.get(name).and_then(Value::as_i64).map(|n| n.to_string()));
    let (subject, email, name, handle) = match provider {
        "google" => (text("sub")?, text("email"), text("name"), None),
        "github" => (id("id")?, None, text("name"), text("login")),
        "microsoft" => (text("id")?, text("mail").or_else(|| text("userPrincipalName")), text("displayName"), None),
        _ => (id("id")?, text("email"), text("name"), None),
    };
    let verified = provider == "google" && raw.get("email_verified").is_some_and(|v| v == true || v == "true");
    Some(ExternalProfile {
        issuer: String::new(),
        provider: provider.to_owned(),
        subject,
        email: email.map(|e| e.to_lowercase()),
        email_verified: verified,
        preferred_username: handle,
        name,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn profiles_are_read_in_each_providers_words() {
        let google = profile_of("google", &json!({"sub": "1", "email": "A@b.c", "email_verified": true, "name": "A"})).unwrap();
        assert_eq!((google.email.as_deref(), google.email_verified), (Some("a@b.c"), true));
        let github = profile_of("github", &json!({"id": 7, "login": "ada", "email": "shown@b.c"})).unwrap();
        assert_eq!((github.subject.as_str(), github.email, github.preferred_username.as_deref()), ("7", None, Some("ada")));
        let microsoft = profile_of("microsoft", &json!({"id": "x", "mail": null, "userPrincipalName": "a@b.c"})).unwrap();
        assert_eq!((microsoft.email.as_deref(), microsoft.email_verified), (Some("a@b.c"), false));
        assert!(profile_of("facebook", &json!({"email": "a@b.c"})).is_none());
    }
}
