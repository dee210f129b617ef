//! One form for each address of a site, so that a page is visited once however it is written.

use url::Url;

/// Longest address that is followed.
const BYTES_MAX: usize = 2_000;
/// Members of a query that say where a visitor came from, not what is shown.
const TRACKING: [&str; 4] = ["gclid", "fbclid", "msclkid", "mc_eid"];

/// The form under which an address is remembered: lower-case host, no default port, no fragment (but `#/` and `#!` of
/// single-page applications), no tracking members, the query sorted, no slash at the end. `None` when it is no web
/// address, carries credentials or is too long.
pub fn normalise(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() || url.host_str().is_none() {
        return None;
    }
    if url.fragment().is_some_and(|f| !f.starts_with('/') && !f.starts_with('!')) {
        url.set_fragment(None);
    }
    let query = url.query().map(|query| {
        let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        pairs.sort_unstable();
        pairs.join("&")
    });
    url.set_query(query.as_deref().filter(|q| !q.is_empty()));
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let text = url.to_string();
    (text.len() <= BYTES_MAX).then_some(text)
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

/// `https://shop.example:8443`; `None` when it is no web address.
pub fn origin_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// A link as the page at `base` means it; only web addresses.
pub fn resolved(base: &str, href: &str) -> Option<String> {
    let url = Url::parse(base).ok()?.join(href).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

/// Whether two addresses are one site to a person: the same name but for `www.`, by either scheme at its own port, or both
/// at the same port.
pub fn sibling(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else { return false };
    let name = |url: &Url| url.host_str().map(|h| h.strip_prefix("www.").unwrap_or(h).to_owned());
    let ports = one.port() == other.port() && (one.scheme() == other.scheme() || one.port().is_none());
    name(&one).is_some() && name(&one) == name(&other) && ports
}

/// The host with its port where it is not the scheme's.
pub fn host_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?.to_owned();
    Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

/// Path with query and fragment; `/` when there is none.
pub fn path_of(text: &str) -> String {
    let Ok(url) = Url::parse(text) else { return "/".to_owned() };
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let fragment = url.fragment().map(|f| format!("#{f}")).unwrap_or_default();
    format!("{}{query}{fragment}", url.path())
}

/// How a test of `app` names an address: the path below it, else the whole address.
pub fn relative(app: &str, text: &str) -> String {
    let base = app.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    match text.strip_prefix(base) {
        // `http://a.example.org` is not below `http://a.example`.
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// The address with its changing parts left out: numbers, identifiers and values of the query. Pages of one kind share it.
pub fn template(text: &str) -> String {
    let Ok(url) = Url::parse(text) else { return text.to_owned() };
    let part = |segment: &str| {
        let digits = segment.chars().filter(char::is_ascii_digit).count();
        let long_hex = segment.len() >= 8 && digits > 0 && segment.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let is_id = digits > 0
            && (digits * 2 >= segment.len()
                || long_hex
                || segment.rsplit('-').next().is_some_and(|t| t.chars().all(|c| c.is_ascii_digit())));
        if is_id { "{id}".to_owned() } else { segment.to_owned() }
    };
    let path: Vec<String> = url.path().split('/').map(part).collect();
    let mut names: Vec<&str> =
        url.query().unwrap_or_default().split('&').filter_map(|p| p.split('=').next()).filter(|n| !n.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
    format!("{}{}{query}", url.origin().ascii_serialization(), path.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sites_that_send_a_visitor_on_are_siblings() {
        for to in ["https://shop.example/", "http://www.shop.example/x", "https://www.shop.example"] {
            assert!(sibling("http://shop.example", to), "{to}");
        }
        for to in ["https://shop.example:8443/", "https://login.shop.example/", "https://other.example/"] {
            assert!(!sibling("http://shop.example", to), "{to}");
        }
        assert!(sibling("http://www.a.test:81/", "http://a.test:81/") && !sibling("http://a.test:81/", "https://a.test:81/"));
        assert_eq!(resolved("http://a.test/x/y", "../z").as_deref(), Some("http://a.test/z"));
        assert_eq!(resolved("http://a.test/", "javascript:alert(1)"), None);
    }

    #[test]
    fn addresses_of_one_page_have_one_form() {
        let cases = [
            ("HTTP://Shop.Example:80/a/", "http://shop.example/a"),
            ("https://shop.example:443", "https://shop.example/"),
            ("https://s.example/a?b=2&a=1&utm_source=x&gclid=y#top", "https://s.example/a?a=1&b=2"),
            ("https://s.example/app#/users", "https://s.example/app#/users"),
            ("https://s.example/a/?", "https://s.example/a"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref(), Some(expected), "{text}");
        }
        for bad in ["mailto:a@b.c", "javascript:alert(1)", "https://u:p@s.example/", "/relative", "", "ftp://s.example/"] {
            assert_eq!(normalise(bad), None, "{bad}");
        }
    }

    #[test]
    fn template_leaves_out_what_changes_between_pages_of_one_kind() {
        let same = |a, b| assert_eq!(template(a), template(b), "{a} {b}");
        same("https://s.example/p/12", "https://s.example/p/7");
        same("https://s.example/p/blue-shoe-12", "https://s.example/p/blue-shoe-99");
        same("https://s.example/o/0198f2b0-0000-7000-8000-000000000000", "https://s.example/o/0198f2b0-1111-7000-8000-000000000001");
        same("https://s.example/list?page=1&q=a", "https://s.example/list?q=b&page=2");
        assert_ne!(template("https://s.example/about"), template("https://s.example/users"));
    }

    #[test]
    fn tests_name_pages_of_their_own_site_by_path() {
        assert_eq!(relative("http://a.example:81/", "http://a.example:81/b?c=1"), "/b?c=1");
        assert_eq!(relative("http://a.example/app", "http://a.example/app/b"), "/b");
        assert_eq!(relative("http://a.example/app", "http://a.example/b"), "http://a.example/b");
        assert_eq!(relative("http://a.example", "http://a.example.org/"), "http://a.example.org/");
        assert_eq!(relative("http://a.example", "http://b.example/"), "http://b.example/");
    }

    proptest! {
        #[test]
        fn form_of_a_form_is_itself(text in "(https?://)?[a-zA-Z0-9.:@-]{0,20}[/a-z0-9.%?&=#!_ -]{0,60}") {
            if let Some(once) = normalise(&text) {
                prop_assert_eq!(normalise(&once), Some(once.clone()));
                prop_assert!(once.len() <= BYTES_MAX && once.starts_with("http"));
            }
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,200}") {
            drop((normalise(&text), origin_of(&text), template(&text), path_of(&text)));
        }
    }
}
