//! Which address a step means, and which no test may open.

use argos_cdp::CdpError;

use super::Runner;
use crate::failure::{ErrorCode, Failure};
use crate::text::has_scheme;

/// What the top of a tab must not become: the machine's files, the browser's own pages, a document out of a link.
const REFUSED: [&str; 8] = ["file:", "chrome:", "view-source:", "data:", "devtools:", "chrome-extension:", "javascript:", "filesystem:"];

impl Runner<'_> {
    /// An address as it is, or below the application's.
    pub(crate) fn address(&self, text: &str) -> Result<String, Failure> {
        let address = absolute(&self.options.app_url, text.trim());
        let scheme = address.to_ascii_lowercase();
        if REFUSED.iter().any(|refused| scheme.starts_with(refused)) {
            return Err(Failure::new(ErrorCode::BlockedUrl, format!("{address} is blocked: only http and https are opened")));
        }
        if !scheme.starts_with("http://") && !scheme.starts_with("https://") && scheme != "about:blank" {
            let why = if self.options.app_url.is_empty() {
                "there is no application URL it belongs to"
            } else {
                "only http and https are opened"
            };
            return Err(Failure::new(ErrorCode::NavigationError, format!("{address} cannot be opened: {why}")));
        }
        Ok(address)
    }
}

impl Runner<'_> {
    /// The address nobody may open to which the page of the current tab went by itself; each is told once.
    pub(crate) fn led_astray(&mut self) -> Option<Failure> {
        let frame = self.stage.page()?.main_frame().id().to_owned();
        let blocked = self.stage.context.blocked();
        let is_new = |number: u64| number > self.blocked_before;
        let astray = blocked.iter().rfind(|blocked| blocked.document && blocked.frame_id == frame && is_new(blocked.number)).cloned();
        self.blocked_before = blocked.last().map_or(self.blocked_before, |last| last.number);
        astray.map(|astray| Failure::new(ErrorCode::BlockedUrl, CdpError::Blocked { url: astray.url, reason: astray.reason }.to_string()))
    }
}

/// The address itself when it has a scheme, else one below `app_url`.
pub(crate) fn absolute(app_url: &str, text: &str) -> String {
    if has_scheme(text) || app_url.is_empty() {
        return text.to_owned();
    }
    let base = app_url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    match text {
        "" => app_url.to_owned(),
        "/" => format!("{base}/"),
        path if path.starts_with('?') || path.starts_with('#') => format!("{base}/{path}"),
        path => format!("{base}/{}", path.trim_start_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn paths_are_below_the_application() {
        for (text, expected) in [
            ("/login", "http://a.test/app/login"),
            ("login?x=1", "http://a.test/app/login?x=1"),
            ("", "http://a.test/app/"),
            ("/", "http://a.test/app/"),
            ("https://b.test/x", "https://b.test/x"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("about:blank", "about:blank"),
            ("/a:b", "http://a.test/app/a:b"),
        ] {
            assert_eq!(absolute("http://a.test/app/", text), expected, "{text}");
        }
        assert_eq!(absolute("", "/login"), "/login");
    }
}
