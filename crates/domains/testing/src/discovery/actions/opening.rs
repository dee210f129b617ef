//! Opening addresses: several at once where the site and the order allow it, each up to three times, with a new browser
//! when the one there died.

use std::time::Duration;

use argos_cdp::CdpError;
use argos_kernel::Result;
use argos_sitegraph::{Queued, Refusal, Strategy};

use super::account::was_sent_away;
use super::crawl::{ACTIVE_MS_MAX, Explorer, Prepared};
use super::frontier::Ground;
use super::site::Site;
use super::visit::Visit;

const TRIES: u32 = 3;
/// Pages of one site that are open at once.
const AT_ONCE: usize = 4;
/// A browser that dies this often over one page is not the browser's fault.
const CRASHES_MAX: u32 = 3;

/// What became of an address.
pub(super) enum Opened {
    Page(Box<Visit>),
    /// It could not be opened.
    Failed(String),
    /// The work shall end.
    Stop,
}

/// What came of opening an address once.
pub(super) type Visited = std::result::Result<Visit, CdpError>;

/// Whether what an address opened together with others came to says nothing any more: the browser they died with was
/// `renewed`, or the account they were asked for was given to the site since (`entered`). One sign-in is enough for all:
/// several in a row close accounts, and end each other's sessions.
pub(super) fn is_old(asked: &str, visited: &Visited, renewed: bool, entered: bool) -> bool {
    match visited {
        Err(error) => renewed && error.is_fatal(),
        Ok(visit) => entered && visit.seen.as_ref().is_some_and(|seen| was_sent_away(asked, seen)),
    }
}

impl Explorer<'_> {
    /// How many pages may be opened at once: one where the site asks for pauses, where the order matters, and where controls
    /// are tried, since what is then refused is refused to every page.
    fn at_once(&self, ground: &Ground) -> usize {
        let wanted = &self.session.wanted;
        let paused = wanted.respect_robots && ground.robots.delay_ms().is_some();
        let alone = paused || wanted.strategy == Strategy::DepthFirst || wanted.mode.touches();
        let left = usize::try_from(wanted.max_pages - self.found.pages).unwrap_or(0);
        if alone { 1.min(left) } else { AT_ONCE.min(left) }
    }

    /// The next addresses; what is like enough pages already is left out. `None` when the work shall end.
    pub(super) async fn next_wave(&mut self, ground: &mut Ground) -> Result<Option<Vec<Queued>>> {
        let most = if self.active_ms() >= ACTIVE_MS_MAX { 0 } else { self.at_once(ground) };
        let mut wave = Vec::new();
        while wave.len() < most {
            let Some(next) = ground.frontier.take() else { break };
            if !ground.is_sampled(&next.url) {
                wave.push(next);
            } else if !self.leave_out(ground, &next, Refusal::Sampled).await? {
                return Ok(None);
            }
        }
        Ok(Some(wave))
    }

    /// Opens several addresses at once, each in a page of its own. Nothing when the work shall end.
    pub(super) async fn opened_at_once(&self, site: &Site, wave: &[Queued]) -> Vec<Option<Visited>> {
        let wanted = &self.session.wanted;
        if wave.len() < 2 {
            return wave.iter().map(|_| None).collect();
        }
        let visits = wave.iter().map(|next| site.visit(&next.url, self.limit(), wanted.mode, wanted.capture_screenshots));
        tokio::select! {
            visits = futures_util::future::join_all(visits) => visits.into_iter().map(Some).collect(),
            () = self.ctx.cancelled() => Vec::new(),
        }
    }

    /// Opens an address, up to three times, with a new browser when the one there died.
    /// `visited`: what came of opening it together with others.
    pub(super) async fn opened(
        &self,
        site: &mut Option<Site>,
        prepared: &Prepared,
        ground: &Ground,
        next: &Queued,
        mut visited: Option<Visited>,
    ) -> Result<Opened> {
        let wanted = &self.session.wanted;
        let (mut tries, mut crashes, mut again) = (0_u32, 0_u32, true);
        loop {
            let Some(here) = site.as_ref() else { return Ok(Opened::Stop) };
            let outcome = match visited.take() {
                Some(outcome) => outcome,
                None => tokio::select! {
                    outcome = here.visit(&next.url, self.limit(), wanted.mode, wanted.capture_screenshots) => outcome,
                    () = self.ctx.cancelled() => return Ok(Opened::Stop),
                },
            };
            let error = match outcome {
                Ok(visit) => {
                    let away = visit.seen.as_ref().is_some_and(|seen| was_sent_away(&next.url, seen));
                    let form = prepared.auth.as_ref().filter(|a| a.kind == "form");
                    if let (true, true, Some(auth)) = (away, again, form) {
                        // The session ended: one more sign-in.
                        again = false;
                        self.sign_in(here, auth, ground.scope.start()).await?;
                        continue;
                    }
                    return Ok(Opened::Page(Box::new(visit)));
                }
                Err(error) => error,
            };
            if error.is_fatal() {
                crashes += 1;
                if crashes >= CRASHES_MAX {
                    return Ok(Opened::Failed(error.to_string()));
                }
                // Its place is given back first: there may be no other.
                if let Some(old) = site.take() {
                    old.close(matches!(error, CdpError::BrowserGone(_) | CdpError::Overloaded)).await;
                }
                *site = Some(self.open(prepared, &ground.scope).await?);
                continue;
            }
            tries += 1;
            let settled = matches!(error, CdpError::Blocked { .. }) || error.to_string().contains("ERR_ABORTED");
            if settled || tries >= TRIES {
                return Ok(Opened::Failed(error.to_string()));
            }
            let pause = Duration::from_secs(1 << (tries - 1).min(5));
            if !self.ctx.stop().sleep(pause.min(Duration::from_secs(30))).await {
                return Ok(Opened::Stop);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use argos_sitegraph::PageSeen;

    use super::*;
    use crate::discovery::model::Findings;

    fn at(url: &str) -> Visited {
        let seen = PageSeen { url: url.to_owned(), ..PageSeen::default() };
        Ok(Visit { status: Some(200), load_ms: 1, seen: Some(seen), findings: Findings::default(), picture: None })
    }

    #[test]
    fn page_that_asked_for_the_account_is_opened_again_once_it_was_given() {
        let asked = "https://s.example/orders";
        assert!(is_old(asked, &at("https://s.example/login"), false, true), "one sign-in is enough for all of them");
        assert!(!is_old(asked, &at("https://s.example/login"), false, false), "nobody signed in since");
        assert!(!is_old(asked, &at(asked), true, true), "it was seen");
        let died = || Err(CdpError::BrowserGone("killed".into()));
        assert!(is_old(asked, &died(), true, false) && !is_old(asked, &died(), false, true));
    }
}
