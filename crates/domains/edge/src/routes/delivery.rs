//! `/api/hosts/{host_id}/delivery`: how answers of a site are delivered.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, id, time, told};
use crate::model::delivery::Delivery;

pub(super) fn routes(edge: Service) -> Routes {
    const PATH: &str = "/api/hosts/{host_id}/delivery";
    Routes::new(edge)
        .get(PATH, "edge.get_delivery", "Compression, HSTS, request limits and error pages of a site.", get)
        .reply::<DeliveryView>()
        .put(PATH, "edge.put_delivery", "Replace how answers of a site are delivered.", put)
        .body::<Delivery>()
        .reply::<DeliveryView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct DeliveryView {
    host_id: i64,
    #[serde(flatten)]
    delivery: Delivery,
    /// Null before the first change.
    updated_at: Option<String>,
}

fn view(host_id: i64, delivery: Delivery, updated_at: Option<Timestamp>) -> DeliveryView {
    DeliveryView { host_id, delivery, updated_at: updated_at.map(time) }
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let (delivery, at) = edge.get_delivery(host_id).await?;
    Ok(Reply::json(&view(host_id, delivery, at)))
}

async fn put(edge: Service, mut req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let body: Delivery = req.json().await?;
    let done = edge.put_delivery(&req.cx().actor(), host_id, body).await?;
    let (delivery, at) = done.value;
    Ok(told(Reply::json(&view(host_id, delivery, Some(at))), done.applied))
}
