//! The routes of identity, one file per group: declaration, bodies, views, handlers. No SQL and no rule stands here.

mod account;
mod address_rules;
mod admin;
mod auth;
mod cookies;
mod invitations;
mod me;
mod my_organizations;
mod node_users;
mod nodes_login;
mod ops_login;
mod organizations;
mod power_keys;
mod profile;
mod projects;
mod quality_keys;
mod quality_me;
mod ssh_keys;
mod totp;

use argos_kernel::{AppError, Result};
use argos_web::{Req, Routes};

use crate::service::Identity;

impl Identity {
    /// Every route of this crate.
    pub fn routes(&self) -> Routes {
        auth::routes(self)
            .join(totp::routes(self))
            .join(ops_login::routes(self))
            .join(nodes_login::routes(self))
            .join(me::routes(self))
            .join(account::routes(self))
            .join(profile::routes(self))
            .join(admin::routes(self))
            .join(ssh_keys::routes(self))
            .join(node_users::routes(self))
            .join(quality_me::routes(self))
            .join(quality_keys::routes(self))
            .join(power_keys::routes(self))
            .join(address_rules::routes(self))
            .join(organizations::routes(self))
            .join(invitations::routes(self))
            .join(projects::routes(self))
            .join(my_organizations::routes(self))
            .done()
    }
}

/// A login may not be started by a foreign page: it would sign the visitor in as somebody else.
fn refuse_cross_site(req: &Req) -> Result<()> {
    if req.header("sec-fetch-site").is_some_and(|v| v.eq_ignore_ascii_case("cross-site")) {
        return Err(AppError::forbidden("Cross-site sign-in is refused").code("csrf_failed"));
    }
    Ok(())
}

/// `{"ok":true}` and `{"status":"ok"}`, for those who read either.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Done {
    ok: bool,
    status: &'static str,
}

impl Done {
    const OK: Self = Self { ok: true, status: "ok" };
}

/// `{"status":"ok"}`.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct StatusOk {
    status: &'static str,
}

impl StatusOk {
    const OK: Self = Self { status: "ok" };
}
