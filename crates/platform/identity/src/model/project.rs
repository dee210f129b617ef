//! Projects of an organization: fields and limits of the row. What lies inside a project belongs to the parts that
//! put it there. Pure.

use argos_kernel::{FieldError, Timestamp, Uid};
use serde_json::{Map, Value};

use super::permission::OrgRole;

/// One project.
#[derive(Clone, Debug)]
pub struct Project {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub organization_uid: Uid,
    pub fields: ProjectFields,
    pub settings: Map<String, Value>,
    pub is_active: bool,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What its people write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFields {
    pub name: String,
    pub description: Option<String>,
    pub app_url: Option<String>,
    pub codebase_path: Option<String>,
    pub repository_url: Option<String>,
}

/// Somebody's role in one project, beside the one in the organization.
#[derive(Clone, Debug)]
pub struct ProjectMember {
    pub user_id: i64,
    pub user_uid: Uid,
    pub username: String,
    pub display_name: String,
    pub role: OrgRole,
    pub added_at: Timestamp,
}

/// The roles somebody can have in a project; `viewer` is the project's own.
pub fn parse_role(word: &str) -> Result<OrgRole, FieldError> {
    match word {
        "maintainer" | "project_admin" => Ok(OrgRole::Maintainer),
        "developer" => Ok(OrgRole::Developer),
        "viewer" | "project_viewer" => Ok(OrgRole::ProjectViewer),
        _ => Err(FieldError::new("role", "role must be maintainer, developer or viewer")),
    }
}

/// The word a project shows for a role.
pub const fn role_word(role: OrgRole) -> &'static str {
    match role {
        OrgRole::ProjectViewer => "viewer",
        other => other.as_str(),
    }
}

/// Whether a body switches a project on or off; null and absent = neither.
pub fn active_in(body: &Map<String, Value>) -> Result<Option<bool>, Vec<FieldError>> {
    match body.get("is_active") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(active)) => Ok(Some(*active)),
        Some(_) => Err(vec![FieldError::new("is_active", "is_active must be a boolean")]),
    }
}

impl ProjectFields {
    /// Takes the members of a create or update body; absent and null ones stay. An empty text clears an optional one.
    pub fn apply(&mut self, body: &Map<String, Value>) -> Result<(), Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut each = |field: &str, max: usize, url: bool, keep: &mut Option<String>| {
            let Some(value) = body.get(field).filter(|v| !v.is_null()) else { return };
            match checked(field, value, max, url) {
                Ok(text) => *keep = (!text.is_empty()).then_some(text),
                Err(fault) => faults.push(fault),
            }
        };
        let mut name = Some(std::mem::take(&mut self.name));
        each("name", 100, false, &mut name);
        each("description", 500, false, &mut self.description);
        each("app_url", 500, true, &mut self.app_url);
        each("codebase_path", 500, false, &mut self.codebase_path);
        each("repository_url", 500, true, &mut self.repository_url);
        self.name = name.unwrap_or_default();
        if self.name.chars().count() < 2 {
            faults.push(FieldError::new("name", "name must be 2-100 characters"));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn checked(field: &str, value: &Value, max: usize, url: bool) -> Result<String, FieldError> {
    let text = value.as_str().ok_or_else(|| FieldError::new(field, format!("{field} must be a string")))?.trim();
    let control = |c: char| c.is_control() && c != '\n';
    if text.chars().count() > max || text.chars().any(control) {
        return Err(FieldError::new(field, format!("{field} must be at most {max} characters")));
    }
    if url && !text.is_empty() && !is_http_url(text) {
        return Err(FieldError::new(field, format!("{field} must be an http or https URL")));
    }
    Ok(text.to_owned())
}

fn is_http_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|r| !r.is_empty() && !r.starts_with('/') && !text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_taken_trimmed_and_cleared_by_an_empty_text() {
        let mut fields = ProjectFields::default();
        let body = json!({ "name": " Shop ", "app_url": "https://shop.example", "description": "x" });
        fields.apply(body.as_object().unwrap()).unwrap();
        assert_eq!((fields.name.as_str(), fields.app_url.as_deref()), ("Shop", Some("https://shop.example")));
        fields.apply(json!({ "description": "", "app_url": null }).as_object().unwrap()).unwrap();
        assert_eq!((fields.description, fields.app_url.as_deref()), (None, Some("https://shop.example")));
    }

    #[test]
    fn every_fault_is_named() {
        let body = json!({ "name": "x", "app_url": "ftp://a", "repository_url": "https:///", "description": 4 });
        let faults = ProjectFields::default().apply(body.as_object().unwrap()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|f| f.loc[1].as_str()).collect();
        assert_eq!(fields, ["description", "app_url", "repository_url", "name"]);
    }

    #[test]
    fn project_roles_read_and_print_their_documented_words() {
        for word in ["maintainer", "developer", "viewer"] {
            assert_eq!(role_word(parse_role(word).unwrap()), word);
        }
        assert!(parse_role("owner").is_err());
    }
}
