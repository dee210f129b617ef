//! The ways through a site, out of its pages: signing in, registering, searching, making and looking at things, every
//! form, the main navigation. Only elements that a selector names alone take part; what cannot be named is left out.

use std::collections::BTreeSet;

use crate::fields::{FieldKind, kind_of, sample};
use crate::flow::{Flow, FlowStep, Kind};
use crate::page_type::{PageType, page_type};
use crate::safety::danger;
use crate::seen::{Element, Form, PageSeen};
use crate::{normalise, path_of, relative};

/// Links of the main navigation that are followed.
const NAVIGATION_MAX: usize = 8;
/// More ways are not kept.
const FLOWS_MAX: usize = 60;

/// Builds the steps of one way.
struct Way<'a> {
    app: &'a str,
    steps: Vec<FlowStep>,
    pages: Vec<String>,
}

impl<'a> Way<'a> {
    fn new(app: &'a str) -> Self {
        Self { app, steps: Vec::new(), pages: Vec::new() }
    }

    fn add(&mut self, step: FlowStep) {
        let order = i64::try_from(self.steps.len()).unwrap_or(i64::MAX).saturating_add(1);
        self.steps.push(FlowStep { order, ..step });
    }

    fn open(&mut self, url: &str) {
        let path = relative(self.app, url);
        self.page(url);
        let description = Some(format!("Open {path}"));
        self.add(FlowStep {
            action: "goto".into(),
            target: Some(path),
            page_url: Some(url.to_owned()),
            description,
            ..FlowStep::default()
        });
    }

    fn page(&mut self, url: &str) {
        if !self.pages.iter().any(|p| p == url) {
            self.pages.push(url.to_owned());
        }
    }

    fn act(&mut self, action: &str, element: &Element, value: Option<String>, page: &str, verb: &str) -> Option<()> {
        let target = element.primary()?.to_owned();
        let description = Some(format!("{verb} {}", name_of(element)));
        let page_url = Some(page.to_owned());
        self.add(FlowStep { action: action.into(), target: Some(target), value, page_url, description, ..FlowStep::default() });
        Some(())
    }

    fn claim(&mut self, claim: &str, target: Option<&str>, value: Option<&str>, page: &str) {
        let says = [Some(claim), target, value].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.add(FlowStep {
            action: "assert".into(),
            target: target.map(str::to_owned),
            value: value.map(str::to_owned),
            page_url: Some(page.to_owned()),
            description: None,
            expected_result: Some(says),
            ..FlowStep::default()
        });
    }

    /// Fills in the form and sends it; `None` when something required cannot be named or filled in.
    fn send(&mut self, page: &PageSeen, form: usize, secret: bool) -> Option<usize> {
        let mut filled = 0;
        for field in page.elements.iter().filter(|e| e.form == Some(form) && e.kind == "field") {
            match sample(field, secret) {
                Some(done) if field.primary().is_some() => {
                    let verb = match done.action {
                        "check" => "Tick",
                        "select" => "Choose",
                        _ => "Fill in",
                    };
                    self.act(done.action, field, done.value, &page.url, verb)?;
                    filled += 1;
                }
                None if !field.required || kind_of(field) == FieldKind::None => {}
                Some(_) if !field.required => {}
                _ => return None,
            }
        }
        let button = page.elements.iter().find(|e| e.form == Some(form) && e.submits && e.primary().is_some());
        match button {
            Some(button) => self.act("click", button, None, &page.url, "Click")?,
            None => {
                let last = page.elements.iter().rev().find(|e| e.form == Some(form) && e.kind == "field" && e.primary().is_some())?;
                self.act("press_key", last, Some("Enter".into()), &page.url, "Press Enter in")?;
            }
        }
        Some(filled)
    }

    /// Claims that sending the form led away: from the page, or in a frame from the form.
    fn left(&mut self, page: &PageSeen, form: usize, about: &Form, path: &str) {
        let mut fields = page.elements.iter().filter(|e| e.form == Some(form) && kind_of(e) == FieldKind::Password);
        match fields.find_map(Element::primary).filter(|_| about.framed) {
            Some(field) => self.claim("element_hidden", Some(field), None, &page.url),
            None => self.claim("not_url_contains", None, Some(path), &page.url),
        }
    }

    fn finish(self, kind: Kind, name: String, description: String, confidence: f64, harmless: bool) -> Flow {
        let success_criteria = self.steps.iter().filter_map(|s| s.expected_result.clone()).collect();
        let start_url = self.pages.first().cloned().unwrap_or_else(|| self.app.to_owned());
        Flow {
            name,
            description,
            kind,
            priority: kind.priority(),
            start_url,
            steps: self.steps,
            pages: self.pages,
            success_criteria,
            confidence,
            harmless,
        }
    }
}

fn name_of(element: &Element) -> String {
    let name = if element.name().is_empty() { element.tag() } else { element.name() };
    name.chars().take(60).collect()
}

/// Every way found in `pages`, most important first. `app` is where tests begin.
pub fn flows(app: &str, pages: &[PageSeen]) -> Vec<Flow> {
    let mut found: Vec<Flow> = Vec::new();
    let mut sent = BTreeSet::new();
    for page in pages {
        let fields = |form: usize| page.elements.iter().filter(move |e| e.form == Some(form) && e.kind == "field");
        for (number, form) in page.forms.iter().enumerate() {
            // The same form stands on many pages: a search in the header, a newsletter in the footer.
            let names: Vec<String> = fields(number).map(|e| e.fingerprint.name.clone().unwrap_or_else(|| e.name().to_owned())).collect();
            let mark = (form.action.clone().map(|a| path_of(&a)), form.method.clone(), names.join(","));
            if names.is_empty() || !sent.insert(mark) {
                continue;
            }
            found.extend(of_form(app, page, number, form));
        }
    }
    found.extend(crud(app, pages));
    found.extend(navigation(app, pages));
    found.sort_by_key(|f| f.priority);
    found.truncate(FLOWS_MAX);
    found
}

fn of_form(app: &str, page: &PageSeen, number: usize, form: &Form) -> Option<Flow> {
    let mine = || page.elements.iter().filter(|e| e.form == Some(number));
    let passwords = mine().filter(|e| kind_of(e) == FieldKind::Password).count();
    let searches = mine().any(|e| kind_of(e) == FieldKind::Search);
    let kind = page_type(page, None);
    let submit = mine().find(|e| e.submits);
    let path = path_of(&page.url);
    let title = form.title.clone().filter(|t| !t.trim().is_empty()).unwrap_or_else(|| page.title.clone());
    let mut way = Way::new(app);
    way.open(&page.url);
    let plain = |p: &str| p.split(['?', '#']).next().unwrap_or_default().to_owned();
    match () {
        () if passwords == 1 && kind != PageType::AuthSignup => {
            way.send(page, number, true)?;
            way.left(page, number, form, &plain(&path));
            Some(way.finish(Kind::Authentication, "Sign in".into(), format!("Signs in at {path} with the test account."), 0.9, false))
        }
        () if passwords >= 2 || kind == PageType::AuthSignup => {
            way.send(page, number, false)?;
            way.left(page, number, form, &plain(&path));
            Some(way.finish(Kind::Registration, "Register".into(), format!("Makes an account at {path}."), 0.7, false))
        }
        () if kind == PageType::AuthReset => {
            way.send(page, number, true)?;
            Some(way.finish(
                Kind::PasswordReset,
                "Ask for a new password".into(),
                format!("Asks for a new password at {path}."),
                0.6,
                false,
            ))
        }
        () if searches && form.method != "post" => {
            let field = mine().find(|e| kind_of(e) == FieldKind::Search && e.primary().is_some())?;
            let parameter = field.fingerprint.name.clone();
            way.send(page, number, false)?;
            // A form that a script sends shows its results in place, where nothing can be claimed unseen.
            let parameter = parameter.filter(|_| form.action.is_some())?;
            way.claim("url_contains", None, Some(&format!("{parameter}=a")), &page.url);
            Some(way.finish(Kind::Search, "Search".into(), format!("Searches at {path}."), 0.85, true))
        }
        () => {
            let kind = match kind {
                PageType::Checkout => Kind::Checkout,
                PageType::Settings => Kind::Settings,
                PageType::Profile => Kind::Profile,
                _ => Kind::Form,
            };
            let filled = way.send(page, number, false)?;
            if filled == 0 {
                return None;
            }
            let harmless = form.method == "get" && form.action.is_some();
            if harmless && let Some(name) = mine().find_map(|e| e.fingerprint.name.clone().filter(|_| e.kind == "field")) {
                way.claim("url_contains", None, Some(&format!("{name}=")), &page.url);
            } else {
                way.claim("no_console_errors", None, None, &page.url);
            }
            let dangerous = submit.is_some_and(|s| danger(&[s.name()], false).is_some());
            let name = format!("Fill in {}", title.chars().take(60).collect::<String>().trim());
            Some(way.finish(kind, name, format!("Fills in and sends the form at {path}."), if dangerous { 0.5 } else { 0.7 }, harmless))
        }
    }
}

/// Lists that lead to a form that makes a new thing.
fn crud(app: &str, pages: &[PageSeen]) -> Vec<Flow> {
    const NEW: [&str; 6] = ["new", "create", "add", "nuevo", "crear", "añadir"];
    let mut found = Vec::new();
    for list in pages.iter().filter(|p| page_type(p, None) == PageType::List) {
        let makes = list.elements.iter().find(|e| {
            let says = e.name().to_lowercase();
            e.kind == "link" && e.frames.is_empty() && e.primary().is_some() && NEW.iter().any(|w| says.split_whitespace().any(|s| s == *w))
        });
        let Some((link, target)) = makes.and_then(|e| Some((e, normalise(e.href.as_deref()?)?))) else { continue };
        let Some(form_page) = pages.iter().find(|p| p.url == target) else { continue };
        let Some(form) = form_page.forms.iter().position(|f| !f.framed && (f.method == "post" || f.action.is_none())) else { continue };
        let mut way = Way::new(app);
        way.open(&list.url);
        let sent = way.act("click", link, None, &list.url, "Click").and_then(|()| {
            way.page(&form_page.url);
            way.send(form_page, form, false)
        });
        if sent.is_some() {
            way.claim("not_url_contains", None, Some(&path_of(&form_page.url)), &form_page.url);
            let about = list.headings.first().cloned().unwrap_or_else(|| path_of(&list.url));
            found.push(way.finish(
                Kind::Crud,
                format!("Make a new one in {about}"),
                format!("Makes a new thing from {}.", path_of(&list.url)),
                0.65,
                false,
            ));
        }
    }
    found
}

/// Follows the links of the header, each from the page that has most of them.
fn navigation(app: &str, pages: &[PageSeen]) -> Option<Flow> {
    let links = |p: &PageSeen| -> Vec<(Element, String)> {
        let mut seen = BTreeSet::new();
        let usable = |e: &&Element| {
            e.kind == "link"
                && e.in_header
                && e.primary().is_some()
                && danger(&[e.name(), e.href.as_deref().unwrap_or_default()], true).is_none()
        };
        let target = |e: &Element| normalise(e.href.as_deref()?).filter(|u| *u != p.url && pages.iter().any(|other| other.url == *u));
        p.elements
            .iter()
            .filter(usable)
            .filter_map(|e| Some((e.clone(), target(e)?)))
            .filter(|(_, u)| seen.insert(u.clone()))
            .take(NAVIGATION_MAX)
            .collect()
    };
    let page = pages.iter().rev().max_by_key(|p| links(p).len())?;
    let links = links(page);
    if links.is_empty() {
        return None;
    }
    let mut way = Way::new(app);
    for (link, target) in &links {
        way.open(&page.url);
        way.act("click", link, None, &page.url, "Click")?;
        way.page(target);
        way.claim("url_contains", None, Some(&path_of(target)), target);
        let there = pages.iter().find(|p| p.url == *target);
        if let Some(heading) = there.and_then(|p| p.headings.first()).filter(|h| h.chars().count() <= 80 && !h.contains('"')) {
            way.claim("element_visible", Some(&format!("role=heading[name=\"{heading}\"]")), None, target);
        }
    }
    Some(way.finish(
        Kind::Navigation,
        "Main navigation".into(),
        format!("Follows the links of the main navigation from {}.", path_of(&page.url)),
        0.95,
        true,
    ))
}

#[cfg(test)]
mod tests {
    use argos_webtest::heal::Fingerprint;
    use proptest::prelude::*;

    use super::*;
    use crate::coverage::{Coverage, coverage};
    use crate::seen::Selector;

    fn element(kind: &str, tag: &str, input: &str, label: &str, form: Option<usize>) -> Element {
        let some = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        let selector = Selector { selector: format!("testid=\"{label}\""), strategy: "testid".into(), confidence: 0.95 };
        Element {
            fingerprint: Fingerprint { tag: some(tag), kind: some(input), name: some(&label.to_lowercase()), ..Fingerprint::default() },
            kind: kind.into(),
            label: some(label),
            form,
            submits: kind == "button",
            selectors: vec![selector],
            ..Element::default()
        }
    }

    fn page(path: &str, elements: Vec<Element>, method: &str) -> PageSeen {
        let forms = vec![Form { method: method.into(), action: Some(format!("https://s.example{path}")), ..Form::default() }];
        PageSeen { url: format!("https://s.example{path}"), elements, forms, ..PageSeen::default() }
    }

    fn login() -> PageSeen {
        let parts = vec![
            element("field", "input", "email", "Email", Some(0)),
            element("field", "input", "password", "Password", Some(0)),
            element("button", "button", "submit", "Sign in", Some(0)),
        ];
        PageSeen { password_fields: 1, ..page("/login", parts, "post") }
    }

    #[test]
    fn sign_in_within_a_frame_claims_that_its_form_is_gone_and_not_that_the_page_was_left() {
        let mut framed = login();
        framed.forms[0].framed = true;
        let found = flows("https://s.example", &[framed]);
        let last = found[0].steps.last().unwrap();
        assert_eq!(last.expected_result.as_deref(), Some("element_hidden testid=\"Password\""));
    }

    #[test]
    fn sign_in_is_filled_with_the_test_account_and_claims_that_it_left() {
        let found = flows("https://s.example", &[login()]);
        let steps: Vec<_> = found[0].steps.iter().map(|s| (s.action.as_str(), s.value.as_deref())).collect();
        assert_eq!(
            steps,
            [
                ("goto", None),
                ("fill", Some("{{test_email}}")),
                ("fill", Some("{{test_password}}")),
                ("click", None),
                ("assert", Some("/login"))
            ]
        );
        assert_eq!((found[0].kind, found[0].priority, found[0].harmless), (Kind::Authentication, 1, false));
        assert_eq!(found[0].estimated_duration_s(), 7);
    }

    #[test]
    fn search_is_harmless_and_a_form_that_posts_is_not() {
        let search = page("/find", vec![element("field", "input", "search", "Q", Some(0))], "get");
        let contact = page(
            "/contact",
            vec![element("field", "input", "text", "Subject", Some(0)), element("button", "button", "", "Send", Some(0))],
            "post",
        );
        let found = flows("https://s.example", &[search, contact]);
        assert_eq!(found.iter().map(|f| (f.kind, f.harmless)).collect::<Vec<_>>(), [(Kind::Search, true), (Kind::Form, false)]);
        assert_eq!(found[0].steps[2].action, "press_key");
    }

    #[test]
    fn what_no_selector_names_alone_makes_no_way() {
        let mut page = login();
        page.elements[1].selectors.clear();
        page.elements[1].required = true;
        assert!(flows("https://s.example", &[page]).is_empty());
    }

    #[test]
    fn navigation_follows_header_links_to_pages_that_were_seen_and_no_sign_out() {
        let link = |label: &str, href: &str| Element {
            href: Some(format!("https://s.example{href}")),
            in_header: true,
            ..element("link", "a", "", label, None)
        };
        let home = PageSeen {
            url: "https://s.example/".into(),
            elements: vec![link("About", "/about"), link("Log out", "/logout"), link("Gone", "/gone")],
            ..PageSeen::default()
        };
        let about = PageSeen { url: "https://s.example/about".into(), headings: vec!["About us".into()], ..PageSeen::default() };
        let found = flows("https://s.example", &[home.clone(), about.clone()]);
        assert_eq!(found.len(), 1);
        let text: Vec<_> = found[0].steps.iter().filter_map(|s| s.expected_result.clone()).collect();
        assert_eq!(text, ["url_contains /about", "element_visible role=heading[name=\"About us\"]"]);
        let score = coverage(&[home, about], &found, &["testid=\"Gone\"".to_owned()]);
        assert_eq!((score, score.score()), (Coverage { interactive: 3, used: 2 }, Some(66.67)));
    }

    proptest! {
        #[test]
        fn any_page_gives_numbered_steps_and_bounded_figures(tag in "(input|select|textarea|a)", kind in "[a-z]{0,8}", label in "\\PC{0,20}", path in "/[a-z]{0,8}", method in "(get|post)") {
            let page = page(&path, vec![element("field", &tag, &kind, &label, Some(0)), element("button", "button", "submit", "Go", Some(0))], &method);
            for flow in flows("https://s.example", &[page]) {
                prop_assert!(flow.steps.iter().zip(1..).all(|(s, n)| s.order == n));
                prop_assert!((0.0..=1.0).contains(&flow.complexity()) && (1..=10).contains(&flow.priority));
            }
        }
    }
}
