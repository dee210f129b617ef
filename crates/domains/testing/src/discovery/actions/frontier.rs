//! What an exploration still has to visit, rebuilt from the tables when its job begins: nothing of it is only in memory.

use std::collections::{HashMap, HashSet};

use argos_kernel::Result;
use argos_sitegraph::{Frontier, Link, Queued, Refusal, Robots, Scope, normalise, path_of, template};
use argos_store::Database;

use crate::discovery::model::{Address, AddressState, Discovery, Mode, Page, Wanted};
use crate::discovery::store::{addresses, pages};

/// Addresses that may wait; more are left out.
const WAITING_MAX: usize = 2_000;
/// Addresses of one exploration that are remembered.
pub(crate) const ADDRESSES_MAX: i64 = 10_000;
/// Pages of one make after which the others of their kind are left out.
const SAMPLE: usize = 5;
const LABEL_CHARS_MAX: usize = 120;

/// Everything that decides about the next page.
pub(crate) struct Ground {
    pub(crate) frontier: Frontier,
    pub(crate) scope: Scope,
    pub(crate) robots: Robots,
    known: HashSet<String>,
    /// Addresses of the pages that were visited.
    visited: HashSet<String>,
    /// How many pages of one address template and one structure there are.
    alike: HashMap<(String, String), usize>,
    next_seq: i64,
    wanted: Wanted,
}

impl Ground {
    pub(crate) async fn load(db: &Database, d: &Discovery, scope: Scope, robots: Robots) -> Result<Self> {
        let all = addresses::of(db, d.id, None, ADDRESSES_MAX).await?;
        let seen = pages::all(db, d.id).await?;
        let waiting = all.iter().filter(|a| a.state == AddressState::Queued);
        let waiting = waiting.map(|a| Queued { url: a.url.clone(), depth: a.depth, seq: a.seq }).collect();
        let visited: Vec<String> = seen.iter().map(|p| p.url.clone()).collect();
        let mut ground = Self {
            frontier: Frontier::new(d.wanted.strategy, waiting, &visited),
            scope,
            robots,
            known: all.iter().map(|a| a.url.clone()).collect(),
            visited: visited.into_iter().collect(),
            alike: HashMap::new(),
            next_seq: all.iter().map(|a| a.seq + 1).max().unwrap_or(0),
            wanted: d.wanted.clone(),
        };
        for page in &seen {
            ground.count(page);
        }
        Ok(ground)
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.known.is_empty()
    }

    fn count(&mut self, page: &Page) {
        *self.alike.entry((template(&page.url), page.structure_hash.clone())).or_default() += 1;
    }

    /// Notes a page that was kept.
    pub(crate) fn keep(&mut self, page: &Page) {
        self.count(page);
        self.visited.insert(page.url.clone());
        self.frontier.visited(&page.url);
    }

    pub(crate) fn was_visited(&self, url: &str) -> bool {
        self.visited.contains(url)
    }

    /// Whether enough pages of this kind were seen: same form of address, same structure.
    pub(crate) fn is_sampled(&self, url: &str) -> bool {
        let kind = template(url);
        // Without a changing part the address names one page.
        kind != *url && self.alike.iter().any(|((t, _), n)| *t == kind && *n >= SAMPLE)
    }

    fn judge(&self, url: &str, label: &str, depth: i64) -> Result<(), Refusal> {
        self.scope.judge(url, label)?;
        let start = url == self.scope.start();
        if self.wanted.respect_robots && !self.robots.allows(&path_of(url)) {
            return Err(Refusal::Robots);
        }
        let words = &self.wanted.focus_areas;
        let text = format!("{url} {label}").to_lowercase();
        if !start && self.wanted.mode == Mode::Focused && !words.is_empty() && !words.iter().any(|w| text.contains(&w.to_lowercase())) {
            return Err(Refusal::NotIncluded);
        }
        if depth > self.wanted.depth() { Err(Refusal::TooDeep) } else { Ok(()) }
    }

    /// An address that was not met before, with what becomes of it. Other sites are not remembered.
    pub(crate) fn meet(&mut self, href: &str, label: &str, depth: i64, from: Option<&str>) -> Option<Address> {
        let url = normalise(href)?;
        if self.known.contains(&url) {
            return None;
        }
        let (state, reason) = match self.judge(&url, label, depth) {
            Err(Refusal::Foreign) => return None,
            Err(refusal) => (AddressState::Refused, Some(refusal.as_str().to_owned())),
            Ok(()) if self.frontier.len() >= WAITING_MAX => return None,
            Ok(()) => (AddressState::Queued, None),
        };
        if self.next_seq >= ADDRESSES_MAX {
            return None;
        }
        let address = Address {
            url: url.clone(),
            depth,
            seq: self.next_seq,
            state,
            reason,
            label: label.chars().take(LABEL_CHARS_MAX).collect(),
            from_url: from.map(str::to_owned),
        };
        self.next_seq += 1;
        self.known.insert(url);
        Some(address)
    }

    /// What a page leads to.
    pub(crate) fn meet_all(&mut self, links: &[Link], pushed: &[String], depth: i64, from: &str) -> Vec<Address> {
        let mut found = Vec::new();
        for link in links.iter().filter(|l| !l.download) {
            found.extend(self.meet(&link.href, &link.text, depth, Some(from)));
        }
        for url in pushed {
            found.extend(self.meet(url, "", depth, Some(from)));
        }
        found
    }

    /// Puts what was stored as waiting into the frontier.
    pub(crate) fn queue(&mut self, addresses: &[Address]) {
        for a in addresses.iter().filter(|a| a.state == AddressState::Queued) {
            self.frontier.push(Queued { url: a.url.clone(), depth: a.depth, seq: a.seq });
        }
    }
}
