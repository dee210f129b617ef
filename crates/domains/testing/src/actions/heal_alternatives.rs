//! The other selectors of elements that healing tries, and what it is told of each.

use argos_kernel::{Result, Timestamp};
use argos_store::Tx;
use argos_webtest::heal::{Alternative, KnownElement};
use argos_webtest::selector::preferred;

use crate::model::alternative::{Feedback, confidence, is_weak, kind_of_selector, kind_of_strategy};
use crate::model::heal_config::HealConfig;
use crate::model::healing::Suggestion;
use crate::store::alternatives::{self, Known};

/// The other selectors of elements: those their looks give and those that were seen elsewhere. What became of each when it was
/// tried decides first which is tried first, then the order that was configured.
pub(super) fn of_elements(known: &[KnownElement], seen: &[Known], config: &HealConfig) -> Vec<Alternative> {
    let most = usize::try_from(config.count("max_selector_variations").unwrap_or(0)).unwrap_or(0);
    let strategies: Vec<String> = config.names("preferred_selector_strategies").into_iter().map(str::to_owned).collect();
    let of = |element: &KnownElement| {
        let mut own: Vec<Known> = seen.iter().filter(|k| k.primary == element.selector).cloned().collect();
        let looks = preferred(&element.fingerprint, &strategies).into_iter().filter_map(|r| {
            let feedback = own.iter().position(|k| k.selector == r.selector).map(|at| own.remove(at).feedback).unwrap_or_default();
            kind_of_strategy(r.strategy).map(|kind| (r.selector, kind.to_owned(), feedback))
        });
        let mut all: Vec<(String, String, Feedback)> = looks.collect();
        all.extend(own.into_iter().map(|k| (k.selector, k.kind, k.feedback)));
        all.retain(|(selector, ..)| *selector != element.selector);
        // Stable: those nobody judged stay in their order.
        all.sort_by(|(_, _, a), (_, _, b)| b.weight().total_cmp(&a.weight()));
        let others = all.into_iter().map(|(selector, kind, feedback)| Alternative {
            primary: element.selector.clone(),
            selector,
            confidence: confidence(&kind, feedback),
            weak: is_weak(&kind),
        });
        others.take(most).collect::<Vec<_>>()
    };
    known.iter().flat_map(of).collect()
}

/// Notes whether a selector that was proposed as another one of the element was right; nothing of other proposals.
pub(super) async fn judge_alternative(tx: &mut Tx, s: &Suggestion, counts: (i64, i64), now: Timestamp) -> Result<()> {
    if s.details.strategy != "alternative" {
        return Ok(());
    }
    let kind = kind_of_selector(&s.new_value).to_owned();
    let (primary, selector) = (s.old_value.clone(), s.new_value.clone());
    let known = Known { primary, selector, kind, source: "healing".to_owned(), feedback: Feedback::default() };
    Ok(alternatives::counted(tx, s.project_id, &known, counts, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_that_was_right_comes_first_and_one_that_was_wrong_last() {
        let some = |text: &str| Some(text.to_owned());
        let fingerprint = argos_webtest::heal::Fingerprint {
            tag: some("button"),
            testid: some("save"),
            role: some("button"),
            accessible_name: some("Save"),
            text: some("Save"),
            xpath: some("/html/body/button"),
            ..argos_webtest::heal::Fingerprint::default()
        };
        let known = [KnownElement { selector: "#save".into(), fingerprint }];
        let seen = |selector: &str, kind: &str, right, wrong| Known {
            primary: "#save".into(),
            selector: selector.into(),
            kind: kind.into(),
            source: "healing".into(),
            feedback: Feedback { right, wrong },
        };
        let order = |seen: &[Known]| {
            let found = of_elements(&known, seen, &HealConfig::of(&serde_json::Map::new(), &serde_json::Map::new()));
            found.into_iter().map(|a| (a.selector, a.confidence)).collect::<Vec<_>>()
        };
        let named = |list: &[(&str, f64)]| list.iter().map(|(s, c)| ((*s).to_owned(), *c)).collect::<Vec<_>>();
        let role = "role=button[name=\"Save\"]";
        let plain = [("testid=\"save\"", 0.75), (role, 0.90), ("text=\"Save\"", 0.60), ("xpath=/html/body/button", 0.70)];
        assert_eq!(order(&[]), named(&plain));
        let judged = [seen("text=\"Save\"", "text", 2, 0), seen("testid=\"save\"", "data", 0, 1), seen("#keep", "discovered", 0, 0)];
        let expected =
            [("text=\"Save\"", 0.70), (role, 0.90), ("xpath=/html/body/button", 0.70), ("#keep", 0.80), ("testid=\"save\"", 0.65)];
        assert_eq!(order(&judged), named(&expected));
    }
}
