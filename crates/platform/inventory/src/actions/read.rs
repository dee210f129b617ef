//! Reading: one thing with its links, the list with its counts, search, what wants attention, the timeline of a thing.

use std::collections::{HashMap, HashSet};

use argos_events::{Event, Filter as EventFilter};
use argos_kernel::{AppError, Result, Timestamp};

use crate::Inventory;
use crate::model::demo::KIND as DEMO;
use crate::model::graph;
use crate::model::link::Link;
use crate::model::query::Filter;
use crate::model::scope::Scope;
use crate::model::status::Status;
use crate::model::thing::Thing;
use crate::model::words;
use crate::store::changes::Change;
use crate::store::lists::Sort;
use crate::store::{changes, links, lists, search, things};

/// Hits of a search.
pub(crate) const HITS_MAX: usize = 50;
/// Things in trouble that are looked at at once.
const TROUBLE_MAX: i64 = 200;
/// How far trouble is followed.
const DEPTH: usize = 4;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Thing not found")
}

/// A page of the list.
pub(crate) struct ThingPage {
    pub(crate) items: Vec<Thing>,
    pub(crate) counts: Vec<(String, Status, i64)>,
    pub(crate) total: i64,
    pub(crate) rev: i64,
    pub(crate) next: Option<i64>,
}

/// A thing in trouble that nothing else explains, with what follows from it.
pub struct Trouble {
    pub thing: Thing,
    pub children: Vec<Thing>,
}

impl Inventory {
    /// 404 when there is no such thing in scope.
    pub async fn thing(&self, scope: &Scope, reference: &str) -> Result<Thing> {
        things::find(&self.0.db, reference).await?.filter(|t| scope.sees(t)).ok_or_else(not_found)
    }

    /// Those of `refs` in scope.
    pub async fn things(&self, scope: &Scope, refs: &[String]) -> Result<Vec<Thing>> {
        let mut found = things::of_refs(&self.0.db, refs).await?;
        found.retain(|t| scope.sees(t));
        Ok(found)
    }

    pub(crate) async fn links_of(&self, reference: &str) -> Result<Vec<Link>> {
        Ok(links::of_thing(&self.0.db, reference).await?)
    }

    pub(crate) async fn page(&self, scope: &Scope, filter: &Filter, sort: Sort, after: Option<i64>, limit: i64) -> Result<ThingPage> {
        let db = &self.0.db;
        let rev = things::rev(db).await?;
        let counts = lists::counts(db, scope, filter).await?;
        let kind = |k: &str| {
            let named = |list: &[String]| list.iter().any(|x| x == k);
            (filter.kinds.is_empty() || named(&filter.kinds)) && !named(&filter.not_kinds)
        };
        let status = |s: Status| filter.statuses.is_empty() || filter.statuses.contains(&s);
        let total = counts.iter().filter(|(k, s, _)| kind(k) && status(*s)).map(|(_, _, n)| n).sum();
        let mut items = if limit > 0 { lists::page(db, scope, filter, sort, after, limit + 1).await? } else { Vec::new() };
        let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            items.pop();
        }
        let next = items.last().filter(|_| more).map(|t| t.id);
        Ok(ThingPage { items, counts, total, rev, next })
    }

    /// Best first, at most fifty.
    pub async fn search(&self, scope: &Scope, query: &str) -> Result<Vec<Thing>> {
        let wanted = words::query_words(query);
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits = search::find(&self.0.db, &wanted).await?;
        let mut seen = HashSet::new();
        hits.retain(|t| t.kind != DEMO && scope.sees(t) && seen.insert(t.id));
        words::order(query, &mut hits);
        hits.truncate(HITS_MAX);
        Ok(hits)
    }

    /// Things in trouble, worst first, each under what explains it.
    pub async fn troubles(&self, scope: &Scope) -> Result<Vec<Trouble>> {
        let filter = Filter { statuses: vec![Status::Critical, Status::Warning], ..Filter::default() };
        let found = lists::page(&self.0.db, scope, &filter, Sort::Status, None, TROUBLE_MAX).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let all = links::all(&self.0.db).await?;
        let present: HashSet<String> = found.iter().map(|t| t.reference.clone()).collect();
        // The farthest cause that is in trouble itself is the root.
        let root = |t: &Thing| graph::causes(&t.reference, &all, DEPTH).into_iter().rfind(|c| present.contains(c));
        let roots: HashMap<String, String> = found.iter().filter_map(|t| Some((t.reference.clone(), root(t)?))).collect();
        let is_child = |t: &Thing| roots.get(&t.reference).is_some_and(|r| !roots.contains_key(r));
        let (children, parents): (Vec<Thing>, Vec<Thing>) = found.into_iter().partition(is_child);
        let mut out: Vec<Trouble> = parents.into_iter().map(|thing| Trouble { thing, children: Vec::new() }).collect();
        for child in children {
            if let Some(parent) = out.iter_mut().find(|p| roots.get(&child.reference) == Some(&p.thing.reference)) {
                parent.children.push(child);
            }
        }
        Ok(out)
    }

    /// What a thing depends on and is in trouble, nearest first; and how many things depend on it.
    pub(crate) async fn causes_of(&self, scope: &Scope, reference: &str) -> Result<(Vec<Thing>, usize)> {
        let all = links::all(&self.0.db).await?;
        let refs = graph::causes(reference, &all, DEPTH);
        let mut found = self.things(scope, &refs).await?;
        found.retain(|t| t.status.is_trouble() && t.gone_at.is_none());
        found.sort_by_key(|t| refs.iter().position(|r| *r == t.reference));
        Ok((found, graph::effects(reference, &all, DEPTH).len()))
    }

    /// What depends on a thing, nearest first.
    pub async fn effects_of(&self, scope: &Scope, reference: &str) -> Result<Vec<Thing>> {
        let refs = graph::effects(reference, &links::all(&self.0.db).await?, DEPTH);
        let mut found = self.things(scope, &refs).await?;
        found.retain(|t| t.gone_at.is_none());
        found.sort_by_key(|t| refs.iter().position(|r| *r == t.reference));
        Ok(found)
    }

    /// The things within `depth` links of one, and the links between them.
    pub(crate) async fn graph(&self, scope: &Scope, reference: &str, depth: usize) -> Result<(Vec<Thing>, Vec<Link>)> {
        self.thing(scope, reference).await?;
        let all = links::all(&self.0.db).await?;
        let mut refs = vec![reference.to_owned()];
        let mut edge = refs.clone();
        for _ in 0..depth {
            let near = all.iter().filter(|l| l.hidden_by.is_none()).filter_map(|l| match (edge.contains(&l.from), edge.contains(&l.to)) {
                (true, false) => Some(l.to.clone()),
                (false, true) => Some(l.from.clone()),
                _ => None,
            });
            let mut fresh: Vec<String> = near.filter(|r| !refs.contains(r)).collect();
            fresh.sort();
            fresh.dedup();
            fresh.truncate(500_usize.saturating_sub(refs.len()));
            refs.extend(fresh.iter().cloned());
            edge = fresh;
        }
        let found = self.things(scope, &refs).await?;
        let seen: HashSet<&str> = found.iter().map(|t| t.reference.as_str()).collect();
        let between = all.into_iter().filter(|l| l.hidden_by.is_none() && seen.contains(l.from.as_str()) && seen.contains(l.to.as_str()));
        let between = between.collect();
        Ok((found, between))
    }

    /// Changes of the thing's state and the events that name it, each newest first and before a moment.
    pub(crate) async fn history(
        &self,
        thing: &Thing,
        events: Option<argos_events::Scope>,
        before: Option<Timestamp>,
        limit: i64,
    ) -> Result<(Vec<Change>, Vec<Event>)> {
        let changes = changes::of_thing(&self.0.db, &thing.reference, before, limit).await?;
        let found = match (&thing.subject, events) {
            (Some((kind, id)), Some(scope)) => {
                let to = before.map(|t| Timestamp::from_micros(t.micros() - 1));
                let filter =
                    EventFilter { to, subject_type: Some(kind.clone()), subject_id: Some(id.clone()), scope, ..EventFilter::default() };
                self.0.events.list(&filter, None, limit).await?
            }
            _ => Vec::new(),
        };
        Ok((changes, found))
    }
}
