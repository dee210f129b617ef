//! The share of power in the lists that every part has one in: what its devices are asked with.

use argos_kernel::Result;
use argos_platform::{Credential, DeskPart, Renewal};
use argos_store::Database;
use argos_web::{BoxFuture, Consequence, Judged, Req};

use crate::store::{devices, plans};

pub(crate) struct PowerDesk(pub(crate) Database);

impl DeskPart for PowerDesk {
    fn kind(&self) -> &'static str {
        "power"
    }

    fn credentials<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<Vec<Credential>>> {
        Box::pin(async move {
            if !req.cx().has("power:manage") {
                return Ok(Vec::new());
            }
            let kept = devices::list(&self.0).await?.into_iter().filter(|d| d.secrets_enc.is_some());
            let credential = |d: crate::model::device::Device| Credential {
                used_by: vec![format!("{} {}", d.poller.as_str(), d.host)],
                created_at: Some(d.created_at),
                last_used_at: d.last_seen,
                ..Credential::new("device_login", d.name, Renewal::Replace, format!("/power/{}", d.id))
            };
            let mut found: Vec<Credential> = kept.map(credential).collect();
            // Keys and passwords of the hosts that plans shut down.
            let plans = plans::list(&self.0).await?.into_iter().map(|(plan, _)| plan).filter(|p| p.secrets_enc.is_some());
            found.extend(plans.map(|p| Credential {
                used_by: p.body.steps().filter(|(_, s)| !s.secrets_set.is_empty()).map(|(_, s)| s.name.clone()).collect(),
                created_at: Some(p.created_at),
                ..Credential::new("plan_login", p.name, Renewal::Replace, "/power/shutdown")
            }));
            Ok(found)
        })
    }

    fn foresees<'a>(&'a self, req: &'a Req, change: &'a Judged) -> BoxFuture<'a, Result<Vec<Consequence>>> {
        Box::pin(async move {
            if !req.cx().has("power:manage") {
                return Ok(Vec::new());
            }
            let all = plans::list(&self.0).await?.into_iter().map(|(plan, _)| plan);
            Ok(match change.operation {
                "power.remove_device" => {
                    let id = change.param("device_id");
                    let uses = all.filter(|p| p.body.uses(id));
                    Consequence::named("plans_use_it", uses.map(|p| p.name)).into_iter().collect()
                }
                "power.remove_plan" => {
                    let armed = all.filter(|p| p.armed && p.id.to_string() == change.param("id"));
                    Consequence::named("plan_armed", armed.map(|p| p.name)).into_iter().collect()
                }
                _ => Vec::new(),
            })
        })
    }
}
