//! A machine account that somebody left in the shared directory: taken into the vault, and its file removed.

use std::time::SystemTime;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};
use argos_settings::{Write, registry};
use serde_json::json;

use super::appsec::read_capped;
use super::crowdsec::ACCOUNT;
use crate::model::machine_account::{MachineAccount, parse};
use crate::service::Edge;
use crate::store::bans;

const FILE: &str = "crowdsec-machine-credentials.yaml";
const URL_KEY: &str = "crowdsec.lapi_url";

/// A file that was looked at and stays: its state, and whether our own account was refused then.
pub(crate) type LookedAt = (SystemTime, bool);

impl Edge {
    /// Takes the account of the file, unless there is one that CrowdSec takes; the file goes either way. `told` remembers
    /// the state of a file that stays, because it is no account or cannot be removed, so that it is told once and not
    /// each time.
    pub(crate) async fn import_machine_account(&self, told: &mut Option<LookedAt>) -> Result<()> {
        let path = self.shared_dir().join(FILE);
        let found = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
        let Some(changed_at) = found.and_then(|m| m.modified().ok()) else { return Ok(()) };
        let is_given = self.is_account_given();
        // Somebody who leaves a new account while ours is refused wants it to take over; what the environment sets stays.
        let is_refused = !is_given && bans::exchange(&self.platform.store.state).await?.machine_ok == Some(false);
        let state = (changed_at, is_refused);
        if *told == Some(state) {
            return Ok(());
        }
        let is_passed_over = is_given || (self.crowdsec_connection()?.account.is_some() && !is_refused);
        if !is_passed_over {
            match read_capped(&path).ok_or("it cannot be read").and_then(|text| parse(&text)) {
                Ok(account) => self.keep_machine_account(account).await?,
                Err(why) => {
                    *told = Some(state);
                    tracing::warn!(file = FILE, why, "the machine account in the shared directory is not taken");
                    return Ok(());
                }
            }
        }
        if let Err(error) = std::fs::remove_file(&path) {
            *told = Some(state);
            tracing::warn!(file = FILE, %error, "the machine account in the shared directory cannot be removed");
        } else if is_passed_over {
            self.pass_over_machine_account(is_given).await?;
        }
        Ok(())
    }

    async fn pass_over_machine_account(&self, is_given: bool) -> Result<()> {
        let m = self.platform.audit.begin(&Actor::system()).await?;
        let entry = Entry::new("crowdsec.credentials_ignored", Category::Security).target("crowdsec", FILE);
        let why = if is_given { "the environment sets the account" } else { "an account is set that CrowdSec does not refuse" };
        m.commit(entry.describe(format!("machine credentials in the shared directory were not needed: {why}"))).await
    }

    async fn keep_machine_account(&self, account: MachineAccount) -> Result<()> {
        let actor = Actor::system();
        let [user_key, password_key] = ACCOUNT;
        let mut writes = vec![Write::text(user_key, account.user.clone()), Write::text(password_key, account.password.reveal().clone())];
        // Where CrowdSec is somebody may have said already, here or to the environment.
        let is_untold = registry().find(URL_KEY).is_some_and(|spec| !self.platform.settings.view(spec).set);
        if let Some(url) = account.url.filter(|_| is_untold) {
            writes.push(Write::text(URL_KEY, url.trim_end_matches('/')));
        }
        let mut m = self.platform.audit.begin(&actor).await?;
        self.platform.settings.set_many_in(&mut m, &actor, &writes).await?;
        bans::machine(&mut m, None).await?;
        let entry = Entry::new("crowdsec.credentials_imported", Category::Security).target("crowdsec", &account.user);
        let entry = entry.describe("machine credentials taken from the shared directory");
        m.commit(entry.after(json!({ "machine_user": account.user }))).await?;
        self.crowdsec.forget_token();
        self.crowdsec.ask.notify_one();
        Ok(())
    }
}
