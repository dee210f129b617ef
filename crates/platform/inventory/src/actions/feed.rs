//! Taking a complete list of one source: only differences are written, a few hundred to a transaction.

use std::collections::{HashMap, HashSet};

use argos_kernel::{AppError, Result, Timestamp};
use argos_store::Tx;

use crate::Inventory;
use crate::inventory::Fed;
use crate::model::link::NewLink;
use crate::model::thing::{Feed, NewThing};
use crate::store::{changes, links, things};

/// Things written in one transaction.
const BATCH: usize = 500;

impl Inventory {
    /// Makes the inventory equal to what the source knows now. Cheap when nothing changed; safe to repeat.
    pub async fn feed(&self, feed: Feed) -> Result<()> {
        let shared = &self.0;
        // One feed at a time: a source must not overtake itself.
        let mut all = shared.fed.lock().await;
        if !all.contains_key(feed.source) {
            let known: Fed = things::digests(&shared.db, feed.source).await?.into_iter().collect();
            all.insert(feed.source, known);
        }
        let Some(fed) = all.get_mut(feed.source) else { return Ok(()) };
        let kinds: HashSet<&str> = self.kinds().into_iter().map(|k| k.name).collect();
        let mut listed: HashMap<String, NewThing> = HashMap::with_capacity(feed.things.len());
        for thing in feed.things {
            if !kinds.contains(thing.kind()) {
                return Err(AppError::internal(format!("the kind of {} was never declared", thing.reference)));
            }
            let thing = thing.fitted()?;
            listed.insert(thing.reference.clone(), thing);
        }
        let gone: Vec<String> = fed.keys().filter(|r| !listed.contains_key(*r)).cloned().collect();
        let mut changed: Vec<NewThing> = listed.into_values().filter(|t| fed.get(&t.reference) != Some(&t.digest())).collect();
        changed.sort_by(|a, b| a.reference.cmp(&b.reference));
        let now = shared.clock.now();
        for part in changed.chunks(BATCH) {
            let mut tx = shared.db.begin().await?;
            let rev = things::next_rev(&mut tx).await?;
            for thing in part {
                put(&mut tx, feed.source, thing, rev, now).await?;
            }
            self.commit(tx, rev).await?;
            fed.extend(part.iter().map(|t| (t.reference.clone(), t.digest())));
        }
        for part in gone.chunks(BATCH) {
            let mut tx = shared.db.begin().await?;
            let rev = things::next_rev(&mut tx).await?;
            for reference in part {
                if things::gone(&mut tx, reference, rev, now).await? > 0 {
                    changes::add(&mut tx, reference, &change("gone", None, None, None, now)).await?;
                }
            }
            self.commit(tx, rev).await?;
            fed.retain(|r, _| !part.contains(r));
        }
        self.put_links(feed.source, &feed.links, now).await
    }

    /// Makes the next feed write this thing again.
    pub(crate) async fn forget_fed(&self, source: &str, reference: &str) {
        if let Some(fed) = self.0.fed.lock().await.get_mut(source)
            && let Some(digest) = fed.get_mut(reference)
        {
            *digest = 0;
        }
    }

    pub(crate) async fn commit(&self, mut tx: Tx, rev: i64) -> Result<()> {
        self.wake_after(&mut tx, rev);
        Ok(tx.commit().await?)
    }

    pub(crate) fn wake_after(&self, tx: &mut Tx, rev: i64) {
        let shared = std::sync::Arc::clone(&self.0);
        tx.on_commit(move || {
            shared.newest.send_replace(rev);
        });
    }

    async fn put_links(&self, source: &'static str, wanted: &[NewLink], now: Timestamp) -> Result<()> {
        let mut tx = self.0.db.begin().await?;
        let known = links::of_origin(&mut tx, source).await?;
        let mut old: HashMap<_, _> = known.iter().map(|l| ((l.from.as_str(), l.to.as_str(), l.link), l)).collect();
        let mut listed = HashSet::with_capacity(wanted.len());
        let mut touched = false;
        for link in wanted.iter().filter(|n| n.from != n.to) {
            let key = (link.from.as_str(), link.to.as_str(), link.link);
            // Listed twice: the first evidence stands, so that it does not change with every feed.
            if !listed.insert(key) {
                continue;
            }
            let stands = old.remove(&key).is_some_and(|l| l.evidence == link.evidence && l.guess == link.guess);
            // What somebody else has set stays theirs and is no change.
            touched |= !stands && links::put(&mut tx, link, source, now).await?;
        }
        for gone in old.into_values() {
            links::delete(&mut tx, gone.id).await?;
            touched = true;
        }
        if !touched {
            return Ok(());
        }
        let rev = things::next_rev(&mut tx).await?;
        self.commit(tx, rev).await
    }
}

async fn put(tx: &mut Tx, source: &str, thing: &NewThing, rev: i64, now: Timestamp) -> Result<()> {
    let before = things::find_in(tx, &thing.reference).await?;
    let id = things::put(tx, source, thing, rev, now).await?;
    let own_tags = before.as_ref().map(|b| b.own_tags.clone()).unwrap_or_default();
    things::index(tx, id, &thing.search_text(&own_tags)).await?;
    let word = Some(thing.word.clone()).filter(|w| !w.is_empty());
    let after = Some(thing.status.as_str().to_owned());
    match before {
        Some(b) if b.gone_at.is_none() && b.status == thing.status => {}
        Some(b) if b.gone_at.is_none() => {
            changes::add(tx, &thing.reference, &change("status", Some(b.status.as_str().to_owned()), after, word, now)).await?;
        }
        _ => changes::add(tx, &thing.reference, &change("appeared", None, after, word, now)).await?,
    }
    Ok(())
}

fn change(change: &str, before: Option<String>, after: Option<String>, word: Option<String>, at: Timestamp) -> changes::Change {
    changes::Change { id: 0, change: change.to_owned(), before, after, word, at }
}
