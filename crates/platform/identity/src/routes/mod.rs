//! The routes of identity, one file per group: declaration, bodies, views, handlers. No SQL and no rule stands here.

mod account;
mod address_rules;
mod admin;
mod auth;
mod cookies;
mod device;
mod device_page;
mod form;
mod integrations;
mod invitations;
mod me;
mod my_organizations;
mod node_users;
mod nodes_login;
mod oidc;
mod ops_login;
mod organization_audit;
mod organization_figures;
mod organizations;
mod orgs;
mod passkeys;
mod personal;
mod power_keys;
mod profile;
mod projects;
mod providers;
mod quality_keys;
mod quality_me;
mod social;
mod ssh_keys;
mod tokens;
mod tools;
mod totp;
mod who;

use argos_kernel::{AppError, Result};
use argos_web::{Req, Routes};

use crate::service::Identity;
use crate::sign_on::SignOn;

impl Identity {
    /// Every route of this crate.
    pub fn routes(&self) -> Routes {
        auth::routes(self)
            .join(totp::routes(self))
            .join(tokens::routes(self))
            .join(device::routes(self))
            .join(passkeys::routes(self))
            .join(ops_login::routes(self))
            .join(nodes_login::routes(self))
            .join(me::routes(self))
            .join(who::routes(self))
            .join(account::routes(self))
            .join(profile::routes(self))
            .join(admin::routes(self))
            .join(ssh_keys::routes(self))
            .join(node_users::routes(self))
            .join(quality_me::routes(self))
            .join(personal::routes(self))
            .join(quality_keys::routes(self))
            .join(power_keys::routes(self))
            .join(address_rules::routes(self))
            .join(organization_audit::routes(self))
            .join(organization_figures::routes(self))
            .join(organizations::routes(self))
            .join(organizations::member_routes(self))
            .join(orgs::routes(self))
            .join(invitations::routes(self))
            .join(projects::routes(self))
            .join(my_organizations::routes(self))
            .done()
    }
}

/// The routes of sign-in through other providers.
pub(crate) fn sign_on_routes(sign_on: &SignOn) -> Routes {
    providers::routes(sign_on)
        .join(oidc::routes(sign_on))
        .join(social::routes(sign_on))
        .join(tools::routes(sign_on))
        .join(integrations::routes(sign_on))
        .done()
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
