//! What tests say over time, as series (platform spec 8.1). They belong to the organization of their project and are named by
//! public ids; a name would tell others what is tested.

use argos_kernel::{Result, Timestamp};
use argos_metrics::{Kind, Labels, ORGANIZATION, Sample, SeriesSpec};

use crate::model::run::{Counts, Run};
use crate::service::Testing;

fn sample(metric: &str, unit: &'static str, labels: &[(&str, &str)], value: f64) -> Sample {
    let labels: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Sample { spec: SeriesSpec { metric: metric.to_owned(), labels, unit, kind: Kind::Gauge, source: "quality" }, value }
}

/// Percent of the tests that were judged; nothing when none was.
#[expect(clippy::cast_precision_loss, reason = "counts of tests")]
fn pass_rate(counts: &Counts) -> Option<f64> {
    let judged = counts.passed + counts.failed;
    (judged > 0).then(|| (counts.passed as f64 / judged as f64 * 1_000.0).round() / 10.0)
}

impl Testing {
    /// How long a test took.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    pub(crate) async fn record_duration(&self, run: &Run, test: &str, duration_ms: i64, at: Timestamp) {
        let labels = [("project", run.project_uid.to_string()), ("test", test.to_owned()), ("browser", run.browser.clone())];
        self.record_of(run, "test_duration_ms", "ms", &labels, duration_ms as f64, at).await;
    }

    /// How many of the tests of a run passed.
    pub(crate) async fn record_pass_rate(&self, run: &Run, at: Timestamp) {
        if let Some(rate) = pass_rate(&run.counts) {
            let labels = [("project", run.project_uid.to_string()), ("browser", run.browser.clone())];
            self.record_of(run, "test_pass_rate", "%", &labels, rate, at).await;
        }
    }

    /// A result is stored already; what a chart lacks of it is no reason to fail.
    async fn record_of(&self, run: &Run, metric: &str, unit: &'static str, labels: &[(&str, String)], value: f64, at: Timestamp) {
        let recorded = async {
            let Some(organization) = self.platform.identity.organization_uid(run.organization_id).await? else { return Ok(()) };
            let organization = organization.to_string();
            let own = labels.iter().map(|(k, v)| (*k, v.as_str())).chain([(ORGANIZATION, organization.as_str())]);
            self.platform.metrics.record(at, &[sample(metric, unit, &own.collect::<Vec<_>>(), value)]).await
        };
        if let Err(error) = recorded.await {
            tracing::warn!(%error, metric, "a point of the tests could not be recorded");
        }
    }

    /// Browsers in use, and runs that wait for one, of this process.
    #[expect(clippy::cast_precision_loss, reason = "a handful of browsers")]
    pub(crate) async fn record_browsers(&self, replica: Option<&str>, at: Timestamp) -> Result<()> {
        let status = self.pool.status();
        let one = |state: &str, n: usize| {
            let mut sample = sample("browser_sessions", "", &[("state", state)], n as f64);
            // What is true at a moment grows stale, which a result does not.
            sample.spec.source = "platform";
            sample.spec.labels.extend(replica.map(|r| ("replica".to_owned(), r.to_owned())));
            sample
        };
        self.platform.metrics.record(at, &[one("active", status.active), one("queued", status.queued)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_rate_is_of_the_tests_that_were_judged() {
        let counts = |passed, failed| Counts { total: 9, passed, failed, skipped: 9 - passed - failed, ..Counts::default() };
        assert_eq!((pass_rate(&counts(2, 1)), pass_rate(&counts(0, 3)), pass_rate(&counts(0, 0))), (Some(66.7), Some(0.0), None));
    }
}
