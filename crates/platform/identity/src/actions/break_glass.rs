//! What the command line does on the store, beside a running server: it needs no credential, only the machine.
//! Every step is audited with the source `cli`.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result};

use super::Authority;
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{api_keys, attempts};

impl Identity {
    /// Every account, newest first.
    pub async fn every_user(&self) -> Result<Vec<User>> {
        self.users(100_000, 0).await
    }

    /// Forgets the ban and the failures of one address, or of all; how many bans it were.
    pub async fn unban(&self, by: &Authority, ip: Option<&str>) -> Result<u64> {
        let network = match ip.map(str::parse) {
            Some(Ok(ip)) => Some(argos_web::counted_network(ip)),
            Some(Err(_)) => return Err(AppError::bad_request("ip: not an IP address").code("invalid_field").with("field", "ip")),
            None => None,
        };
        let mut change = self.0.audit.begin(&by.actor).await?;
        let bans = attempts::unban(&mut change, network.as_deref()).await?;
        let target = ip.unwrap_or("all");
        let entry = Entry::new("auth.unban", Category::Security)
            .alias("security_unban_ip")
            .target("address", target)
            .describe(format!("Login ban of {target} lifted"));
        change.commit(entry).await?;
        Ok(bans)
    }

    /// Ends the key named by its number, uid, short id or name.
    pub async fn revoke_key_named(&self, by: &Authority, named: &str) -> Result<()> {
        let all = api_keys::every(&self.0.db).await?;
        let wanted = |k: &crate::model::api_key::ApiKey| {
            k.id.to_string() == named || k.uid.to_string() == named || k.uid.short() == named || k.name == named
        };
        let key = all.iter().find(|k| k.revoked_at.is_none() && wanted(k));
        self.revoke_key(by, key.ok_or_else(|| AppError::not_found("API key not found"))?).await
    }
}
