//! Tabs of a recording: which events are of which, and whose numbers its nodes have.

use serde_json::{Value, json};

/// Numbers of nodes of one tab; those of the next begin after them.
const NODES_OF_A_TAB: i64 = 1_000_000_000;
/// What the event is called that stands between those of two tabs.
const TAG: &str = "argos.tab";

/// The number of the first node of a tab, so that no two tabs have one of the same number.
pub(super) const fn first_id(tab: i64) -> i64 {
    tab.saturating_mul(NODES_OF_A_TAB).saturating_add(1)
}

/// The tab a node is of.
pub(super) const fn tab_of(id: i64) -> i64 {
    id.div_euclid(NODES_OF_A_TAB)
}

/// What stands between the events of two tabs: what follows is of the tab it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabTurn {
    /// Counted from 0 in the order they were opened; a number is never used again.
    pub tab: i64,
    /// A person opened or closed it; else a page did.
    pub by_person: bool,
    /// It is gone.
    pub closed: bool,
}

/// The event for it; `at` in milliseconds since the epoch.
pub fn turn_to_tab(turn: TabTurn, at: f64) -> Value {
    let payload = json!({ "tab": turn.tab, "byPerson": turn.by_person, "closed": turn.closed });
    json!({ "type": 5, "timestamp": at, "data": { "tag": TAG, "payload": payload } })
}

/// Reads it; `None` of any other event.
pub(super) fn turn_of(tag: Option<&str>, payload: &Value) -> Option<TabTurn> {
    let tab = payload.get("tab").and_then(Value::as_i64).filter(|tab| *tab >= 0 && tag == Some(TAG))?;
    let is = |name: &str| payload.get(name).and_then(Value::as_bool).unwrap_or(false);
    Some(TabTurn { tab, by_person: is("byPerson"), closed: is("closed") })
}
