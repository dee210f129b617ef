//! Which addresses belong to the site that is explored, and why others do not: foreign, closed by a pattern, no page, a
//! place without an end, or something that must not be triggered.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;
use crate::{danger, host_of, origin_of, path_of};

/// Deeper paths have no end: a link that is resolved against itself again and again.
const SEGMENTS_MAX: usize = 12;
const QUERY_MEMBERS_MAX: usize = 8;
const PATH_BYTES_MAX: usize = 1_000;
/// What a path may end in without being a page.
const NO_PAGES: [&str; 52] = [
    "pdf", "jpg", "jpeg", "png", "gif", "svg", "webp", "avif", "ico", "bmp", "tif", "tiff", "css", "js", "mjs", "map", "json", "xml",
    "rss", "atom", "txt", "csv", "xls", "xlsx", "doc", "docx", "ppt", "pptx", "odt", "ods", "zip", "gz", "tgz", "tar", "bz2", "xz", "7z",
    "rar", "exe", "msi", "dmg", "deb", "rpm", "iso", "apk", "mp3", "mp4", "webm", "woff", "woff2", "ttf", "wasm",
];

/// Why an address is not visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Another site.
    Foreign,
    /// An exclude pattern means it.
    Excluded,
    /// No include pattern means it.
    NotIncluded,
    /// A file, not a page.
    NotAPage,
    /// A place without an end.
    Endless,
    /// It would end the session, destroy, cost money or tell somebody.
    Dangerous,
    /// The site asks programs not to visit it.
    Robots,
    /// Further from the start than wanted.
    TooDeep,
    /// Enough pages of its kind were seen.
    Sampled,
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Excluded => "excluded",
            Self::NotIncluded => "not_included",
            Self::NotAPage => "not_a_page",
            Self::Endless => "endless",
            Self::Dangerous => "dangerous",
            Self::Robots => "robots",
            Self::TooDeep => "too_deep",
            Self::Sampled => "sampled",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The limits of an exploration.
#[derive(Clone, Debug)]
pub struct Scope {
    start: String,
    origin: String,
    hosts: Vec<String>,
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Scope {
    /// `hosts` are further hosts (`docs.example`, `docs.example:8443`) that belong to the site of `app_url`. `None` when
    /// that is no web address.
    pub fn new(app_url: &str, hosts: &[String], include: Vec<Pattern>, exclude: Vec<Pattern>) -> Option<Self> {
        let start = crate::normalise(app_url)?;
        let origin = origin_of(&start)?;
        Some(Self { start, origin, hosts: hosts.iter().map(|h| h.trim().to_ascii_lowercase()).collect(), include, exclude })
    }

    /// Where the exploration begins, in its normal form.
    pub fn start(&self) -> &str {
        &self.start
    }

    /// Whether an address is on the site.
    pub fn is_own(&self, url: &str) -> bool {
        origin_of(url).is_some_and(|o| o == self.origin) || host_of(url).is_some_and(|h| self.hosts.contains(&h))
    }

    /// Judges an address in its normal form; `text` is what its link says.
    pub fn judge(&self, url: &str, text: &str) -> Result<(), Refusal> {
        if !self.is_own(url) {
            return Err(Refusal::Foreign);
        }
        if url == self.start {
            return Ok(());
        }
        let path = path_of(url);
        if danger(&[text, &path], true).is_some() {
            return Err(Refusal::Dangerous);
        }
        if self.exclude.iter().any(|p| p.is_match(url)) {
            return Err(Refusal::Excluded);
        }
        if !self.include.is_empty() && !self.include.iter().any(|p| p.is_match(url)) {
            return Err(Refusal::NotIncluded);
        }
        let plain = path.split(['?', '#']).next().unwrap_or_default();
        let last = plain.rsplit('/').next().unwrap_or_default();
        if last.rsplit_once('.').is_some_and(|(_, end)| NO_PAGES.contains(&end.to_ascii_lowercase().as_str())) {
            return Err(Refusal::NotAPage);
        }
        if is_endless(plain, &path) { Err(Refusal::Endless) } else { Ok(()) }
    }
}

fn is_endless(plain: &str, whole: &str) -> bool {
    let segments: Vec<&str> = plain.split('/').filter(|s| !s.is_empty()).collect();
    let repeated = |s: &&str| segments.iter().filter(|other| *other == s).count() >= 4;
    let members = whole.split_once('?').map_or(0, |(_, query)| query.split('&').count());
    segments.len() > SEGMENTS_MAX || members > QUERY_MEMBERS_MAX || whole.len() > PATH_BYTES_MAX || segments.iter().any(repeated)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope() -> Scope {
        let pattern = |t: &str| Pattern::parse(t).unwrap();
        Scope::new("https://s.example/shop", &["docs.example".into()], Vec::new(), vec![pattern("/private/*")]).unwrap()
    }

    #[test]
    fn each_address_is_taken_or_refused_for_its_reason() {
        let cases = [
            ("https://s.example/about", Ok(())),
            ("https://docs.example/a", Ok(())),
            ("http://s.example/about", Err(Refusal::Foreign)),
            ("https://s.example:8443/", Err(Refusal::Foreign)),
            ("https://s.example/private/x", Err(Refusal::Excluded)),
            ("https://s.example/a.PDF", Err(Refusal::NotAPage)),
            ("https://s.example/items/3/delete", Err(Refusal::Dangerous)),
            ("https://s.example/a/a/a/a", Err(Refusal::Endless)),
            ("https://s.example/login.html", Ok(())),
        ];
        for (url, expected) in cases {
            assert_eq!(scope().judge(url, ""), expected, "{url}");
        }
        assert_eq!(scope().judge("https://s.example/x", "Log out"), Err(Refusal::Dangerous));
        let only = Scope::new("https://s.example/", &[], vec![Pattern::parse("/docs/*").unwrap()], Vec::new()).unwrap();
        assert_eq!((only.judge("https://s.example/", ""), only.judge("https://s.example/x", "")), (Ok(()), Err(Refusal::NotIncluded)));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_on_the_site(url in "https?://(s|docs|x)\\.example(:81)?/[a-z/.?=&]{0,40}", text in "\\PC{0,30}") {
            let scope = scope();
            if scope.judge(&url, &text).is_ok() {
                prop_assert!(scope.is_own(&url));
            }
        }
    }
}
