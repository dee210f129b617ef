//! The page object: what a test works with, each by a name, so that what a page changed is mended in one place.

use super::selector::{self, Part};
use super::words::{camel, snake};
use super::writer::Writer;

/// Longest part of a name that is taken from a selector.
const NAME_MAX: usize = 40;

/// How a language names and calls an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Names as `signInButton` instead of `sign_in_button`.
    pub(crate) camel: bool,
    /// What the elements belong to.
    pub(crate) owner: &'static str,
    /// What each is given.
    pub(crate) argument: &'static str,
}

/// One element: its name and its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) code: String,
}

/// The elements that were met so far.
#[derive(Debug)]
pub(crate) struct Elements {
    manner: Manner,
    known: Vec<Element>,
    /// Where in the code they will stand, and how deep.
    place: (usize, usize),
}

impl Elements {
    fn call(&self, name: &str) -> String {
        format!("{}.{name}({})", self.manner.owner, self.manner.argument)
    }
}

impl Writer<'_> {
    /// The page object will stand here, if one is wished for.
    pub(crate) fn elements_here(&mut self, manner: Manner) {
        if self.options.page_object {
            self.elements = Some(Elements { manner, known: Vec::new(), place: (self.code.len(), self.depth) });
        }
    }

    /// An element as it is used: its code, or what the page object calls it.
    pub(crate) fn element(&mut self, selector: &str, code: String) -> String {
        let Some(elements) = &mut self.elements else { return code };
        if let Some(known) = elements.known.iter().find(|known| known.code == code) {
            return elements.call(&known.name);
        }
        let word = word(selector);
        let is_free = |name: &String| elements.known.iter().all(|known| known.name != *name);
        let spelled = |word: String| if elements.manner.camel { camel(&word) } else { word };
        let mut names = (1_u32..).map(|n| spelled(if n == 1 { word.clone() } else { format!("{word}_{n}") }));
        let name = names.find(is_free).unwrap_or_default();
        let call = elements.call(&name);
        elements.known.push(Element { name, code });
        call
    }

    /// Writes the page object where its place is; `write` gets the elements the test uses.
    pub(crate) fn place_elements(&mut self, write: impl FnOnce(&mut Self, &[Element])) {
        let Some(elements) = self.elements.take() else { return };
        let rest = self.code.split_off(elements.place.0);
        // A step that can do without its element has met it all the same.
        let used: Vec<Element> = elements.known.iter().filter(|known| rest.contains(&elements.call(&known.name))).cloned().collect();
        if !used.is_empty() {
            let depth = std::mem::replace(&mut self.depth, elements.place.1);
            write(self, &used);
            self.depth = depth;
        }
        self.code.push_str(&rest);
    }
}

/// What a person would call it; the last word says what it is, so that it is no word of a language.
fn word(selector: &str) -> String {
    let parts = selector::parse(selector);
    let (text, kind) = match parts.iter().rfind(|part| !matches!(part, Part::Nth(_))) {
        Some(Part::Role { role, name }) => {
            (name.as_ref().map(|(name, _)| name.clone()).unwrap_or_default(), if role.is_empty() { "element" } else { role.as_str() })
        }
        Some(Part::Label { text, .. } | Part::Placeholder { text, .. }) => (text.clone(), "field"),
        Some(Part::Alt { text, .. }) => (text.clone(), "picture"),
        Some(Part::Text { text, .. }) => (text.clone(), "text"),
        Some(Part::Title { text, .. } | Part::TestId(text) | Part::Css(text) | Part::Frame(text)) => (text.clone(), "element"),
        Some(Part::Xpath(_) | Part::Nth(_)) | None => (String::new(), "element"),
    };
    let kind = snake(kind);
    if !text.chars().any(|c| c.is_ascii_alphanumeric()) {
        return format!("the_{kind}");
    }
    let text = snake(&text);
    let cut = text.get(..text.len().min(NAME_MAX)).unwrap_or(&text).trim_end_matches('_');
    format!("{cut}_{kind}")
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn elements_are_called_as_people_would() {
        for (selector, name) in [
            ("role=button[name=\"Sign in\"]", "sign_in_button"),
            ("role=button", "the_button"),
            ("label=E-mail", "e_mail_field"),
            ("li:has-text(\"Apple\") >> role=button >> nth=0", "the_button"),
            ("#cart .total", "cart_total_element"),
            ("text=\"Danke schön\"", "danke_sch_n_text"),
            ("//div[3]", "the_element"),
            ("", "the_element"),
            ("label=名前", "the_field"),
            ("testid=2nd", "t_2nd_element"),
        ] {
            assert_eq!(word(selector), name, "{selector}");
        }
        assert_eq!(word(&format!("label={}", "a".repeat(99))).len(), 46);
    }
}
