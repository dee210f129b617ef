//! What the platform will do and when: schedules, maintenance windows, keys that end.

use argos_alerts::Alerts;
use argos_identity::Identity;
use argos_jobs::{Schedule, Schedules};
use argos_kernel::{Result, Role, Timestamp};
use argos_platform::{DeskPart, Due};
use argos_web::{BoxFuture, OpCx, Req};

/// Of a schedule with more slots only the next one is shown: all of them would hide the others.
const SLOTS_MAX: usize = 50;

pub(super) struct Clockwork {
    pub(super) schedules: Schedules,
    pub(super) alerts: Alerts,
    pub(super) identity: Identity,
}

/// Schedules of an organization are seen by its members who see its tests, and by the owner.
fn sees(cx: &OpCx, s: &Schedule) -> bool {
    match s.spec.organization_id {
        None => cx.has("automations:read"),
        Some(id) => {
            let member = cx.caller.memberships.iter().find(|m| m.organization_id == id);
            cx.caller.role == Some(Role::Owner) || member.is_some_and(|m| m.grants.has("test:read"))
        }
    }
}

fn page_of(s: &Schedule) -> &'static str {
    match s.spec.job_kind.as_str() {
        argos_backup::JOB_KIND => "/settings/backups",
        _ if s.spec.organization_id.is_some() => "/tests",
        _ => "/settings/system/schedules",
    }
}

impl Clockwork {
    /// With the zone always: times beside it are shown in that of whoever looks.
    fn in_words(&self, s: &Schedule) -> String {
        let words = self.schedules.readable(&s.spec);
        let zone = s.spec.timezone.as_deref().unwrap_or_else(|| self.schedules.zone().name());
        if words.contains(zone) { words } else { format!("{words} ({zone})") }
    }
}

impl DeskPart for Clockwork {
    fn kind(&self) -> &'static str {
        "schedules"
    }

    fn due<'a>(&'a self, req: &'a Req, until: Timestamp) -> BoxFuture<'a, Result<Vec<Due>>> {
        Box::pin(async move {
            let (cx, mut found) = (req.cx(), Vec::new());
            for s in self.schedules.list(None).await?.into_iter().filter(|s| s.spec.enabled && sees(cx, s)) {
                let repeats = self.in_words(&s);
                let mut slots = self.schedules.upcoming(&s.spec, SLOTS_MAX + 1);
                slots.retain(|at| *at < until);
                slots.truncate(if slots.len() > SLOTS_MAX { 1 } else { SLOTS_MAX });
                found.extend(slots.into_iter().map(|at| Due {
                    kind: "schedule",
                    name: s.spec.name.clone(),
                    at,
                    until: None,
                    repeats: Some(repeats.clone()),
                    page: page_of(&s).to_owned(),
                }));
            }
            if cx.has("maintenance:read") {
                found.extend(self.alerts.maintenance_between(cx.now(), until).await?.into_iter().map(|p| Due {
                    kind: "maintenance",
                    name: p.name,
                    at: p.start,
                    until: Some(p.end),
                    repeats: p.recurring.then(String::new),
                    page: "/incidents/maintenance".to_owned(),
                }));
            }
            if cx.has("api_keys:manage") {
                let now = cx.now();
                let ends = self.identity.every_key().await?.into_iter().filter(|k| k.organization_id.is_none() && k.is_active(now));
                found.extend(ends.filter_map(|k| {
                    let at = k.revoked_at.or(k.expires_at).filter(|at| *at < until)?;
                    Some(Due { kind: "key_end", name: k.name, at, until: None, repeats: None, page: "/settings/credentials".to_owned() })
                }));
            }
            Ok(found)
        })
    }
}
