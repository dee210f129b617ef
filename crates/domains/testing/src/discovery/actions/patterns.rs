//! Keeping what comes again on the pages of a site, and handing what an exploration saw to the pictures and to healing.

use std::collections::BTreeSet;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_identity::Project;
use argos_kernel::{AppError, PageRequest, Result, Uid};
use argos_web::OpCx;
use serde_json::{Map, Value};

use crate::discovery::model::{Discovery, Page};
use crate::discovery::patterns::{Found, PatternType, patterns_of, signature};
use crate::discovery::store::pages;
use crate::discovery::store::patterns::{self, Kept};
use crate::model::alternative::{Feedback, kind_of_discovered};
use crate::service::Testing;
use crate::store::alternatives::{self, Known};
use crate::visual::actions::capture::Order;
use crate::visual::model::record::Taken;
use crate::visual::model::wanted::Viewport;
use crate::visual::page::visit::Address;
use crate::visual::store::baselines;

/// Names of baselines are cut here.
const NAME_CHARS_MAX: usize = 200;
/// Baselines of a project that are looked through for names that are taken.
const BASELINES_MAX: i64 = 10_000;
const WAIT: Duration = Duration::from_secs(30);

/// What became of pages that were to become baselines.
#[derive(Default)]
pub(crate) struct Pictured {
    /// Uid, name and address of each.
    pub(crate) made: Vec<(Uid, String, String)>,
    /// Address, and why not.
    pub(crate) left: Vec<(String, String)>,
    /// Pages nobody looked at this time.
    pub(crate) remaining: usize,
}

pub(crate) fn no_pattern() -> AppError {
    AppError::not_found("Pattern not found")
}

/// The other selectors of the elements of some pages, as healing knows them.
fn other_selectors(pages: &[Page]) -> Vec<Known> {
    let mut found = Vec::new();
    let mut met = BTreeSet::new();
    for element in pages.iter().flat_map(|p| &p.seen.elements) {
        // Each name of an element may be the one a test has.
        for primary in &element.selectors {
            for other in element.selectors.iter().filter(|o| o.selector != primary.selector) {
                if met.insert((primary.selector.clone(), other.selector.clone())) {
                    let kind = kind_of_discovered(&other.strategy).to_owned();
                    let (primary, selector) = (primary.selector.clone(), other.selector.clone());
                    found.push(Known { primary, selector, kind, source: "discovery".to_owned(), feedback: Feedback::default() });
                }
            }
        }
    }
    found
}

impl Testing {
    /// Keeps what comes again on the pages of an exploration.
    pub(crate) async fn keep_patterns(&self, d: &Discovery) -> Result<Vec<Found>> {
        let found = patterns_of(&pages::all(&self.platform.store.state, d.id).await?);
        let now = self.platform.clock.now();
        let mut tx = self.platform.store.state.begin().await?;
        for pattern in &found {
            let uid = Uid::mint(&*self.platform.clock, &*self.platform.rng);
            patterns::put(&mut tx, (d.organization_id, d.project_id), (uid, pattern), &d.uid.to_string(), now).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Keeps one that a person named. One that is there already stays as it is: no exploration met it once more.
    pub(crate) async fn name_pattern(
        &self,
        cx: &OpCx,
        project: &Project,
        kind: PatternType,
        name: &str,
        data: Map<String, Value>,
    ) -> Result<Kept> {
        let signature = signature(kind, &format!("{name} {}", Value::Object(data.clone())));
        if let Some(known) = patterns::by_signature(&self.platform.store.state, project.id, &signature).await? {
            return Ok(known);
        }
        let found = Found { kind, name: name.to_owned(), signature, data };
        let uid = Uid::mint(&*self.platform.clock, &*self.platform.rng);
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        patterns::put(&mut change, (project.organization_id, project.id), (uid, &found), "", self.platform.clock.now()).await?;
        let entry = Entry::new("pattern.create", Category::Data).organization(project.organization_id).target("pattern", uid);
        change.commit(entry.describe(format!("Pattern {name} named"))).await?;
        patterns::by_signature(&self.platform.store.state, project.id, &found.signature).await?.ok_or_else(no_pattern)
    }

    /// Counts how a test of a pattern ended.
    pub(crate) async fn heard_of_pattern(&self, cx: &OpCx, project: &Project, pattern: &Kept, passed: bool, healed: bool) -> Result<Kept> {
        let tests = if passed { (1, 0) } else { (0, 1) };
        let heals = if healed { tests } else { (0, 0) };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        patterns::counted(&mut change, pattern.id, tests, heals, self.platform.clock.now()).await?;
        let entry = Entry::new("pattern.update", Category::Data).organization(project.organization_id).target("pattern", pattern.uid);
        let how = if passed { "passed" } else { "failed" };
        change.commit(entry.describe(format!("A test of pattern {} {how}", pattern.name))).await?;
        patterns::find(&self.platform.store.state, pattern.uid).await?.ok_or_else(no_pattern)
    }

    /// Lets healing know the other selectors of what an exploration saw; how many.
    pub(crate) async fn share_selectors(&self, d: &Discovery) -> Result<usize> {
        let found = other_selectors(&pages::all(&self.platform.store.state, d.id).await?);
        let now = self.platform.clock.now();
        for part in found.chunks(500) {
            let mut tx = self.platform.store.state.begin().await?;
            for known in part {
                alternatives::put(&mut tx, d.project_id, known, now).await?;
            }
            tx.commit().await?;
        }
        Ok(found.len())
    }

    /// Tries to take approved pictures of pages that have none yet, at most `most`. Pages behind a login are left out: a visitor without
    /// the account of the exploration would see the form.
    pub(crate) async fn picture_pages(
        &self,
        cx: &OpCx,
        project: &Project,
        d: &Discovery,
        (branch, most): (&str, usize),
    ) -> Result<Pictured> {
        let db = &self.platform.store.state;
        let page = PageRequest { limit: BASELINES_MAX, offset: 0 };
        let mut taken: BTreeSet<String> =
            baselines::list(db, project.id, Some(branch), page).await?.items.into_iter().map(|b| b.name).collect();
        let mut pictured = Pictured::default();
        let named = |p: &Page| argos_sitegraph::path_of(&p.url).chars().take(NAME_CHARS_MAX).collect::<String>();
        let waiting: Vec<Page> = pages::all(db, d.id).await?.into_iter().filter(|p| !taken.contains(&named(p))).collect();
        let (mut waiting, mut tried) = (waiting.into_iter(), 0);
        for page in waiting.by_ref() {
            if page.requires_auth || page.status_code.is_some_and(|status| status >= 400) {
                let why = if page.requires_auth { "it needs an account" } else { "it answers with an error" };
                pictured.left.push((page.url, why.to_owned()));
                continue;
            }
            let name = named(&page);
            if !taken.insert(name.clone()) {
                pictured.left.push((page.url, "another page has its name".to_owned()));
                continue;
            }
            tried += 1;
            let address =
                Address { url: page.url.clone(), viewport: Viewport::default(), wait_for: None, wait_timeout: WAIT, signed_in: None };
            match Box::pin(self.capture_baseline(cx, project, &name, branch, &Order::of(address, Taken::default()))).await {
                Ok(made) => pictured.made.push((made.uid, name, page.url)),
                Err(error) => pictured.left.push((page.url, error.message().to_owned())),
            }
            if tried >= most {
                break;
            }
        }
        pictured.remaining = waiting.count();
        Ok(pictured)
    }

    /// Counts whether another selector was right in the place of the first.
    pub(crate) async fn heard_of_alternative(&self, project_id: i64, known: &Known, success: bool) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        let counts = if success { (1, 0) } else { (0, 1) };
        alternatives::counted(&mut tx, project_id, known, counts, self.platform.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use argos_sitegraph::{Element, PageSeen, Selector};

    use super::*;
    use crate::discovery::patterns::page;

    #[test]
    fn every_name_of_an_element_has_the_others_as_alternatives() {
        let named = |selector: &str, strategy: &str| Selector { selector: selector.into(), strategy: strategy.into(), confidence: 0.9 };
        let element =
            Element { selectors: vec![named("testid=\"a\"", "testid"), named("role=button[name=\"A\"]", "role")], ..Element::default() };
        let alone = Element { selectors: vec![named("#b", "id")], ..Element::default() };
        let seen = PageSeen { elements: vec![element.clone(), alone, Element::default()], ..PageSeen::default() };
        let again = PageSeen { elements: vec![element], ..PageSeen::default() };
        let found = other_selectors(&[page("http://a.test/", seen), page("http://a.test/b", again)]);
        let told: Vec<(&str, &str, &str)> = found.iter().map(|k| (k.primary.as_str(), k.selector.as_str(), k.kind.as_str())).collect();
        assert_eq!(told, [("testid=\"a\"", "role=button[name=\"A\"]", "role"), ("role=button[name=\"A\"]", "testid=\"a\"", "discovered")]);
    }
}
