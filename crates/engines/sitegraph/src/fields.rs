//! What a field wants to hear, and a value that a form of its kind takes. Nothing here is anybody's: names, numbers and
//! addresses are those reserved for examples.

use crate::seen::Element;

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Email,
    Password,
    Username,
    Phone,
    FirstName,
    LastName,
    Name,
    Company,
    Street,
    City,
    Zip,
    Country,
    Card,
    CardCode,
    Search,
    Number,
    Date,
    Time,
    Month,
    Week,
    DateTime,
    Url,
    Color,
    Range,
    File,
    Checkbox,
    Radio,
    Select,
    Message,
    Text,
    /// Nothing a person fills in.
    None,
}

/// What is done with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// `fill`, `select` or `check`.
    pub action: &'static str,
    pub value: Option<String>,
}

/// Words of name, label, placeholder and autocomplete, each with its kind; the first that is said decides.
const WORDS: [(FieldKind, &[&str]); 15] = [
    (FieldKind::CardCode, &["cvc", "cvv", "cc-csc", "security code"]),
    (FieldKind::Card, &["card number", "cardnumber", "cc-number", "credit card"]),
    (FieldKind::Email, &["email", "e-mail", "correo"]),
    (FieldKind::Phone, &["phone", "mobile", "telefon", "teléfono", "tel-national"]),
    (FieldKind::Zip, &["zip", "postal", "postcode", "plz"]),
    (FieldKind::City, &["city", "ciudad", "town", "address-level2"]),
    (FieldKind::Country, &["country", "país"]),
    (FieldKind::Street, &["street", "address", "dirección"]),
    (FieldKind::FirstName, &["first name", "firstname", "first_name", "given-name", "nombre de pila"]),
    (FieldKind::LastName, &["last name", "lastname", "last_name", "surname", "family-name", "apellido"]),
    (FieldKind::Username, &["username", "user name", "user_name", "login", "usuario"]),
    (FieldKind::Company, &["company", "organization", "empresa"]),
    (FieldKind::Search, &["search", "buscar", "query"]),
    (FieldKind::Message, &["message", "comment", "description", "mensaje", "notes"]),
    (FieldKind::Name, &["name", "nombre"]),
];

/// What a field is for, by its type first, then by what it is called.
pub fn kind_of(field: &Element) -> FieldKind {
    use FieldKind as K;
    let by_type = match (field.tag(), field.input_type().to_ascii_lowercase().as_str()) {
        ("select", _) => Some(K::Select),
        (_, "hidden" | "submit" | "button" | "reset" | "image") => Some(K::None),
        (_, "email") => Some(K::Email),
        (_, "password") => Some(K::Password),
        (_, "tel") => Some(K::Phone),
        (_, "search") => Some(K::Search),
        (_, "number") => Some(K::Number),
        (_, "date") => Some(K::Date),
        (_, "time") => Some(K::Time),
        (_, "month") => Some(K::Month),
        (_, "week") => Some(K::Week),
        (_, "datetime-local") => Some(K::DateTime),
        (_, "url") => Some(K::Url),
        (_, "color") => Some(K::Color),
        (_, "range") => Some(K::Range),
        (_, "file") => Some(K::File),
        (_, "checkbox") => Some(K::Checkbox),
        (_, "radio") => Some(K::Radio),
        _ => None,
    };
    if let Some(kind) = by_type {
        return kind;
    }
    let f = &field.fingerprint;
    let said = [&field.autocomplete, &f.name, &f.id, &field.label, &f.accessible_name, &f.placeholder];
    let said: Vec<String> = said.into_iter().flatten().map(|t| t.to_lowercase()).collect();
    let hit = |words: &[&str]| said.iter().any(|text| words.iter().any(|w| text.contains(w)));
    if said.iter().any(|text| text == "q") {
        return K::Search;
    }
    let worded = WORDS.iter().find(|(_, words)| hit(words)).map(|(kind, _)| *kind);
    worded.unwrap_or(if field.tag() == "textarea" { K::Message } else { K::Text })
}

/// What to do with a field so that its form can be sent. `None` for what cannot or need not be filled in. `secret` are
/// fields of signing in: they get the project's variables.
pub fn sample(field: &Element, secret: bool) -> Option<Sample> {
    use FieldKind as K;
    let kind = kind_of(field);
    if field.disabled || field.readonly {
        return None;
    }
    let fill = |value: &str| Some(Sample { action: "fill", value: Some(fitted(value, field)) });
    match kind {
        K::None | K::File => None,
        K::Email | K::Username if secret => fill("{{test_email}}"),
        K::Password => fill("{{test_password}}"),
        K::Email => fill("ana.sample@example.com"),
        K::Username => fill("ana-sample"),
        K::Phone => fill("+12025550143"),
        K::FirstName => fill("Ana"),
        K::LastName => fill("Sample"),
        K::Name => fill("Ana Sample"),
        K::Company => fill("Example Ltd"),
        K::Street => fill("1 Example Street"),
        K::City => fill("Springfield"),
        K::Zip => fill("12345"),
        K::Country => fill("Spain"),
        K::Card => fill("4111111111111111"),
        K::CardCode => fill("123"),
        K::Search => fill("a"),
        K::Number | K::Range => fill(&number(field)),
        K::Date => fill(field.min.as_deref().unwrap_or("2030-01-15")),
        K::Time => fill("10:30"),
        K::Month => fill("2030-01"),
        K::Week => fill("2030-W03"),
        K::DateTime => fill("2030-01-15T10:30"),
        K::Url => fill("https://example.com/"),
        K::Color => fill("#336699"),
        K::Message => fill("A message written by a test."),
        K::Text => fill("Sample text"),
        K::Checkbox | K::Radio => (field.required && field.checked != Some(true)).then_some(Sample { action: "check", value: None }),
        K::Select => field.options.iter().find(|o| !o.trim().is_empty()).map(|o| Sample { action: "select", value: Some(o.clone()) }),
    }
}

fn number(field: &Element) -> String {
    let bound = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<f64>().ok()).filter(|n| n.is_finite());
    let (min, max) = (bound(&field.min), bound(&field.max));
    let value = min.unwrap_or(1.0).max(if min.is_none() { 1.0_f64.min(max.unwrap_or(1.0)) } else { f64::MIN });
    format!("{value}")
}

/// Cut to what the field takes; variables stay whole.
fn fitted(value: &str, field: &Element) -> String {
    match field.max_length {
        Some(most) if most > 0 && !value.contains("{{") => value.chars().take(most as usize).collect(),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use argos_webtest::heal::Fingerprint;
    use proptest::prelude::*;

    use super::*;

    fn field(tag: &str, kind: &str, name: &str) -> Element {
        let some = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        let fingerprint = Fingerprint { tag: some(tag), kind: some(kind), name: some(name), ..Fingerprint::default() };
        Element { fingerprint, kind: "field".into(), ..Element::default() }
    }

    #[test]
    fn type_decides_before_the_name_and_the_name_before_nothing() {
        let cases = [
            (field("input", "email", "x"), FieldKind::Email),
            (field("input", "text", "user_email"), FieldKind::Email),
            (field("input", "", "q"), FieldKind::Search),
            (field("input", "text", "first_name"), FieldKind::FirstName),
            (field("input", "text", "username"), FieldKind::Username),
            (field("textarea", "", "body"), FieldKind::Message),
            (field("input", "hidden", "csrf"), FieldKind::None),
            (field("input", "text", "colour"), FieldKind::Text),
        ];
        for (element, expected) in cases {
            assert_eq!(kind_of(&element), expected, "{element:?}");
        }
    }

    #[test]
    fn secrets_are_variables_and_limits_of_a_field_are_kept() {
        let value = |e: &Element, secret| sample(e, secret).and_then(|s| s.value);
        assert_eq!(value(&field("input", "password", "p"), false).as_deref(), Some("{{test_password}}"));
        assert_eq!(value(&field("input", "email", "e"), true).as_deref(), Some("{{test_email}}"));
        let short = Element { max_length: Some(4), ..field("input", "text", "x") };
        assert_eq!(value(&short, false).as_deref(), Some("Samp"));
        let at_least = Element { min: Some("5".into()), ..field("input", "number", "n") };
        assert_eq!(value(&at_least, false).as_deref(), Some("5"));
        assert_eq!(sample(&Element { disabled: true, ..field("input", "text", "x") }, false), None);
        assert_eq!(sample(&field("input", "checkbox", "terms"), false), None);
    }

    proptest! {
        #[test]
        fn any_field_gets_at_most_one_action(tag in "(input|select|textarea)", kind in "[a-z-]{0,14}", name in "\\PC{0,30}", min in "[0-9.e-]{0,8}") {
            let element = Element { min: Some(min), max: Some("10".into()), options: vec![String::new(), "b".into()], ..field(&tag, &kind, &name) };
            if let Some(done) = sample(&element, true) {
                prop_assert!(["fill", "select", "check"].contains(&done.action));
                prop_assert_eq!(done.action == "check", done.value.is_none());
            }
        }
    }
}
