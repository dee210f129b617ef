//! The condition of a step as code. What it says of the variables is judged by the rules of [`Filter`]; a claim is the line it
//! would be anyway, which nobody waits for here.

use super::writer::{Writer, leaves_frames};
use crate::filter::{Filter, Operand, Test};
use crate::plan::{Action, Assertion, Condition, Plan, Step};

/// The limit of a claim that nobody waits for. None of the tools takes no time at all; for some, nothing is without end.
pub(crate) const NOW_MS: u64 = 1;

/// How a language spells it. The functions behind `truthy` and `number` are in each file that needs them, as is the one of `now`.
pub(crate) struct Words {
    /// The text of a variable, empty when nobody has set it; a list or an object is its JSON.
    pub(crate) variable: fn(&str) -> String,
    /// Whether what a variable holds counts as true: of its text alone nobody knows what kind it is.
    pub(crate) truthy: fn(&str) -> String,
    /// Whether two texts, the second a literal, are the same.
    pub(crate) same: fn(&str, &str) -> String,
    pub(crate) number: &'static str,
    /// A text in small letters without blanks at its ends.
    pub(crate) lower: fn(&str) -> String,
    pub(crate) not: fn(&str) -> String,
    pub(crate) or: &'static str,
    pub(crate) never: &'static str,
    /// Whether a line that makes a claim goes through now.
    pub(crate) now: fn(&str) -> String,
}

/// What the conditions of a test look at: variables, and pages.
pub(crate) fn kinds(plan: &Plan) -> (bool, bool) {
    let conditions = || plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).filter_map(|step| step.condition.as_ref());
    let of_variables = conditions().any(|condition| matches!(condition, Condition::Filter(_)));
    (of_variables, conditions().any(|condition| matches!(condition, Condition::Claim(_))))
}

/// The variables conditions look at.
pub(crate) fn fields(plan: &Plan) -> impl Iterator<Item = String> {
    plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).filter_map(|step| match &step.condition {
        Some(Condition::Filter(text)) => Filter::parse(text).ok().map(|filter| filter.field().to_owned()),
        _ => None,
    })
}

/// The code of the condition of a step; nothing when it has none, or none that can be written, which is said.
pub(crate) fn code(out: &mut Writer<'_>, step: &Step, words: &Words, claim: impl Fn(&mut Writer<'_>, &Assertion)) -> Option<String> {
    let condition = step.condition.as_ref()?;
    // Which frame the next steps are in is known while the code is written, not when it runs.
    let moves = step.action == Action::SwitchFrame || leaves_frames(step.action) && out.is_inside();
    let found = match condition {
        _ if moves => None,
        Condition::Filter(text) => Filter::parse(text).ok().map(|filter| of_variable(&filter, words)),
        Condition::Claim(assertion) => {
            let now = Assertion { timeout_ms: Some(NOW_MS), soft: false, ..(**assertion).clone() };
            out.as_line(|out| claim(out, &now)).map(|line| (words.now)(&line))
        }
    };
    if found.is_none() {
        out.missing(&format!("{}: its condition is not exported, the step is always done", step.title()));
    }
    found
}

fn of_variable(filter: &Filter, words: &Words) -> String {
    let value = (words.variable)(filter.field());
    let number = || format!("{}({value})", words.number);
    let equals = |operand: &Operand| match operand {
        Operand::Number(wanted) => format!("{} == {wanted:?}", number()),
        Operand::Truth(wanted) => (words.same)(&(words.lower)(&value), &wanted.to_string()),
        Operand::Text(wanted) => (words.same)(&value, wanted),
    };
    match filter.test() {
        Test::Truthy => (words.truthy)(filter.field()),
        Test::Compare("==", operand) => equals(operand),
        Test::Compare("!=", operand) => (words.not)(&equals(operand)),
        Test::Compare(operator, Operand::Number(wanted)) => format!("{} {operator} {wanted:?}", number()),
        Test::Compare(..) => words.never.to_owned(),
        Test::OneOf(items) if items.is_empty() => words.never.to_owned(),
        Test::OneOf(items) => items.iter().map(equals).collect::<Vec<_>>().join(words.or),
    }
}
