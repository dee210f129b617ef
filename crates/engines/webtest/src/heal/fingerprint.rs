//! What an element looks like: the attributes by which it can be told again.

use serde::{Deserialize, Serialize};

/// Everything by which an element is told again; what it does not have is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fingerprint {
    pub tag: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub role: Option<String>,
    pub testid: Option<String>,
    pub class: Option<String>,
    pub accessible_name: Option<String>,
    pub text: Option<String>,
    /// Of the elements beside it.
    pub neighbour_text: Option<String>,
    pub placeholder: Option<String>,
    pub href: Option<String>,
    pub alt: Option<String>,
    pub title: Option<String>,
    pub xpath: Option<String>,
    /// From the nearest ancestor with an id.
    pub id_xpath: Option<String>,
    pub is_button: Option<bool>,
    /// Centre in CSS pixels of the document.
    pub location: Option<(f64, f64)>,
    pub width: Option<f64>,
    pub height: Option<f64>,
}
