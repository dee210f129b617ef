//! The engine: evaluates rules, runs the state machine, and stores every transition together with its event and its
//! notices. It decides nothing by itself; the decisions stand in `model`.

mod alarm;
mod core;
mod deed;
mod evaluate;
mod incident;
mod pair;
mod transition;
pub(crate) mod windows;

pub(crate) use self::core::Core;
pub(crate) use self::transition::close_rule;
