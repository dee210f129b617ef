//! Why an element was not found, by what was seen of the page. What is a fault of the application is never healed.

use crate::failure::ErrorCode;

/// What is known when an element was not found or not ready.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// A document or request was answered with 500 or more since the step before.
    pub server_error: bool,
    /// A script of the document threw what it does not throw when the test passes.
    pub exception: bool,
    /// The document is the answer to a request that failed.
    pub error_page: bool,
    /// The element is there and disabled.
    pub disabled: bool,
    /// It came after the step's own time.
    pub appeared_late: bool,
    /// Its likeness was found under another selector.
    pub found_elsewhere: bool,
    /// A commit of the application says so.
    pub renamed: bool,
    /// It is made of another element than before.
    pub refactored: bool,
}

/// The kind of a failure.
pub fn classify(code: ErrorCode, seen: &Circumstances) -> &'static str {
    if seen.server_error || seen.exception || seen.error_page || seen.disabled {
        "real_bug"
    } else if seen.appeared_late {
        "timing_issue"
    } else if seen.found_elsewhere && seen.renamed {
        "selector_renamed"
    } else if seen.found_elsewhere && seen.refactored {
        "component_refactored"
    } else if seen.found_elsewhere {
        "selector_changed"
    } else if code == ErrorCode::NotActionable {
        "ui_changed"
    } else {
        "unknown"
    }
}

/// What would mend a failure of that kind.
pub fn fix_type(failure_type: &str) -> &'static str {
    match failure_type {
        "timing_issue" => "increase_timeout",
        "selector_changed" | "selector_renamed" | "component_refactored" => "update_selector",
        "data_changed" => "update_test_data",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, classify, fix_type};
    use crate::failure::ErrorCode;

    #[test]
    fn fault_of_the_application_is_never_a_changed_selector() {
        let found = Circumstances { found_elsewhere: true, ..Circumstances::default() };
        assert_eq!(classify(ErrorCode::ElementNotFound, &found), "selector_changed");
        assert_eq!(classify(ErrorCode::ElementNotFound, &Circumstances { server_error: true, ..found.clone() }), "real_bug");
        assert_eq!(classify(ErrorCode::ElementNotFound, &Circumstances { error_page: true, ..found.clone() }), "real_bug");
        assert_eq!(classify(ErrorCode::ElementNotFound, &Circumstances { renamed: true, ..found.clone() }), "selector_renamed");
        assert_eq!(classify(ErrorCode::ElementNotFound, &Circumstances { refactored: true, ..found.clone() }), "component_refactored");
        assert_eq!(classify(ErrorCode::NotActionable, &Circumstances { disabled: true, ..found }), "real_bug");
        assert_eq!(classify(ErrorCode::NotActionable, &Circumstances::default()), "ui_changed");
        assert_eq!(
            fix_type(classify(ErrorCode::ElementNotFound, &Circumstances { appeared_late: true, ..Circumstances::default() })),
            "increase_timeout"
        );
    }
}
