//! Deciding which extensions may be asked things, and by whom.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Uid};
use argos_web::{OpCx, Req};
use serde_json::{Map, Value};

use super::bridge::Connected;
use super::store::{self, Extension, Standing};
use crate::service::Testing;

/// Who connects is this machine's matter: besides the organization's own permission its administrators decide.
const OF_THE_INSTANCE: &str = "settings:write";

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Extension not found")
}

/// Whether the caller sees those nobody decided about.
pub(crate) fn sees_waiting(req: &Req) -> bool {
    req.cx().caller.grants.has(OF_THE_INSTANCE)
}

impl Testing {
    /// One the caller may see: of the organization the request means, or one that waits.
    pub(crate) async fn extension_named(&self, req: &Req, text: &str) -> Result<(Extension, i64)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let organization = self.platform.identity.organization_of(req).await?.organization.id;
        let found = store::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let own = found.organization_id == Some(organization) || found.organization_id.is_none() && sees_waiting(req);
        if own { Ok((found, organization)) } else { Err(not_found()) }
    }

    /// The connection of one that is approved and here.
    pub(crate) async fn connected_extension(&self, req: &Req, text: &str) -> Result<Arc<Connected>> {
        let (found, organization) = self.extension_named(req, text).await?;
        self.connection_of(&found, organization)
    }

    fn connection_of(&self, found: &Extension, organization: i64) -> Result<Arc<Connected>> {
        if found.standing != Standing::Approved || found.organization_id != Some(organization) {
            return Err(AppError::conflict("The extension is not approved").code("extension_not_approved"));
        }
        let absent = || AppError::conflict("The extension is not connected to this server").code("extension_not_connected");
        self.bridge.find(found.uid).ok_or_else(absent)
    }

    /// Asks for one thing. That it was asked is written down first; what with is not, it may be anything.
    pub(crate) async fn ask_extension(
        &self,
        req: &Req,
        text: &str,
        (action, tab): (&str, Option<i64>),
        params: Map<String, Value>,
    ) -> Result<Value> {
        let (found, organization) = self.extension_named(req, text).await?;
        let connected = self.connection_of(&found, organization)?;
        let place = tab.map_or_else(|| "the tab it chooses".to_owned(), |tab| format!("tab {tab}"));
        let entry = Entry::new("extension.act", Category::Security)
            .organization(organization)
            .target("browser_extension", found.uid)
            .describe(format!("The browser extension {} was asked for {action} in {place}", found.origin));
        self.platform.audit.begin(&req.cx().actor()).await?.commit(entry).await?;
        connected.ask(action, tab, params).await
    }

    /// Approves or denies, for an organization; whoever was denied is let go at once. The row is the one that was judged: whoever
    /// decided since then was quicker.
    pub(crate) async fn decide_extension(&self, cx: &OpCx, was: &Extension, organization_id: i64, standing: Standing) -> Result<Extension> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let now = Extension {
            standing,
            organization_id: Some(organization_id),
            decided_by: Some(cx.caller.username.clone()),
            decided_at: Some(cx.now()),
            ..was.clone()
        };
        if !store::decide(&mut change, &now, was.standing).await? {
            return Err(AppError::conflict("Somebody else decided meanwhile").code("decided_already"));
        }
        let (action, word) = if standing == Standing::Approved { ("extension.approve", "approved") } else { ("extension.deny", "denied") };
        let entry = Entry::new(action, Category::Security)
            .organization(organization_id)
            .target("browser_extension", was.uid)
            .describe(format!("The browser extension {} was {word}", was.origin));
        change.commit(entry).await?;
        self.bridge.decided(was.uid, standing == Standing::Approved);
        Ok(now)
    }

    /// Forgets one: it has to be approved anew when it comes again.
    pub(crate) async fn forget_extension(&self, cx: &OpCx, e: &Extension) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !store::delete(&mut change, e.id).await? {
            return Err(not_found());
        }
        let entry = Entry::new("extension.forget", Category::Security)
            .target("browser_extension", e.uid)
            .describe(format!("The browser extension {} was forgotten", e.origin));
        let entry = match e.organization_id {
            Some(organization) => entry.organization(organization),
            None => entry,
        };
        change.commit(entry).await?;
        self.bridge.decided(e.uid, false);
        Ok(())
    }
}
