//! `/api/auth/forward`: the judgement about a session for proxies that ask over HTTP (nginx `auth_request`, Caddy,
//! Traefik). It answers 401 only for a site that wants its scripts told so: browsers are sent to the sign-in page. While the
//! store cannot say whether a session is valid the answer is its error and no redirect: whoever is signed in would be sent
//! from the site to the sign-in page and back for as long as it lasts.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use serde_json::json;

use super::Service;
use crate::auth::{is_script, original};
use crate::model::compile::AUTH_JSON;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/auth/forward", "edge.forward_auth", "Who a forwarded request comes from: 200 with headers, or 302 to sign in.", forward)
        .done()
}

async fn forward(edge: Service, req: Req) -> Result<Reply> {
    if let Some(told) = edge.auth.judge(req.headers()).await? {
        let mut reply = Reply::new(200);
        for (name, value) in &told {
            reply = reply.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        return Ok(reply);
    }
    let header = |name: &str| req.header(name).unwrap_or_default();
    let filled = |name: &str, usual: &'static str| Some(header(name)).filter(|h| !h.is_empty()).unwrap_or(usual).to_owned();
    if header(AUTH_JSON) == "1" && is_script(&filled("x-forwarded-method", "GET"), req.headers()) {
        return Ok(Reply::json(&json!({ "error": "unauthorized" })).status(401));
    }
    let host = Some(header("x-forwarded-host")).filter(|h| !h.is_empty()).unwrap_or_else(|| header("host"));
    let wanted = original(&filled("x-forwarded-proto", "https"), host, header("x-forwarded-uri"));
    Ok(Reply::redirect(302, &edge.auth.login(&wanted)))
}
