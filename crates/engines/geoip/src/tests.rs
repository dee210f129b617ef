use argos_peers::mmdb;
use proptest::prelude::*;

use crate::{Country, Database, Network};

const RANGES: [(&str, &str, &str); 4] = [
    ("203.0.113.0/24", "ES", "Spain"),
    ("198.51.100.0/25", "BR", "Brazil"),
    ("198.51.100.128/26", "BR", "Brazil"),
    ("2001:db8::/32", "BR", "Brazil"),
];

#[test]
fn address_has_the_country_and_the_network_of_its_range() {
    let countries = Database::open(mmdb::countries(1_790_000_000, &RANGES)).unwrap();
    let country = |text: &str| countries.country(text.parse().unwrap());
    assert_eq!(country("203.0.113.9"), Some(Country { code: "ES".to_owned(), name: Some("Spain".to_owned()) }));
    assert_eq!(country("::ffff:203.0.113.9").map(|c| c.code), Some("ES".to_owned()));
    assert_eq!(country("2001:db8:1::9").map(|c| c.code), Some("BR".to_owned()));
    assert_eq!((country("192.0.2.1"), country("fe80::1")), (None, None), "unknown is none");
    assert_eq!((countries.built_at(), countries.kind()), (1_790_000_000, "DBIP-Country-Lite"));
    assert_eq!(countries.network("203.0.113.9".parse().unwrap()), None, "a database of countries knows no network");

    let networks = Database::open(mmdb::networks(1, &[("203.0.113.0/24", 64_500, "Example Net")])).unwrap();
    let found = networks.network("203.0.113.9".parse().unwrap());
    assert_eq!(found, Some(Network { number: 64_500, organization: Some("Example Net".to_owned()) }));
}

#[test]
fn country_has_every_range_of_it_and_no_other() {
    let countries = Database::open(mmdb::countries(1, &RANGES)).unwrap();
    let mut found: Vec<String> = countries.ranges_of("BR").iter().map(|(ip, length)| format!("{ip}/{length}")).collect();
    found.sort();
    assert_eq!(found, ["198.51.100.0/25", "198.51.100.128/26", "2001:db8::/32"]);
    assert!(countries.ranges_of("XX").is_empty());
}

#[test]
fn bytes_that_are_no_database_are_refused() {
    assert!(Database::open(b"<html>not found</html>".to_vec()).is_err());
    let whole = mmdb::countries(1, &RANGES);
    assert!(Database::open(whole[whole.len() / 2..].to_vec()).is_err(), "the tree is gone");
    assert!(Database::open(whole[..whole.len() - 40].to_vec()).is_err(), "the end is gone");
}

proptest! {
    #[test]
    fn broken_bytes_never_do_more_than_be_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), address in any::<u32>()) {
        let mut bytes = mmdb::countries(1, &RANGES);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(found) = Database::open(bytes) {
            drop(found.country(std::net::Ipv4Addr::from_bits(address).into()));
            drop(found.ranges_of("BR"));
        }
    }
}
