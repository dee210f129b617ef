//! Trying a list of addresses before it acts: who of those signed in now would be shut out.

use std::net::IpAddr;

use argos_kernel::Result;
use argos_web::{Cidr, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/auth/ip-allowlist/preview", "auth.preview_ip_allowlist", "Whom a list of addresses would let in.", preview)
        .body::<PreviewBody>()
        .reply::<PreviewView>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// Addresses and ranges.
    entries: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    /// Entries that are no address and no range.
    invalid: Vec<String>,
    your_ip: Option<String>,
    /// False = storing the list is refused, because it would lock its writer out.
    includes_you: bool,
    sessions: Vec<SessionLine>,
}

#[derive(Serialize, JsonSchema)]
struct SessionLine {
    username: String,
    ip: Option<String>,
    /// Null when the address of the session is not known.
    allowed: Option<bool>,
}

async fn preview(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: PreviewBody = req.json().await?;
    let entries: Vec<&str> = body.entries.iter().map(|e| e.trim()).filter(|e| !e.is_empty()).collect();
    let ranges: Vec<Cidr> = entries.iter().filter_map(|e| Cidr::parse(e)).collect();
    let allowed = |ip: IpAddr| entries.is_empty() || ranges.iter().any(|range| range.contains(ip));
    let cx = req.cx();
    let sessions = identity.live_sessions(None).await?;
    let mut lines: Vec<SessionLine> = Vec::new();
    for (session, username, _) in sessions {
        let ip = session.client_ip;
        if lines.iter().any(|l| l.username == username && l.ip == ip) {
            continue;
        }
        let allowed = ip.as_deref().and_then(|text| text.parse().ok()).map(allowed);
        lines.push(SessionLine { username, ip, allowed });
    }
    Ok(Reply::json(&PreviewView {
        invalid: entries.iter().filter(|e| Cidr::parse(e).is_none()).map(|e| (*e).to_owned()).collect(),
        your_ip: cx.client_ip_text(),
        includes_you: cx.client.ip.is_none_or(allowed),
        sessions: lines,
    }))
}
