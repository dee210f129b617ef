//! Signing in at the site with the account an exploration was given. What is typed is never written down.

use std::time::Duration;

use argos_cdp::{CdpError, ClickOptions, LoadState, Page as BrowserPage, Wait};
use argos_kernel::{AppError, Result};
use argos_sitegraph::{FieldKind, PageSeen, PageType, kind_of, normalise, page_type, path_of};
use argos_webtest::plan::Action;
use argos_webtest::{Plan, plan::Step};
use serde_json::json;

use super::site::{Manner, Site, lost};
use super::visit::{look, name, rest};
use crate::discovery::model::Auth;

const STEP: Duration = Duration::from_secs(10);
const ARRIVE: Duration = Duration::from_secs(15);
/// No field for a password is shown.
const NO_PASSWORD: &str = "![...document.querySelectorAll('input[type=password]')].some((f) => f.checkVisibility())";
/// Words of a path where one signs in.
const SIGN_IN: [&str; 6] = ["login", "signin", "auth", "authenticate", "sign_in", "sign-in"];

/// Whether an address is where one signs in.
pub(crate) fn is_sign_in(url: &str) -> bool {
    let path = path_of(url).to_lowercase();
    let plain = path.split(['?', '#']).next().unwrap_or_default();
    let stem = |s: &str| s.rsplit_once('.').map_or(s, |(stem, _)| stem).to_owned();
    plain.ends_with("/session/new") || plain.split('/').map(stem).any(|s| SIGN_IN.contains(&s.as_str()))
}

/// Whether a visitor was sent to sign in instead of seeing the page.
pub(crate) fn was_sent_away(asked: &str, seen: &PageSeen) -> bool {
    let kind = page_type(seen, None);
    let at_account = matches!(kind, PageType::Settings | PageType::Profile);
    let signs_in = matches!(kind, PageType::AuthLogin);
    let moved = normalise(&seen.url).as_deref() != Some(asked);
    !is_sign_in(asked) && moved && (is_sign_in(&seen.url) || (signs_in && seen.password_fields > 0 && !at_account))
}

fn refused(why: impl std::fmt::Display) -> AppError {
    AppError::bad_request(format!("Signing in did not work: {why}")).code("sign_in_failed")
}

impl Site {
    /// Signs in with a form, or with the steps that were given.
    pub(crate) async fn sign_in(&self, auth: &Auth, start: &str, limit: Duration) -> Result<()> {
        self.set(Manner::SigningIn);
        let done = self.signed_in(auth, start, limit).await;
        self.set(Manner::Looking);
        done
    }

    async fn signed_in(&self, auth: &Auth, start: &str, limit: Duration) -> Result<()> {
        let page = self.page().await.map_err(|e| lost(&e))?;
        let url = auth.login_url.as_deref().unwrap_or(start);
        let done = async {
            page.goto(url, LoadState::Load, limit).await?;
            rest(&page).await;
            let before = page.url();
            if auth.login_steps.is_empty() {
                fill_in(&page, auth).await?;
            } else {
                for step in steps(auth).map_err(CdpError::Invalid)? {
                    act(&page, &step, auth, limit).await?;
                }
            }
            arrived(&page, auth, &before).await
        };
        let outcome = done.await;
        self.leave(page).await;
        outcome.map_err(|error| if error.is_fatal() { lost(&error) } else { refused(plain(&error)) })
    }
}

/// Never names what was typed: errors of the browser name selectors and addresses only.
fn plain(error: &CdpError) -> String {
    error.to_string()
}

async fn fill_in(page: &BrowserPage, auth: &Auth) -> Result<(), CdpError> {
    let missing = |what: &str| CdpError::Invalid(what.to_owned());
    let mut seen = look(page).await?;
    name(page, &mut seen).await?;
    let password = seen.elements.iter().find(|e| kind_of(e) == FieldKind::Password && e.primary().is_some());
    let password = password.ok_or_else(|| missing("the page has no field for a password; name login_url or login_steps"))?;
    let form: Vec<_> = seen.elements.iter().filter(|e| e.form == password.form).collect();
    let named = |kinds: &[FieldKind]| form.iter().find(|e| e.kind == "field" && kinds.contains(&kind_of(e)) && e.primary().is_some());
    let user = named(&[FieldKind::Email, FieldKind::Username]).or_else(|| named(&[FieldKind::Text, FieldKind::Name, FieldKind::Phone]));
    if let (Some(field), Some(text)) = (user.and_then(|e| e.primary()), auth.user()) {
        page.locator(field)?.fill(text, STEP).await?;
    }
    let field = page.locator(password.primary().unwrap_or_default())?;
    field.fill(auth.password().unwrap_or_default(), STEP).await?;
    match form.iter().find(|e| e.submits).and_then(|e| e.primary()) {
        Some(button) => page.locator(button)?.click(&ClickOptions::default(), STEP).await,
        None => field.press("Enter", STEP).await,
    }
}

/// The steps a person wrote, with the account in the place of its variables.
fn steps(auth: &Auth) -> Result<Vec<Step>, String> {
    let plan = Plan::parse(&json!({ "steps": auth.login_steps })).map_err(|p| p.first().map(ToString::to_string).unwrap_or_default())?;
    Ok(plan.steps)
}

/// Whether signing in can do a step.
pub(crate) const fn can(action: Action) -> bool {
    matches!(
        action,
        Action::Goto | Action::Fill | Action::Type | Action::Click | Action::Check | Action::PressKey | Action::WaitForSelector
    )
}

async fn act(page: &BrowserPage, step: &Step, auth: &Auth, limit: Duration) -> Result<(), CdpError> {
    let target = step.target.as_deref().unwrap_or_default();
    let mut value = step.value.as_ref().and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    for (names, text) in [(["{{username}}", "{{test_email}}"], auth.user()), (["{{password}}", "{{test_password}}"], auth.password())] {
        for name in names {
            value = value.replace(name, text.unwrap_or_default());
        }
    }
    let value = value.as_str();
    match step.action {
        Action::Goto => page.goto(if target.is_empty() { value } else { target }, LoadState::Load, limit).await.map(drop),
        Action::Fill | Action::Type => page.locator(target)?.fill(value, STEP).await,
        Action::Click => page.locator(target)?.click(&ClickOptions::default(), STEP).await,
        Action::Check => page.locator(target)?.check(STEP).await,
        Action::PressKey if target.is_empty() => page.press(value).await,
        Action::PressKey => page.locator(target)?.press(value, STEP).await,
        Action::WaitForSelector => page.locator(target)?.wait_for(Wait::Visible, STEP).await,
        _ => Err(CdpError::Invalid(format!("login_steps cannot {}", step.action))),
    }
}

/// Waits until one is in: what was named as the sign of it, else another page or no field for a password.
async fn arrived(page: &BrowserPage, auth: &Auth, before: &str) -> Result<(), CdpError> {
    if let Some(sign) = auth.success_indicator.as_deref().filter(|s| !s.is_empty()) {
        let shown = async {
            match page.locator(sign) {
                Ok(locator) => locator.first().wait_for(Wait::Visible, ARRIVE).await,
                Err(error) => Err(error),
            }
        };
        let there = page.wait_for_url(|url| url.contains(sign), ARRIVE);
        tokio::pin!(shown, there);
        return tokio::select! {
            Ok(()) = &mut shown => Ok(()),
            Ok(_) = &mut there => still_in(page, before).await,
            else => Err(CdpError::Invalid(format!("{sign} did not come"))),
        };
    }
    let moved = page.wait_for_url(|url| url != before && !is_sign_in(url), ARRIVE);
    let gone = page.wait_for_function(NO_PASSWORD, ARRIVE);
    tokio::pin!(moved, gone);
    tokio::select! {
        Ok(_) = &mut moved => {}
        Ok(()) = &mut gone => {}
        else => return Err(still_asked()),
    }
    still_in(page, before).await
}

fn still_asked() -> CdpError {
    CdpError::Invalid("the page still asks for the password".to_owned())
}

/// Looks again once the page is at rest: a document that has only begun has no field yet, and a form may hide while it asks.
async fn still_in(page: &BrowserPage, before: &str) -> Result<(), CdpError> {
    rest(page).await;
    let url = page.url();
    let place = |url: &str| path_of(url).split(['?', '#']).next().map(str::to_owned);
    let there_still = is_sign_in(&url) || place(&url) == place(before);
    if there_still && !page.evaluate::<bool>(NO_PASSWORD).await? { Err(still_asked()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_where_one_signs_in_are_whole_words() {
        for url in [
            "https://s.example/login",
            "https://s.example/login.html?x=1",
            "https://s.example/users/sign_in",
            "https://s.example/a/session/new",
        ] {
            assert!(is_sign_in(url), "{url}");
        }
        for url in ["https://s.example/loginfo", "https://s.example/authors", "https://s.example/?next=/login"] {
            assert!(!is_sign_in(url), "{url}");
        }
        let away = PageSeen { url: "https://s.example/login".into(), ..PageSeen::default() };
        assert!(was_sent_away("https://s.example/orders", &away) && !was_sent_away("https://s.example/login", &away));
    }
}
