//! The components of the public status page: what is shown, and what people change of it.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Timestamp};
use serde_json::json;

use super::undo::COMPONENT;
use crate::Alerts;
use crate::store::components::{self, Component};

const NAME_MAX: usize = 128;
const TEXT_BYTES_MAX: usize = 256;
const GROUP: &str = "Default";

/// Members that change; absent ones stay.
#[derive(Default)]
pub(crate) struct ComponentChange {
    pub(crate) name: Option<String>,
    pub(crate) group_name: Option<String>,
    /// Empty = bound to nothing.
    pub(crate) service_key: Option<String>,
    pub(crate) display_order: Option<i64>,
    pub(crate) enabled: Option<bool>,
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("component not found")
}

fn blank() -> Component {
    Component { id: 0, name: String::new(), group_name: GROUP.to_owned(), service_key: None, display_order: 0, enabled: true }
}

impl ComponentChange {
    fn apply(self, c: &mut Component) -> Result<()> {
        let bad = |field: &str, text: String| AppError::bad_request(text).code("invalid_field").with("field", field);
        if let Some(name) = self.name {
            name.trim().clone_into(&mut c.name);
        }
        if c.name.is_empty() {
            return Err(bad("name", "name is required".to_owned()));
        }
        if c.name.chars().count() > NAME_MAX {
            return Err(bad("name", format!("name must be at most {NAME_MAX} characters")));
        }
        if let Some(group) = self.group_name.map(|g| g.trim().to_owned()).filter(|g| !g.is_empty()) {
            c.group_name = group;
        }
        if let Some(key) = self.service_key {
            c.service_key = Some(key.trim().to_owned()).filter(|k| !k.is_empty());
        }
        for (field, text) in [("group_name", Some(&c.group_name)), ("service_key", c.service_key.as_ref())] {
            if text.is_some_and(|t| t.len() > TEXT_BYTES_MAX) {
                return Err(bad(field, format!("{field} must be at most {TEXT_BYTES_MAX} bytes")));
            }
        }
        c.display_order = self.display_order.unwrap_or(c.display_order);
        c.enabled = self.enabled.unwrap_or(c.enabled);
        Ok(())
    }
}

fn entry(verb: &str, c: &Component) -> Entry {
    Entry::new(format!("status_component.{verb}"), Category::Config)
        .target("status_component", c.id)
        .describe(format!("Status component {verb}: {}", c.name))
        .after(json!(c))
}

impl Alerts {
    pub(crate) async fn components(&self) -> Result<Vec<Component>> {
        Ok(components::list(&self.0.db).await?)
    }

    /// What the page lists: the components that are switched on; without any, those that the settings name.
    pub(crate) async fn shown_components(&self) -> Result<Vec<Component>> {
        let all = self.components().await?;
        if !all.is_empty() {
            return Ok(all.into_iter().filter(|c| c.enabled).collect());
        }
        let named = self.0.status_services.get().map(|named| named()).unwrap_or_default();
        let one = |(id, key): (i64, String)| Component { id, name: key.clone(), service_key: Some(key), ..blank() };
        // No row has a number below zero.
        Ok((1..).map(|n: i64| -n).zip(named).map(one).collect())
    }

    /// When this instance first started; before that nobody looked.
    pub(crate) async fn watched_since(&self) -> Result<Option<Timestamp>> {
        Ok(components::began(&self.0.db).await?)
    }

    pub(crate) async fn create_component(&self, actor: &Actor, wanted: ComponentChange) -> Result<i64> {
        let mut c = blank();
        wanted.apply(&mut c)?;
        let mut change = self.0.audit.begin(actor).await?;
        c.id = components::insert(&mut change, &c).await?;
        change.commit(entry("create", &c)).await?;
        Ok(c.id)
    }

    pub(crate) async fn update_component(&self, actor: &Actor, id: i64, wanted: ComponentChange) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let mut c = components::find(&mut change, id).await?.ok_or_else(not_found)?;
        change.offer_undo(COMPONENT, &format!("status_component:{id}"), &json!(c)).await?;
        wanted.apply(&mut c)?;
        components::update(&mut change, &c).await?;
        change.commit(entry("update", &c)).await
    }

    pub(crate) async fn delete_component(&self, actor: &Actor, id: i64) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let c = components::find(&mut change, id).await?.ok_or_else(not_found)?;
        change.offer_undo(COMPONENT, &format!("status_component:{id}"), &json!(c)).await?;
        components::delete(&mut change, id).await?;
        change.commit(entry("delete", &c)).await
    }

    pub(super) async fn put_component_back(&self, actor: &Actor, kept: serde_json::Value) -> Result<()> {
        let c: Component = serde_json::from_value(kept).map_err(AppError::internal)?;
        let mut change = self.0.audit.begin(actor).await?;
        match components::find(&mut change, c.id).await? {
            Some(_) => components::update(&mut change, &c).await?,
            None => components::restore(&mut change, &c).await?,
        }
        change.commit(entry("restore", &c)).await
    }
}
