//! Values in and out of a page: what is read, set, asked of a server, made up for one.

use std::time::Duration;

use argos_cdp::protocol::network::{ClearDataForOrigin, CookieParam, SetExtraHttpHeaders};
use argos_cdp::{Answer, Page, Verdict};
use serde_json::{Map, Value, json};

use super::perform::{option_text, text_value};
use super::step::Done;
use super::{Runner, Stop};
use crate::failure::Failure;
use crate::options::ApiRequest;
use crate::outcome::{Phase, RunEvent};
use crate::pattern::Pattern;
use crate::plan::{Action, Assertion, Step};
use crate::text::{self, plain};

/// Tests within tests.
const DEPTH_MAX: usize = 5;
/// Longest pause before a made-up answer.
const MOCK_DELAY_MS_MAX: u64 = 60_000;
/// Of an answer to `api_request` that is kept.
const BODY_BYTES_MAX: usize = 1 << 20;

impl Runner<'_> {
    pub(crate) async fn data(&mut self, step: &Step) -> Result<Done, Failure> {
        match step.action {
            Action::Extract => self.extract(step).await,
            Action::SetVariable => Ok(Done { output: step.value.clone(), ..Done::default() }),
            Action::SetCookie => self.set_cookie(step).await,
            Action::ClearStorage => self.clear_storage().await,
            Action::SetHeaders => self.set_headers(step).await,
            Action::MockRoute => self.mock_route(step).await,
            Action::Evaluate => {
                let script = step.target.clone().unwrap_or_else(|| text_value(step));
                Ok(Done::with(self.script_frame().await?.evaluate::<Value>(&script).await?))
            }
            _ => self.api_request(step).await,
        }
    }

    async fn extract(&mut self, step: &Step) -> Result<Done, Failure> {
        let what = text_value(step);
        let limit = self.limit(step);
        let Some(selector) = &step.target else {
            let page = self.page()?;
            return match what.as_str() {
                "url" => Ok(Done::with(page.url())),
                "title" => Ok(Done::with(page.title().await?)),
                "" | "text" => Ok(Done::with(page.locator("css=body")?.text(limit).await?)),
                "json" => Ok(Done::with(json_of(&page.locator("css=body")?.text(limit).await?)?)),
                "html" => Ok(Done::with(page.content().await?)),
                other => Err(Failure::script(format!("extract: {other} needs a target"))),
            };
        };
        let locator = self.locator(selector, step.frame.as_deref())?;
        Ok(match what.as_str() {
            "" | "text" => Done::with(locator.text(limit).await?.trim().to_owned()),
            "value" => Done::with(json!(locator.value(limit).await?)),
            "count" => Done::with(locator.count_within(limit).await?),
            "html" => Done::with(locator.html(limit).await?),
            "url" => Done::with(self.page()?.url()),
            "json" => Done::with(json_of(&locator.text(limit).await?)?),
            "texts" => Done::with(json!(locator.texts_within(limit).await?)),
            other => match other.split_once(':').or_else(|| other.split_once('=')) {
                Some(("attribute" | "attr", name)) => Done::with(json!(locator.attribute(name.trim(), limit).await?)),
                Some(("css", name)) => Done::with(locator.style(name.trim(), limit).await?),
                _ => {
                    return Err(Failure::script(format!(
                        "extract: {other} is none of text, value, attribute:x, css:x, count, url, json, html"
                    )));
                }
            },
        })
    }

    async fn set_cookie(&mut self, step: &Step) -> Result<Done, Failure> {
        let mut fields = match step.value.clone() {
            Some(Value::Object(fields)) => fields,
            Some(value) => {
                let name = step.target.clone().or_else(|| option_text(step, "name"));
                let name = name.ok_or_else(|| Failure::script("set_cookie: the value is an object with name and value"))?;
                let mut fields = step.options.clone();
                fields.insert("name".to_owned(), name.into());
                fields.insert("value".to_owned(), plain(&value).into());
                fields
            }
            None => step.options.clone(),
        };
        let mut text = |name: &str| fields.shift_remove(name).filter(|value| !value.is_null()).map(|value| plain(&value));
        let name = text("name").filter(|name| !name.is_empty()).ok_or_else(|| Failure::script("set_cookie: name is missing"))?;
        let value = text("value").unwrap_or_default();
        let (domain, path, url) = (text("domain"), text("path"), text("url"));
        let same_site = text("same_site").or_else(|| text("sameSite"));
        let flag = |names: [&str; 2]| names.iter().find_map(|name| fields.get(*name)?.as_bool());
        let here = Some(self.page()?.url()).filter(|url| url.starts_with("http")).unwrap_or_else(|| self.options.app_url.clone());
        let url = match (url, &domain) {
            (Some(url), _) => Some(self.address(&url)?),
            (None, None) => Some(here),
            (None, Some(_)) => None,
        };
        let cookie = CookieParam {
            name,
            value,
            url,
            domain,
            path,
            secure: flag(["secure", "secure"]),
            http_only: flag(["http_only", "httpOnly"]),
            same_site,
            expires: fields.get("expires").and_then(Value::as_f64),
        };
        self.stage.context.set_cookies(vec![cookie]).await?;
        Ok(Done::default())
    }

    async fn clear_storage(&mut self) -> Result<Done, Failure> {
        self.stage.context.clear_cookies().await?;
        let page = self.page()?;
        if page.url().starts_with("http") {
            // A document may forbid it, as a sandboxed one does; then it has none.
            let script = "(() => { try { localStorage.clear(); sessionStorage.clear(); } catch { return null; } return origin; })()";
            if let Some(origin) = page.evaluate::<Option<String>>(script).await? {
                // Databases, caches and workers too.
                page.session().call(&ClearDataForOrigin { origin, storage_types: "all".to_owned() }).await?;
            }
        }
        Ok(Done::default())
    }

    async fn set_headers(&mut self, step: &Step) -> Result<Done, Failure> {
        let headers = match &step.value {
            Some(Value::Object(headers)) => headers.clone(),
            None => step.options.clone(),
            Some(_) => return Err(Failure::script("set_headers: the value is an object of names and values")),
        };
        for (name, value) in headers {
            match value {
                Value::Null => drop(self.headers.remove(&name)),
                value => drop(self.headers.insert(name, plain(&value))),
            }
        }
        for page in self.stage.tabs() {
            self.send_headers(&page).await?;
        }
        Ok(Done::default())
    }

    /// Tells a page the headers of the test.
    pub(crate) async fn send_headers(&self, page: &Page) -> Result<(), Failure> {
        // Also when they are what they were at first: others may have been sent in between.
        page.session().call(&SetExtraHttpHeaders { headers: self.headers.clone() }).await?;
        Ok(())
    }

    async fn mock_route(&mut self, step: &Step) -> Result<Done, Failure> {
        let pattern = Pattern::parse(step.target.as_deref().unwrap_or_default()).map_err(Failure::script)?;
        let method = option_text(step, "method");
        let abort = step.options.get("abort").is_some_and(|value| value != &Value::Bool(false) && !value.is_null());
        let status = step.options.get("status").and_then(Value::as_u64).map_or(Ok(200), |status| {
            u16::try_from(status)
                .ok()
                .filter(|status| (100..600).contains(status))
                .ok_or_else(|| Failure::script("mock_route: status is from 100 to 599"))
        })?;
        let delay = step.options.get("delay").and_then(Value::as_u64).unwrap_or(0).min(MOCK_DELAY_MS_MAX);
        let content = step.options.get("body").or_else(|| step.options.get("json")).or(step.value.as_ref());
        let is_json = content.is_some_and(|content| !content.is_string());
        let body = content.map(plain).unwrap_or_default().into_bytes();
        let mut headers: Vec<(String, String)> = match step.options.get("headers") {
            Some(Value::Object(headers)) => headers.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
            _ => Vec::new(),
        };
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            let kind = option_text(step, "content_type")
                .unwrap_or_else(|| if is_json { "application/json" } else { "text/plain; charset=utf-8" }.to_owned());
            headers.push(("content-type".to_owned(), kind));
        }
        // The page's own requests across origins are answered as a willing server would.
        headers.push(("access-control-allow-origin".to_owned(), "*".to_owned()));
        let answer = Answer { status, headers, body };
        self.stage
            .context
            .route(move |request| {
                let wanted =
                    pattern.matches(&request.url) && method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method));
                let verdict = match (wanted, abort) {
                    (false, _) => Verdict::Pass,
                    (true, true) => Verdict::Fail("Failed".to_owned()),
                    (true, false) => Verdict::Fulfil(answer.clone()),
                };
                async move {
                    if wanted && delay > 0 {
                        // The slowness is what the test asked for.
                        tokio::time::sleep(Duration::from_millis(delay)).await;
                    }
                    verdict
                }
            })
            .await?;
        Ok(Done::default())
    }

    async fn api_request(&mut self, step: &Step) -> Result<Done, Failure> {
        let Some(client) = self.options.http.clone() else {
            return Err(Failure::script("api_request: this runner sends no requests of its own"));
        };
        let url = self.address(step.target.as_deref().unwrap_or_default())?;
        let content =
            step.options.get("body").or_else(|| step.options.get("json")).or(step.value.as_ref()).filter(|value| !value.is_null());
        let method =
            option_text(step, "method").unwrap_or_else(|| if content.is_some() { "POST" } else { "GET" }.to_owned()).to_uppercase();
        let mut headers: Vec<(String, String)> = self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(Value::Object(given)) = step.options.get("headers") {
            headers.extend(given.iter().map(|(name, value)| (name.clone(), plain(value))));
        }
        if content.is_some_and(|content| !content.is_string()) && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let request = ApiRequest {
            method,
            url: url.clone(),
            headers,
            body: content.map(|content| plain(content).into_bytes()),
            timeout: self.navigation_limit(step),
        };
        let answer = client.request(request).await.map_err(|why| Failure::script(format!("api_request: {url}: {why}")))?;
        if let Some(wanted) = step.options.get("expect_status").and_then(Value::as_u64)
            && wanted != u64::from(answer.status)
        {
            return Err(Failure::assertion(format!("{url} answered {}, not {wanted}", answer.status)));
        }
        let text = text::cut(String::from_utf8_lossy(&answer.body).into_owned(), BODY_BYTES_MAX);
        let headers: Map<String, Value> = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value.into())).collect();
        let parsed = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
        Ok(Done::with(json!({ "status": answer.status, "headers": headers, "json": parsed, "body": text })))
    }

    /// Does another test here: same page, same variables.
    pub(crate) async fn run_test(&mut self, phase: Phase, index: usize, step: &Step) -> Result<Done, Failure> {
        let name = step.target.clone().unwrap_or_else(|| text_value(step));
        if self.depth >= DEPTH_MAX {
            return Err(Failure::script(format!("run_test {name}: tests are more than {DEPTH_MAX} deep in each other")));
        }
        let Some(resolver) = self.options.plans.clone() else { return Err(Failure::script("run_test: this runner knows no other test")) };
        let plan = resolver.plan(&name).await.map_err(|why| Failure::script(format!("run_test {name}: {why}")))?;
        self.variables.push(&plan.variables);
        if let Some(Value::Object(given)) = step.options.get("variables") {
            self.variables.push(given);
        }
        self.depth += 1;
        // Each test is as strict as it is when it is run alone.
        let strict = std::mem::replace(&mut self.strict, plan.config.strict_selectors.unwrap_or(self.options.strict));
        let outer = self.inside.clone();
        let whole = Inner { word: "step", setup: &plan.setup, steps: &plan.steps, claims: &plan.assertions };
        let ended = self.inner((phase, index), &name, &whole).await;
        self.inside.clone_from(&outer);
        let teardown = self.inner((phase, index), &name, &Inner { word: "teardown", setup: &plan.teardown, steps: &[], claims: &[] }).await;
        self.inside = outer;
        self.strict = strict;
        self.depth -= 1;
        self.variables.pop(1 + usize::from(matches!(step.options.get("variables"), Some(Value::Object(_)))));
        ended.and(teardown)?;
        Ok(Done::with(json!({ "test": plan.name, "steps": plan.setup.len() + plan.steps.len() })))
    }

    /// Does the lists of another test as part of the step that stands at `at`.
    async fn inner(&mut self, at: (Phase, usize), name: &str, lists: &Inner<'_>) -> Result<(), Failure> {
        let outer = self.spot(at.0, at.1).name;
        let all: Vec<&Step> = lists.setup.iter().chain(lists.steps).collect();
        for (index, step) in all.iter().enumerate() {
            self.inside = Some(format!("{outer} · {} {}", lists.word, index + 1));
            let place = format!("run_test {name}: step {}", index + 1);
            self.step_inside(at.0, at.1, &place, step, all.get(index + 1).copied()).await?;
        }
        let mut ended = Ok(());
        for (index, claim) in lists.claims.iter().enumerate() {
            self.inside = Some(format!("{outer} · end {}", index + 1));
            let spot = self.spot(at.0, at.1);
            let Some(error) = self.claim(claim, &spot).await.error else { continue };
            let failure = Failure::assertion(format!("run_test {name}: {error}"));
            if claim.soft {
                self.observer.on(RunEvent::Log { message: self.redactor.clean(&failure.message) });
                self.heard.notes.push(failure.message.clone());
                self.soft.get_or_insert(Stop { phase: at.0, index: Some(at.1), failure });
            } else {
                // The others are judged too, as at the end of the outer test.
                ended = ended.and(Err(failure));
            }
        }
        ended
    }
}

/// What is done of a test within the test, and what its steps are called.
struct Inner<'a> {
    word: &'static str,
    setup: &'a [Step],
    steps: &'a [Step],
    claims: &'a [Assertion],
}

fn json_of(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::script(format!("extract: the text is no JSON: {error}")))
}
