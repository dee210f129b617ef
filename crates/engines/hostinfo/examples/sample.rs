//! Prints one sample of this machine as JSON and, on standard error, what samples cost.
//!
//! `sample [COUNT [ROOT]]`: takes COUNT samples (default 2) and prints the last one. Processor time
//! is that of the main thread as the kernel accounts it.

use argos_hostinfo::{Moment, Sampler, Wants};
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().map_or(Ok(2), |count| count.parse())?;
    let root = arguments.next().unwrap_or_else(|| "/".to_owned());
    let mut sampler = Sampler::new(Path::new(&root));
    let wants = Wants::default();
    let started = Instant::now();

    let first = cpu_time()?;
    let mut sample = sampler.sample(&wants, moment(started)?);
    let before = cpu_time()?;
    for _ in 1..count {
        // Rates need time to pass between two samples; a real caller ticks every few seconds.
        #[expect(clippy::disallowed_methods, reason = "a stand-alone example has no clock to wait on")]
        std::thread::sleep(Duration::from_millis(20));
        sample = sampler.sample(&wants, moment(started)?);
    }
    let after = cpu_time()?;

    let processes = sample.processes.as_ref().map_or(0, |processes| processes.list.len());
    let each = after.saturating_sub(before) / count.saturating_sub(1).max(1);
    #[expect(clippy::print_stderr, reason = "the measurement is this example's second result")]
    {
        eprintln!("first sample {:?}, each further {each:?}, {processes} processes", before - first);
    }
    #[expect(clippy::print_stdout, reason = "the sample is this example's result")]
    {
        println!("{}", serde_json::to_string_pretty(&sample)?);
    }
    Ok(())
}

fn moment(started: Instant) -> Result<Moment, Box<dyn std::error::Error>> {
    #[expect(clippy::disallowed_methods, reason = "a stand-alone example has no clock but the system's")]
    let wall = std::time::SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Moment { monotonic: started.elapsed(), wall_unix_s: wall.as_secs().try_into()? })
}

/// First field of schedstat: nanoseconds on a processor.
fn cpu_time() -> Result<Duration, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent = text.split_whitespace().next().ok_or("empty schedstat")?;
    Ok(Duration::from_nanos(spent.parse()?))
}
