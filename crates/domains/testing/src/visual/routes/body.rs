//! Bodies that are read member by member, so that every fault names its field. Members of the query serve as well.

use std::time::Duration;

use argos_kernel::{AppError, FieldError, Result};
use argos_web::Req;
use serde_json::{Map, Value};

use crate::actions::tests::fault;
use crate::model::settings::is_web_address;
use crate::visual::actions::capture::Order;
use crate::visual::model::record::{DEFAULT_BRANCH, Taken};
use crate::visual::model::wanted::{TEXT_MAX, Viewport, selectors};
use crate::visual::page::visit::Address;

/// A body.
pub(super) struct Body(pub(super) Map<String, Value>);

fn invalid(field: FieldError) -> AppError {
    AppError::invalid(vec![field])
}

impl Body {
    /// The body, and those members of the query it does not have.
    pub(super) async fn of(req: &mut Req, from_query: &[&str]) -> Result<Self> {
        let mut members: Map<String, Value> = req.json_or_default().await?;
        for name in from_query {
            if let Some(text) = req.query().filled(name)
                && !members.contains_key(*name)
            {
                members.insert((*name).to_owned(), Value::from(text));
            }
        }
        Ok(Self(members))
    }

    pub(super) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.get(name).is_null()
    }

    /// A text; absent and empty ones are none.
    pub(super) fn text(&self, name: &str, max: usize) -> Result<Option<&str>> {
        match self.get(name) {
            Value::Null => Ok(None),
            Value::String(text) if text.chars().count() <= max => Ok(Some(text.trim()).filter(|t| !t.is_empty())),
            _ => Err(fault(name, format!("{name} must be a text of at most {max} characters"))),
        }
    }

    pub(super) fn required(&self, name: &str, max: usize) -> Result<&str> {
        self.text(name, max)?.ok_or_else(|| fault(name, format!("{name} is required")))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            Value::Null => Ok(default),
            Value::Bool(yes) => Ok(*yes),
            Value::String(word) if word == "true" || word == "false" => Ok(word == "true"),
            _ => Err(fault(name, format!("{name} must be true or false"))),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>> {
        selectors(self.get(name), name).map_err(invalid)
    }

    /// At most `max` names of 1 to 100 characters.
    pub(super) fn names(&self, name: &str, max: usize) -> Result<Vec<String>> {
        let wrong = || fault(name, format!("{name} must be a list of at most {max} names"));
        match self.get(name) {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) if list.len() <= max => {
                let read = |v: &Value| v.as_str().filter(|t| !t.is_empty() && t.chars().count() <= 100).map(str::to_owned);
                list.iter().map(|v| read(v).ok_or_else(wrong)).collect()
            }
            _ => Err(wrong()),
        }
    }

    pub(super) fn viewport(&self) -> Result<Viewport> {
        Viewport::read(self.get("viewport"), "viewport").map_err(invalid)
    }

    pub(super) fn branch(&self) -> Result<String> {
        Ok(self.text("branch", TEXT_MAX)?.unwrap_or(DEFAULT_BRANCH).to_owned())
    }

    /// 400 unless it is the browser there is.
    pub(super) fn browser(&self) -> Result<()> {
        match self.text("browser", 50)? {
            None | Some("chromium") => Ok(()),
            Some(other) => {
                let text = format!("The browser {other} is not available here; chromium is.");
                Err(AppError::bad_request(text).code("browser_not_available").with("field", "browser"))
            }
        }
    }

    pub(super) fn url(&self, name: &str) -> Result<String> {
        let url = self.required(name, 2_048)?;
        if is_web_address(url) { Ok(url.to_owned()) } else { Err(fault(name, format!("{name} must be an http or https address"))) }
    }

    /// The live browser whose sign-ins a picture is taken with.
    pub(super) fn session(&self) -> Result<Option<&str>> {
        self.text("session_id", 100)
    }

    /// A picture of `url` as the body wants it.
    pub(super) fn order(&self, url: String) -> Result<Order> {
        self.order_like(url, &Taken::default())
    }

    /// The same; what the body does not say is as in the picture before.
    pub(super) fn order_like(&self, url: String, before: &Taken) -> Result<Order> {
        self.browser()?;
        let selectors = |name: &str, before: &[String]| if self.has(name) { self.texts(name) } else { Ok(before.to_vec()) };
        let taken = Taken {
            full_page: self.flag("full_page", before.full_page)?,
            mask_selectors: selectors("mask_selectors", &before.mask_selectors)?,
            hide_selectors: selectors("hide_selectors", &before.hide_selectors)?,
            signed_in: false,
        };
        let wait = match self.get("wait_timeout") {
            Value::Null => 30_000,
            v => v
                .as_u64()
                .filter(|n| (100..=120_000).contains(n))
                .ok_or_else(|| fault("wait_timeout", "wait_timeout must be between 100 and 120000"))?,
        };
        let address = Address {
            url,
            viewport: self.viewport()?,
            wait_for: self.text("wait_for", 500)?.map(str::to_owned),
            wait_timeout: Duration::from_millis(wait),
            signed_in: None,
        };
        Ok(Order {
            name: self.text("name", TEXT_MAX)?.map(str::to_owned),
            ignore: crate::visual::model::wanted::Region::list(self.get("ignore_regions"), "ignore_regions").map_err(invalid)?,
            ..Order::of(address, taken)
        })
    }
}
