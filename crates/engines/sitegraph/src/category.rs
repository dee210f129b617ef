//! What an element is about, by what it says.

use crate::seen::Element;

const RULES: [(&str, &[&str]); 4] = [
    ("authentication", &["login", "log in", "sign in", "sign up", "register", "password", "logout", "log out", "sign out"]),
    ("commerce", &["buy", "cart", "checkout", "purchase", "add to", "basket", "order"]),
    ("social", &["share", "like", "follow", "comment", "tweet", "facebook", "linkedin", "instagram"]),
    ("action", &["save", "create", "add", "edit", "update", "submit", "send", "delete", "remove", "apply", "confirm"]),
];

/// authentication, commerce, form, action, navigation, interactive, social or content.
pub fn category(element: &Element) -> &'static str {
    if element.input_type() == "password" {
        return "authentication";
    }
    let says = element.name().to_lowercase();
    if let Some((name, _)) = RULES.iter().find(|(_, words)| words.iter().any(|w| says.contains(w)) && element.kind != "field") {
        return name;
    }
    match element.kind.as_str() {
        "field" => "form",
        "link" => "navigation",
        "button" | "item" => "interactive",
        _ => "content",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn element_is_about_what_it_says() {
        let of = |kind: &str, label: &str| category(&Element { kind: kind.into(), label: Some(label.into()), ..Element::default() });
        assert_eq!(
            (of("button", "Sign in"), of("button", "Add to cart"), of("link", "About")),
            ("authentication", "commerce", "navigation")
        );
        assert_eq!((of("field", "Name"), of("button", "Save"), of("button", "More")), ("form", "action", "interactive"));
    }
}
