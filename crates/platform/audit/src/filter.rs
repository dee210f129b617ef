//! Which audit rows are wanted and in which order. Pure; the statements it picks stand in `store`.

use argos_kernel::Timestamp;
use argos_store::{Stmt, Value, args};

use crate::store as sql;

/// All members are ANDed; `None` = any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Inclusive.
    pub to: Option<Timestamp>,
    pub actor: Option<String>,
    /// The canonical action or a part's name for it.
    pub action: Option<String>,
    /// A stored word, or `power` for everything done to power devices and shutdown plans.
    pub category: Option<String>,
    pub target_type: Option<String>,
    pub target_id: Option<String>,
    pub organization_id: Option<i64>,
    pub status: Option<String>,
    /// Substring of description, action, actor, target or address, whatever the case.
    pub text: Option<String>,
    pub trigger: Option<String>,
    pub actor_id: Option<i64>,
    pub severity: Option<String>,
    /// The whole address.
    pub ip: Option<String>,
}

impl Filter {
    pub(crate) fn args(&self) -> Vec<Value> {
        let f = self.clone();
        let text = f.text.as_deref().map(like);
        args![
            f.from,
            f.to,
            f.actor,
            f.action,
            f.category,
            f.target_type,
            f.target_id,
            f.organization_id,
            f.status,
            text,
            f.trigger,
            f.actor_id,
            f.severity,
            f.ip
        ]
    }
}

/// A `like` pattern (escape character `\`) that finds `text` anywhere.
fn like(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('%');
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// The columns the ops view can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    #[default]
    Time,
    Actor,
    Action,
    Description,
    Ip,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: Column,
    pub descending: bool,
}

impl Order {
    pub const NEWEST: Self = Self { by: Column::Time, descending: true };

    /// The statement for this order; adds its last parameter when it has one.
    pub(crate) fn statement(self, args: &mut Vec<Value>) -> Stmt {
        let column = match self.by {
            Column::Time => return if self.descending { sql::LIST_NEWEST } else { sql::LIST_OLDEST },
            Column::Actor => "username",
            Column::Action => "action",
            Column::Description => "details",
            Column::Ip => "ip",
        };
        args.push(Value::from(column));
        if self.descending { sql::LIST_DESC } else { sql::LIST_ASC }
    }
}
