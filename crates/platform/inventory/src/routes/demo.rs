//! `/api/ui/demo`: made-up things to look around with.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inventory;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/ui/demo", "ui.demo", "Whether made-up things are shown.", get)
        .reply::<DemoView>()
        .put("/api/ui/demo", "ui.set_demo", "Put made-up things in, or take all of them out again.", put)
        .body::<DemoBody>()
        .reply::<DemoView>()
}

#[derive(Serialize, JsonSchema)]
struct DemoView {
    on: bool,
    things: usize,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DemoBody {
    on: bool,
}

fn view(things: usize) -> Reply {
    Reply::json(&DemoView { on: things > 0, things })
}

async fn get(inventory: Inventory, _: Req) -> Result<Reply> {
    Ok(view(inventory.demo_things().await?))
}

async fn put(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let body: DemoBody = req.json().await?;
    Ok(view(inventory.switch_demo(&req.cx().actor(), body.on).await?))
}
