//! The allow list: addresses that no ban turns away.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};
use serde_json::json;

use super::taken;
use crate::model::bad;
use crate::model::ban::Subject;
use crate::service::Edge;
use crate::store::bans;
use crate::store::whitelist::{self, Allowed};

/// Letters of a reason.
const REASON_MAX: usize = 500;

/// The value as it is stored, and the reason.
pub(super) fn judge(scope: &str, value: &str, reason: &str) -> Result<(String, String)> {
    let subject = Subject::scoped(scope, value.trim())?;
    let reason = reason.trim();
    if reason.chars().count() > REASON_MAX {
        return Err(bad("reason", format!("reason must be at most {REASON_MAX} characters")));
    }
    Ok((if scope == "range" { subject.range.to_string() } else { subject.value() }, reason.to_owned()))
}

impl Edge {
    pub(crate) async fn list_allowed(&self) -> Result<Vec<Allowed>> {
        Ok(whitelist::list(&self.platform.store.state).await?)
    }

    pub(crate) async fn allow(&self, actor: &Actor, scope: &str, value: &str, reason: &str) -> Result<Allowed> {
        let (value, reason) = judge(scope, value, reason)?;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let id = whitelist::insert(&mut m, (scope, &value), &reason, now, &actor.name)
            .await
            .map_err(|e| taken(e, &[("edge_whitelist.", "whitelist entry already exists")]))?;
        bans::bump(&mut m).await?;
        let entry = Entry::new("security.whitelist_add", Category::Security).alias("security_whitelist_add").target("whitelist", id);
        let entry =
            entry.describe(format!("{value} put on the allow list")).after(json!({ "scope": scope, "value": value, "reason": reason }));
        m.commit(entry).await?;
        self.enforce_bans().await;
        self.write_whitelist().await;
        let (scope, created_by) = (scope.to_owned(), actor.name.clone());
        Ok(Allowed { id, scope, value, reason, created_at: now, created_by })
    }

    /// Whether there was such an entry.
    pub(crate) async fn disallow(&self, actor: &Actor, id: i64) -> Result<bool> {
        let mut m = self.platform.audit.begin(actor).await?;
        let Some(gone) = whitelist::find_in(&mut m, id).await? else { return Ok(false) };
        whitelist::delete(&mut m, id).await?;
        bans::bump(&mut m).await?;
        let entry = Entry::new("security.whitelist_delete", Category::Security).alias("security_whitelist_delete").target("whitelist", id);
        let entry = entry.describe(format!("{} taken off the allow list", gone.value));
        m.commit(entry.before(json!({ "scope": gone.scope, "value": gone.value, "reason": gone.reason }))).await?;
        self.enforce_bans().await;
        self.write_whitelist().await;
        Ok(true)
    }
}
