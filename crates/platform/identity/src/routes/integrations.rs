//! `GET /api/v1/projects/{id}/integrations`: the accounts at other tools that people connected in the organization of a
//! project. Never a token.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::sign_on::SignOn;
use crate::sign_on::tools::needs_reconnect;
use crate::store::tool_accounts::{self, ToolAccount};

pub(super) fn routes(sign_on: &SignOn) -> Routes<SignOn> {
    Routes::new(sign_on.clone())
        .get(
            "/api/v1/projects/{id}/integrations",
            "projects.list_integrations",
            "Accounts at other tools that people of its organization connected.",
            list,
        )
        .reply::<Vec<IntegrationView>>()
}

#[derive(Serialize, JsonSchema)]
struct ConfigView {
    scopes: Vec<String>,
    connected_at: String,
}

#[derive(Serialize, JsonSchema)]
struct IntegrationView {
    id: String,
    /// github, slack, jira or linear
    platform: String,
    /// source_control, chat or issue_tracker
    platform_type: &'static str,
    /// False once the tool renews its token no more: connect it again.
    is_connected: bool,
    external_account_name: Option<String>,
    external_account_id: Option<String>,
    /// Null: nothing is copied from these tools.
    sync_status: Option<String>,
    last_sync_at: Option<String>,
    config: ConfigView,
}

impl IntegrationView {
    fn of(account: ToolAccount, now: Timestamp) -> Self {
        Self {
            is_connected: !needs_reconnect(&account, now),
            id: account.uid.to_string(),
            platform_type: match account.platform.as_str() {
                "github" => "source_control",
                "slack" => "chat",
                _ => "issue_tracker",
            },
            platform: account.platform,
            external_account_name: account.account_name,
            external_account_id: account.account_id,
            sync_status: None,
            last_sync_at: None,
            config: ConfigView { scopes: account.scopes, connected_at: account.connected_at.rfc3339() },
        }
    }
}

async fn list(sign_on: SignOn, req: Req) -> Result<Reply> {
    let identity = &sign_on.0.identity;
    let access = identity.project_named(&req, req.param("id")).await?;
    access.require(req.cx().rule().permission())?;
    let all = tool_accounts::of_organization(&identity.0.db, access.project.organization_id).await?;
    let views: Vec<IntegrationView> = all.into_iter().map(|a| IntegrationView::of(a, req.cx().now())).collect();
    Ok(Reply::json(&views))
}
