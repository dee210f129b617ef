//! Setting up the exchange with CrowdSec, trying it, and how it stands.

use argos_audit::{Category, Entry};
use argos_crowdsec::LapiError;
use argos_kernel::{Actor, Result};
use argos_settings::{Write, registry};
use serde_json::json;

use crate::crowdsec::{code, upstream};
use crate::service::Edge;
use crate::store::bans::{self, Exchange};

/// How one half of the exchange is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// Nothing is set up.
    Missing,
    Ok,
    Failed {
        code: &'static str,
        message: String,
    },
}

impl Half {
    fn of(outcome: Result<(), LapiError>) -> Self {
        match outcome {
            Ok(()) => Self::Ok,
            Err(error) => Self::Failed { code: code(&error), message: error.to_string() },
        }
    }
}

/// The settings of the account.
pub(crate) const ACCOUNT: [&str; 2] = ["crowdsec.machine_user", "crowdsec.machine_password_encrypted"];

/// What a test of the connection found.
pub(crate) struct Tested {
    pub(crate) url: String,
    pub(crate) bouncer: Half,
    pub(crate) machine: Half,
}

/// What a look at the stored account led to.
pub(crate) enum Account {
    Missing,
    Valid(String),
    /// It was refused and is forgotten.
    Purged(String),
    /// It was refused, and only the environment can change it.
    Given(String),
}

/// Wanted changes of the connection; `None` = as it is.
#[derive(Default)]
pub(crate) struct ConnectionChange {
    pub(crate) enabled: Option<bool>,
    pub(crate) lapi_url: Option<String>,
    pub(crate) bouncer_api_key: Option<String>,
    pub(crate) machine_user: Option<String>,
    pub(crate) machine_password: Option<String>,
}

impl Edge {
    pub(crate) async fn crowdsec_exchange(&self) -> Result<Exchange> {
        Ok(bans::exchange(&self.platform.store.state).await?)
    }

    /// Writes what is set up; it acts at once.
    pub(crate) async fn put_crowdsec(&self, actor: &Actor, change: ConnectionChange) -> Result<()> {
        let text = |key: &str, value: Option<String>| {
            value.map(|v| if v.trim().is_empty() { Write::clear(key) } else { Write::text(key, v.trim()) })
        };
        // An empty secret keeps what is stored, as everywhere.
        let secret = |key: &str, value: Option<String>| value.filter(|v| !v.is_empty()).map(|v| Write::text(key, v));
        let writes = [
            change.enabled.map(|on| Write::json("crowdsec.enabled", on)),
            text("crowdsec.lapi_url", change.lapi_url),
            secret("crowdsec.bouncer_api_key", change.bouncer_api_key),
            text("crowdsec.machine_user", change.machine_user),
            secret("crowdsec.machine_password_encrypted", change.machine_password),
        ];
        let writes: Vec<Write> = writes.into_iter().flatten().collect();
        let has_account = writes.iter().any(|write| ACCOUNT.contains(&write.key.as_ref()));
        self.platform.settings.set_many(actor, &writes).await?;
        if has_account {
            self.forget_judgement().await?;
        }
        self.crowdsec.forget_token();
        self.crowdsec.ask.notify_one();
        Ok(())
    }

    /// Tries key and account now.
    pub(crate) async fn test_crowdsec(&self) -> Result<Tested> {
        let connection = self.crowdsec_connection()?;
        let bouncer = match self.crowdsec.bouncer(&connection) {
            None => Half::Missing,
            Some(bouncer) => Half::of(bouncer.check().await),
        };
        let machine = match &connection.account {
            None => Half::Missing,
            Some(_) => Half::of(self.crowdsec.machine(&connection)?.login().await.map(drop)),
        };
        self.crowdsec.ask.notify_one();
        Ok(Tested { url: connection.url, bouncer, machine })
    }

    /// Whether the environment sets the account: nothing here can change it.
    pub(crate) fn is_account_given(&self) -> bool {
        ACCOUNT.iter().any(|key| registry().find(key).is_some_and(|spec| self.platform.settings.view(spec).locked))
    }

    /// What was found of an account says nothing about the one after it.
    async fn forget_judgement(&self) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        bans::machine(&mut tx, None).await?;
        Ok(tx.commit().await?)
    }

    /// Tries the stored account and forgets it when CrowdSec refuses it for good. What the environment sets stays.
    pub(crate) async fn check_crowdsec_account(&self, actor: &Actor) -> Result<Account> {
        let connection = self.crowdsec_connection()?;
        let Some((user, _)) = &connection.account else { return Ok(Account::Missing) };
        match self.crowdsec.machine(&connection)?.login().await {
            Ok(_) => return Ok(Account::Valid(user.clone())),
            Err(LapiError::Refused) => {}
            Err(error) => return Err(upstream(&error)),
        }
        if self.is_account_given() {
            return Ok(Account::Given(user.clone()));
        }
        self.forget_account(actor, user).await?;
        Ok(Account::Purged(user.clone()))
    }

    /// Forgets an account that CrowdSec refused for good.
    pub(crate) async fn forget_account(&self, actor: &Actor, user: &str) -> Result<()> {
        let writes: Vec<Write> = ACCOUNT.into_iter().map(Write::clear).collect();
        let mut m = self.platform.audit.begin(actor).await?;
        self.platform.settings.set_many_in(&mut m, actor, &writes).await?;
        bans::machine(&mut m, None).await?;
        let entry = Entry::new("crowdsec.credentials_purged", Category::Security).alias("crowdsec_credentials_purged");
        let entry = entry.target("crowdsec", user).describe("CrowdSec refused the machine credentials; they are forgotten");
        m.commit(entry.after(json!({ "machine_user": user }))).await?;
        self.crowdsec.forget_token();
        self.crowdsec.ask.notify_one();
        Ok(())
    }
}
