//! What comes again on the pages of a site: ways they are built, forms, the navigation, lists, dialogs. Pure.

use std::collections::{BTreeMap, BTreeSet};

use argos_sitegraph::{Element, PageSeen, short_hash};
use argos_webtest::heal::spelling;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::model::Page;
use crate::model::test::words;

/// Addresses that are named of a pattern, and words of its data that are compared.
const PAGES_MAX: usize = 20;
const WORDS_MAX: usize = 500;
/// Links of a navigation that are named.
const LINKS_MAX: usize = 20;

/// What kind of thing comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatternType {
    PageLayout,
    Navigation,
    Form,
    Authentication,
    ErrorHandling,
    LoadingState,
    Modal,
    ListView,
    DetailView,
    Search,
    Filter,
    Pagination,
    /// Somebody named it.
    Custom,
}

words!(PatternType: PageLayout = "page_layout", Navigation = "navigation", Form = "form", Authentication = "authentication", ErrorHandling = "error_handling", LoadingState = "loading_state", Modal = "modal", ListView = "list_view", DetailView = "detail_view", Search = "search", Filter = "filter", Pagination = "pagination", Custom = "custom");

impl PatternType {
    /// Each with what people call it.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::PageLayout, "Page layout"),
        (Self::Navigation, "Navigation"),
        (Self::Form, "Form"),
        (Self::Authentication, "Authentication"),
        (Self::ErrorHandling, "Error handling"),
        (Self::LoadingState, "Loading state"),
        (Self::Modal, "Dialog"),
        (Self::ListView, "List"),
        (Self::DetailView, "Detail page"),
        (Self::Search, "Search"),
        (Self::Filter, "Filter"),
        (Self::Pagination, "Pagination"),
        (Self::Custom, "Custom"),
    ];
}

/// Something that comes again.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub kind: PatternType,
    pub name: String,
    /// The same for the same thing on other pages and in other explorations.
    pub signature: String,
    pub data: Map<String, Value>,
}

/// Something pages have alike, and those that have it.
struct Drawn {
    name: String,
    data: Map<String, Value>,
    pages: BTreeSet<String>,
}

/// Collects pages by what they have alike.
#[derive(Default)]
struct Drawer(BTreeMap<(PatternType, String), Drawn>);

impl Drawer {
    fn add(&mut self, kind: PatternType, alike: &str, name: String, data: &Value, page: &Page) {
        let blank = || Drawn { name, data: data.as_object().cloned().unwrap_or_default(), pages: BTreeSet::new() };
        self.0.entry((kind, alike.to_owned())).or_insert_with(blank).pages.insert(page.url.clone());
    }

    /// Those that were met on so many pages.
    fn finish(self, least: impl Fn(PatternType) -> usize) -> Vec<Found> {
        let kept = self.0.into_iter().filter(|((kind, _), drawn)| drawn.pages.len() >= least(*kind));
        kept.map(|((kind, alike), Drawn { name, mut data, pages })| {
            data.insert("pages_count".to_owned(), Value::from(pages.len()));
            data.insert("pages".to_owned(), pages.into_iter().take(PAGES_MAX).collect());
            Found { kind, name, signature: signature(kind, &alike), data }
        })
        .collect()
    }
}

/// The name of a pattern within its project.
pub fn signature(kind: PatternType, alike: &str) -> String {
    short_hash(&format!("{} {alike}", kind.as_str()))
}

fn fields_of(seen: &PageSeen, form: usize) -> Vec<String> {
    let of_form = seen.elements.iter().filter(|e| e.form == Some(form) && e.kind == "field");
    let mut fields: Vec<String> = of_form
        .map(|e| format!("{}:{}", if e.input_type().is_empty() { e.tag() } else { e.input_type() }, e.name().to_lowercase()))
        .collect();
    fields.sort();
    fields
}

fn is_role(e: &Element, role: &str) -> bool {
    e.fingerprint.role.as_deref() == Some(role)
}

/// What comes again on these pages. A layout and a navigation take two pages, everything else one.
pub fn patterns_of(pages: &[Page]) -> Vec<Found> {
    use PatternType as T;
    let mut drawer = Drawer::default();
    for page in pages {
        let seen = &page.seen;
        if !page.structure_hash.is_empty() {
            let name = format!("Pages built like {}", argos_sitegraph::path_of(&page.url));
            drawer.add(
                T::PageLayout,
                &page.structure_hash,
                name,
                &json!({ "structure_hash": page.structure_hash, "page_type": page.page_type }),
                page,
            );
        }
        let header: BTreeSet<String> =
            seen.links.iter().filter(|l| l.in_header && l.visible && !l.text.trim().is_empty()).map(|l| l.text.trim().to_owned()).collect();
        if header.len() >= 2 {
            let links: Vec<&String> = header.iter().take(LINKS_MAX).collect();
            drawer.add(
                T::Navigation,
                &short_hash(&json!(links).to_string()),
                format!("Navigation with {} links", header.len()),
                &json!({ "links": links }),
                page,
            );
        }
        for (number, form) in seen.forms.iter().enumerate() {
            let fields = fields_of(seen, number);
            if fields.is_empty() {
                continue;
            }
            let title = form.title.clone().or_else(|| form.name.clone()).filter(|t| !t.trim().is_empty());
            let data = json!({ "method": form.method, "fields": fields });
            let has = |kind: &str| fields.iter().any(|f| f.starts_with(kind));
            let (kind, word) = if has("password:") {
                (T::Authentication, "Sign-in form")
            } else if has("search:") {
                (T::Search, "Search")
            } else if form.method == "get"
                && fields.iter().all(|f| ["select:", "select-one:", "checkbox:", "radio:"].iter().any(|k| f.starts_with(k)))
            {
                (T::Filter, "Filter")
            } else {
                (T::Form, "Form")
            };
            let name = title.unwrap_or_else(|| format!("{word} with {} fields", fields.len()));
            drawer.add(kind, &format!("{} {}", form.method, fields.join(",")), name, &data, page);
        }
        let by_type = match page.page_type.as_str() {
            "error" => Some((T::ErrorHandling, "Pages that say something is missing or wrong")),
            "list" => Some((T::ListView, "Lists")),
            _ => None,
        };
        if let Some((kind, name)) = by_type {
            let data = json!({ "page_type": page.page_type, "has_table": seen.has_table, "cards": seen.cards });
            drawer.add(kind, &page.page_type, name.to_owned(), &data, page);
        }
        let template = argos_sitegraph::template(&page.url);
        // Sites of several projects have the same ways at other hosts.
        let way = template
            .split_once("://")
            .map_or(template.as_str(), |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default());
        if way.contains("{id}") {
            drawer.add(T::DetailView, way, format!("Pages of one thing: {way}"), &json!({ "way": way }), page);
        }
        if seen.search_fields > 0 && seen.forms.is_empty() {
            drawer.add(T::Search, "field", "Search without a form".to_owned(), &json!({ "fields": seen.search_fields }), page);
        }
        let opens: BTreeSet<&str> = seen.elements.iter().filter(|e| e.has_popup).map(Element::name).filter(|n| !n.is_empty()).collect();
        if !opens.is_empty() {
            drawer.add(
                T::Modal,
                &json!(opens).to_string(),
                format!("{} that open something", opens.len()),
                &json!({ "controls": opens }),
                page,
            );
        }
        let pages_on = |link: &argos_sitegraph::Link| ["page=", "offset=", "/page/"].iter().any(|part| link.href.contains(part));
        if seen.links.iter().any(pages_on) {
            drawer.add(T::Pagination, "links", "Lists that go on over several pages".to_owned(), &json!({ "by": "links" }), page);
        }
        if seen.elements.iter().any(|e| is_role(e, "progressbar")) || seen.skeleton.iter().any(|way| way.contains("progress")) {
            drawer.add(T::LoadingState, "progress", "Pages that show how far they are".to_owned(), &json!({ "by": "progressbar" }), page);
        }
    }
    drawer.finish(|kind| if matches!(kind, T::PageLayout | T::Navigation) { 2 } else { 1 })
}

/// The words of some data, for comparing.
fn words_of(data: &Map<String, Value>) -> BTreeSet<String> {
    fn collect(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            _ if into.len() >= WORDS_MAX => {}
            Value::Array(list) => list.iter().for_each(|v| collect(v, into)),
            Value::Object(members) => members.values().for_each(|v| collect(v, into)),
            Value::String(text) => drop(into.insert(text.to_lowercase())),
            other => drop(into.insert(other.to_string())),
        }
    }
    let mut found = BTreeSet::new();
    // Where it was seen says nothing of what it is.
    data.iter().filter(|(name, _)| !matches!(name.as_str(), "pages" | "pages_count")).for_each(|(_, v)| collect(v, &mut found));
    found
}

/// How much a pattern is like a wanted one, from 0 to 1: by its name, and by its data where there are any.
#[expect(clippy::cast_precision_loss, reason = "at most some hundred words")]
pub fn likeness(wanted: (&str, &Map<String, Value>), known: (&str, &Map<String, Value>)) -> f64 {
    let by_name = spelling(wanted.0, known.0);
    let (a, b) = (words_of(wanted.1), words_of(known.1));
    if a.is_empty() {
        return by_name;
    }
    let by_data = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
    by_name.mul_add(0.4, by_data * 0.6)
}

#[cfg(test)]
pub(crate) fn page(url: &str, seen: PageSeen) -> Page {
    let now = argos_kernel::Timestamp::from_secs(0);
    Page {
        id: 0,
        uid: argos_kernel::Uid::mint(&argos_kernel::ManualClock::at(now), &argos_kernel::SeededRng::new(1)),
        position: 0,
        url: url.to_owned(),
        title: String::new(),
        page_type: "other".to_owned(),
        depth: 0,
        status_code: Some(200),
        structure_hash: argos_sitegraph::structure_hash(&seen.skeleton),
        load_time_ms: 1,
        requires_auth: false,
        screenshot: None,
        elements_count: 0,
        forms_count: 0,
        links_count: 0,
        seen,
        findings: super::model::Findings::default(),
        discovered_at: now,
    }
}

#[cfg(test)]
mod tests {
    use argos_sitegraph::{Form, Link};
    use argos_webtest::heal::Fingerprint;
    use proptest::prelude::*;

    use super::*;

    fn field(kind: &str, name: &str) -> Element {
        let fingerprint = Fingerprint { tag: Some("input".into()), kind: Some(kind.into()), ..Fingerprint::default() };
        Element { fingerprint, kind: "field".into(), label: Some(name.into()), form: Some(0), ..Element::default() }
    }

    fn link(text: &str, href: &str) -> Link {
        Link { href: href.into(), text: text.into(), in_header: true, download: false, visible: true }
    }

    fn shop(path: &str, fields: Vec<Element>) -> Page {
        let links = vec![link("Home", "http://a.test/"), link("Cart", "http://a.test/cart?page=2")];
        let forms = vec![Form { method: "post".into(), title: Some("Join".into()), ..Form::default() }];
        page(
            &format!("http://a.test{path}"),
            PageSeen { links, forms, elements: fields, skeleton: vec!["main>form".into()], ..PageSeen::default() },
        )
    }

    #[test]
    fn what_comes_again_is_found_with_its_pages_and_the_same_signature_elsewhere() {
        let join = || vec![field("email", "Mail"), field("text", "Name")];
        let pages = [shop("/a", join()), shop("/b", join()), shop("/in", vec![field("email", "Mail"), field("password", "Password")])];
        let found = patterns_of(&pages);
        let kinds: Vec<&str> = found.iter().map(|f| f.kind.as_str()).collect();
        assert_eq!(kinds, ["page_layout", "navigation", "form", "authentication", "pagination"]);
        let form = &found[2];
        assert_eq!(
            (form.name.as_str(), &form.data["pages_count"], &form.data["fields"]),
            ("Join", &json!(2), &json!(["email:mail", "text:name"]))
        );
        let elsewhere = patterns_of(&[shop("/other", join())]);
        assert!(elsewhere.iter().any(|f| f.signature == form.signature) && !elsewhere.iter().any(|f| f.kind == PatternType::PageLayout));
    }

    #[test]
    fn likeness_is_of_name_and_data() {
        let data = |v: Value| v.as_object().cloned().unwrap();
        let known = data(json!({ "fields": ["email:mail", "text:name"], "pages": ["http://a.test/"] }));
        let same = likeness(("Join", &known), ("Join", &known));
        let named = likeness(("Join", &Map::new()), ("Join", &known));
        let other = likeness(("Join", &data(json!({ "fields": ["password:x"] }))), ("Join", &known));
        assert!((same - 1.0).abs() < 1e-9 && (named - 1.0).abs() < 1e-9 && (other - 0.4).abs() < 1e-9, "{same} {named} {other}");
    }

    proptest! {
        #[test]
        fn any_two_patterns_are_compared(a in "\\PC{0,20}", b in "\\PC{0,20}", x in "\\PC{0,20}", n in any::<i64>()) {
            let data = json!({ "x": [x, n, { "y": a }], "pages": [b] }).as_object().cloned().unwrap();
            let like = likeness((&a, &data), (&b, &data));
            prop_assert!((0.0..=1.0 + 1e-9).contains(&like));
        }
    }
}
