//! Tabs, frames, the size of the window, and the answer to dialogs.

use argos_cdp::{DialogPolicy, LoadState, Page, Viewport};
use serde_json::{Value, json};

use super::Runner;
use super::navigation::{load_state, navigation_failure};
use super::perform::{option_text, text_value};
use super::step::Done;
use crate::failure::{ErrorCode, Failure};
use crate::pattern::Pattern;
use crate::plan::{Action, Step};
use crate::text;

impl Runner<'_> {
    pub(crate) async fn arrange(&mut self, step: &Step) -> Result<Done, Failure> {
        match step.action {
            Action::NewTab => self.new_tab(step).await,
            Action::SwitchTab => self.switch_tab(step).await,
            Action::CloseTab => {
                let page = self.page()?;
                self.frame = None;
                self.stage.close_tab(&page).await?;
                Ok(Done::default())
            }
            Action::SwitchFrame => self.switch_frame(step).await,
            Action::SetViewport => self.set_viewport(step).await,
            _ => self.answer_dialog(step).await,
        }
    }

    async fn new_tab(&mut self, step: &Step) -> Result<Done, Failure> {
        let page = self.stage.context.new_page().await?;
        self.stage.add(&page, true);
        self.frame = None;
        self.send_headers(&page).await?;
        if let Some(text) =
            step.target.clone().or_else(|| option_text(step, "url")).or_else(|| Some(text_value(step)).filter(|t| !t.is_empty()))
        {
            let address = self.address(&text)?;
            let until = load_state(option_text(step, "wait_until").as_deref())?;
            page.goto(&address, until, self.navigation_limit(step)).await.map_err(navigation_failure)?;
        }
        Ok(Done::with(page.url()))
    }

    /// By place, `last`, part of the address or title. A tab that is about to open is waited for.
    async fn switch_tab(&mut self, step: &Step) -> Result<Done, Failure> {
        let wanted = step.target.clone().unwrap_or_else(|| text_value(step));
        let limit = self.navigation_limit(step);
        let mut changes = self.stage.tab_changes();
        let current = self.page().ok();
        let found = tokio::time::timeout(limit, async {
            loop {
                changes.borrow_and_update();
                if let Some(page) = self.find_tab(&wanted, current.as_ref()).await? {
                    return Ok::<Page, Failure>(page);
                }
                match self.stage.tabs().into_iter().last() {
                    // A new tab changes its address and title before it counts as another one.
                    Some(last) => {
                        let frame = last.main_frame();
                        tokio::select! {
                            _ = changes.changed() => {}
                            _ = frame.wait_for_change(limit) => {}
                        }
                    }
                    None => drop(changes.changed().await),
                }
            }
        });
        let page = found.await.map_err(|_| {
            let open: Vec<String> = self.stage.tabs().iter().map(Page::url).collect();
            Failure::new(ErrorCode::Timeout, format!("no tab is {wanted} after {} ms; open are {}", limit.as_millis(), open.join(", ")))
        })??;
        self.stage.switch(&page);
        self.frame = None;
        self.send_headers(&page).await?;
        page.bring_to_front().await?;
        page.wait_for_load(LoadState::DomContentLoaded, limit).await?;
        Ok(Done::with(page.url()))
    }

    async fn find_tab(&self, wanted: &str, current: Option<&Page>) -> Result<Option<Page>, Failure> {
        let tabs = self.stage.tabs();
        if let Ok(index) = wanted.parse::<usize>() {
            return Ok(tabs.get(index).cloned());
        }
        match wanted {
            "first" => return Ok(tabs.first().cloned()),
            "last" | "new" => {
                let last = tabs.last();
                // The new one is another than that in which the step was reached.
                let same = last.map(Page::target_id) == current.map(Page::target_id);
                return Ok(if same && wanted == "new" { None } else { last.cloned() });
            }
            _ => {}
        }
        let pattern = Pattern::parse(wanted).map_err(Failure::script)?;
        for tab in tabs {
            if pattern.matches(&tab.url()) || tab.title().await.is_ok_and(|title| title.contains(wanted)) {
                return Ok(Some(tab));
            }
        }
        Ok(None)
    }

    /// `main`, `parent` or nothing leave the frame; a selector goes into one.
    async fn switch_frame(&mut self, step: &Step) -> Result<Done, Failure> {
        let wanted = step.target.clone().unwrap_or_else(|| text_value(step));
        match wanted.as_str() {
            "" | "main" | "top" | "default" => self.frame = None,
            "parent" => {
                self.frame = self.frame.take().and_then(|frame| frame.rsplit_once(" >> frame=").map(|(outer, _)| outer.to_owned()));
            }
            selector => {
                let selector = selector.strip_prefix("frame=").unwrap_or(selector);
                let inner = match &self.frame {
                    Some(outer) => format!("{outer} >> frame={selector}"),
                    None => format!("frame={selector}"),
                };
                self.page()?.locator(&inner)?.frame(self.limit(step)).await?;
                self.frame = Some(inner);
            }
        }
        Ok(Done::default())
    }

    async fn set_viewport(&mut self, step: &Step) -> Result<Done, Failure> {
        let options = Value::Object(step.options.clone());
        let size = step
            .value
            .as_ref()
            .and_then(text::size)
            .or_else(|| text::size(&options))
            .or_else(|| step.target.as_ref().and_then(|t| text::size(&json!(t))));
        let (width, height) = size.ok_or_else(|| Failure::script("set_viewport: the value is a size such as 375x667"))?;
        let mobile = step.options.get("mobile").and_then(Value::as_bool).unwrap_or(self.options.viewport.mobile);
        let scale = step.options.get("scale").and_then(Value::as_f64).filter(|scale| (0.1..=10.0).contains(scale));
        let viewport = Viewport { width, height, scale: scale.unwrap_or(self.options.viewport.scale), mobile, touch: mobile };
        self.page()?.set_viewport(&viewport).await?;
        Ok(Done::default())
    }

    /// A dialog is answered the moment it opens, because the page stands still meanwhile. So the step that answers may
    /// stand before the one that causes it, or right after it; for that it is looked at one step ahead.
    pub(crate) fn prepare_dialog(&mut self, next: Option<&Step>) {
        let Some(next) = next else { return };
        match next.action {
            Action::AcceptDialog => {
                self.stage.forget_dialogs();
                let text = next.value.clone().and_then(|value| self.fill_value(&value).ok());
                self.stage.context.set_dialog_policy(DialogPolicy::Accept(text.as_ref().map(text::plain)));
            }
            Action::DismissDialog => {
                self.stage.forget_dialogs();
                // An answer that no dialog came for would still hold.
                self.stage.context.set_dialog_policy(DialogPolicy::Dismiss);
            }
            _ => {}
        }
    }

    async fn answer_dialog(&mut self, step: &Step) -> Result<Done, Failure> {
        // Those who listen to the pages go first; then what the step before caused is known.
        tokio::task::yield_now().await;
        if let Some(dialog) = self.stage.dialogs().pop() {
            self.stage.forget_dialogs();
            let wanted = step.action == Action::AcceptDialog;
            // An alert has one answer, by whatever name.
            if dialog.kind != "alert" && dialog.accepted.is_some_and(|accepted| accepted != wanted) {
                let was = if wanted { "dismissed" } else { "accepted" };
                return Err(Failure::assertion(format!("the dialog {:?} was {was} before this step", dialog.message)));
            }
            if let Some(wanted) = option_text(step, "message").filter(|wanted| !dialog.message.contains(wanted)) {
                return Err(Failure::assertion(format!("the dialog says {:?}, not {wanted:?}", dialog.message)));
            }
            return Ok(Done::with(dialog.message));
        }
        let text = (step.action == Action::AcceptDialog).then(|| step.value.as_ref().map(text::plain));
        self.stage.context.set_dialog_policy(text.map_or(DialogPolicy::Dismiss, DialogPolicy::Accept));
        Ok(Done::default())
    }
}
