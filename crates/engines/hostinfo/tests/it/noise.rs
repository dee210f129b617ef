//! No parser panics, whatever it is given: bytes at random, and valid texts with a few bytes changed,
//! which get further in.

use argos_hostinfo::socket::Transport;
use argos_hostinfo::{
    address, cgroup, container, containment, cpu, disk_io, frequency, gpu, identity, journal, limits, link, load, memory, mount, paging,
    power_supply, process, psi, route, session, smart, socket, systemd, user, zfs,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::hint::black_box as ran;

/// Texts the parsers accept, one of each kind.
const VALID: &[&str] = &[
    "cpu  5489 0 2180 101852 1607 0 64 34549 0 0\ncpu0 2398 0 996 51933\nbtime 1795223721\nctxt 5\n",
    "MemTotal:       24684096 kB\nSwapTotal: 18446744073709551615 kB\nSwapFree: 1 kB\n",
    " 254       0 vda 8322 4488 2816090 102260 1591 8145 789328 28227 1 26852 136309\n",
    "  eth0: 244913415    6909    0    0    0     0          0         0   574801    4414    0    0    0     0       0          0\n",
    "36 35 98:0 /a /mnt/my\\040disk rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n",
    "11548 (cat) R 11538 11538 2516 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 93734 3133440 390 0\n",
    "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   112        0 21341 1\n",
    "h\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
    "fd000000000000000000000000000002 04 40 00 82     eth0\n",
    "        |-- 192.0.2.2\n           /32 host LOCAL\n",
    "some avg10=1.53 avg60=0.87 avg300=0.73 total=3842\n",
    "0.52 0.61 0.58 2/345 12345\n",
    "POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_ENERGY_NOW=25000000\nPOWER_SUPPLY_POWER_NOW=10000000\n",
    "PRETTY_NAME=\"Debian \\\"12\\\"\"\nID='x'\n",
    "processor\t: 0\nmodel name\t: X\nphysical id\t: 0\ncore id\t: 0\ncpu MHz\t: 2.5\n",
    "0::/system.slice\n",
    "150000 100000\n",
    "root:x:0:0:root:/root:/bin/bash\n",
    "2024-05-01T12:00:00.123456+0200 box sshd[812]: Accepted: key",
    "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[72,105],\"PRIORITY\":\"6\"}",
    "[{\"unit\":\"ssh.service\",\"load\":\"loaded\",\"active\":\"active\",\"sub\":\"running\",\"description\":\"d\"}]",
    "● nginx.service loaded failed failed A high performance web server\n",
    "Id=ssh.service\nMainPID=812\nMemoryCurrent=1\n\nId=x\n",
    "{\"ID\":\"8a1b2c3d4e5f\",\"Image\":\"i\",\"Names\":\"web,x\",\"Status\":\"Up 2 hours\"}\n",
    "0, Tesla T4, 535, 1, 15360, 0, 33, 12.5, 41\n",
    "{\"device\":{\"name\":\"/dev/sda\"},\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"raw\":{\"value\":1,\"string\":\"1 (2)\"}}]},\"wwn\":{\"naa\":5,\"oui\":1,\"id\":2}}",
    "{\"devices\":[{\"name\":\"/dev/sda\",\"type\":\"sat\"}]}",
    "size 4 1048576\n",
];

fn parse_everything(bytes: &[u8]) {
    ran(cpu::KernelStat::parse(bytes));
    ran(memory::Memory::parse(bytes));
    ran(paging::VmStat::parse(bytes));
    ran(psi::ResourcePressure::parse(bytes));
    ran(load::Load::parse(bytes));
    ran(load::parse_uptime(bytes));
    ran(frequency::parse_cpuinfo_mhz(bytes));
    ran(identity::CpuFacts::parse(bytes));
    ran(identity::OsRelease::parse(bytes));
    ran(limits::FileHandles::parse(bytes));
    ran(session::parse_utmp(bytes));
    ran(user::parse_passwd(bytes));
    ran(zfs::parse_arcstat(bytes, "size"));
    ran(power_supply::parse_uevent("BAT0", bytes));
    ran(containment::parse_environment(bytes));
    ran(containment::parse_cgroup(bytes));
    ran(cgroup::parse_path(bytes));
    ran(cgroup::parse_cpu_max(bytes));
    ran(cgroup::CpuStat::parse(bytes));
    ran(mount::storage(bytes, true));
    ran(route::parse_v6(bytes));
    ran(address::parse_fib_trie(bytes));
    ran(address::parse_if_inet6(bytes));
    ran(address::parse_datagram(bytes, &mut Vec::new()));
    ran(process::parse_io(bytes));
    ran(process::parse_uid(bytes));
    ran(process::parse_cmdline(bytes));
    ran(process::full_name(bytes, bytes));
    for route in route::parse_v4(bytes) {
        ran(route.covers(route.destination));
    }
    for line in bytes.split(|&byte| byte == b'\n') {
        ran(process::Stat::parse(line));
        ran(disk_io::parse_line(line).map(|(name, _)| disk_io::looks_like_partition(name)));
        ran(link::parse_line(line));
        ran(socket::parse_line(Transport::Tcp, line));
        ran(socket::parse_line(Transport::Udp, line));
    }
    let text = String::from_utf8_lossy(bytes);
    ran(smart::parse_report(&text).is_ok());
    ran(smart::parse_scan(&text).is_ok());
    ran(systemd::parse_list(&text));
    ran(systemd::parse_show(&text));
    ran(container::parse_list(&text));
    ran(gpu::parse_nvidia_smi(&text));
    for line in text.lines() {
        ran(journal::parse_json_line(line));
        ran(journal::parse_short_iso_line(line));
    }
}

proptest! {
    #[test]
    fn parsers_given_random_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..900)) {
        parse_everything(&bytes);
    }

    #[test]
    fn parsers_given_changed_texts_do_not_panic(
        text in proptest::sample::select(VALID),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at.index(text.len())) {
                *place = byte;
            }
        }
        bytes.truncate(cut.index(text.len()) + 1);
        parse_everything(&bytes);
    }

    #[test]
    fn numbers_of_any_size_do_not_overflow(numbers in vec(any::<u64>(), 24)) {
        let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let line = words.join(" ");
        let earlier = cpu::KernelStat::parse(format!("cpu {line}\n").as_bytes());
        let reversed: Vec<&str> = words.iter().rev().map(String::as_str).collect();
        let later = cpu::KernelStat::parse(format!("cpu {}\n", reversed.join(" ")).as_bytes());
        if let Some((earlier, later)) = earlier.total.zip(later.total)
            && let Some(usage) = later.since(&earlier)
        {
            prop_assert!((0.0..=100.0).contains(&usage.percent));
        }
        parse_everything(format!("1 (x) S {line}\n8 0 sda {line}\neth0: {line}\n").as_bytes());
        parse_everything(format!("MemTotal: {} kB\nMemFree: {} kB\n", words[0], words[1]).as_bytes());
    }
}
