//! Texts that are somebody's, as variables.

use super::{ConvertOptions, Reading};

impl Reading {
    /// A variable for a text; another text gets another variable.
    pub(super) fn variable(&mut self, name: &str, id: i64, text: String) -> String {
        let place = |n: usize| if n == 1 { name.to_owned() } else { format!("{name}_{n}") };
        // What is typed on in the same field replaces what it had.
        let again = (self.tab.written == Some(id)).then(|| self.converted.steps.last()).flatten();
        let had = again.and_then(|last| last.step.value.as_ref()?.as_str()?.strip_prefix("{{")?.strip_suffix("}}").map(str::to_owned));
        let values = &mut self.converted.values;
        let name = had.filter(|had| had == name || had.starts_with(&format!("{name}_"))).or_else(|| {
            let free = |name: &String| values.get(name).is_none_or(|value| *value == text);
            (1..).map(place).find(free)
        });
        let name = name.unwrap_or_else(|| place(1));
        values.insert(name.clone(), text);
        format!("{{{{{name}}}}}")
    }

    /// A text that is somebody's, as a variable.
    pub(super) fn general(&mut self, id: i64, kind: &str, text: String, options: &ConvertOptions) -> String {
        let complete = self.tab.document.attribute(id, "autocomplete").unwrap_or_default().to_lowercase();
        let masked = !text.is_empty() && text.chars().all(|c| c == '*' || c == '•');
        if kind == "password" || masked || complete.contains("password") {
            return "{{test_password}}".to_owned();
        }
        if !options.generalize {
            return text;
        }
        let label = self.tab.document.label(id).unwrap_or_default().to_lowercase();
        let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).collect();
        if kind == "email" || complete == "email" || words.contains(&"email") || label.contains("e-mail") {
            self.variable("test_email", id, text)
        } else if kind == "tel" || complete.starts_with("tel") || words.contains(&"phone") || words.contains(&"telephone") {
            self.variable("test_phone", id, text)
        } else if text.chars().count() > 20 {
            self.variable("test_text", id, text)
        } else {
            text
        }
    }
}
