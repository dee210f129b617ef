//! Made-up things, so that somebody with an empty instance sees what the pages look like. They are a kind of their own, which
//! no list, count or problem holds unless it is asked for by name; nothing stands behind them that could be touched.

use argos_kernel::Timestamp;

use super::kind::Kind;
use super::link::{LinkType, NewLink};
use super::status::Status;
use super::thing::{Fact, Feed, NewThing};

pub(crate) const KIND: &str = "demo";
pub(crate) const KINDS: &[Kind] = &[Kind::new(KIND, "inventory:read", "A made-up thing to look around with.")];

/// The mains of the made-up UPS fail once in this time ...
const PERIOD_S: i64 = 600;
/// ... for this long.
const OUTAGE_S: i64 = 120;

fn thing(id: &str, name: &str, (status, word): (Status, &str), detail: &str) -> NewThing {
    let reference = format!("{KIND}:{id}");
    NewThing::new(reference, name, status, word).detail(detail).tags(vec![KIND.to_owned()])
}

/// All of them as they are at a moment: a UPS that fails every ten minutes, what it feeds, a media node, a shop and its tests.
pub(crate) fn feed(now: Timestamp) -> Feed {
    let on_battery = now.secs().rem_euclid(PERIOD_S) >= PERIOD_S - OUTAGE_S;
    let ups = if on_battery { (Status::Warning, "on battery") } else { (Status::Ok, "on mains") };
    let ok = |word| (Status::Ok, word);
    let things = vec![
        thing("ups", "Demo UPS", ups, "Made up: its mains fail every ten minutes for two").fact(Some(Fact::text("model", "Demo 1500"))),
        thing("machine-1", "Demo machine 1", ok("running"), "Made up: runs the shop"),
        thing("machine-2", "Demo machine 2", ok("running"), "Made up: runs the media node"),
        thing("node", "Demo media node", ok("online"), "Made up: sends one picture to two places"),
        thing("site", "Demo shop", ok("serving"), "Made up: shop.example, two backends"),
        thing("test-sign-in", "Demo test: sign in", ok("passed"), "Made up: 5 steps"),
        thing("test-search", "Demo test: search", (Status::Info, "flaky"), "Made up: 4 steps, passed at the second try"),
        thing("test-checkout", "Demo test: checkout", (Status::Critical, "failed"), "Made up: 9 steps, failed at the seventh"),
    ];
    let link = |from: &str, link, to: &str| NewLink::new(format!("{KIND}:{from}"), link, format!("{KIND}:{to}"), "made up");
    let links = vec![
        link("machine-1", LinkType::FedBy, "ups"),
        link("machine-2", LinkType::FedBy, "ups"),
        link("site", LinkType::RunsOn, "machine-1"),
        link("node", LinkType::RunsOn, "machine-2"),
        link("site", LinkType::CheckedBy, "test-sign-in"),
        link("site", LinkType::CheckedBy, "test-search"),
        link("site", LinkType::CheckedBy, "test-checkout"),
    ];
    Feed { source: KIND, things, links }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_things_say_that_they_are_and_touch_only_each_other() {
        let feed = feed(Timestamp::from_secs(0));
        for t in &feed.things {
            assert!(t.kind() == KIND && t.name.starts_with("Demo") && t.detail.starts_with("Made up") && t.tags == [KIND], "{t:?}");
            assert!(t.subject.is_none() && t.node_uid.is_none(), "{t:?}");
        }
        let known = |r: &str| feed.things.iter().any(|t| t.reference == r);
        assert!(feed.links.iter().all(|l| known(&l.from) && known(&l.to)));
    }

    #[test]
    fn mains_fail_two_minutes_of_every_ten() {
        let failing = (0..60).filter(|n| {
            let ups = feed(Timestamp::from_secs(n * 60)).things.into_iter().find(|t| t.reference == "demo:ups").unwrap();
            ups.status == Status::Warning
        });
        assert_eq!(failing.count(), 12);
    }
}
