//! What the built-in engine says about itself, as lines of the log store: an external proxy writes such lines into its own
//! log, and people look for both in one place.

use argos_kernel::Severity;
use argos_logs::{LogEntry, Source};

use crate::service::Edge;

impl Edge {
    /// Writes a line; nothing where an external proxy writes its own. `site`: whom it concerns.
    pub(crate) fn say(&self, level: Severity, site: Option<(i64, &str)>, message: String) {
        if self.caddy.is_some() {
            return;
        }
        let mut row = LogEntry::new(Source::CaddyError, self.platform.clock.now(), level, message);
        row.host_id = site.map(|(id, _)| id);
        row.host_domain = site.map(|(_, domain)| domain.to_owned());
        self.platform.logs.queue().push(row);
    }
}
