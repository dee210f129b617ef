//! The sampler on the machine the test runs on.

use argos_hostinfo::{Moment, Sample, Sampler, Wants};
use std::path::Path;
use std::time::{Duration, Instant};

fn moment(started: Instant) -> Moment {
    Moment { monotonic: started.elapsed(), wall_unix_s: 1_800_000_000 }
}

fn percent(value: f64) -> bool {
    (0.0..=100.0).contains(&value)
}

/// Works instead of sleeping, so that processor time certainly passes.
fn work(length: Duration) -> u64 {
    let started = Instant::now();
    let mut sum = 0_u64;
    while started.elapsed() < length {
        sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
    }
    sum
}

fn samples() -> (Sample, Sample) {
    let wants = Wants { sockets: true, virtual_disks: true, ..Wants::default() };
    let started = Instant::now();
    let mut sampler = Sampler::new(Path::new("/"));
    let first = sampler.sample(&wants, moment(started));
    work(Duration::from_millis(300));
    (first, sampler.sample(&wants, moment(started)))
}

#[test]
fn this_machine_sampled_twice_is_plausible() {
    let (first, second) = samples();
    assert_eq!(first.cpu.as_ref().and_then(argos_hostinfo::cpu::Cpu::percent), None);

    let cpu = second.cpu.expect("cpu");
    let usage = cpu.total.expect("a second sample");
    assert!(percent(usage.percent) && usage.percent > 0.0, "{usage:?}");
    let modes = usage.modes;
    let sum = modes.user + modes.nice + modes.system + modes.idle + modes.iowait + modes.irq + modes.softirq + modes.steal + modes.guest;
    assert!((sum - 100.0).abs() < 1e-6, "{modes:?}");
    assert!(!cpu.cores.is_empty());
    assert_eq!(second.identity.cpu.threads, u32::try_from(cpu.cores.len()).ok());

    let memory = second.memory.expect("memory");
    assert!(memory.total_bytes > 16 << 20 && memory.percent.is_some_and(percent));
    assert!(second.load.is_some_and(|load| load.one >= 0.0));
    assert!(second.uptime_s.is_some_and(|uptime| uptime > 0.0));
    assert!(second.boot_unix_s.is_some_and(|boot| boot > 1_500_000_000));
    assert!(second.identity.hostname.is_some() && second.identity.kernel_release.is_some());

    for disk in second.disks.expect("disks") {
        assert!(disk.busy_percent.is_none_or(percent), "{disk:?}");
        assert!(disk.read_bytes_per_s.is_none_or(|rate| rate >= 0.0));
    }
    for filesystem in second.filesystems.expect("filesystems") {
        assert!(filesystem.used_bytes <= filesystem.total_bytes, "{filesystem:?}");
        assert!(filesystem.percent.is_none_or(percent));
    }
    let network = second.network.expect("network");
    assert!(network.interfaces.iter().any(|interface| interface.loopback));
    for lo in network.interfaces.iter().filter(|interface| interface.loopback) {
        let own = lo.addresses.iter().any(|address| address.ip.is_loopback());
        assert!(own || lo.admin_up != Some(true), "{lo:?}");
    }
    if let Some(interface) = &network.default_interface {
        assert!(network.interfaces.iter().any(|known| *known.name == **interface));
    }
    assert!(second.sockets.is_some());
}

#[test]
fn this_process_is_listed_with_its_work() {
    let (first, second) = samples();
    let pid = std::process::id();
    let before = first.processes.expect("processes");
    assert!(before.list.iter().any(|process| process.pid == pid && process.cpu_percent.is_none()));

    let processes = second.processes.expect("processes");
    let this = processes.list.iter().find(|process| process.pid == pid).expect("this process");
    assert!(this.cpu_percent.is_some_and(|percent| percent > 0.0), "{this:?}");
    assert!(this.resident_bytes > 0 && this.cmdline.contains(&*this.name));
    assert!(this.started_unix_s >= second.boot_unix_s);
    assert!(this.read_bytes_per_s.is_some(), "a process may read its own io");
}
