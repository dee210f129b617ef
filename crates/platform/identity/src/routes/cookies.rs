//! The two cookies of a browser session: the token nobody can read, and the CSRF token the page sends back
//! (platform spec 1.3). `Secure` follows the effective scheme, `Domain` the setting.

use argos_web::{OpCx, Reply};

use crate::actions::SignedIn;
use crate::model::session::{CSRF_COOKIE, SESSION_COOKIE};
use crate::service::Identity;

impl Identity {
    /// Adds both cookies of a new session.
    pub(crate) fn set_cookies(&self, cx: &OpCx, reply: Reply, opened: &SignedIn) -> Reply {
        let tail = self.attributes(cx, opened.lifetime_s);
        reply
            .header("set-cookie", &format!("{SESSION_COOKIE}={}; HttpOnly{tail}", opened.token.reveal()))
            .header("set-cookie", &format!("{CSRF_COOKIE}={}{tail}", opened.csrf))
    }

    /// Takes both away, with the attributes they were set with.
    pub(crate) fn clear_cookies(&self, cx: &OpCx, reply: Reply) -> Reply {
        let tail = self.attributes(cx, 0);
        reply.header("set-cookie", &format!("{SESSION_COOKIE}=; HttpOnly{tail}")).header("set-cookie", &format!("{CSRF_COOKIE}={tail}"))
    }

    fn attributes(&self, cx: &OpCx, max_age_s: i64) -> String {
        let mut text = format!("; SameSite=Lax; Path=/; Max-Age={max_age_s}");
        if let Some(domain) = self.policy().cookie_domain.filter(|d| valid_domain(d)) {
            text.push_str("; Domain=");
            text.push_str(&domain);
        }
        if cx.client.https {
            text.push_str("; Secure");
        }
        text
    }
}

/// A setting never smuggles another attribute in.
fn valid_domain(domain: &str) -> bool {
    !domain.is_empty() && domain.len() <= 253 && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}
