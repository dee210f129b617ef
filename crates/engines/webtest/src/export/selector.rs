//! Our selectors in parts, for those who write them in another language.

/// One part of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Css(String),
    Xpath(String),
    Text { text: String, exact: bool },
    Role { role: String, name: Option<(String, bool)> },
    Label { text: String, exact: bool },
    Placeholder { text: String, exact: bool },
    Alt { text: String, exact: bool },
    Title { text: String, exact: bool },
    TestId(String),
    Nth(i64),
    Frame(String),
}

/// The parts of a selector, in order.
pub(crate) fn parse(selector: &str) -> Vec<Part> {
    segments(selector).iter().map(|segment| segment.trim()).filter(|segment| !segment.is_empty()).map(part).collect()
}

/// Splits at `>>` outside quotes.
fn segments(text: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if (c == '"' || c == '\'') && segments.last().is_some_and(|s| s.trim().is_empty() || s.ends_with(['=', '(', '['])) => {
                quote = Some(c);
            }
            None if c == '>' && characters.peek() == Some(&'>') => {
                characters.next();
                segments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = segments.last_mut() {
            last.push(c);
            if c == '\\' && quote.is_some() {
                last.extend(characters.next());
            }
        }
    }
    segments
}

fn part(segment: &str) -> Part {
    if segment.starts_with("//") || segment.starts_with("(//") {
        return Part::Xpath(segment.to_owned());
    }
    if segment.len() > 1 && segment.starts_with('"') && segment.ends_with('"') {
        return Part::Text { text: unquoted(segment).0, exact: true };
    }
    let Some((engine, value)) = segment.split_once('=').map(|(engine, value)| (engine.trim(), value.trim())) else {
        return word(segment);
    };
    let (text, exact) = unquoted(value);
    match engine {
        "css" => Part::Css(value.to_owned()),
        "xpath" => Part::Xpath(value.to_owned()),
        "text" => Part::Text { text, exact },
        "label" => Part::Label { text, exact },
        "placeholder" => Part::Placeholder { text, exact },
        "alt" => Part::Alt { text, exact },
        "title" => Part::Title { text, exact },
        "testid" => Part::TestId(text),
        "id" => Part::Css(format!("[id={}]", css_string(&text))),
        "name" => Part::Css(format!("[name={}]", css_string(&text))),
        "nth" => value.parse().map_or_else(|_| Part::Css(segment.to_owned()), Part::Nth),
        "frame" => Part::Frame(text),
        "role" => role(value),
        _ => word(segment),
    }
}

/// A bare word that is no tag is an id for tests.
fn word(segment: &str) -> Part {
    let tags = "a abbr article aside audio body button canvas code dd details dialog div dl dt em fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr i iframe img input label legend li link main nav ol option p pre progress section select small span strong summary svg table tbody td textarea tfoot th thead time title tr ul video";
    let plain = segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ');
    if plain && !tags.split(' ').any(|tag| tag == segment) && !segment.contains('-') {
        return Part::Text { text: segment.to_owned(), exact: false };
    }
    Part::Css(segment.to_owned())
}

fn role(value: &str) -> Part {
    let (role, rest) = value.find('[').map_or((value, ""), |at| value.split_at(at));
    let name = rest.strip_prefix("[name").and_then(|rest| rest.rsplit_once(']')).map(|(rest, _)| {
        let part = rest.starts_with('*');
        let rest = rest.trim_start_matches('*').trim_start_matches('=').trim();
        let any_case = rest.ends_with("\"i") || rest.ends_with(" i");
        let rest = if any_case { rest.trim_end_matches('i').trim() } else { rest };
        let (text, quoted) = unquoted(rest);
        (text, quoted && !part && !any_case)
    });
    Part::Role { role: role.trim().to_owned(), name }
}

fn unquoted(text: &str) -> (String, bool) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let mut value = String::new();
            let mut characters = inner.chars();
            while let Some(c) = characters.next() {
                value.extend(if c == '\\' { characters.next() } else { Some(c) });
            }
            return (value, true);
        }
    }
    (text.to_owned(), false)
}

/// A text in CSS.
pub(crate) fn css_string(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '\\' => "\\\\".to_owned(),
            '"' => "\\\"".to_owned(),
            c if c.is_control() => format!("\\{:x} ", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// Every attribute tests name elements by.
pub(crate) fn test_id_css(id: &str) -> String {
    ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"].map(|name| format!("[{name}={}]", css_string(id))).join(", ")
}
