//! Keeps the tokens of connected accounts good: renews each some minutes before it ends. A tool that is away is asked
//! again, later each time; one that refuses ends it, and its person has to connect anew. It must never lose a token to
//! another process: what is written replaces exactly the token it was made from.

use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, Result, Severity, Shutdown, Tasks, Timestamp};
use argos_net::{Class, Request};
use serde_json::{Value, json};

use super::SignOn;
use super::discovery::Fault;
use super::tools::{TOKEN_TIMEOUT, TokenReply, Tool, tool};
use crate::model::external;
use crate::store::tool_accounts::{self as store, ToolAccount, place_of};

const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long before its end a token is renewed; one that lives shorter is renewed in the middle of its life.
const AHEAD_S: i64 = 600;
/// A tool that is away is asked again after this, doubled each time.
const PAUSE_S: i64 = 60;
const PAUSE_MAX_S: i64 = 3_600;
/// Words of tools that will never renew this token.
const FINAL: [&str; 5] = ["invalid_grant", "bad_refresh_token", "invalid_refresh_token", "token_revoked", "access_denied"];

/// What came of asking a tool.
enum Outcome {
    New(TokenReply),
    /// The tool says no: asking again changes nothing.
    Refused(&'static str),
    Away(Fault),
}

/// When a token that lives for so long is renewed.
pub(super) fn renewal(now: Timestamp, lives_s: Option<i64>, can_renew: bool) -> Option<Timestamp> {
    let lives_s = lives_s.filter(|s| can_renew && *s > 0)?;
    Some(now.plus_secs(lives_s - AHEAD_S.min(lives_s / 2)))
}

impl SignOn {
    /// Starts to renew tokens. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        let own = self.clone();
        tasks.supervise("identity.tool-tokens", move |stop| {
            let own = own.clone();
            async move { own.renew_for_ever(&stop).await }
        });
    }

    async fn renew_for_ever(&self, stop: &Shutdown) -> Result<()> {
        while stop.sleep(LOOK_EVERY).await {
            for account in store::due(&self.0.identity.0.db, self.0.identity.now()).await? {
                // Many tools that are away take long to ask.
                if stop.is_triggered() {
                    return Ok(());
                }
                // One that fails must not hold up the others.
                if let Err(error) = self.renew(&account).await {
                    tracing::error!(?error, tool = account.platform, "a token was not renewed");
                    self.postpone(&account).await?;
                }
            }
        }
        Ok(())
    }

    async fn renew(&self, account: &ToolAccount) -> Result<()> {
        let Ok(tool) = tool(&account.platform) else { return self.give_up(account, "this tool is not known any more").await };
        let plain = self.0.identity.0.vault.open(&place_of(&account.uid.to_string()), &account.token_enc)?;
        let tokens: Value = serde_json::from_slice(plain.reveal()).map_err(AppError::internal)?;
        let Some(refresh) = tokens["refresh_token"].as_str().filter(|t| !t.is_empty()) else {
            return self.give_up(account, "there is nothing to renew it with").await;
        };
        match self.ask_for_tokens(tool, refresh).await {
            Outcome::New(reply) => self.keep(account, refresh, reply).await,
            Outcome::Refused(why) => self.give_up(account, why).await,
            Outcome::Away(fault) => {
                tracing::warn!(%fault, tool = tool.id, failures = account.refresh_failures, "a token was not renewed");
                self.postpone(account).await
            }
        }
    }

    async fn postpone(&self, account: &ToolAccount) -> Result<()> {
        let pause = (PAUSE_S << account.refresh_failures.clamp(0, 6)).min(PAUSE_MAX_S);
        let mut tx = self.0.identity.0.db.begin().await?;
        store::postponed(&mut tx, account, Some(self.0.identity.now().plus_secs(pause))).await?;
        Ok(tx.commit().await?)
    }

    async fn ask_for_tokens(&self, tool: &'static Tool, refresh: &str) -> Outcome {
        let client = match self.tool_client(tool) {
            Ok(client) => client,
            Err(e) => return Outcome::Away(Fault(e.message().to_owned())),
        };
        let form = external::encode_query(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", &client.id),
            ("client_secret", &client.secret),
        ]);
        let request = Request::post(Class::Admin, &client.token).timeout(TOKEN_TIMEOUT).header("accept", "application/json");
        let response = match self.0.net.send(request.body("application/x-www-form-urlencoded", form)).await {
            Ok(response) => response,
            Err(e) => return Outcome::Away(e.into()),
        };
        let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        // Some answer an error with 200. Others than these may be mended on either side.
        if let Some(word) = said["error"].as_str().and_then(|error| FINAL.iter().find(|word| **word == error)) {
            return Outcome::Refused(word);
        }
        match serde_json::from_value::<TokenReply>(said) {
            Ok(reply) if response.status == 200 && reply.access_token.as_ref().is_some_and(|t| !t.is_empty()) => Outcome::New(reply),
            _ => Outcome::Away(Fault(format!("the tool answered {} without a token", response.status))),
        }
    }

    async fn keep(&self, old: &ToolAccount, refresh: &str, reply: TokenReply) -> Result<()> {
        let (identity, now) = (&self.0.identity, self.0.identity.now());
        // Who gives no new one lets the old one be used again.
        let next = reply.refresh_token.as_deref().filter(|t| !t.is_empty()).unwrap_or(refresh);
        let plain = json!({ "access_token": reply.access_token, "refresh_token": next }).to_string();
        let new = ToolAccount {
            uid: old.uid,
            user_id: old.user_id,
            platform: old.platform.clone(),
            account_id: None,
            account_name: None,
            scopes: Vec::new(),
            token_enc: identity.0.vault.seal(&place_of(&old.uid.to_string()), plain.as_bytes())?,
            token_expires_at: reply.expires_in.map(|s| now.plus_secs(s)),
            connected_at: old.connected_at,
            refresh_at: renewal(now, reply.expires_in, true),
            refresh_failures: 0,
        };
        let mut tx = identity.0.db.begin().await?;
        store::refreshed(&mut tx, &new, &old.token_enc).await?;
        Ok(tx.commit().await?)
    }

    /// No further try; the person sees that the account has to be connected anew.
    async fn give_up(&self, account: &ToolAccount, why: &str) -> Result<()> {
        let mut change = self.0.identity.0.audit.begin(&Actor::system()).await?;
        if !store::postponed(&mut change, account, None).await? {
            return Ok(());
        }
        let entry = Entry::new("oauth.refresh", Category::Security).target("tool_account", account.uid);
        let entry = entry.describe(format!("The token of a {} account was not renewed: {why}", account.platform));
        change.commit(entry.status(Status::Failure).severity(Severity::Warning)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_renewed_before_its_end_and_a_short_one_in_its_middle() {
        let now = Timestamp::from_secs(1_000);
        let at = |lives: Option<i64>, can: bool| renewal(now, lives, can).map(Timestamp::secs);
        assert_eq!(at(Some(3_600), true), Some(1_000 + 3_000));
        assert_eq!(at(Some(60), true), Some(1_030));
        assert_eq!((at(Some(3_600), false), at(None, true), at(Some(0), true), at(Some(-5), true)), (None, None, None, None));
    }
}
