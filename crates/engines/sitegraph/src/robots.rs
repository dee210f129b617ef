//! What a site asks of programs that visit it (RFC 9309): rules of the group that names us, else of the group for all.

/// More of the file is not read.
const BYTES_MAX: usize = 500 << 10;
const RULES_MAX: usize = 2_000;
const SITEMAPS_MAX: usize = 20;
/// A site may ask to be visited slowly; slower than this is taken as this.
const DELAY_MS_MAX: u64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    path: String,
}

/// The rules for one visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
    delay_ms: Option<u64>,
    sitemaps: Vec<String>,
}

impl Robots {
    /// Reads a file as the visitor `agent`. Lines nobody understands are passed over, as the standard says.
    pub fn parse(text: &str, agent: &str) -> Self {
        let text = text.get(..text.floor_char_boundary(BYTES_MAX)).unwrap_or_default();
        let agent = agent.to_ascii_lowercase();
        let (mut own, mut all) = (Self::default(), Self::default());
        let (mut named, mut for_all, mut for_us, mut in_agents) = (false, false, false, false);
        let mut sitemaps = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((name, value)) = line.split_once(':') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "user-agent" => {
                    if !in_agents {
                        (for_all, for_us) = (false, false);
                    }
                    in_agents = true;
                    for_all |= value == "*";
                    for_us |= value != "*" && !value.is_empty() && agent.contains(&value.to_ascii_lowercase());
                    named |= for_us;
                }
                "sitemap" => {
                    if sitemaps.len() < SITEMAPS_MAX && !value.is_empty() {
                        sitemaps.push(value.to_owned());
                    }
                }
                _ => {
                    in_agents = false;
                    if for_us {
                        own.take(&name, value);
                    }
                    if for_all {
                        all.take(&name, value);
                    }
                }
            }
        }
        Self { sitemaps, ..if named { own } else { all } }
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            // An empty rule says nothing.
            "allow" | "disallow" if !value.is_empty() && self.rules.len() < RULES_MAX => {
                self.rules.push(Rule { allow: name == "allow", path: value.to_owned() });
            }
            "crawl-delay" => {
                let seconds = value.parse::<f64>().ok().filter(|s| s.is_finite() && *s > 0.0);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and casts of floats saturate")]
                let delay = seconds.map(|s| ((s * 1_000.0) as u64).min(DELAY_MS_MAX));
                self.delay_ms = delay.or(self.delay_ms);
            }
            _ => {}
        }
    }

    /// Whether a path with its query may be visited: the longest rule that means it decides, and leave wins a tie.
    pub fn allows(&self, path: &str) -> bool {
        let hit = self.rules.iter().filter(|rule| means(&rule.path, path)).max_by_key(|rule| (rule.path.len(), rule.allow));
        hit.is_none_or(|rule| rule.allow)
    }

    /// Pause between two pages, in milliseconds, at most ten seconds.
    pub const fn delay_ms(&self) -> Option<u64> {
        self.delay_ms
    }

    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// The paths it closes, as they are written.
    pub fn disallowed(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter(|r| !r.allow).map(|r| r.path.as_str())
    }
}

/// `*` is any text, `$` the end. Greedy with one point to go back to, so it takes no more than rule × path steps.
fn means(rule: &str, path: &str) -> bool {
    let (rule, anchored) = rule.strip_suffix('$').map_or((rule, false), |r| (r, true));
    let (rule, path) = (rule.as_bytes(), path.as_bytes());
    let (mut r, mut p, mut star) = (0, 0, None);
    loop {
        if r == rule.len() && (!anchored || p == path.len()) {
            return true;
        }
        if rule.get(r) == Some(&b'*') {
            star = Some((r + 1, p));
            r += 1;
        } else if r < rule.len() && rule.get(r) == path.get(p) {
            (r, p) = (r + 1, p + 1);
        } else {
            match star {
                Some((next, from)) if from < path.len() => {
                    (r, p) = (next, from + 1);
                    star = Some((next, from + 1));
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "\u{feff}# of the shop\nUser-agent: *\nDisallow: /cart\nAllow: /cart/help\nDisallow: /*.json$\nCrawl-delay: 0.5\n\n\
                        User-agent: Argos\nUser-agent: other\nDisallow: /private\n\nSitemap: https://s.example/map.xml\n";

    #[test]
    fn longest_rule_of_the_group_that_names_us_decides() {
        let all = Robots::parse(FILE, "somebody/1.0");
        assert!(!all.allows("/cart/x") && all.allows("/cart/help/1") && !all.allows("/a/b.json") && all.allows("/a.json?x"));
        assert_eq!((all.delay_ms(), all.sitemaps()), (Some(500), &["https://s.example/map.xml".to_owned()][..]));
        let own = Robots::parse(FILE, "Argos/0.1");
        assert!(own.allows("/cart") && !own.allows("/private/x") && own.delay_ms().is_none());
        assert_eq!(own.disallowed().collect::<Vec<_>>(), ["/private"]);
        assert!(Robots::parse("User-agent: *\nDisallow:", "x").allows("/"));
        assert!(!Robots::parse("User-agent: *\nDisallow: /", "x").allows("/"));
        assert_eq!(Robots::parse("User-agent: *\nCrawl-delay: 1e99", "x").delay_ms(), Some(DELAY_MS_MAX));
    }

    proptest! {
        #[test]
        fn any_file_is_read_and_nothing_is_closed_without_a_rule(text in "\\PC{0,300}", path in "/\\PC{0,40}") {
            let robots = Robots::parse(&text, "argos");
            prop_assert!(robots.allows(&path) || robots.disallowed().next().is_some());
        }

        #[test]
        fn prefix_of_a_path_means_it(path in "/[a-z/]{0,30}", more in "[a-z/]{0,10}", extra in "[a-z*]{0,6}") {
            let (longer, deeper, end) = (format!("{path}{more}"), format!("{extra}{path}{more}"), format!("{path}$"));
            let anywhere = format!("*{path}");
            prop_assert!(means(&path, &longer) && means(&anywhere, &deeper));
            prop_assert_eq!(means(&end, &longer), more.is_empty());
        }
    }
}
