//! The share of power in the lists that every part has one in: what its devices are asked with.

use argos_kernel::Result;
use argos_platform::{Credential, DeskPart, Renewal};
use argos_store::Database;
use argos_web::{BoxFuture, Req};

use crate::store::devices;

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
            Ok(kept.map(credential).collect())
        })
    }
}
