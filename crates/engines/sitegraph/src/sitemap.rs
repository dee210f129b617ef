//! The addresses a sitemap names. Read as text: what is between `<loc>` and `</loc>`, whatever else the file says.

/// Addresses taken from one file.
const LOCATIONS_MAX: usize = 5_000;

/// What a sitemap says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sitemap {
    /// Pages.
    Pages(Vec<String>),
    /// Further sitemaps.
    Index(Vec<String>),
}

/// Reads a sitemap.
pub fn sitemap(text: &str) -> Sitemap {
    let mut found = Vec::new();
    for piece in text.split("<loc>").skip(1) {
        let Some((inner, _)) = piece.split_once("</loc>") else { continue };
        let address = inner.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>").replace("&amp;", "&").replace("&apos;", "'");
        if !address.is_empty() && found.len() < LOCATIONS_MAX {
            found.push(address);
        }
    }
    if text.contains("<sitemapindex") { Sitemap::Index(found) } else { Sitemap::Pages(found) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_and_further_sitemaps_are_told_apart() {
        let pages = "<urlset><url><loc> https://s.example/a?x=1&amp;y=2 </loc></url><url><loc></loc></url></urlset>";
        assert_eq!(sitemap(pages), Sitemap::Pages(vec!["https://s.example/a?x=1&y=2".to_owned()]));
        let index = "<sitemapindex><sitemap><loc>https://s.example/b.xml</loc></sitemap></sitemapindex>";
        assert_eq!(sitemap(index), Sitemap::Index(vec!["https://s.example/b.xml".to_owned()]));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_list(text in "(<loc>|</loc>|\\PC){0,100}") {
            let (Sitemap::Pages(list) | Sitemap::Index(list)) = sitemap(&text);
            prop_assert!(list.len() <= LOCATIONS_MAX && list.iter().all(|l| !l.is_empty()));
        }
    }
}
