//! What a newcomer still has to do, judged from facts: nothing is ticked off by hand.

use argos_kernel::Result;
use argos_platform::Platform;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
struct SetupView {
    tasks: Vec<Task>,
}

#[derive(Serialize, JsonSchema)]
struct Task {
    /// password, second_factor, channel, backup, tls
    id: &'static str,
    /// done or open
    state: &'static str,
    detail: Option<String>,
}

pub(crate) fn routes(platform: Platform) -> Routes {
    Routes::new(platform).get("/api/ui/setup", "setup.get", "Open set-up tasks.", setup).reply::<SetupView>().done()
}

fn task(id: &'static str, done: bool, detail: Option<String>) -> Task {
    Task { id, state: if done { "done" } else { "open" }, detail }
}

async fn setup(platform: Platform, req: Req) -> Result<Reply> {
    let me = platform.identity.user_by_name(&req.cx().caller.username).await.ok();
    let channels = platform.notify.enabled_channels().await?;
    let tasks = vec![
        task("password", me.as_ref().is_none_or(|u| !u.must_change_password), None),
        task("second_factor", me.as_ref().is_none_or(argos_identity::model::user::User::has_2fa), None),
        task("channel", channels > 0, Some(format!("{channels}"))),
        task("backup", platform.backups.has_target(), None),
        task("tls", req.cx().client.https, None),
    ];
    Ok(Reply::json(&SetupView { tasks }))
}
