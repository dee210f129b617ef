//! Correcting links: a person adds one, hides a wrong one, shows it again. A source never overrules a person.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use crate::Inventory;
use crate::model::link::{Link, LinkType, NewLink};
use crate::model::scope::Scope;
use crate::model::thing::{REF_MAX, cut};
use crate::store::links::{self, PERSON};
use crate::store::things;

fn not_found() -> AppError {
    AppError::not_found("Link not found")
}

fn described(l: &Link) -> String {
    format!("{} {} {}", l.from, l.link.as_str(), l.to)
}

fn entry(verb: &str, l: &Link) -> Entry {
    Entry::new(format!("thing_link.{verb}"), Category::Config)
        .target("thing_link", l.id)
        .describe(format!("Link {}: {}", verb, described(l)))
        .after(json!({ "from": l.from, "link": l.link, "to": l.to, "hidden": l.hidden_by.is_some() }))
}

impl Inventory {
    /// Sets a link by hand. Both ends must be things the caller sees.
    pub(crate) async fn add_link(&self, actor: &Actor, scope: &Scope, from: &str, link: LinkType, to: &str) -> Result<(Link, String)> {
        for (field, end) in [("from", from), ("to", to)] {
            let known = end.chars().count() <= REF_MAX && things::find(&self.0.db, end).await?.is_some_and(|t| scope.sees(&t));
            if !known {
                return Err(AppError::bad_request(format!("There is no thing {}", cut(end, 80)))
                    .code("invalid_field")
                    .with("field", field));
            }
        }
        if from == to {
            return Err(AppError::bad_request("A thing is not linked to itself").code("invalid_field").with("field", "to"));
        }
        let new = NewLink::new(from, link, to, format!("set by {}", actor.name));
        let mut change = self.0.audit.begin(actor).await?;
        links::put(&mut change, &new, PERSON, self.0.clock.now()).await?;
        let made = links::of_ends(&mut change, from, to, link).await?.ok_or_else(not_found)?;
        links::hide(&mut change, made.id, None).await?;
        let made = Link { hidden_by: None, ..made };
        let subject = format!("thing_link:{}", made.id);
        let token = self.offer_undo(&mut change, actor, super::undo::LINK_ADDED, &subject, &json!(made.id)).await?;
        let rev = things::next_rev(&mut change).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry("add", &made)).await?;
        Ok((made, token))
    }

    /// Hides a wrong link, or shows it again. One set by a person is removed instead of hidden.
    pub(crate) async fn hide_link(&self, actor: &Actor, scope: &Scope, id: i64, hidden: bool) -> Result<String> {
        let mut change = self.0.audit.begin(actor).await?;
        let found = links::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let mut seen = false;
        for end in [&found.from, &found.to] {
            seen |= things::find_in(&mut change, end).await?.is_some_and(|t| scope.sees(&t));
        }
        if !seen {
            return Err(not_found());
        }
        let by_hand = found.origin == PERSON && hidden;
        let payload = json!({ "from": found.from, "link": found.link, "to": found.to, "id": id, "hidden": found.hidden_by.is_some() });
        let after = Link { hidden_by: hidden.then(|| actor.name.clone()), ..found };
        if by_hand {
            links::delete(&mut change, id).await?;
        } else {
            links::hide(&mut change, id, after.hidden_by.as_deref()).await?;
        }
        let action = if by_hand { super::undo::LINK_REMOVED } else { super::undo::LINK_HIDDEN };
        let token = self.offer_undo(&mut change, actor, action, &format!("thing_link:{id}"), &payload).await?;
        let rev = things::next_rev(&mut change).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry(if hidden { "hide" } else { "show" }, &after)).await?;
        Ok(token)
    }

    /// Takes a hidden or shown link back, without a further offer.
    pub(crate) async fn restore_link(&self, actor: &Actor, id: i64, hidden: bool) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let found = links::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let after = Link { hidden_by: hidden.then(|| actor.name.clone()), ..found };
        links::hide(&mut change, id, after.hidden_by.as_deref()).await?;
        let rev = things::next_rev(&mut change).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry(if hidden { "hide" } else { "show" }, &after)).await
    }

    /// Takes back a link that was set by hand, or sets a removed one again.
    pub(crate) async fn restore_own_link(&self, actor: &Actor, id: i64, again: Option<NewLink>) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let entry = if let Some(link) = again {
            links::put(&mut change, &link, PERSON, self.0.clock.now()).await?;
            entry("add", &links::of_ends(&mut change, &link.from, &link.to, link.link).await?.ok_or_else(not_found)?)
        } else {
            let found = links::find_in(&mut change, id).await?.ok_or_else(not_found)?;
            links::delete(&mut change, id).await?;
            entry("remove", &found)
        };
        let rev = things::next_rev(&mut change).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry).await
    }
}
