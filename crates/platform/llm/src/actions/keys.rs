//! Keys of users and organizations: stored sealed, shown by their ends, tried out on demand.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Timestamp, Uid};

use crate::llm::{Asker, Llm, NoModel, OWN_ADDRESS, Prompt, aad};
use crate::model::provider::Provider;
use crate::model::wire::Turn;
use crate::store::keys::{self, Key, Owner};

/// A key to be stored.
pub(crate) struct NewKey {
    pub(crate) provider: Provider,
    pub(crate) key: String,
    pub(crate) base_url: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) model_preference: Option<String>,
}

/// The first and last characters, enough to recognise it: `sk-ant-…wxyz`.
fn display(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    if chars.len() < 16 {
        return "…".to_owned();
    }
    let tail: String = chars.iter().skip(chars.len() - 4).collect();
    let head: String = chars.iter().take(7).collect();
    format!("{head}…{tail}")
}

fn entry(verb: &str, provider: Provider, owner: Owner) -> Entry {
    let (kind, id) = owner.parts();
    let entry = Entry::new(format!("llm_key.{verb}"), Category::Security)
        .target("llm_key", format!("{kind}:{id}:{}", provider.as_str()))
        .describe(format!("Key for {} {verb}", provider.as_str()));
    match owner {
        Owner::Organization(id) => entry.organization(id),
        Owner::User(_) => entry,
    }
}

/// A key, without the key.
#[derive(Clone, Debug)]
pub struct KeptKey {
    pub provider: String,
    /// `sk-ant-…wxyz`
    pub shown: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Llm {
    /// The keys of a user and of an organization.
    pub async fn kept_keys(&self, user: Option<i64>, organization: Option<i64>) -> Result<Vec<KeptKey>> {
        let mut found = Vec::new();
        for owner in [user.map(Owner::User), organization.map(Owner::Organization)].into_iter().flatten() {
            found.extend(keys::list(&self.0.db, owner).await?);
        }
        let kept = |k: Key| KeptKey { provider: k.provider, shown: k.key_display, created_at: k.created_at, updated_at: k.updated_at };
        Ok(found.into_iter().map(kept).collect())
    }

    pub(crate) async fn put_key(&self, actor: &Actor, owner: Owner, new: NewKey) -> Result<Key> {
        if let Some(url) = &new.base_url {
            let bad =
                |e: argos_net::NetError| AppError::bad_request(format!("base_url: {e}")).code("invalid_field").with("field", "base_url");
            self.0.net.check_url(OWN_ADDRESS, url, &[]).await.map_err(bad)?;
        }
        let now = self.0.clock.now();
        let key = Key {
            id: 0,
            uid: Uid::mint(&*self.0.clock, &*self.0.rng),
            provider: new.provider.as_str().to_owned(),
            key_enc: self.0.vault.seal(&aad(owner, new.provider), new.key.as_bytes())?,
            key_display: display(&new.key),
            base_url: new.base_url,
            display_name: new.display_name,
            model_preference: new.model_preference,
            is_valid: None,
            last_validated_at: None,
            validation_error: None,
            created_at: now,
            updated_at: now,
        };
        let mut change = self.0.audit.begin(actor).await?;
        keys::put(&mut change, owner, &key).await?;
        change.commit(entry("stored", new.provider, owner)).await?;
        keys::find(&self.0.db, owner, new.provider.as_str()).await?.ok_or_else(|| AppError::not_found("Key not found"))
    }

    /// Whether there was one.
    pub(crate) async fn delete_key(&self, actor: &Actor, owner: Owner, provider: Provider) -> Result<bool> {
        let mut change = self.0.audit.begin(actor).await?;
        if keys::delete(&mut change, owner, provider.as_str()).await? == 0 {
            return Ok(false);
        }
        change.commit(entry("removed", provider, owner)).await?;
        Ok(true)
    }

    /// Tries a key out with the shortest question there is; what came of it is remembered.
    pub(crate) async fn validate_key(&self, actor: &Actor, asker: &Asker, owner: Owner, provider: Provider) -> Result<Result<(), NoModel>> {
        let found = keys::find(&self.0.db, owner, provider.as_str()).await?.ok_or_else(|| AppError::not_found("Key not found"))?;
        let turns = vec![Turn::user("Reply with the word ok.")];
        let prompt = Prompt { feature: "validate_key", turns, provider: Some(provider), ..Prompt::default() };
        let outcome = self.ask(asker, prompt).await?.map(drop);
        // Only an answer or a refusal of the key says something about it.
        let verdict = match &outcome {
            Ok(()) | Err(NoModel::Refused) => Some((true, None)),
            Err(why @ NoModel::Status(401 | 403)) => Some((false, Some(why.reason()))),
            Err(_) => None,
        };
        if let Some((valid, error)) = verdict {
            let mut change = self.0.audit.begin(actor).await?;
            keys::judged(&mut change, found.id, valid, self.0.clock.now(), error.as_deref()).await?;
            change.commit(entry(if valid { "accepted" } else { "refused" }, provider, owner)).await?;
        }
        Ok(match outcome {
            Err(NoModel::Refused) => Ok(()),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_by_their_ends_and_short_ones_not_at_all() {
        assert_eq!(display(&format!("sk-ant-{}wxyz", "0".repeat(10))), "sk-ant-…wxyz");
        assert_eq!(display("short-key"), "…");
    }
}
