//! Our selectors as Playwright's locators: the same calls in every language, spelled as that language spells names.

use super::selector::{self, Part};
use super::{javascript, python};

/// How a language spells them.
pub(crate) struct Spelling {
    /// A text with its variables.
    text: fn(&str) -> String,
    /// A text as it is.
    string: fn(&str) -> String,
    name: fn(&str) -> String,
    /// The argument that asks for all of a text, after another.
    exact: &'static str,
    /// How arguments that have names are opened, given their value, and closed.
    named: [&'static str; 3],
    content_frame: &'static str,
}

pub(crate) const SCRIPT: Spelling = Spelling {
    text: javascript::text,
    string: javascript::string,
    name: str::to_owned,
    exact: ", { exact: true }",
    named: ["{ name: ", ", exact: true", " }"],
    content_frame: ".contentFrame()",
};

pub(crate) const PYTHON: Spelling = Spelling {
    text: python::text,
    string: python::string,
    name: snake,
    exact: ", exact=True",
    named: ["name=", ", exact=True", ""],
    content_frame: ".content_frame",
};

/// `getByText` as `get_by_text`.
fn snake(name: &str) -> String {
    name.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])).collect()
}

impl Spelling {
    /// The locator of a selector, below `scope`.
    pub(crate) fn locator(&self, scope: &str, selector: &str, frame: Option<&str>) -> String {
        let scope = frame.map_or_else(|| scope.to_owned(), |frame| self.frames(scope.to_owned(), frame));
        selector::parse(selector).iter().fold(scope, |code, part| code + &self.located(part))
    }

    /// The frames a selector leads into, each inside the one before.
    pub(crate) fn frames(&self, scope: String, selector: &str) -> String {
        selector::parse(selector).iter().fold(scope, |scope, part| match part {
            Part::Frame(css) | Part::Css(css) => scope + &self.call("frameLocator", &(self.text)(css)),
            other => scope + &self.located(other) + self.content_frame,
        })
    }

    fn call(&self, name: &str, arguments: &str) -> String {
        format!(".{}({arguments})", (self.name)(name))
    }

    fn located(&self, part: &Part) -> String {
        let by = |name: &str, text: &str, exact: bool| self.call(name, &((self.text)(text) + if exact { self.exact } else { "" }));
        match part {
            Part::Css(css) => self.call("locator", &(self.text)(css)),
            Part::Xpath(path) => self.call("locator", &(self.text)(&format!("xpath={path}"))),
            Part::Text { text, exact } => by("getByText", text, *exact),
            Part::Label { text, exact } => by("getByLabel", text, *exact),
            Part::Placeholder { text, exact } => by("getByPlaceholder", text, *exact),
            Part::Alt { text, exact } => by("getByAltText", text, *exact),
            Part::Title { text, exact } => by("getByTitle", text, *exact),
            Part::TestId(id) => self.call("locator", &(self.text)(&selector::test_id_css(id))),
            Part::Role { role, name } => {
                let [open, exactly, close] = self.named;
                let name = name.as_ref().map(|(name, exact)| {
                    let exact = if *exact { exactly } else { "" };
                    format!(", {open}{}{exact}{close}", (self.text)(name))
                });
                self.call("getByRole", &((self.string)(role) + &name.unwrap_or_default()))
            }
            Part::Nth(index) => self.call("nth", &index.to_string()),
            Part::Frame(frame) => self.call("frameLocator", &(self.text)(frame)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PYTHON, SCRIPT};

    #[test]
    fn locators_are_the_same_calls_in_each_language() {
        let selector = "frame=#a >> role=button[name=\"Save\"] >> alt=x >> nth=-1";
        assert_eq!(
            SCRIPT.locator("page", selector, Some("label=Frame")),
            r##"page.getByLabel("Frame").contentFrame().frameLocator("#a").getByRole("button", { name: "Save", exact: true }).getByAltText("x").nth(-1)"##
        );
        assert_eq!(
            PYTHON.locator("page", selector, Some("label=Frame")),
            r##"page.get_by_label("Frame").content_frame.frame_locator("#a").get_by_role("button", name="Save", exact=True).get_by_alt_text("x").nth(-1)"##
        );
    }
}
