//! What is to be visited and in which order. It can be rebuilt from what is stored: the order depends on the entries alone.

use serde::{Deserialize, Serialize};

use crate::seen::short_hash;
use crate::template;

/// In which order pages are visited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    #[default]
    BreadthFirst,
    DepthFirst,
    /// Pages that matter most first: signing in, checkout, forms.
    Priority,
    Random,
    /// Kinds of pages that were seen least first.
    Smart,
}

impl Strategy {
    /// Names and other names.
    pub const WORDS: [(&'static str, Self); 10] = [
        ("breadth_first", Self::BreadthFirst),
        ("bfs", Self::BreadthFirst),
        ("depth_first", Self::DepthFirst),
        ("dfs", Self::DepthFirst),
        ("priority_based", Self::Priority),
        ("priority", Self::Priority),
        ("random", Self::Random),
        ("smart_adaptive", Self::Smart),
        ("smart", Self::Smart),
        ("ai_guided", Self::Smart),
    ];

    pub fn parse(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, s)| *s)
    }
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, s)| *s == self).map_or("breadth_first", |(name, _)| name)
    }
}

/// An address that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub url: String,
    /// Clicks from the start.
    pub depth: i64,
    /// Its place in the order of discovery.
    pub seq: i64,
}

/// What waits. Small (at most a few thousand), so the next one is searched for.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    strategy: Strategy,
    waiting: Vec<Queued>,
    /// Templates of the pages visited so far.
    seen: Vec<String>,
}

/// Words of an address that make it matter.
const MATTERS: [&str; 14] = [
    "login",
    "signin",
    "sign",
    "register",
    "checkout",
    "cart",
    "search",
    "form",
    "contact",
    "new",
    "create",
    "account",
    "settings",
    "dashboard",
];

impl Frontier {
    pub fn new(strategy: Strategy, waiting: Vec<Queued>, visited: &[String]) -> Self {
        Self { strategy, waiting, seen: visited.iter().map(|u| template(u)).collect() }
    }

    pub fn push(&mut self, queued: Queued) {
        if !self.waiting.iter().any(|q| q.url == queued.url) {
            self.waiting.push(queued);
        }
    }

    pub fn visited(&mut self, url: &str) {
        self.seen.push(template(url));
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes the next one.
    pub fn take(&mut self) -> Option<Queued> {
        let matters = |q: &Queued| !MATTERS.iter().any(|w| q.url.to_lowercase().contains(w));
        let known = |q: &Queued| {
            let t = template(&q.url);
            self.seen.iter().filter(|s| **s == t).count()
        };
        let places = 0..self.waiting.len();
        let of = |n: &usize| &self.waiting[*n];
        let at = match self.strategy {
            Strategy::BreadthFirst => places.min_by_key(|n| (of(n).depth, of(n).seq)),
            Strategy::DepthFirst => places.max_by_key(|n| (of(n).depth, std::cmp::Reverse(of(n).seq))),
            Strategy::Priority => places.min_by_key(|n| (matters(of(n)), of(n).depth, of(n).seq)),
            // A digest instead of a die: the same after a restart.
            Strategy::Random => places.min_by_key(|n| short_hash(&of(n).url)),
            Strategy::Smart => places.min_by_key(|n| (known(of(n)), matters(of(n)), of(n).depth, of(n).seq)),
        };
        at.map(|n| self.waiting.remove(n))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn queued(list: &[(&str, i64)]) -> Vec<Queued> {
        list.iter().zip(0..).map(|((path, depth), seq)| Queued { url: format!("https://s.example{path}"), depth: *depth, seq }).collect()
    }

    fn order(strategy: Strategy, list: &[(&str, i64)]) -> Vec<String> {
        let mut frontier = Frontier::new(strategy, queued(list), &["https://s.example/p/1".to_owned()]);
        std::iter::from_fn(|| frontier.take()).map(|q| q.url.replace("https://s.example", "")).collect()
    }

    #[test]
    fn each_strategy_has_its_order() {
        let list = [("/p/2", 1), ("/deep", 2), ("/b", 1), ("/checkout", 2)];
        assert_eq!(order(Strategy::BreadthFirst, &list), ["/p/2", "/b", "/deep", "/checkout"]);
        assert_eq!(order(Strategy::DepthFirst, &list), ["/deep", "/checkout", "/p/2", "/b"]);
        assert_eq!(order(Strategy::Priority, &list), ["/checkout", "/p/2", "/b", "/deep"]);
        assert_eq!(order(Strategy::Smart, &list), ["/checkout", "/b", "/deep", "/p/2"]);
    }

    #[test]
    fn words_of_clients_are_understood() {
        assert_eq!(Strategy::parse("ai-guided"), Some(Strategy::Smart));
        assert_eq!((Strategy::parse("bfs"), Strategy::parse("sideways")), (Some(Strategy::BreadthFirst), None));
        assert_eq!(Strategy::BreadthFirst.as_str(), "breadth_first");
    }

    proptest! {
        #[test]
        fn what_was_taken_and_rebuilt_comes_in_the_same_order(paths in proptest::collection::vec(("/[a-z0-9/]{0,8}", 0_i64..4), 0..20), cut in 0_usize..20) {
            for strategy in [Strategy::BreadthFirst, Strategy::DepthFirst, Strategy::Priority, Strategy::Random] {
                let list: Vec<(&str, i64)> = paths.iter().map(|(p, d)| (p.as_str(), *d)).collect();
                let mut whole = Frontier::new(strategy, queued(&list), &[]);
                let mut first: Vec<Queued> = (0..cut).map_while(|_| whole.take()).collect();
                let mut rest = Frontier::new(strategy, whole.waiting.clone(), &[]);
                let after: Vec<Queued> = std::iter::from_fn(|| rest.take()).collect();
                first.extend(after);
                let mut again = Frontier::new(strategy, queued(&list), &[]);
                prop_assert_eq!(std::iter::from_fn(|| again.take()).collect::<Vec<_>>(), first);
            }
        }
    }
}
