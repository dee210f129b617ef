//! Commands that people write in a chat about tests: one line each, read by rules. What is not understood is answered with the
//! commands most like it. Pure.

use argos_webtest::heal::spelling;

use super::settings::is_web_address;

pub const MESSAGE_CHARS_MAX: usize = 20_000;
const NEAREST: usize = 5;
const LIST_MAX: usize = 50;
const LIST_USUAL: usize = 20;

/// How each command is written, and what it does.
pub const COMMANDS: [(&str, &str); 7] = [
    ("help", "says what can be asked"),
    ("status", "how the browsers and the runs are"),
    ("list tests [matching TEXT] [tag A,B] [limit N]", "tests of the project"),
    ("run test \"NAME\"", "starts a run of a test, by its name or id"),
    ("runs [passed|failed|running]", "the last runs"),
    ("create test: SENTENCES [on ADDRESS]", "makes a test out of sentences"),
    ("discover ADDRESS", "starts an exploration of a site"),
];

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Status,
    ListTests { matching: Option<String>, tags: Vec<String>, limit: usize },
    RunTest { test: String },
    Runs { status: Option<String> },
    CreateTest { text: String, app_url: Option<String> },
    Discover { url: String },
}

impl Command {
    /// The tool that does it; help is none.
    pub fn tool(&self) -> Option<&'static str> {
        Some(match self {
            Self::Help => return None,
            Self::Status => "checkStatus",
            Self::ListTests { .. } => "listTests",
            Self::RunTest { .. } => "runTest",
            Self::Runs { .. } => "getTestRuns",
            Self::CreateTest { .. } => "createTest",
            Self::Discover { .. } => "discoverElements",
        })
    }
    /// The permission it needs in the project.
    pub fn permission(&self) -> &'static str {
        match self {
            Self::Help | Self::Status | Self::ListTests { .. } => "test:read",
            Self::Runs { .. } => "results:read",
            Self::RunTest { .. } => "test:execute",
            Self::CreateTest { .. } | Self::Discover { .. } => "test:write",
        }
    }
}

/// The rest of a text after a word, whatever its case.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let rest = text.get(head.len()..)?;
    let ends = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    ends.then(|| rest.trim_start())
}

fn after_any<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| after(text, word))
}

/// A message without what only makes it polite.
fn plain(message: &str) -> &str {
    let mut text = message.trim().trim_end_matches(['.', '!', '?']).trim_end();
    while let Some(rest) = after_any(text, &["please", "can you", "could you", "hey", "now"]) {
        text = rest.trim_start_matches([',', ' ']);
    }
    text
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner =
        text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).or_else(|| text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')));
    inner.unwrap_or(text).trim()
}

/// Where a word of its own begins in a text, whatever its case.
fn find_word(text: &str, word: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back()).is_none_or(char::is_whitespace);
        before && text.get(*at..).is_some_and(|rest| after(rest, word).is_some())
    })
}

/// Takes the value after a word out of a text.
fn take<'t>(text: &'t str, word: &str) -> (&'t str, Option<&'t str>) {
    match find_word(text, word) {
        Some(at) => (text.get(..at).unwrap_or_default().trim(), text.get(at..).and_then(|rest| after(rest, word)).map(unquoted)),
        None => (text, None),
    }
}

/// The command of a message; `None` when it is not understood.
pub fn parse(message: &str) -> Option<Command> {
    let text = plain(message);
    if after_any(text, &["help", "what can you do"]).is_some_and(str::is_empty) {
        return Some(Command::Help);
    }
    if after_any(text, &["status", "check the system status", "check system status", "check status"]).is_some_and(str::is_empty) {
        return Some(Command::Status);
    }
    if let Some(rest) = after_any(text, &["list tests", "show tests", "list the tests", "show the tests", "list my tests", "show my tests"])
    {
        let (rest, limit) = take(rest, "limit");
        let (rest, tags) = take(rest, "tag");
        let (rest, matching) = take(rest, "matching");
        let limit = match limit {
            None => LIST_USUAL,
            Some(n) => n.parse().ok().filter(|n| (1..=LIST_MAX).contains(n))?,
        };
        let tags = tags.unwrap_or_default().split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        return rest.is_empty().then(|| Command::ListTests {
            matching: matching.filter(|m| !m.is_empty()).map(str::to_owned),
            tags,
            limit,
        });
    }
    if let Some(rest) = after_any(text, &["run test", "execute test", "run the test", "execute the test"]) {
        let test = unquoted(rest);
        return (!test.is_empty()).then(|| Command::RunTest { test: test.to_owned() });
    }
    if let Some(rest) = after_any(text, &["runs", "show runs", "list runs", "show the runs", "list the runs"]) {
        let status = rest.to_ascii_lowercase();
        let known = status.is_empty() || ["passed", "failed", "running"].contains(&status.as_str());
        return known.then(|| Command::Runs { status: Some(status).filter(|s| !s.is_empty()) });
    }
    if let Some(rest) = after_any(text, &["create test", "create a test", "make a test"]) {
        let rest = rest.strip_prefix(':')?.trim();
        // The last word may say where.
        let (sentences, url) = match rest.rsplit_once(char::is_whitespace) {
            Some((before, last)) if is_web_address(last) => match before.trim_end().rsplit_once(char::is_whitespace) {
                Some((sentences, on)) if on.eq_ignore_ascii_case("on") => (sentences.trim(), Some(last.to_owned())),
                _ => (rest, None),
            },
            _ => (rest, None),
        };
        return (!sentences.is_empty()).then(|| Command::CreateTest { text: sentences.to_owned(), app_url: url });
    }
    let url = unquoted(after_any(text, &["discover the elements on", "discover the site", "discover", "explore"])?);
    is_web_address(url).then(|| Command::Discover { url: url.to_owned() })
}

/// The commands most like a message that is none, the likest first.
pub fn nearest(message: &str) -> Vec<&'static str> {
    let said = plain(message).to_lowercase();
    let mut all: Vec<(f64, &'static str)> = COMMANDS
        .iter()
        .map(|(form, about)| {
            let head = form.split(['[', ':', '"']).next().unwrap_or(form).trim();
            (
                spelling(&said.chars().take(60).collect::<String>(), head).max(spelling(&said.chars().take(60).collect::<String>(), about)),
                *form,
            )
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().take(NEAREST).map(|(_, form)| form).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_are_read_however_they_are_put() {
        assert_eq!(parse("Help!"), Some(Command::Help));
        assert_eq!(parse("please, check the system status"), Some(Command::Status));
        let list = Command::ListTests { matching: Some("sign in".into()), tags: vec!["smoke".into(), "shop".into()], limit: 5 };
        assert_eq!(parse("List tests matching \"sign in\" tag smoke, shop limit 5"), Some(list));
        assert_eq!(parse("show my tests"), Some(Command::ListTests { matching: None, tags: Vec::new(), limit: 20 }));
        assert_eq!(parse("can you run test 'Sign in'?"), Some(Command::RunTest { test: "Sign in".into() }));
        assert_eq!(parse("runs failed"), Some(Command::Runs { status: Some("failed".into()) }));
        let made = Command::CreateTest { text: "click Buy, then see Thanks".into(), app_url: Some("https://shop.example/".into()) };
        assert_eq!(parse("create test: click Buy, then see Thanks on https://shop.example/"), Some(made));
        assert_eq!(parse("discover https://shop.example"), Some(Command::Discover { url: "https://shop.example".into() }));
        for none in
            ["", "run test", "runs of yesterday", "list tests limit 500", "discover file:///etc", "create test", "helpful", "statusbar"]
        {
            assert_eq!(parse(none), None, "{none}");
        }
        assert_eq!(nearest("runn test login").first(), Some(&"run test \"NAME\""));
    }

    proptest! {
        #[test]
        fn any_message_is_a_command_within_limits_or_none(text in "\\PC{0,80}|(list tests|run test|create test:|discover|runs) \\PC{0,60}") {
            match parse(&text) {
                Some(Command::ListTests { limit, .. }) => prop_assert!((1..=LIST_MAX).contains(&limit)),
                Some(Command::Discover { url }) => prop_assert!(is_web_address(&url)),
                Some(Command::RunTest { test }) => prop_assert!(!test.is_empty()),
                _ => {}
            }
            prop_assert!(nearest(&text).len() == NEAREST);
        }
    }
}
