//! Walks over links: what a thing's trouble follows from, and what it pulls down. Bounded, cycles are harmless.

use std::collections::{HashMap, HashSet, VecDeque};

use super::link::Link;

/// Things a thing depends on, nearest first, at most `depth` steps away.
pub(crate) fn causes(start: &str, links: &[Link], depth: usize) -> Vec<String> {
    walk(start, links, depth, |link| link.suffering())
}

/// Things that depend on a thing, nearest first.
pub(crate) fn effects(start: &str, links: &[Link], depth: usize) -> Vec<String> {
    walk(start, links, depth, |link| link.suffering().map(|(suffering, cause)| (cause, suffering)))
}

fn walk<'a>(start: &str, links: &'a [Link], depth: usize, ends: impl Fn(&'a Link) -> Option<(&'a str, &'a str)>) -> Vec<String> {
    let mut next: HashMap<&str, Vec<&str>> = HashMap::new();
    for link in links.iter().filter(|l| l.hidden_by.is_none()) {
        if let Some((from, to)) = ends(link) {
            next.entry(from).or_default().push(to);
        }
    }
    let mut seen: HashSet<&str> = HashSet::from([start]);
    let mut queue = VecDeque::from([(start, 0)]);
    let mut out = Vec::new();
    while let Some((at, far)) = queue.pop_front() {
        if far == depth {
            continue;
        }
        for to in next.get(at).into_iter().flatten() {
            if seen.insert(to) {
                out.push((*to).to_owned());
                queue.push_back((to, far + 1));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;

    use super::*;
    use crate::model::link::LinkType;

    fn link(from: &str, link: LinkType, to: &str) -> Link {
        let at = Timestamp::from_secs(0);
        Link {
            id: 0,
            from: from.into(),
            to: to.into(),
            link,
            evidence: String::new(),
            guess: false,
            origin: "t".into(),
            hidden_by: None,
            created_at: at,
        }
    }

    #[test]
    fn causes_follow_the_links_in_the_direction_of_harm_and_end_in_cycles() {
        let mut links = vec![
            link("site", LinkType::DependsOn, "pool"),
            link("pool", LinkType::RunsOn, "machine"),
            link("machine", LinkType::FedBy, "ups"),
            link("disk", LinkType::Carries, "filesystem"),
            link("filesystem", LinkType::RunsOn, "machine"),
            link("ups", LinkType::DependsOn, "site"),
            link("site", LinkType::CheckedBy, "monitor"),
        ];
        assert_eq!(causes("site", &links, 9), ["pool", "machine", "ups"]);
        assert_eq!(causes("site", &links, 1), ["pool"]);
        assert_eq!(causes("filesystem", &links, 1), ["disk", "machine"]);
        assert_eq!(effects("ups", &links, 2), ["machine", "pool", "filesystem"]);
        links[2].hidden_by = Some("ana".to_owned());
        assert_eq!(causes("site", &links, 9), ["pool", "machine"]);
    }
}
