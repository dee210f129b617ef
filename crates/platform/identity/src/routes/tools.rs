//! `/api/v1/oauth/*`: connecting accounts at other tools. They never sign anybody in.

use argos_kernel::{AppError, CredentialKind, Result, Timestamp};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::oidc::{BROWSER_COOKIE, BROWSER_COOKIE_S, browser_mark, error_word, known_mark};
use crate::sign_on::SignOn;
use crate::sign_on::tools::{TOOLS, Tool, expiry, needs_reconnect, tool};
use crate::store::tool_accounts::ToolAccount;

pub(super) fn routes(sign_on: &SignOn) -> Routes<SignOn> {
    Routes::new(sign_on.clone())
        .get("/api/v1/oauth/status", "tools.list", "Accounts at other tools, connected or not.", list)
        .reply::<Vec<ToolView>>()
        .get("/api/v1/oauth/{provider}/status", "tools.status", "Whether one's account at a tool is connected.", status)
        .reply::<ToolView>()
        .get("/api/v1/oauth/{provider}/authorize", "tools.authorize", "Begin to connect an account: where to send the browser.", authorize)
        .param("scopes", "comma list; absent = what the integrations need")
        .reply::<AuthorizeView>()
        .get("/api/v1/oauth/{provider}/callback", "tools.return", "Come back from a tool.", returned)
        .post("/api/v1/oauth/{provider}/callback", "tools.callback", "Come back from a tool, as a form.", posted)
        .reply::<ConnectedView>()
        .delete("/api/v1/oauth/{provider}/disconnect", "tools.disconnect", "Forget the tokens of a connected account.", disconnect)
        .reply::<DisconnectedView>()
}

#[derive(Serialize, JsonSchema)]
struct AuthorizeView {
    authorize_url: String,
    state: String,
    platform: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct ConnectedView {
    success: bool,
    platform: String,
    account_name: Option<String>,
    account_id: Option<String>,
    scopes: Vec<String>,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct DisconnectedView {
    success: bool,
    platform: &'static str,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct ToolView {
    platform: &'static str,
    /// Whether the instance knows a client id and secret of this tool; without them nobody can connect.
    configured: bool,
    connected: bool,
    account_name: Option<String>,
    account_id: Option<String>,
    scopes: Vec<String>,
    connected_at: Option<String>,
    token_expires_at: Option<String>,
    /// The tool renews its token no more: connect it again.
    needs_reconnect: bool,
}

impl ToolView {
    fn of(sign_on: &SignOn, tool: &'static Tool, own: &[ToolAccount], now: Timestamp) -> Self {
        let account = own.iter().find(|a| a.platform == tool.id);
        Self {
            platform: tool.id,
            configured: sign_on.tool_client(tool).is_ok(),
            connected: account.is_some(),
            account_name: account.and_then(|a| a.account_name.clone()),
            account_id: account.and_then(|a| a.account_id.clone()),
            scopes: account.map(|a| a.scopes.clone()).unwrap_or_default(),
            connected_at: account.map(|a| a.connected_at.rfc3339()),
            token_expires_at: account.and_then(expiry),
            needs_reconnect: account.is_some_and(|a| needs_reconnect(a, now)),
        }
    }
}

async fn list(sign_on: SignOn, req: Req) -> Result<Reply> {
    let own = sign_on.tool_accounts(req.cx()).await?;
    let views: Vec<ToolView> = TOOLS.iter().map(|t| ToolView::of(&sign_on, t, &own, req.cx().now())).collect();
    Ok(Reply::json(&views))
}

async fn status(sign_on: SignOn, req: Req) -> Result<Reply> {
    let tool = tool(req.param("provider"))?;
    let own = sign_on.tool_accounts(req.cx()).await?;
    Ok(Reply::json(&ToolView::of(&sign_on, tool, &own, req.cx().now())))
}

/// The organization the request acts in, if it acts in one at all.
async fn organization(sign_on: &SignOn, req: &Req) -> Option<i64> {
    sign_on.0.identity.organization_of(req).await.ok().map(|access| access.organization.id)
}

async fn authorize(sign_on: SignOn, req: Req) -> Result<Reply> {
    let tool = tool(req.param("provider"))?;
    let by_cookie = req.cx().caller.credential == CredentialKind::Cookie;
    let mark = browser_mark(&sign_on, &req);
    let organization = organization(&sign_on, &req).await;
    let scopes = req.query().list("scopes");
    let (authorize_url, state) = sign_on.tool_start(req.cx(), tool, &scopes, organization, by_cookie.then_some(&*mark)).await?;
    let reply = Reply::json(&AuthorizeView { authorize_url, state, platform: tool.id });
    if !by_cookie {
        return Ok(reply);
    }
    let secure = if req.cx().client.https { "; Secure" } else { "" };
    let cookie = format!("{BROWSER_COOKIE}={mark}; HttpOnly; SameSite=Lax; Path=/api/v1/oauth; Max-Age={BROWSER_COOKIE_S}{secure}");
    Ok(reply.header("set-cookie", &cookie))
}

/// What came of it: the account, or the word for the browser.
async fn finish(sign_on: &SignOn, req: &Req, tool: &'static Tool, q: &Query) -> Result<Result<ToolAccount, String>> {
    match (q.filled("error"), q.filled("state"), q.filled("code")) {
        (Some(error), _, _) => Ok(Err(error_word(error))),
        (None, Some(state), Some(code)) => {
            Ok(sign_on.tool_finish(req.cx(), tool, (state, code), known_mark(req)).await?.map_err(str::to_owned))
        }
        _ => Ok(Err("invalid_state".to_owned())),
    }
}

fn land(sign_on: &SignOn, req: &Req, tool: &Tool, done: &Result<ToolAccount, String>) -> Reply {
    let base = sign_on.0.identity.public_base(req.cx());
    let what = match done {
        Ok(_) => "success=true".to_owned(),
        Err(word) => format!("error={word}"),
    };
    Reply::redirect(302, &format!("{base}/settings/integrations?{what}&platform={}", tool.id))
}

async fn returned(sign_on: SignOn, req: Req) -> Result<Reply> {
    let tool = tool(req.param("provider"))?;
    let done = finish(&sign_on, &req, tool, req.query()).await?;
    Ok(land(&sign_on, &req, tool, &done))
}

async fn posted(sign_on: SignOn, mut req: Req) -> Result<Reply> {
    let tool = tool(req.param("provider"))?;
    let body = req.bytes().await?;
    let form = Query::parse(std::str::from_utf8(&body).ok());
    let done = finish(&sign_on, &req, tool, &form).await?;
    if !req.header("accept").is_some_and(|a| a.contains("application/json")) {
        return Ok(land(&sign_on, &req, tool, &done));
    }
    match done {
        Ok(account) => Ok(Reply::json(&ConnectedView {
            success: true,
            platform: account.platform,
            account_name: account.account_name,
            account_id: account.account_id,
            scopes: account.scopes,
            message: format!("{} connected", tool.name),
        })),
        Err(word) => Err(AppError::bad_request(word).code("oauth_failed")),
    }
}

async fn disconnect(sign_on: SignOn, req: Req) -> Result<Reply> {
    let tool = tool(req.param("provider"))?;
    let access = sign_on.0.identity.organization_of(&req).await?;
    if !sign_on.tool_disconnect(req.cx(), tool, Some(access.organization.id)).await? {
        return Err(AppError::not_found(format!("No {} account is connected", tool.name)));
    }
    Ok(Reply::json(&DisconnectedView { success: true, platform: tool.id, message: format!("{} disconnected", tool.name) }))
}
