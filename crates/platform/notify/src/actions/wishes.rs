//! What one person wants to hear: read, and changed while nobody else does.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, FieldError, Result};
use serde_json::{Map, Value};

use crate::Notify;
use crate::model::preferences;
use crate::store::people as store;

/// What changes, from what is there; or everything wrong with it.
pub type Edit<'a> = Box<dyn FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> + Send + 'a>;

impl Notify {
    /// Every member, those too that nobody ever wrote.
    pub async fn preferences_of(&self, user_id: i64) -> Result<Map<String, Value>> {
        let mut all = preferences::defaults();
        all.extend(store::preferences(self.db(), user_id).await?.map(|(value, _, _)| value).unwrap_or_default());
        Ok(all)
    }

    /// Changes some members and returns all of them; an edit that changes nothing writes nothing.
    pub async fn change_preferences(&self, actor: &Actor, user_id: i64, edit: Edit<'_>) -> Result<Map<String, Value>> {
        let mut mutation = self.0.parts.audit.begin(actor).await?;
        let mut value = preferences::defaults();
        value.extend(store::preferences_in(&mut mutation, user_id).await?.unwrap_or_default());
        let change = edit(&value).map_err(AppError::invalid)?;
        if change.is_empty() {
            return Ok(value);
        }
        let named = |(field, why): (String, String)| AppError::invalid(vec![FieldError::new(&field, format!("{field} {why}"))]);
        preferences::merge(&mut value, &change).map_err(named)?;
        store::put_preferences(&mut mutation, user_id, &value, self.now()).await?;
        let entry = Entry::new("notification_preferences.update", Category::Data).target("user", user_id);
        mutation.commit(entry.describe("Notification preferences changed")).await?;
        Ok(value)
    }
}
