//! What was seen of a page, as the script in it tells, and the digests by which pages are told apart.

use std::collections::BTreeSet;

use argos_webtest::heal::Fingerprint;
use serde::{Deserialize, Serialize};

/// A way to name an element that was found to name it alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selector {
    pub selector: String,
    pub strategy: String,
    /// 0 to 1: how likely it still names the element after the page was changed.
    pub confidence: f64,
}

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Absolute, as the page resolves it.
    pub href: String,
    pub text: String,
    /// In the header or a navigation.
    pub in_header: bool,
    pub download: bool,
    pub visible: bool,
}

/// Something a person can use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    pub fingerprint: Fingerprint,
    /// On the way to it, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Fingerprint>,
    /// `button`, `link`, `field` or `item`.
    pub kind: String,
    pub label: Option<String>,
    /// x, y, width and height in CSS pixels of the document.
    pub bounds: Option<(f64, f64, f64, f64)>,
    pub autocomplete: Option<String>,
    pub href: Option<String>,
    /// Number of its form on the page.
    pub form: Option<usize>,
    pub in_header: bool,
    pub required: bool,
    pub disabled: bool,
    pub readonly: bool,
    /// It sends its form.
    pub submits: bool,
    pub has_popup: bool,
    pub expanded: Option<bool>,
    pub checked: Option<bool>,
    pub pattern: Option<String>,
    pub min: Option<String>,
    pub max: Option<String>,
    pub max_length: Option<u32>,
    /// Values of a choice, at most twenty.
    pub options: Vec<String>,
    /// The steadiest first; empty when nothing named it alone.
    pub selectors: Vec<Selector>,
    pub category: String,
}

impl Element {
    /// The selector tests use.
    pub fn primary(&self) -> Option<&str> {
        self.selectors.first().map(|s| s.selector.as_str())
    }
    pub fn tag(&self) -> &str {
        self.fingerprint.tag.as_deref().unwrap_or_default()
    }
    /// The `type` of a field.
    pub fn input_type(&self) -> &str {
        self.fingerprint.kind.as_deref().unwrap_or_default()
    }
    /// What a person calls it.
    pub fn name(&self) -> &str {
        let f = &self.fingerprint;
        let all = [&self.label, &f.accessible_name, &f.text, &f.placeholder, &f.name, &f.id];
        all.into_iter().flatten().map(|t| t.trim()).find(|t| !t.is_empty()).unwrap_or_default()
    }
}

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Lower case: `get`, `post`, `dialog`.
    pub method: String,
    /// What it leads to is shown in the frame it is in, and not as the page.
    pub framed: bool,
    pub action: Option<String>,
    pub name: Option<String>,
    /// What its heading, legend or label says.
    pub title: Option<String>,
}

/// A page as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageSeen {
    pub url: String,
    pub title: String,
    pub description: Option<String>,
    pub canonical: Option<String>,
    /// Texts of the visible headings of the first two levels.
    pub headings: Vec<String>,
    pub links: Vec<Link>,
    pub elements: Vec<Element>,
    pub forms: Vec<Form>,
    /// Ways of tags from the body down, such as `main>ul>li`.
    pub skeleton: Vec<String>,
    pub password_fields: usize,
    pub search_fields: usize,
    pub has_table: bool,
    /// The most siblings of one make that look like cards.
    pub cards: usize,
    /// Addresses the page's scripts went to without loading.
    pub pushed: Vec<String>,
    pub lcp_ms: Option<f64>,
    pub cls_score: Option<f64>,
}

fn fnv(text: &str, seed: u64) -> u64 {
    text.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Sixteen hexadecimal digits; equal texts have equal ones.
pub fn short_hash(text: &str) -> String {
    format!("{:016x}", fnv(text, 0xcbf2_9ce4_8422_2325))
}

/// The digest of how a page is built: which ways of tags there are, not how often, so that a longer list is the same page.
pub fn structure_hash(skeleton: &[String]) -> String {
    let ways: BTreeSet<&str> = skeleton.iter().map(String::as_str).collect();
    let hash = ways.iter().fold(0xcbf2_9ce4_8422_2325, |hash, way| fnv("\n", fnv(way, hash)));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_and_number_of_equal_parts_do_not_change_the_digest(mut ways in proptest::collection::vec("[a-z>]{1,12}", 1..20)) {
            let before = structure_hash(&ways);
            let doubled: Vec<String> = ways.iter().chain(&ways).cloned().collect();
            prop_assert_eq!(structure_hash(&doubled), before.clone());
            ways.reverse();
            prop_assert_eq!(structure_hash(&ways), before.clone());
            ways.push("a>part>nobody>has".to_owned());
            prop_assert_ne!(structure_hash(&ways), before);
        }

        #[test]
        fn any_document_is_read_or_refused(text in "\\PC{0,200}") {
            drop(serde_json::from_str::<PageSeen>(&text));
        }
    }
}
