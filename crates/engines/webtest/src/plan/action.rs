//! The actions a step may name, with their other names and what each cannot do without.

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Goto,
    Click,
    DoubleClick,
    RightClick,
    Hover,
    Tap,
    Focus,
    Blur,
    Fill,
    Type,
    Clear,
    Select,
    Check,
    Uncheck,
    PressKey,
    Scroll,
    Drag,
    Upload,
    Download,
    Wait,
    WaitForSelector,
    WaitForUrl,
    WaitForLoadState,
    WaitForResponse,
    WaitForFunction,
    Screenshot,
    Assert,
    Extract,
    SetVariable,
    Reload,
    GoBack,
    GoForward,
    NewTab,
    SwitchTab,
    CloseTab,
    SwitchFrame,
    SetViewport,
    SetCookie,
    ClearStorage,
    AcceptDialog,
    DismissDialog,
    SetHeaders,
    MockRoute,
    Evaluate,
    ApiRequest,
    RunTest,
    VisualCheck,
    AccessibilityCheck,
    Instruction,
}

/// What a step of an action must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Target,
    Value,
    Both,
    /// One of the two.
    Either,
}

struct Entry {
    action: Action,
    name: &'static str,
    aliases: &'static [&'static str],
    needs: Needs,
}

const fn entry(action: Action, name: &'static str, aliases: &'static [&'static str], needs: Needs) -> Entry {
    Entry { action, name, aliases, needs }
}

const ENTRIES: [Entry; 49] = [
    entry(Action::Goto, "goto", &["navigate", "open"], Needs::Either),
    entry(Action::Click, "click", &[], Needs::Target),
    entry(Action::DoubleClick, "double_click", &["dblclick", "doubleClick"], Needs::Target),
    entry(Action::RightClick, "right_click", &["rightClick"], Needs::Target),
    entry(Action::Hover, "hover", &[], Needs::Target),
    entry(Action::Tap, "tap", &[], Needs::Target),
    entry(Action::Focus, "focus", &[], Needs::Target),
    entry(Action::Blur, "blur", &[], Needs::Target),
    entry(Action::Fill, "fill", &[], Needs::Both),
    entry(Action::Type, "type", &[], Needs::Value),
    entry(Action::Clear, "clear", &[], Needs::Target),
    entry(Action::Select, "select", &["select_option"], Needs::Both),
    entry(Action::Check, "check", &[], Needs::Target),
    entry(Action::Uncheck, "uncheck", &[], Needs::Target),
    entry(Action::PressKey, "press_key", &["press", "pressKey"], Needs::Value),
    entry(Action::Scroll, "scroll", &[], Needs::Either),
    entry(Action::Drag, "drag", &["drag_and_drop"], Needs::Both),
    entry(Action::Upload, "upload", &[], Needs::Both),
    entry(Action::Download, "download", &[], Needs::Target),
    entry(Action::Wait, "wait", &[], Needs::Nothing),
    entry(Action::WaitForSelector, "wait_for_selector", &[], Needs::Target),
    entry(Action::WaitForUrl, "wait_for_url", &[], Needs::Either),
    entry(Action::WaitForLoadState, "wait_for_load_state", &[], Needs::Nothing),
    entry(Action::WaitForResponse, "wait_for_response", &[], Needs::Either),
    entry(Action::WaitForFunction, "wait_for_function", &[], Needs::Either),
    entry(Action::Screenshot, "screenshot", &[], Needs::Nothing),
    entry(Action::Assert, "assert", &["verify"], Needs::Nothing),
    entry(Action::Extract, "extract", &[], Needs::Nothing),
    entry(Action::SetVariable, "set_variable", &[], Needs::Value),
    entry(Action::Reload, "reload", &[], Needs::Nothing),
    entry(Action::GoBack, "go_back", &[], Needs::Nothing),
    entry(Action::GoForward, "go_forward", &[], Needs::Nothing),
    entry(Action::NewTab, "new_tab", &[], Needs::Nothing),
    entry(Action::SwitchTab, "switch_tab", &[], Needs::Either),
    entry(Action::CloseTab, "close_tab", &[], Needs::Nothing),
    entry(Action::SwitchFrame, "switch_frame", &[], Needs::Nothing),
    entry(Action::SetViewport, "set_viewport", &[], Needs::Nothing),
    entry(Action::SetCookie, "set_cookie", &[], Needs::Nothing),
    entry(Action::ClearStorage, "clear_storage", &[], Needs::Nothing),
    entry(Action::AcceptDialog, "accept_dialog", &[], Needs::Nothing),
    entry(Action::DismissDialog, "dismiss_dialog", &[], Needs::Nothing),
    entry(Action::SetHeaders, "set_headers", &[], Needs::Nothing),
    entry(Action::MockRoute, "mock_route", &[], Needs::Target),
    entry(Action::Evaluate, "evaluate", &[], Needs::Either),
    entry(Action::ApiRequest, "api_request", &["request"], Needs::Target),
    entry(Action::RunTest, "run_test", &[], Needs::Either),
    entry(Action::VisualCheck, "visual_check", &[], Needs::Nothing),
    entry(Action::AccessibilityCheck, "accessibility_check", &[], Needs::Nothing),
    entry(Action::Instruction, "instruction", &[], Needs::Value),
];

impl Action {
    /// The action of a name or one of its other names.
    pub fn named(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|entry| entry.name == name || entry.aliases.contains(&name)).map(|entry| entry.action)
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// All of them, in the order of the manual.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.action)
    }

    /// Its target is an element of the page, so it can be looked for, and looked for again when it changed.
    pub fn acts_on_element(self) -> bool {
        matches!(
            self,
            Self::Click
                | Self::DoubleClick
                | Self::RightClick
                | Self::Hover
                | Self::Tap
                | Self::Focus
                | Self::Blur
                | Self::Fill
                | Self::Type
                | Self::Clear
                | Self::Select
                | Self::Check
                | Self::Uncheck
                | Self::PressKey
                | Self::Scroll
                | Self::Drag
                | Self::Upload
                | Self::Download
        )
    }

    /// `url` is another name for its target.
    pub(crate) fn takes_url(self) -> bool {
        matches!(self, Self::Goto | Self::NewTab | Self::WaitForUrl | Self::WaitForResponse | Self::ApiRequest | Self::MockRoute)
    }

    pub(crate) fn needs(self) -> Needs {
        self.entry().needs
    }

    fn entry(self) -> &'static Entry {
        // Every action stands in the table, which a test sees to.
        ENTRIES.iter().find(|entry| entry.action == self).unwrap_or(&ENTRIES[0])
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, ENTRIES};

    #[test]
    fn names_of_actions_lead_back_to_them() {
        for action in Action::all() {
            assert_eq!(Action::named(action.name()), Some(action));
        }
        assert_eq!(Action::named("dblclick"), Some(Action::DoubleClick));
        assert_eq!(Action::named("pressKey"), Some(Action::PressKey));
        assert_eq!(Action::named("explode"), None);
        let last = Action::Instruction as usize;
        assert_eq!(ENTRIES.len(), last + 1, "an action has no line in the table");
    }
}
