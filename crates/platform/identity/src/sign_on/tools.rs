//! Accounts at other tools (GitHub, Slack, Jira, Linear): OAuth 2 that binds tokens to a signed-in user, so that
//! integrations act with them. It never signs anybody in. Tokens are sealed and never shown.

use std::net::IpAddr;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_net::{Class, Request};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SignOn;
use super::discovery::Fault;
use super::tool_refresh::renewal;
use crate::model::{constant_time, external};
use crate::store::ephemeral::Kind;
use crate::store::tool_accounts::{self as store, ToolAccount, place_of};

pub(super) const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
const PROFILE_TIMEOUT: Duration = Duration::from_secs(5);
const SCOPES_MAX: usize = 50;

/// What we know of a tool.
pub(crate) struct Tool {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    authorize: &'static str,
    token: &'static str,
    api: &'static str,
    scopes: &'static [&'static str],
    scope_separator: &'static str,
    extra: &'static [(&'static str, &'static str)],
}

pub(crate) const TOOLS: [Tool; 4] = [
    Tool {
        id: "github",
        name: "GitHub",
        authorize: "https://github.com/login/oauth/authorize",
        token: "https://github.com/login/oauth/access_token",
        api: "https://api.github.com",
        scopes: &["repo", "read:org"],
        scope_separator: " ",
        extra: &[],
    },
    Tool {
        id: "slack",
        name: "Slack",
        authorize: "https://slack.com/oauth/v2/authorize",
        token: "https://slack.com/api/oauth.v2.access",
        api: "https://slack.com/api",
        scopes: &["channels:read", "chat:write", "users:read"],
        scope_separator: ",",
        extra: &[],
    },
    Tool {
        id: "jira",
        name: "Jira",
        authorize: "https://auth.atlassian.com/authorize",
        token: "https://auth.atlassian.com/oauth/token",
        api: "https://api.atlassian.com",
        scopes: &["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"],
        scope_separator: " ",
        extra: &[("audience", "api.atlassian.com"), ("prompt", "consent")],
    },
    Tool {
        id: "linear",
        name: "Linear",
        authorize: "https://linear.app/oauth/authorize",
        token: "https://api.linear.app/oauth/token",
        api: "https://api.linear.app",
        scopes: &["read", "write", "issues:create", "comments:create"],
        scope_separator: ",",
        extra: &[],
    },
];

/// The tool a path names; 422 for others.
pub(crate) fn tool(id: &str) -> Result<&'static Tool> {
    let known = TOOLS.iter().find(|t| t.id == id);
    known.ok_or_else(|| {
        let mut fault = FieldError::new("provider", "provider must be github, slack, jira or linear");
        fault.loc = vec!["path".to_owned(), "provider".to_owned()];
        AppError::invalid(vec![fault])
    })
}

/// A person who left for a tool.
#[derive(Serialize, Deserialize)]
struct Pending {
    platform: String,
    user_id: i64,
    organization_id: Option<i64>,
    verifier: String,
    redirect_uri: String,
    /// The mark of the browser that left; `None` when a program asked, which has no cookies.
    browser: Option<String>,
    /// Where the program asked from: an address that is sent to somebody else must not bind that person's account here.
    #[serde(default)]
    address: Option<IpAddr>,
}

impl Pending {
    /// Whether whoever came back is the one who left: the same browser, for a program the same address, or the same
    /// person signed in.
    fn is_of(&self, cx: &OpCx, browser: Option<&str>) -> bool {
        let signed_in = cx.user_id().is_ok_and(|id| id == self.user_id);
        signed_in
            || match (&self.browser, browser) {
                (Some(mark), Some(given)) => constant_time::equal(mark.as_bytes(), given.as_bytes()),
                (Some(_), None) => false,
                (None, _) => self.address.is_some() && self.address == cx.client.ip,
            }
    }
}

/// A tool's answer to a code, in any of their words.
#[derive(Default, Deserialize)]
pub(super) struct TokenReply {
    pub(super) access_token: Option<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in: Option<i64>,
    scope: Option<String>,
    team: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
    name: Option<String>,
}

/// Where it is configured to go.
pub(crate) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
    authorize: String,
    pub(super) token: String,
    api: String,
}

impl SignOn {
    pub(crate) fn tool_client(&self, tool: &'static Tool) -> Result<Client> {
        let settings = &self.0.settings;
        let text = |what: &str| settings.text(&format!("oauth.{}.{what}", tool.id));
        let or = |given: String, usual: &str| if given.trim().is_empty() { usual.to_owned() } else { given.trim().to_owned() };
        let secret = settings.secret(&format!("oauth.{}.client_secret", tool.id))?;
        let id = text("client_id")?;
        let secret = secret.map(|s| s.reveal().clone()).unwrap_or_default();
        if id.is_empty() || secret.is_empty() {
            return Err(AppError::bad_request(format!("{} OAuth not configured", tool.name)).code("oauth_not_configured"));
        }
        let token = or(text("token_url")?, tool.token);
        // A server of their own answers all calls itself.
        let api = if token == tool.token { tool.api.to_owned() } else { origin(&token) };
        Ok(Client { id, secret, authorize: or(text("authorize_url")?, tool.authorize), token, api })
    }

    /// Where to send the person, and the state that comes back.
    pub(crate) async fn tool_start(
        &self,
        cx: &OpCx,
        tool: &'static Tool,
        scopes: &[&str],
        organization_id: Option<i64>,
        browser: Option<&str>,
    ) -> Result<(String, String)> {
        let (client, identity) = (self.tool_client(tool)?, &self.0.identity);
        if scopes.len() > SCOPES_MAX || scopes.iter().any(|s| s.len() > 100) {
            return Err(AppError::invalid(vec![FieldError::new("scopes", format!("at most {SCOPES_MAX} scopes"))]));
        }
        let rng = &*identity.0.rng;
        let (state, verifier) = (external::new_state(rng), external::new_verifier(rng));
        let redirect_uri = format!("{}/api/v1/oauth/{}/callback", identity.public_base(cx), tool.id);
        let challenge = external::challenge_of(&verifier);
        let wanted = if scopes.is_empty() { tool.scopes } else { scopes }.join(tool.scope_separator);
        let mut query = vec![
            ("client_id", client.id.as_str()),
            ("response_type", "code"),
            ("scope", &wanted),
            ("redirect_uri", &redirect_uri),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        query.extend(tool.extra);
        let url = format!("{}?{}", client.authorize, external::encode_query(&query));
        let pending = Pending {
            platform: tool.id.to_owned(),
            user_id: cx.user_id()?,
            organization_id,
            verifier,
            redirect_uri,
            browser: browser.map(str::to_owned),
            address: cx.client.ip,
        };
        identity.keep_secret(Kind::ToolState, &state, &pending).await?;
        Ok((url, state))
    }

    /// Takes the tokens for a code and binds them to the person who left; the error is the word the browser is told.
    pub(crate) async fn tool_finish(
        &self,
        cx: &OpCx,
        tool: &'static Tool,
        (state, code): (&str, &str),
        browser: Option<&str>,
    ) -> Result<Result<ToolAccount, &'static str>> {
        let identity = &self.0.identity;
        let pending: Option<Pending> = identity.take_secret(Kind::ToolState, state).await?;
        let Some(pending) = pending.filter(|p| p.platform == tool.id && p.is_of(cx, browser)) else { return Ok(Err("invalid_state")) };
        let client = self.tool_client(tool)?;
        let reply = match self.tool_tokens(&client, &pending, code).await {
            Ok(reply) => reply,
            Err(fault) => {
                tracing::warn!(%fault, tool = tool.id, "a tool gave no tokens");
                return Ok(Err("token_exchange_failed"));
            }
        };
        let access = reply.access_token.clone().unwrap_or_default();
        // Whose account it is, is shown to people; not to know it harms nothing.
        let (account_id, account_name) = match self.tool_profile(tool, &client, &reply, &access).await {
            Ok(named) => (named.id, named.name),
            Err(fault) => {
                tracing::warn!(%fault, tool = tool.id, "a tool did not say whose account it is");
                (None, None)
            }
        };
        let (uid, now) = (identity.mint(), identity.now());
        let plain = json!({ "access_token": access, "refresh_token": reply.refresh_token }).to_string();
        let separators = |c: char| c == ',' || c.is_whitespace();
        let account = ToolAccount {
            uid,
            user_id: pending.user_id,
            platform: tool.id.to_owned(),
            account_id,
            account_name,
            scopes: reply.scope.unwrap_or_default().split(separators).filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            token_enc: identity.0.vault.seal(&place_of(&uid.to_string()), plain.as_bytes())?,
            token_expires_at: reply.expires_in.map(|s| now.plus_secs(s)),
            connected_at: now,
            refresh_at: renewal(now, reply.expires_in, reply.refresh_token.as_deref().is_some_and(|t| !t.is_empty())),
            refresh_failures: 0,
        };
        let (user, _) = identity.account(pending.user_id).await?;
        let mut change = identity.0.audit.begin(&identity.actor_of(cx, &user)).await?;
        store::put(&mut change, &account, pending.organization_id).await?;
        let text = format!("{} account {} connected", tool.name, account.account_name.as_deref().unwrap_or("(unnamed)"));
        change.commit(entry("connect", &account, pending.organization_id).describe(text)).await?;
        Ok(Ok(account))
    }

    async fn tool_tokens(&self, client: &Client, pending: &Pending, code: &str) -> Result<TokenReply, Fault> {
        let form = external::encode_query(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &pending.redirect_uri),
            ("client_id", &client.id),
            ("client_secret", &client.secret),
            ("code_verifier", &pending.verifier),
        ]);
        let request = Request::post(Class::Admin, &client.token).timeout(TOKEN_TIMEOUT).header("accept", "application/json");
        let request = request.body("application/x-www-form-urlencoded", form);
        let reply: TokenReply = self.0.net.send(request).await?.success()?.json()?;
        // Some answer an error with 200.
        if reply.access_token.as_ref().is_none_or(String::is_empty) {
            return Err(Fault("the tool sent no access token".to_owned()));
        }
        Ok(reply)
    }

    async fn tool_profile(&self, tool: &Tool, client: &Client, reply: &TokenReply, token: &str) -> Result<Named, Fault> {
        let ask = |request: Request| request.bearer(token).header("accept", "application/json").timeout(PROFILE_TIMEOUT);
        let url = |path: &str| format!("{}{path}", client.api);
        let said: Value = match tool.id {
            "slack" => {
                json!({ "id": reply.team.as_ref().and_then(|t| t.id.clone()), "name": reply.team.as_ref().and_then(|t| t.name.clone()) })
            }
            "github" => self.0.net.send(ask(Request::get(Class::Admin, url("/user")))).await?.success()?.json()?,
            "jira" => {
                let all: Value =
                    self.0.net.send(ask(Request::get(Class::Admin, url("/oauth/token/accessible-resources")))).await?.success()?.json()?;
                all.get(0).cloned().unwrap_or_default()
            }
            _ => {
                let query = json!({ "query": "{ viewer { id name } }" });
                let all: Value =
                    self.0.net.send(ask(Request::post(Class::Admin, url("/graphql")).json(&query))).await?.success()?.json()?;
                all.pointer("/data/viewer").cloned().unwrap_or_default()
            }
        };
        Ok(named(&said))
    }

    /// The accounts of a person.
    pub(crate) async fn tool_accounts(&self, cx: &OpCx) -> Result<Vec<ToolAccount>> {
        Ok(store::of_user(&self.0.identity.0.db, cx.user_id()?).await?)
    }

    /// Tells the tool, if it listens, and forgets the tokens. False when none was connected.
    pub(crate) async fn tool_disconnect(&self, cx: &OpCx, tool: &'static Tool, organization_id: Option<i64>) -> Result<bool> {
        let identity = &self.0.identity;
        let Some(account) = self.tool_accounts(cx).await?.into_iter().find(|a| a.platform == tool.id) else { return Ok(false) };
        if let Err(fault) = self.tool_revoke(tool, &account).await {
            tracing::warn!(%fault, tool = tool.id, "a tool could not be told that its token is not used any more");
        }
        let mut change = identity.0.audit.begin(&cx.actor()).await?;
        if !store::delete(&mut change, account.user_id, tool.id).await? {
            return Ok(false);
        }
        change.commit(entry("disconnect", &account, organization_id).describe(format!("{} account disconnected", tool.name))).await?;
        Ok(true)
    }

    async fn tool_revoke(&self, tool: &'static Tool, account: &ToolAccount) -> Result<(), Fault> {
        let unreadable = |e: AppError| Fault(e.to_string());
        let client = self.tool_client(tool).map_err(unreadable)?;
        let plain = self.0.identity.0.vault.open(&place_of(&account.uid.to_string()), &account.token_enc);
        let tokens: Value = serde_json::from_slice(plain.map_err(unreadable)?.reveal()).unwrap_or_default();
        let token = tokens["access_token"].as_str().unwrap_or_default();
        let url = match tool.id {
            "slack" => format!("{}/auth.revoke", client.api),
            "linear" => format!("{}/oauth/revoke", client.api),
            // GitHub wants the application's own credentials and Jira knows no such call.
            _ => return Ok(()),
        };
        self.0.net.send(Request::post(Class::Admin, url).bearer(token).timeout(PROFILE_TIMEOUT)).await?.success()?;
        Ok(())
    }
}

fn entry(verb: &str, account: &ToolAccount, organization_id: Option<i64>) -> Entry {
    let entry = Entry::new(format!("oauth.{verb}"), Category::Security).target("tool_account", account.uid);
    let entry = entry.after(json!({ "platform": account.platform, "account": account.account_name, "scopes": account.scopes }));
    match organization_id {
        Some(organization) => entry.organization(organization),
        None => entry,
    }
}

/// Id and name in any tool's words.
fn named(said: &Value) -> Named {
    let text = |name: &str| match said.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.chars().filter(|c| !c.is_control()).take(200).collect()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Named { id: text("id"), name: text("login").or_else(|| text("name")) }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(after..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| after + at);
    url.get(..end).unwrap_or(url).to_owned()
}

/// Whether its token is of no use any more and cannot be renewed.
pub(crate) fn needs_reconnect(account: &ToolAccount, now: Timestamp) -> bool {
    let is_over = account.token_expires_at.is_some_and(|at| at <= now);
    account.refresh_at.is_none() && (is_over || account.refresh_failures > 0)
}

/// Where a token stands, for views.
pub(crate) fn expiry(account: &ToolAccount) -> Option<String> {
    account.token_expires_at.map(Timestamp::rfc3339)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accounts_are_named_in_each_tools_words() {
        let read = |v: Value| (named(&v).id, named(&v).name);
        assert_eq!(read(json!({"id": 7, "login": "ada", "name": "Ada"})), (Some("7".into()), Some("ada".into())));
        assert_eq!(read(json!({"id": "T1", "name": "Team"})), (Some("T1".into()), Some("Team".into())));
        assert_eq!(read(Value::Null), (None, None));
        assert_eq!(origin("https://ghe.example:8443/login/x"), "https://ghe.example:8443");
        assert_eq!(origin("https://ghe.example"), "https://ghe.example");
        assert!(tool("gitlab").is_err());
    }

    proptest! {
        #[test]
        fn origin_of_any_text_is_its_beginning(url in ".*") {
            prop_assert!(url.starts_with(&origin(&url)));
        }
    }
}
