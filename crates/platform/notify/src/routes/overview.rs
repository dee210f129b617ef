//! `/api/ui/channels`: every channel the caller may see, the instance's and those of organizations, with what sends through it.

use std::collections::BTreeMap;

use argos_kernel::{Result, Timestamp, Uid};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::Notify;
use crate::model::channel::Channel;
use crate::model::quiet::QuietHours;
use crate::store::{channels, rules};

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/ui/channels", "ui.channels", "Every channel the caller sees, of whom it is, and the rules that send through it.", list)
        .reply::<OverviewView>()
}

#[derive(JsonSchema, Serialize)]
struct OverviewView {
    channels: Vec<ChannelLine>,
    /// Channels that nothing sends through: no rule names them and they hear no broadcast.
    unused: usize,
}

#[derive(JsonSchema, Serialize)]
struct ChannelLine {
    /// Number of a channel of the instance, uid of one of an organization.
    id: String,
    name: String,
    r#type: &'static str,
    /// Uid of the organization; null = the instance.
    organization_id: Option<String>,
    enabled: bool,
    /// The last thing sent arrived.
    verified: bool,
    /// Gets alerts whose rule names no channel.
    broadcast: bool,
    quiet_hours: Option<Value>,
    /// Names of the rules, enabled or not.
    rules: Vec<String>,
    last_sent_at: Option<String>,
    sent_today: i64,
    /// Deliveries that failed since the last that arrived.
    failures: i64,
    /// Where it is changed.
    page: String,
}

/// The organizations whose channels the caller sees.
fn organizations(cx: &OpCx) -> BTreeMap<i64, Uid> {
    let members = cx.caller.memberships.iter().filter(|m| m.grants.has("integration:read"));
    members.map(|m| (m.organization_id, m.organization_uid)).collect()
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let own = organizations(req.cx());
    let sees = |c: &Channel| c.organization_id.is_none_or(|id| own.contains_key(&id));
    let all = channels::list(notify.db()).await?;
    let mut named: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for rule in rules::list(notify.db()).await? {
        named.entry(rule.channel_id).or_default().push(rule.name);
    }
    let today = req.cx().now().secs().div_euclid(86_400);
    let line = |c: Channel| {
        let organization = c.organization_id.and_then(|id| own.get(&id));
        ChannelLine {
            id: if organization.is_some() { c.uid.to_string() } else { c.id.to_string() },
            page: match organization {
                Some(uid) => format!("/settings/organizations/{uid}/channels"),
                None => "/settings/channels".to_owned(),
            },
            organization_id: organization.map(ToString::to_string),
            r#type: c.kind.as_str(),
            enabled: c.enabled,
            verified: c.verified,
            broadcast: c.broadcast && c.organization_id.is_none(),
            quiet_hours: c.quiet_hours.as_ref().map(QuietHours::view),
            rules: named.remove(&c.id).unwrap_or_default(),
            last_sent_at: c.last_sent_at.map(Timestamp::rfc3339),
            sent_today: if c.sent_day == today { c.sent_today } else { 0 },
            failures: c.failures,
            name: c.name,
        }
    };
    let channels: Vec<ChannelLine> = all.into_iter().filter(sees).map(line).collect();
    let unused = channels.iter().filter(|c| c.rules.is_empty() && !c.broadcast).count();
    Ok(Reply::json(&OverviewView { channels, unused }))
}
