//! What a page is for, by its address first, then by what is on it. The first rule that holds decides.

use serde::{Deserialize, Serialize};

use crate::path_of;
use crate::seen::PageSeen;

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageType {
    AuthLogin,
    AuthSignup,
    AuthReset,
    Dashboard,
    Settings,
    Profile,
    Checkout,
    Error,
    List,
    Landing,
    Search,
    Form,
    Other,
}

impl PageType {
    pub const ALL: [Self; 13] = [
        Self::AuthLogin,
        Self::AuthSignup,
        Self::AuthReset,
        Self::Dashboard,
        Self::Settings,
        Self::Profile,
        Self::Checkout,
        Self::Error,
        Self::List,
        Self::Landing,
        Self::Search,
        Self::Form,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthLogin => "auth_login",
            Self::AuthSignup => "auth_signup",
            Self::AuthReset => "auth_reset",
            Self::Dashboard => "dashboard",
            Self::Settings => "settings",
            Self::Profile => "profile",
            Self::Checkout => "checkout",
            Self::Error => "error",
            Self::List => "list",
            Self::Landing => "landing",
            Self::Search => "search",
            Self::Form => "form",
            Self::Other => "other",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == word)
    }
}

/// Words of the path, whole segments (without `.html`).
const BY_PATH: [(PageType, &[&str]); 9] = [
    (PageType::AuthLogin, &["login", "signin", "sign-in", "sign_in", "log-in", "auth", "authenticate"]),
    (PageType::AuthSignup, &["signup", "sign-up", "sign_up", "register", "join"]),
    (PageType::AuthReset, &["reset", "forgot", "forgot-password", "reset-password"]),
    (PageType::Dashboard, &["dashboard", "home", "overview"]),
    (PageType::Settings, &["settings", "preferences", "config"]),
    (PageType::Profile, &["profile", "account", "me"]),
    (PageType::Checkout, &["checkout", "payment", "cart"]),
    (PageType::Error, &["404", "error"]),
    (PageType::List, &["list", "all", "browse"]),
];
const BY_TITLE: [(PageType, &[&str]); 6] = [
    (PageType::AuthLogin, &["login", "sign in", "log in"]),
    (PageType::AuthSignup, &["sign up", "register"]),
    (PageType::Dashboard, &["dashboard", "overview"]),
    (PageType::Settings, &["settings", "preferences"]),
    (PageType::Profile, &["profile", "account"]),
    (PageType::Search, &["search"]),
];

/// What the page is for; `status` is that of its answer.
pub fn page_type(page: &PageSeen, status: Option<i64>) -> PageType {
    let path = path_of(&page.url).to_lowercase();
    let (plain, rest) = path.split_once(['?', '#']).unwrap_or((&path, ""));
    let segments: Vec<&str> = plain.split('/').map(|s| s.rsplit_once('.').map_or(s, |(stem, _)| stem)).collect();
    for (kind, words) in BY_PATH {
        if words.iter().any(|w| segments.contains(w)) {
            return kind;
        }
        if kind == PageType::Error && status.is_some_and(|s| s >= 400) {
            return kind;
        }
    }
    if rest.split('&').any(|pair| pair.starts_with("page=")) {
        return PageType::List;
    }
    if plain == "/" && page.password_fields == 0 {
        return PageType::Landing;
    }
    match page.password_fields {
        0 => {}
        1 => return PageType::AuthLogin,
        _ => return PageType::AuthSignup,
    }
    let fields = page.elements.iter().filter(|e| e.kind == "field" && e.form.is_some()).count();
    let title = page.title.to_lowercase();
    match () {
        () if page.search_fields > 0 && page.cards >= 2 => PageType::Search,
        () if fields >= 3 => PageType::Form,
        () if page.has_table || page.cards >= 5 => PageType::List,
        () => BY_TITLE.iter().find(|(_, words)| words.iter().any(|w| title.contains(w))).map_or(PageType::Other, |(kind, _)| *kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> PageSeen {
        PageSeen { url: format!("https://s.example{url}"), ..PageSeen::default() }
    }

    #[test]
    fn address_decides_before_what_is_on_the_page() {
        let cases = [
            ("/login.html", PageType::AuthLogin),
            ("/users/sign_in", PageType::AuthLogin),
            ("/me", PageType::Profile),
            ("/messages", PageType::Other),
            ("/?page=2", PageType::List),
            ("/", PageType::Landing),
            ("/cart/x", PageType::Checkout),
        ];
        for (url, expected) in cases {
            assert_eq!(page_type(&at(url), Some(200)), expected, "{url}");
        }
        assert_eq!(page_type(&at("/nowhere"), Some(404)), PageType::Error);
        assert_eq!(page_type(&PageSeen { password_fields: 2, ..at("/x") }, None), PageType::AuthSignup);
        assert_eq!(page_type(&PageSeen { has_table: true, ..at("/x") }, None), PageType::List);
        assert_eq!(page_type(&PageSeen { title: "Search the shop".into(), ..at("/x") }, None), PageType::Search);
    }

    #[test]
    fn words_lead_back_to_their_type() {
        for kind in PageType::ALL {
            assert_eq!(PageType::parse(kind.as_str()), Some(kind));
        }
    }
}
