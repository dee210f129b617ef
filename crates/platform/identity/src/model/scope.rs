//! Scopes of API keys: exact permissions, `<area>:*`, `*` and the documented bundles (platform spec 1.7).
//! A scope never widens: the caller intersects it with the role cap and the creator's rights.

use argos_kernel::Role;

use super::permission::Grants;

const PROJECT_READ: [&str; 5] = ["project:read", "test:read", "results:read", "healing:read", "integration:read"];

/// The word a permission needs before its colon to count as operations work: everything that is neither another
/// product area nor the administration of people, keys and the instance.
const NOT_OPS: [&str; 22] = [
    "self",
    "edge",
    "power",
    "nodes",
    "org",
    "project",
    "test",
    "results",
    "healing",
    "integration",
    "api_key",
    "audit",
    "instance",
    "roles",
    "admin",
    "users",
    "api_keys",
    "ssh_keys",
    "settings",
    "config",
    "events",
    "cloud",
];

/// What one scope stands for; `None` when it is neither a bundle, nor a known permission, nor a known area.
/// `self` is not a scope's to give: every valid key may ask who it is.
pub fn expand(scope: &str, write_implies_execute: bool) -> Option<Grants> {
    let grants = match scope {
        "*" | "admin" => Grants::all(),
        "read" => read(),
        "write" => {
            let mut grants = read().union(named(&["project:write", "test:write", "results:export"]));
            if write_implies_execute {
                grants = grants.union(named(&["test:execute"]));
            }
            grants
        }
        "execute" => read().union(named(&["test:execute"])),
        "tests" => named(&["test:read", "test:write", "test:execute", "results:read", "results:export", "healing:read"]),
        // Its routes accept the scope itself; it holds no permission of the catalogue.
        "webhooks" => Grants::EMPTY,
        "metrics" => named(&["stats:read", "history:read"]),
        "power" => area("power"),
        "edge" => area("edge"),
        "nodes" => area("nodes").union(area("events")),
        "ops" => Grants::matching(|name| !NOT_OPS.contains(&area_of(name))),
        other => match other.strip_suffix(":*") {
            Some(word) => Some(area(word)).filter(|g| !g.is_empty())?,
            None => Grants::single(other)?,
        },
    };
    Some(grants)
}

/// The union of several scopes. Unknown ones give nothing.
pub fn expand_all<S: AsRef<str>>(scopes: &[S], write_implies_execute: bool) -> Grants {
    scopes.iter().filter_map(|s| expand(s.as_ref(), write_implies_execute)).fold(Grants::EMPTY, Grants::union)
}

fn read() -> Grants {
    let viewer = Grants::of_role(Role::Viewer);
    Grants::matching(|name| (viewer.has(name) && name.ends_with(":read")) || PROJECT_READ.contains(&name))
}

fn named(names: &[&str]) -> Grants {
    Grants::matching(|name| names.contains(&name))
}

fn area(word: &str) -> Grants {
    Grants::matching(|name| area_of(name) == word)
}

fn area_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scope: &str) -> Vec<&'static str> {
        expand(scope, true).unwrap().names()
    }

    #[test]
    fn read_covers_viewer_reads_and_project_reads_but_not_audit_or_keys() {
        let read = expand("read", true).unwrap();
        for name in ["stats:read", "edge:read", "test:read", "integration:read"] {
            assert!(read.has(name), "{name}");
        }
        for name in ["audit:read", "api_key:read", "dashboard:write", "self"] {
            assert!(!read.has(name), "{name}");
        }
    }

    #[test]
    fn write_implies_execute_only_while_the_setting_says_so() {
        assert!(expand("write", true).unwrap().has("test:execute"));
        assert!(!expand("write", false).unwrap().has("test:execute"));
    }

    #[test]
    fn areas_exact_names_and_unknown_words() {
        assert_eq!(names("power:*"), ["power:control", "power:manage", "power:operate", "power:read"]);
        assert_eq!(names("power"), names("power:*"));
        assert_eq!(names("edge:read"), ["edge:read"]);
        for unknown in ["", "nope", "nope:*", "edge:fly", ":*"] {
            assert!(expand(unknown, true).is_none(), "{unknown:?}");
        }
    }

    #[test]
    fn ops_area_reaches_machines_but_no_people_or_other_areas() {
        let ops = expand("ops", true).unwrap();
        for name in ["stats:read", "services:control", "agents:command_high", "monitors:manage"] {
            assert!(ops.has(name), "{name}");
        }
        for name in ["users:manage", "power:read", "edge:read", "test:read", "instance:export", "settings:write"] {
            assert!(!ops.has(name), "{name}");
        }
    }

    #[test]
    fn empty_scopes_hold_nothing() {
        assert!(expand_all::<&str>(&[], true).is_empty());
        assert!(expand_all(&["webhooks"], true).is_empty());
    }
}
