//! Load averages and task counts from `/proc/loadavg`, uptime from `/proc/uptime`.

use crate::text;
use serde::Serialize;

/// Load of the last 1, 5 and 15 minutes and the number of tasks (threads, not processes).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Load {
    pub one: f64,
    pub five: f64,
    pub fifteen: f64,
    pub runnable: Option<u32>,
    pub tasks: Option<u32>,
}

impl Load {
    /// Parses `/proc/loadavg`, such as `0.52 0.61 0.58 2/345 12345`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = text::fields(text);
        let mut average = || fields.next().and_then(text::decimal);
        let (one, five, fifteen) = (average()?, average()?, average()?);
        let tasks = fields.next().and_then(|field| text::pair(field, b'/'));
        Some(Self {
            one,
            five,
            fifteen,
            runnable: tasks.and_then(|(runnable, _)| text::number(runnable)),
            tasks: tasks.and_then(|(_, tasks)| text::number(tasks)),
        })
    }
}

/// Seconds since boot from `/proc/uptime`.
#[must_use]
pub fn parse_uptime(text: &[u8]) -> Option<f64> {
    text::fields(text).next().and_then(text::decimal).filter(|seconds| *seconds >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_with_tasks_is_read() {
        let load = Load::parse(b"0.52 0.61 0.58 2/345 12345\n").expect("load");
        assert_eq!((load.one, load.five, load.fifteen), (0.52, 0.61, 0.58));
        assert_eq!((load.runnable, load.tasks), (Some(2), Some(345)));
    }

    #[test]
    fn load_without_averages_is_none() {
        assert_eq!(Load::parse(b"0.52 x"), None);
        assert_eq!(Load::parse(b""), None);
    }

    #[test]
    fn uptime_is_the_first_number() {
        assert_eq!(parse_uptime(b"350735.47 234388.90\n"), Some(350_735.47));
        assert_eq!(parse_uptime(b"-1 2"), None);
    }
}
