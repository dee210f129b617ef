//! A machine account that somebody left in the shared directory: taken into the vault, and its file removed.

use std::path::Path;
use std::time::SystemTime;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result};
use argos_settings::{Write, registry};
use serde_json::json;

use super::appsec::read_capped;
use crate::model::machine_account::{MachineAccount, parse};
use crate::service::Edge;

const FILE: &str = "crowdsec-machine-credentials.yaml";
const URL_KEY: &str = "crowdsec.lapi_url";
const KEYS: [&str; 2] = ["crowdsec.machine_user", "crowdsec.machine_password_encrypted"];

impl Edge {
    /// Takes the account of the file, unless there is one; the file goes either way. `refused` remembers the state of a
    /// file that was no account, so that it is told once and not each time.
    pub(crate) async fn import_machine_account(&self, refused: &mut Option<SystemTime>) -> Result<()> {
        let path = self.shared_dir().join(FILE);
        let found = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
        let Some(changed_at) = found.and_then(|m| m.modified().ok()) else { return Ok(()) };
        if *refused == Some(changed_at) {
            return Ok(());
        }
        if self.crowdsec_connection()?.account.is_none() {
            match read_capped(&path).ok_or("it cannot be read").and_then(|text| parse(&text)) {
                Ok(account) => self.keep_machine_account(account).await?,
                Err(why) => {
                    *refused = Some(changed_at);
                    tracing::warn!(file = FILE, why, "the machine account in the shared directory is not taken");
                    return Ok(());
                }
            }
        }
        remove(&path)
    }

    async fn keep_machine_account(&self, account: MachineAccount) -> Result<()> {
        let actor = Actor::system();
        let [user_key, password_key] = KEYS;
        let mut writes = vec![Write::text(user_key, account.user.clone()), Write::text(password_key, account.password.reveal().clone())];
        // Where CrowdSec is somebody may have said already, here or to the environment.
        let is_untold = registry().find(URL_KEY).is_some_and(|spec| !self.platform.settings.view(spec).set);
        if let Some(url) = account.url.filter(|_| is_untold) {
            writes.push(Write::text(URL_KEY, url.trim_end_matches('/')));
        }
        let mut m = self.platform.audit.begin(&actor).await?;
        self.platform.settings.set_many_in(&mut m, &actor, &writes).await?;
        let entry = Entry::new("crowdsec.credentials_imported", Category::Security).target("crowdsec", &account.user);
        let entry = entry.describe("machine credentials taken from the shared directory");
        m.commit(entry.after(json!({ "machine_user": account.user }))).await?;
        self.crowdsec.forget_token();
        self.crowdsec.ask.notify_one();
        Ok(())
    }
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|error| AppError::internal(format!("{FILE}: {error}")).code("credentials_not_removed"))
}
