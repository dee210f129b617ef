//! Trying the controls of a page: menus, tabs, folds, dialogs and plain buttons, one after the other, each from the page as
//! it was. What a word speaks against is left alone, and nothing but reading requests leaves the browser meanwhile.

use std::time::Duration;

use argos_cdp::{CdpError, ClickOptions, LoadState, Page as BrowserPage};
use argos_sitegraph::{PageSeen, danger};

use super::site::{Manner, Site};
use super::visit::{look, name, rest};
use crate::discovery::model::Findings;

/// Controls of one page that are tried.
const TRIED_MAX: usize = 10;
const CLICK: Duration = Duration::from_secs(3);
const BACK: Duration = Duration::from_secs(30);

impl Site {
    /// The page is blank afterwards: what its document sends late, or on being left, is judged like what a click sends.
    pub(crate) async fn touch(&self, page: &BrowserPage, seen: &mut PageSeen, findings: &mut Findings) -> Result<(), CdpError> {
        let tried = self.try_all(page, seen, findings).await;
        // A page that is gone sends nothing any more.
        drop(self.blank(page).await);
        tried
    }

    /// Leaves the document while only reading passes.
    async fn blank(&self, page: &BrowserPage) -> Result<(), CdpError> {
        let left = page.goto("about:blank", LoadState::Load, BACK).await;
        self.set(Manner::Looking);
        left.map(drop)
    }

    async fn try_all(&self, page: &BrowserPage, seen: &mut PageSeen, findings: &mut Findings) -> Result<(), CdpError> {
        let start = page.url();
        let controls: Vec<(String, String)> = seen
            .elements
            .iter()
            .filter(|e| matches!(e.kind.as_str(), "button" | "item") && !e.submits && !e.disabled && e.href.is_none())
            .filter(|e| danger(&[e.name()], false).is_none())
            .filter_map(|e| Some((e.primary()?.to_owned(), e.name().chars().take(80).collect())))
            .take(TRIED_MAX)
            .collect();
        for (selector, label) in controls {
            self.set(Manner::Touching);
            let outcome = self.try_one(page, &selector, &start, seen).await;
            match outcome {
                Ok(()) => findings.tried.push(label),
                Err(error) if error.is_fatal() => return Err(error),
                // It was gone or covered, which is no fault of the page.
                Err(_) => continue,
            }
            self.close_others().await;
            if page.url() == start {
                // Whatever was opened is closed.
                drop(page.press("Escape").await);
            } else {
                seen.pushed.push(page.url());
                self.blank(page).await?;
                page.goto(&start, LoadState::Load, BACK).await?;
                rest(page).await;
            }
        }
        Ok(())
    }

    async fn try_one(&self, page: &BrowserPage, selector: &str, start: &str, seen: &mut PageSeen) -> Result<(), CdpError> {
        page.locator(selector)?.click(&ClickOptions::default(), CLICK).await?;
        rest(page).await;
        if page.url() != start {
            return Ok(());
        }
        let mut after = look(page).await?;
        let known = |selectors: &PageSeen, e: &argos_sitegraph::Element| selectors.elements.iter().any(|o| o.fingerprint == e.fingerprint);
        after.elements.retain(|e| !known(seen, e));
        name(page, &mut after).await?;
        // Forms of the page keep their numbers; those of what was opened come after them.
        let before = seen.forms.len();
        if after.forms.len() > before {
            seen.forms.extend(after.forms.drain(before..));
        }
        seen.elements.append(&mut after.elements);
        let links = after.links.into_iter().filter(|l| !seen.links.iter().any(|o| o.href == l.href)).collect::<Vec<_>>();
        seen.links.extend(links);
        seen.pushed.extend(after.pushed);
        Ok(())
    }
}
