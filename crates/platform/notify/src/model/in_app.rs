//! The configuration of an in-app channel: whose inbox. Nobody named = everyone.

use argos_kernel::Role;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct InApp {
    /// `users.id`
    pub(crate) users: Vec<i64>,
    /// Everyone with at least this role.
    pub(crate) role: Option<Role>,
}

impl InApp {
    pub(crate) fn read(input: &Map<String, Value>, stored: Option<&Self>) -> Result<Self, String> {
        if let Some(unknown) = input.keys().find(|k| !["users", "role"].contains(&k.as_str())) {
            return Err(format!("config.{unknown} is not known for in_app channels"));
        }
        let users = match input.get("users") {
            None | Some(Value::Null) => stored.map(|s| s.users.clone()).unwrap_or_default(),
            Some(v) => serde_json::from_value(v.clone()).map_err(|_| "config.users must be a list of user ids")?,
        };
        let role = match input.get("role") {
            None => stored.and_then(|s| s.role),
            Some(Value::Null) => None,
            Some(Value::String(word)) if word.is_empty() => None,
            Some(Value::String(word)) => Some(word.parse().map_err(|()| "config.role must be viewer, operator, admin or owner")?),
            Some(_) => return Err("config.role must be viewer, operator, admin or owner".to_owned()),
        };
        Ok(Self { users, role })
    }
    pub(crate) fn view(&self) -> Value {
        json!({ "users": self.users, "role": self.role })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_app_configuration_names_users_or_a_role() {
        let read = |v: Value| InApp::read(v.as_object().unwrap(), None);
        assert_eq!(read(json!({})).unwrap(), InApp::default());
        assert_eq!(read(json!({"users": [1, 2], "role": "admin"})).unwrap(), InApp { users: vec![1, 2], role: Some(Role::Admin) });
        assert!(read(json!({"users": "ada"})).is_err() && read(json!({"role": "boss"})).is_err() && read(json!({"x": 1})).is_err());
    }
}
