//! What CrowdSec runs, read from its own files, beside what is wanted of it. Pure. A file that is not there says nothing.

use std::collections::BTreeSet;

/// Ranges that the script beside CrowdSec always allows.
const ALWAYS: [&str; 6] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::1/128"];
/// Between them stands what the script puts into the profiles.
const BEGIN: &str = "# >>>>> argos-managed: true_detect_mode hosts (do not edit) >>>>>";
const END: &str = "# <<<<< end argos-managed >>>>>";
/// Scenarios that the script switches off by itself.
const NEVER: [&str; 2] = ["appsec-native", "appsec-generic-test"];

/// The allow list that runs differs from the wanted one by so many entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllowDrift {
    pub(crate) missing: usize,
    pub(crate) extra: usize,
}

/// Compares the allow list with the file of CrowdSec.
pub(crate) fn allow_list<'a>(wanted: impl IntoIterator<Item = &'a str>, yaml: &str) -> AllowDrift {
    let runs: BTreeSet<&str> = yaml.lines().filter_map(|line| line.trim().strip_prefix("- \"")?.strip_suffix('"')).collect();
    let wanted: BTreeSet<&str> = wanted.into_iter().collect();
    let extra = runs.iter().filter(|value| !wanted.contains(*value) && !ALWAYS.contains(value)).count();
    AllowDrift { missing: wanted.iter().filter(|value| !runs.contains(*value)).count(), extra }
}

/// The sites that only detect, as the profiles of CrowdSec have them.
pub(crate) fn detecting(profiles: &str) -> Vec<String> {
    let managed = profiles.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map_or("", |(managed, _)| managed);
    let list = managed.split_once(".Value in [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split(',').filter_map(|name| name.trim().strip_prefix('"')?.strip_suffix('"')).map(str::to_owned).collect()
}

/// Of the scenarios that the script put aside, those that are wanted again, by their short names.
pub(crate) fn still_aside(aside: &[String], disabled: &[String]) -> Vec<String> {
    let is_wanted_off = |short: &str| NEVER.contains(&short) || disabled.iter().any(|name| name.rsplit('/').next() == Some(short));
    aside.iter().filter(|short| !is_wanted_off(short)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn allow_list_that_runs_is_compared_entry_by_entry() {
        let yaml =
            "whitelist:\n  ip:\n    - \"198.51.100.42\"\n    - \"198.51.100.43\"\n  cidr:\n    - \"127.0.0.0/8\"\n    - \"10.0.0.0/8\"\n";
        assert_eq!(allow_list(["198.51.100.42", "198.51.100.43"], yaml), AllowDrift { missing: 0, extra: 0 });
        assert_eq!(allow_list(["198.51.100.42", "203.0.113.0/24"], yaml), AllowDrift { missing: 1, extra: 1 });
        assert_eq!(allow_list(["203.0.113.0/24"], ""), AllowDrift { missing: 1, extra: 0 });
    }

    #[test]
    fn sites_that_only_detect_are_read_between_the_marks() {
        let own = "name: own\nfilters:\n  - 'Alert.X in [\"z.test\"]'\n";
        let filter = "  - 'any(Alert.Events, {any(.Meta, {.Key == \"target_host\" && .Value in [\"a.test\",\"b.test\"]})})'";
        assert_eq!(detecting(&format!("{BEGIN}\n{filter}\n{END}\n{own}")), ["a.test", "b.test"]);
        assert!(detecting(own).is_empty() && detecting(&format!("{BEGIN}\n# No site only detects.\n{END}\n{own}")).is_empty());
        assert!(detecting(&format!("{BEGIN}\n{filter}")).is_empty(), "the end of the part is gone");
    }

    #[test]
    fn scenarios_wanted_again_are_those_aside_that_nobody_switched_off() {
        let names = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let aside = names(&["http-probing", "ssh-bf", "appsec-native"]);
        assert_eq!(still_aside(&aside, &names(&["crowdsecurity/http-probing"])), ["ssh-bf"]);
        assert!(still_aside(&aside, &names(&["http-probing", "a/ssh-bf"])).is_empty());
    }

    proptest! {
        #[test]
        fn any_files_are_compared_without_panic(text in "(# >>>>> argos-managed: true_detect_mode hosts \\(do not edit\\) >>>>>|# <<<<< end argos-managed >>>>>|\\.Value in \\[|[\",\\] a-z\n-]{0,9}){0,9}") {
            prop_assert!(detecting(&text).iter().all(|name| text.contains(name.as_str())));
            prop_assert_eq!(allow_list([], &text).missing, 0);
        }
    }
}
