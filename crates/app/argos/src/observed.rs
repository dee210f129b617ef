//! The web kit's counters as metric families: requests by route and status class, and their durations.

use argos_platform::{Family, Sample};
use argos_web::RouteStats;

/// Whether this process does what must happen once.
pub(crate) fn leader(leads: bool) -> Vec<Family> {
    vec![Family::gauge("argos_leader", "1 in the process that leads").with(&[], Some(f64::from(u8::from(leads))))]
}

const CLASSES: [&str; 6] = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];

#[expect(clippy::cast_precision_loss, reason = "counters shown as floats, as the format does")]
pub(crate) fn requests(stats: &[RouteStats]) -> Vec<Family> {
    let (mut totals, mut durations) = (Vec::new(), Vec::new());
    for route in stats {
        let labels = || vec![("method", route.method.clone()), ("route", route.path.to_owned())];
        for (class, n) in CLASSES.iter().zip(route.by_class).filter(|(_, n)| *n > 0) {
            let mut labels = labels();
            labels.push(("class", (*class).to_owned()));
            totals.push(Sample::new(labels, n as f64));
        }
        for (bound, n) in &route.buckets {
            let mut labels = labels();
            labels.push(("le", bound.map_or_else(|| "+Inf".to_owned(), |us| (us as f64 / 1e6).to_string())));
            durations.push(Sample::new(labels, *n as f64).suffix("_bucket"));
        }
        durations.push(Sample::new(labels(), route.sum_us as f64 / 1e6).suffix("_sum"));
        durations.push(Sample::new(labels(), route.by_class.iter().sum::<u64>() as f64).suffix("_count"));
    }
    vec![
        Family { name: "argos_http_requests_total", kind: "counter", help: "Requests by route and status class", samples: totals },
        Family { name: "argos_http_request_duration_seconds", kind: "histogram", help: "Time to the reply by route", samples: durations },
    ]
}
