//! `/api/auth/forward`: the judgement about a session for proxies that ask over HTTP (nginx `auth_request`, Caddy,
//! Traefik). It never answers 401: browsers are sent to the sign-in page.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};

use super::Service;
use crate::auth::original;

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
    let host = Some(header("x-forwarded-host")).filter(|h| !h.is_empty()).unwrap_or_else(|| header("host"));
    let proto = Some(header("x-forwarded-proto")).filter(|p| !p.is_empty()).unwrap_or("https");
    let wanted = original(proto, host, header("x-forwarded-uri"));
    Ok(Reply::redirect(302, &edge.auth.login(&wanted)))
}
