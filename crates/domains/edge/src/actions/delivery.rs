//! How answers of a site are delivered.

use argos_kernel::{Actor, Result, Timestamp};
use serde_json::json;

use super::hosts::no_host;
use super::{Done, entry};
use crate::model::delivery::Delivery;
use crate::service::Edge;
use crate::store::{delivery, hosts};

impl Edge {
    /// With the time of the last change, `None` before the first.
    pub(crate) async fn get_delivery(&self, host_id: i64) -> Result<(Delivery, Option<Timestamp>)> {
        let db = &self.platform.store.state;
        hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let found = delivery::find(db, host_id).await?;
        Ok(found.map_or_else(|| (Delivery::default(), None), |(delivery, at)| (delivery, Some(at))))
    }

    pub(crate) async fn put_delivery(&self, actor: &Actor, host_id: i64, wanted: Delivery) -> Result<Done<(Delivery, Timestamp)>> {
        let wanted = wanted.checked()?;
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let before = delivery::find_in(&mut m, host_id).await?.unwrap_or_default();
        let now = self.platform.clock.now();
        delivery::put(&mut m, host_id, &wanted, now).await?;
        let line = entry("host_delivery.update", "update", "host", host_id).describe(format!("delivery of {} changed", host.domain));
        let applied = self.finish(m, line.before(json!(before)).after(json!(wanted))).await?;
        Ok(Done { value: (wanted, now), applied })
    }
}
