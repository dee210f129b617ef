//! Which ways to sign in there are, for login pages.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::StatusOk;
use crate::sign_on::{Probed, SignOn, Step};

pub(super) fn routes(sign_on: &SignOn) -> Routes<SignOn> {
    Routes::new(sign_on.clone())
        .get("/api/auth/providers", "auth.list_providers", "Configured external sign-in providers.", providers)
        .reply::<Vec<Provider>>()
        .get("/api/auth/capabilities", "auth.get_capabilities", "Ways to sign in.", capabilities)
        .get("/api/auth/linked-providers", "auth.list_linked_providers", "Providers linked to one's own account.", linked)
        .reply::<Vec<LinkedView>>()
        .delete("/api/auth/linked-providers/{provider}", "auth.unlink_provider", "Unlink a provider.", unlink)
        .reply::<StatusOk>()
        .post("/api/auth/ldap/test", "auth.test_ldap", "Try the directory step by step.", test_ldap)
        .body::<LdapTest>()
        .reply::<Vec<Step>>()
        .post("/api/auth/social/{provider}/test", "auth.test_social", "Ask a provider whether it knows our client.", test_social)
        .reply::<Probed>()
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LdapTest {
    /// Whom to look for; absent = only the service account is tried.
    username: String,
    /// Whether it would be let in; kept nowhere.
    password: String,
}

async fn test_ldap(sign_on: SignOn, mut req: Req) -> Result<Reply> {
    let body: LdapTest = req.json().await?;
    Ok(Reply::json(&sign_on.0.directory.probe(body.username.trim(), &body.password).await?))
}

async fn test_social(sign_on: SignOn, req: Req) -> Result<Reply> {
    Ok(Reply::json(&sign_on.social_probe(req.param("provider")).await?))
}

#[derive(Serialize, JsonSchema)]
struct Provider {
    id: String,
    name: String,
    url: String,
}

#[derive(Serialize, JsonSchema)]
struct LinkedView {
    provider: String,
    email: Option<String>,
    name: Option<String>,
    linked_at: String,
}

async fn linked(sign_on: SignOn, req: Req) -> Result<Reply> {
    let all = sign_on.0.identity.linked(req.cx()).await?.into_iter();
    let views: Vec<LinkedView> =
        all.map(|l| LinkedView { provider: l.provider, email: l.email, name: l.name, linked_at: l.linked_at.rfc3339() }).collect();
    Ok(Reply::json(&views))
}

async fn unlink(sign_on: SignOn, req: Req) -> Result<Reply> {
    sign_on.0.identity.unlink_external(req.cx(), req.param("provider")).await?;
    Ok(Reply::json(&StatusOk::OK))
}

fn list(sign_on: &SignOn) -> Result<Vec<Provider>> {
    let social = sign_on.social()?.into_iter();
    let mut all: Vec<Provider> = social
        .map(|p| Provider { id: p.id.to_owned(), name: p.name.to_owned(), url: format!("/api/auth/social/{}/login", p.id) })
        .collect();
    let oidc = sign_on.oidc_config()?;
    if oidc.is_available() {
        all.push(Provider { id: "oidc".to_owned(), name: oidc.display_name, url: "/api/auth/oidc/login".to_owned() });
    }
    Ok(all)
}

async fn providers(sign_on: SignOn, _: Req) -> Result<Reply> {
    Ok(Reply::json(&list(&sign_on)?))
}

async fn capabilities(sign_on: SignOn, _: Req) -> Result<Reply> {
    let mut methods = vec![json!({ "type": "local", "display_name": "Sign in" })];
    let kind = |id: &str| if id == "oidc" { "oidc" } else { "social" };
    methods.extend(list(&sign_on)?.iter().map(|p| json!({ "type": kind(&p.id), "display_name": p.name, "url": p.url })));
    Ok(Reply::json(&json!({ "methods": methods })))
}
