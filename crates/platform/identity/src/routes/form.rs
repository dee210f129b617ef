//! Bodies of the OAuth routes: forms as the standards say, JSON objects as some clients send.

use argos_kernel::{AppError, Result};
use argos_web::{Query, Req};
use serde_json::{Map, Value};

/// The members of a body by name.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) async fn read(req: &mut Req) -> Result<Self> {
        let json = req.header("content-type").is_some_and(|t| t.trim_start().to_ascii_lowercase().starts_with("application/json"));
        if json {
            let object: Map<String, Value> = req.json().await?;
            let text = |value: Value| match value {
                Value::String(text) => Some(text),
                Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                _ => None,
            };
            return Ok(Self(object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()));
        }
        let raw = req.bytes().await?;
        let text = std::str::from_utf8(&raw).map_err(|_| AppError::bad_request("The form is not UTF-8").code("invalid_form"))?;
        if text.contains("%00") {
            return Err(AppError::bad_request("A text may not hold the character NUL").code("invalid_character"));
        }
        Ok(Self(Query::parse(Some(text)).pairs().to_vec()))
    }

    /// A member that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }
}
