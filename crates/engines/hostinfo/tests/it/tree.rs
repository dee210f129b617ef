//! The sampler on the fixture machine.

use crate::fixture::{FakeProcess, Machine, SERVICE};
use argos_hostinfo::containment::Containment;
use argos_hostinfo::disk_io::DiskKind;
use argos_hostinfo::process::ProcessState;
use argos_hostinfo::process_table::Rank;
use argos_hostinfo::{Moment, Sample, Sampler, Wants};
use std::time::Duration;

fn at(seconds: u64) -> Moment {
    let wall_unix_s = 1_700_005_000 + i64::try_from(seconds).expect("small");
    Moment { monotonic: Duration::from_secs(1000 + seconds), wall_unix_s }
}

/// Two samples of the machine, ten seconds apart.
fn two_samples(machine: &Machine, wants: &Wants) -> (Sample, Sample) {
    let mut sampler = Sampler::new(machine.root());
    let first = sampler.sample(wants, at(0));
    machine.counters(10);
    (first, sampler.sample(wants, at(10)))
}

#[test]
fn first_sample_has_facts_and_no_rates() {
    let machine = Machine::new();
    let (sample, _) = two_samples(&machine, &Wants::default());

    assert_eq!((sample.interval_s, sample.wall_unix_s), (None, 1_700_005_000));
    assert_eq!(sample.identity.hostname.as_deref(), Some("fixture"));
    assert_eq!(sample.identity.os.title(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!(sample.identity.kernel_release.as_deref(), Some("6.1.0-25-amd64"));
    assert_eq!(sample.identity.arch.as_deref(), Some("x86_64"));
    assert_eq!(sample.identity.cpu.model.as_deref(), Some("AMD Ryzen 5 5600G"));
    assert_eq!(sample.identity.containment, None);
    assert_eq!((sample.uptime_s, sample.boot_unix_s), (Some(5000.5), Some(1_700_000_000)));

    let cpu = sample.cpu.expect("cpu");
    assert_eq!((cpu.percent(), cpu.context_switches_per_s, cpu.forks_per_s), (None, None, None));
    assert_eq!(cpu.cores.first().map(|core| core.usage), Some(None));
    assert_eq!(sample.paging.expect("paging").swap_in_bytes_per_s, None);
    let disks = sample.disks.expect("disks");
    assert!(disks.iter().all(|disk| disk.read_bytes_per_s.is_none() && disk.busy_percent.is_none()));
    let network = sample.network.expect("network");
    assert_eq!((network.rx_bytes_per_s, network.rx_bytes_total), (None, Some(70_000)));
    let processes = sample.processes.expect("processes");
    assert!(processes.list.iter().all(|process| process.cpu_percent.is_none()));
    let json = serde_json::to_value(&cpu).expect("json");
    assert_eq!(json.get("total"), Some(&serde_json::Value::Null));
}

#[test]
fn second_sample_has_rates() {
    let machine = Machine::new();
    let (_, sample) = two_samples(&machine, &Wants::default());

    assert_eq!(sample.interval_s, Some(10.0));
    let cpu = sample.cpu.expect("cpu");
    let usage = cpu.total.expect("second sample");
    assert_eq!((usage.percent, usage.modes.user, usage.modes.iowait), (25.0, 15.0, 5.0));
    assert_eq!((cpu.context_switches_per_s, cpu.forks_per_s), (Some(500.0), Some(2.0)));
    assert_eq!(cpu.cores.first().and_then(|core| core.usage).map(|usage| usage.percent), Some(100.0));

    let paging = sample.paging.expect("paging");
    assert_eq!((paging.page_faults_per_s, paging.major_faults_per_s), (Some(100.0), Some(0.0)));
    assert!(paging.swap_in_bytes_per_s.is_some_and(|rate| rate >= 10.0 * 4096.0));
    assert_eq!((paging.oom_kills_total, paging.oom_kills), (Some(1), Some(0)));

    let disks = sample.disks.expect("disks");
    let names: Vec<_> = disks.iter().map(|disk| (&*disk.name, disk.kind)).collect();
    assert_eq!(names, [("sda", DiskKind::Disk), ("sda1", DiskKind::Partition)]);
    let sda = disks.first().expect("sda");
    assert_eq!((sda.read_bytes_per_s, sda.write_bytes_per_s), (Some(2_097_152.0), Some(1_048_576.0)));
    assert_eq!((sda.reads_per_s, sda.writes_per_s), (Some(16.0), Some(4.0)));
    assert_eq!((sda.busy_percent, sda.await_ms), (Some(25.0), Some(3.0)));
    assert_eq!((sda.model.as_deref(), sda.size_bytes), (Some("Samsung SSD 870"), Some(512_000)));
    assert_eq!(sda.rotational, Some(false));
}

#[test]
fn counters_that_go_backwards_give_no_rate_once() {
    let machine = Machine::new();
    machine.counters(50);
    let mut sampler = Sampler::new(machine.root());
    sampler.sample(&Wants::default(), at(0));
    machine.counters(10);
    let reset = sampler.sample(&Wants::default(), at(10));
    assert_eq!(reset.cpu.and_then(|cpu| cpu.percent()), None);
    assert_eq!(reset.network.expect("network").rx_bytes_per_s, None);
    let disks = reset.disks.expect("disks");
    assert_eq!(disks.first().and_then(|disk| disk.read_bytes_per_s), None);

    machine.counters(20);
    let after = sampler.sample(&Wants::default(), at(20));
    assert_eq!(after.cpu.and_then(|cpu| cpu.percent()), Some(25.0));
    assert_eq!(after.network.expect("network").rx_bytes_per_s, Some(1000.0));
}

#[test]
fn part_sampled_now_and_then_is_measured_over_its_own_interval() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    sampler.sample(&Wants::default(), at(0));
    machine.counters(10);
    let between = sampler.sample(&Wants::NOTHING, at(10));
    assert_eq!((between.network, between.disks, between.processes), (None, None, None));
    assert_eq!(between.cpu.and_then(|cpu| cpu.percent()), Some(25.0));
    machine.counters(20);
    let sample = sampler.sample(&Wants::default(), at(20));
    assert_eq!(sample.interval_s, Some(10.0));
    assert_eq!(sample.network.expect("network").rx_bytes_per_s, Some(1000.0));
}

#[test]
fn network_lists_interfaces_with_addresses_and_sums_hardware_only() {
    let machine = Machine::new();
    let (_, sample) = two_samples(&machine, &Wants::default());
    let network = sample.network.expect("network");
    let names: Vec<_> = network.interfaces.iter().map(|interface| &*interface.name).collect();
    assert_eq!(names, ["lo", "eth0", "veth1"]);
    assert_eq!((network.rx_bytes_per_s, network.tx_bytes_per_s), (Some(1000.0), Some(500.0)));
    assert_eq!(network.default_interface.as_deref(), Some("eth0"));
    assert_eq!(network.default_gateway, "192.0.2.1".parse().ok());
    assert_eq!(network.default_ip, "192.0.2.2".parse().ok());

    let eth0 = network.interfaces.get(1).expect("eth0");
    assert_eq!((eth0.is_virtual, eth0.is_up(), eth0.is_main()), (Some(false), Some(true), true));
    assert_eq!((eth0.speed_mbps, eth0.mtu), (Some(1000), Some(1500)));
    assert_eq!(eth0.mac.as_deref(), Some("02:fc:00:00:00:01"));
    assert_eq!(eth0.rates.rx_drops_per_s, Some(1.0));
    assert_eq!(eth0.ipv4(), "192.0.2.2".parse().ok());
    assert_eq!(eth0.addresses.iter().map(|address| address.prefix).collect::<Vec<_>>(), [Some(24), Some(64)]);

    let lo = network.interfaces.first().expect("lo");
    assert_eq!((lo.loopback, lo.is_up(), lo.mac.as_deref()), (true, Some(true), None));
    let veth = network.interfaces.get(2).expect("veth1");
    assert_eq!((veth.is_virtual, veth.is_main(), veth.speed_mbps), (Some(true), false, None));
}

#[test]
fn interface_that_comes_and_goes_starts_without_rates() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    sampler.sample(&Wants::default(), at(0));
    machine.put("proc/net/dev", "  eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  wg0: 5 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n");
    let sample = sampler.sample(&Wants::default(), at(10));
    let network = sample.network.expect("network");
    let rates: Vec<_> = network.interfaces.iter().map(|interface| (&*interface.name, interface.rates.rx_bytes_per_s)).collect();
    assert_eq!(rates, [("wg0", None), ("eth0", None)]);
}

#[test]
fn sensors_power_and_graphics_are_read() {
    let machine = Machine::new();
    let (sample, _) = two_samples(&machine, &Wants::default());

    let sensors = sample.sensors.expect("sensors");
    let chips: Vec<_> = sensors.temperatures.iter().map(|reading| (&*reading.chip, reading.celsius)).collect();
    assert_eq!(chips, [("k10temp", 45.5), ("nvme", 38.85), ("acpitz", 27.8)]);
    assert_eq!(sensors.cpu_celsius(), Some(45.5));
    let nvme = sensors.temperatures.get(1).expect("nvme");
    assert_eq!((nvme.max_celsius, nvme.critical_celsius), (None, Some(84.85)));
    assert_eq!(nvme.device.as_deref(), Some("nvme0"));
    assert_eq!(sensors.temperatures.get(2).and_then(|zone| zone.critical_celsius), Some(119.0));
    assert_eq!(sensors.fans.iter().map(|fan| fan.rpm).collect::<Vec<_>>(), [1180]);

    let power = sample.power.expect("power");
    assert_eq!(power.mains_online, Some(false));
    assert_eq!(power.main_battery().and_then(|battery| battery.remaining_s), Some(9000));

    let gpus = sample.gpus.expect("gpus");
    let [gpu] = gpus.as_slice() else { panic!("one card") };
    assert_eq!((gpu.vendor.as_deref(), gpu.driver.as_deref()), (Some("AMD"), Some("amdgpu")));
    assert_eq!((gpu.utilization_percent, gpu.celsius, gpu.power_watts), (Some(12.0), Some(41.0), Some(7.5)));
    assert_eq!((gpu.memory_used_bytes, gpu.pci_id.as_deref()), (Some(104_857_600), Some("1002:1638")));

    let frequency = sample.frequency.expect("frequency");
    assert_eq!((frequency.current_mhz, frequency.max_mhz), (Some(1500.0), Some(3900.0)));
    assert_eq!(frequency.governor.as_deref(), Some("schedutil"));
}

#[test]
fn drive_temperatures_are_read_only_when_wanted() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    let mut chips = |wants: &Wants, seconds| -> bool {
        let sensors = sampler.sample(wants, at(seconds)).sensors.expect("sensors");
        sensors.temperatures.iter().any(|reading| &*reading.chip == "drivetemp")
    };
    let with = Wants { drive_temperatures: true, ..Wants::default() };
    assert!(!chips(&Wants::default(), 0));
    assert!(chips(&with, 5));
    assert!(!chips(&Wants::default(), 10));
}

#[test]
fn sleeping_graphics_card_is_not_asked() {
    let machine = Machine::new();
    machine.put("sys/class/drm/card1/device/power/runtime_status", "suspended\n");
    let (sample, _) = two_samples(&machine, &Wants::default());
    let gpus = sample.gpus.expect("gpus");
    assert_eq!(gpus.first().map(|gpu| (gpu.utilization_percent, gpu.celsius)), Some((None, None)));
}

#[test]
fn memory_group_pools_and_tables_are_read() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    let first = sampler.sample(&Wants::default(), at(0));
    machine.put(
        "sys/fs/cgroup/system.slice/argos.service/cpu.stat",
        "usage_usec 6000000\nnr_periods 200\nnr_throttled 35\nthrottled_usec 9000\n",
    );
    let sample = sampler.sample(&Wants::default(), at(10));

    let memory = sample.memory.expect("memory");
    assert_eq!((memory.percent, memory.swap.percent), (Some(25.0), Some(25.0)));
    let pressure = sample.pressure.expect("pressure");
    assert_eq!(pressure.io, None);
    assert_eq!(pressure.cpu.and_then(|cpu| cpu.some).map(|some| some.avg10_percent), Some(1.5));

    assert_eq!(first.cgroup.and_then(|cgroup| cgroup.cpu_percent), None);
    let cgroup = sample.cgroup.expect("cgroup");
    assert_eq!(cgroup.path, "/system.slice/argos.service");
    assert_eq!((cgroup.memory_bytes, cgroup.memory_max_bytes), (Some(52_428_800), None));
    assert_eq!((cgroup.cpu_limit, cgroup.cpu_percent), (Some(1.5), Some(50.0)));
    assert_eq!((cgroup.throttled_percent, cgroup.throttled_us_total), (Some(25.0), Some(9000)));
    assert_eq!((cgroup.pids, cgroup.pids_max, cgroup.oom_kills_total), (Some(17), Some(512), Some(1)));

    let zfs = sample.zfs.expect("zfs");
    let pools: Vec<_> = zfs.pools.iter().map(|pool| (pool.name.as_str(), pool.health.as_deref())).collect();
    assert_eq!(pools, [("tank", Some("DEGRADED"))]);
    assert_eq!(zfs.arc_bytes, Some(1_048_576));
    assert_eq!(sample.file_handles.map(|handles| handles.open), Some(1472));
    assert_eq!((sample.entropy_bits, sample.sessions), (Some(256), None));
}

#[test]
fn filesystems_are_measured_below_the_root() {
    let machine = Machine::new();
    let (sample, _) = two_samples(&machine, &Wants::default());
    let filesystems = sample.filesystems.expect("filesystems");
    // The second one of the table has no directory here.
    let [root] = filesystems.as_slice() else { panic!("one file system") };
    assert_eq!((&*root.mount_point, &*root.source), ("/", "/dev/sda1"));
    assert!(root.total_bytes >= root.used_bytes && root.total_bytes > 0);
}

#[test]
fn processes_are_followed_and_ranked() {
    let machine = Machine::new();
    machine.process_io(812, 1000, 0);
    let mut sampler = Sampler::new(machine.root());
    sampler.sample(&Wants::default(), at(0));
    machine.process(&FakeProcess { state: "R", ticks: 600, ..SERVICE });
    machine.process_io(812, 21_000, 5000);
    machine.remove("proc/77");
    machine.process(&FakeProcess { pid: 900, name: "bash", ticks: 9000, pages: 10, ..SERVICE });
    let sample = sampler.sample(&Wants::default(), at(10));
    let processes = sample.processes.expect("processes");
    let pids: Vec<_> = processes.list.iter().map(|process| process.pid).collect();
    assert_eq!(pids, [1, 812, 900]);

    let ticks_per_s = rustix::param::clock_ticks_per_second();
    let postgres = processes.list.get(1).expect("postgres");
    assert_eq!((&*postgres.name, postgres.user.as_deref()), ("postgres", Some("postgres")));
    assert_eq!(&*postgres.cmdline, "/usr/lib/postgres -D /var/lib/data");
    assert_eq!((postgres.state, postgres.ppid, postgres.threads), (ProcessState::Running, 1, 4));
    assert_eq!(postgres.cpu_percent, Some(100.0 * 50.0 / ticks_per_s as f64));
    assert_eq!((postgres.read_bytes_per_s, postgres.write_bytes_per_s), (Some(2000.0), Some(500.0)));
    assert_eq!(postgres.started_unix_s, Some(1_700_000_000 + 25_000 / i64::try_from(ticks_per_s).expect("small")));
    let bash = processes.list.get(2).expect("bash");
    assert_eq!((bash.cpu_percent, bash.read_bytes_per_s), (None, None));

    let top = |rank| processes.top(rank, 1).first().map(|process| process.pid);
    assert_eq!((top(Rank::Cpu), top(Rank::Memory), top(Rank::Io)), (Some(812), Some(812), Some(812)));
}

#[test]
fn process_with_a_reused_pid_or_a_new_name_is_described_anew() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    sampler.sample(&Wants::default(), at(0));
    machine.process(&FakeProcess { name: "worker", ticks: 200, ..SERVICE });
    let renamed = sampler.sample(&Wants::default(), at(10)).processes.expect("processes");
    let worker = renamed.list.last().expect("worker");
    assert_eq!((&*worker.name, &*worker.cmdline), ("worker", "/usr/lib/worker -D /var/lib/data"));
    assert!(worker.cpu_percent.is_some());

    let stat = std::fs::read_to_string(machine.root().join("proc/812/stat")).expect("stat");
    machine.put("proc/812/stat", &stat.replace(" 25000 ", " 26000 "));
    let reused = sampler.sample(&Wants::default(), at(20)).processes.expect("processes");
    assert_eq!(reused.list.last().map(|process| process.cpu_percent), Some(None));
}

#[test]
fn sockets_are_read_with_their_holders() {
    let machine = Machine::new();
    machine.descriptor(812, 3, "socket:[4001]");
    machine.descriptor(812, 4, "socket:[4002]");
    machine.descriptor(812, 5, "/dev/null");
    machine.descriptor(1, 7, "socket:[999]");
    let mut sampler = Sampler::new(machine.root());
    assert_eq!(sampler.sample(&Wants::default(), at(0)).sockets, None);
    let sockets = sampler.sockets().expect("sockets");

    let listening: Vec<_> =
        sockets.listening().into_iter().map(|socket| (socket.local.port(), socket.pid, socket.process.as_deref())).collect();
    assert_eq!(listening, [(68, None, None), (5432, Some(812), Some("postgres"))]);
    let connections: Vec<_> = sockets.connections().map(|socket| (socket.local.to_string(), socket.state.word(), socket.pid)).collect();
    let expected = [("192.0.2.2:5432".to_owned(), "ESTABLISHED", Some(812)), ("192.0.2.2:22".to_owned(), "TIME_WAIT", None)];
    assert_eq!(connections, expected);
    let json = serde_json::to_value(&sockets.all).expect("json");
    assert_eq!(json.pointer("/1/state"), Some(&"ESTABLISHED".into()));
    assert_eq!(json.pointer("/2/state"), Some(&"TIME_WAIT".into()));
}

#[test]
fn slow_facts_are_read_again_after_a_minute_or_on_request() {
    let machine = Machine::new();
    let mut sampler = Sampler::new(machine.root());
    assert_eq!(sampler.identity().hostname.as_deref(), Some("fixture"));
    sampler.sample(&Wants::default(), at(0));
    machine.put("proc/sys/kernel/hostname", "renamed\n");
    machine.put("run/.containerenv", "");
    let same = sampler.sample(&Wants::default(), at(59));
    assert_eq!(same.identity.hostname.as_deref(), Some("fixture"));
    let later = sampler.sample(&Wants::default(), at(60));
    assert_eq!(later.identity.hostname.as_deref(), Some("renamed"));
    assert_eq!(later.identity.containment, Some(Containment::Podman));

    machine.put("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "performance\n");
    sampler.forget_facts();
    let forced = sampler.sample(&Wants::default(), at(61));
    assert_eq!(forced.frequency.and_then(|frequency| frequency.governor.clone()).as_deref(), Some("performance"));
}

#[test]
fn empty_root_is_unknown_everywhere() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let mut sampler = Sampler::new(directory.path());
    let wants = Wants { sockets: true, ..Wants::default() };
    let sample = sampler.sample(&wants, at(0));
    assert_eq!((sample.cpu, sample.load, sample.memory), (None, None, None));
    assert_eq!((sample.disks, sample.filesystems, sample.network), (None, None, None));
    assert_eq!((sample.processes, sample.sockets), (None, None));
    assert_eq!((sample.pressure, sample.zfs, sample.cgroup), (None, None, None));
    assert_eq!((sample.uptime_s, sample.identity.hostname.as_deref()), (None, None));
    assert_eq!(sample.gpus, Some(Vec::new()));
}
