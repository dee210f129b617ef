//! A machine laid out in a temporary directory: a small server with two disks, a bridge of
//! containers, sensors, a GPU and three processes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// What the stat line of a process says.
#[derive(Clone, Copy)]
pub(crate) struct FakeProcess {
    pub(crate) pid: u32,
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    pub(crate) ppid: u32,
    pub(crate) ticks: u64,
    pub(crate) pages: u64,
    pub(crate) flags: u64,
}

/// A service that is there from the start.
pub(crate) const SERVICE: FakeProcess = FakeProcess { pid: 812, name: "postgres", state: "S", ppid: 1, ticks: 100, pages: 5000, flags: 0 };

pub(crate) struct Machine {
    directory: TempDir,
}

impl Machine {
    /// The machine as it was first seen.
    pub(crate) fn new() -> Self {
        let machine = Self { directory: tempfile::tempdir().expect("temporary directory") };
        for (path, content) in FILES {
            machine.put(path, content);
        }
        machine.counters(0);
        machine.process(&FakeProcess { pid: 1, name: "systemd", ppid: 0, ticks: 10, pages: 100, ..SERVICE });
        machine.process(&SERVICE);
        machine.process(&FakeProcess { pid: 77, name: "kworker/0:1", state: "I", ppid: 2, ticks: 3, pages: 0, flags: 0x0020_0000 });
        machine.link("sys/class/net/eth0", "../../devices/pci0000:00/0000:00:03.0/net/eth0");
        machine.link("sys/class/net/lo", "../../devices/virtual/net/lo");
        machine.link("sys/class/net/veth1", "../../devices/virtual/net/veth1");
        machine.link("sys/class/hwmon/hwmon1/device", "../../nvme/nvme0");
        machine.link("sys/class/drm/card1/device/driver", "../../../../bus/pci/drivers/amdgpu");
        machine
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn put(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("directory");
        fs::write(path, content).expect("file");
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.root().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path).expect("directory removed");
        } else {
            fs::remove_file(path).expect("file removed");
        }
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("directory");
        symlink(target, path).expect("link");
    }

    /// Writes all counters as they stand after so many seconds at a steady pace: a quarter of the
    /// processor used, 2 MiB/s read, 1 MiB/s written, 1000 B/s received, 10 pages/s swapped in.
    pub(crate) fn counters(&self, seconds: u64) {
        let s = seconds;
        self.put(
            "proc/stat",
            &format!(
                "cpu  {} 0 {} {} {} 0 0 0 0 0\ncpu0 {} 0 50 5000 0 0 0 0 0 0\nintr {} 1 2\nctxt {}\nbtime 1700000000\nprocesses {}\nprocs_running 2\nprocs_blocked 0\n",
                1000 + 30 * s,
                500 + 20 * s,
                9000 + 140 * s,
                100 + 10 * s,
                500 + 100 * s,
                9000 + 300 * s,
                7000 + 500 * s,
                900 + 2 * s,
            ),
        );
        self.put(
            "proc/diskstats",
            &format!(
                "   7       0 loop0 1 0 8 0 0 0 0 0 0 0 0\n   8       0 sda {} 0 {} {} {} 0 {} {} 1 {} 0\n   8       1 sda1 9 0 72 1 0 0 0 0 0 1 1\n 253       0 dm-0 5 0 40 1 0 0 0 0 0 1 1\n",
                100 + 16 * s,
                8000 + 4096 * s,
                50 + 32 * s,
                40 + 4 * s,
                3000 + 2048 * s,
                20 + 28 * s,
                1000 + 250 * s,
            ),
        );
        self.put(
            "proc/net/dev",
            &format!(
                "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n  eth0: {} {} 0 {} 0 0 0 0 {} 40 0 0 0 0 0 0\n veth1: {} 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n",
                70_000 + 1000 * s,
                90 + 10 * s,
                s,
                30_000 + 500 * s,
                5 + 777 * s,
            ),
        );
        self.put("proc/vmstat", &format!("pswpin {}\npswpout 4\npgfault {}\npgmajfault 7\noom_kill 1\n", 3 + 10 * s, 500 + 100 * s));
        self.put("proc/uptime", &format!("{}.50 100.00\n", 5000 + s));
    }

    pub(crate) fn process(&self, process: &FakeProcess) {
        let FakeProcess { pid, name, state, ppid, ticks, pages, flags } = *process;
        self.put(
            &format!("proc/{pid}/stat"),
            &format!(
                "{pid} ({name}) {state} {ppid} 1 1 0 -1 {flags} 9 0 0 0 {ticks} 0 0 0 20 0 4 0 25000 1000000 {pages} 18446744073709551615 0 0 0\n"
            ),
        );
        let arguments = if flags == 0 { format!("/usr/lib/{name}\0-D\0/var/lib/data\0") } else { String::new() };
        self.put(&format!("proc/{pid}/cmdline"), &arguments);
        self.put(&format!("proc/{pid}/comm"), &format!("{name}\n"));
        self.put(&format!("proc/{pid}/status"), &format!("Name:\t{name}\nUid:\t{}\t0\t0\t0\n", pid % 100));
    }

    pub(crate) fn process_io(&self, pid: u32, read: u64, written: u64) {
        self.put(&format!("proc/{pid}/io"), &format!("rchar: 9\nwchar: 9\nread_bytes: {read}\nwrite_bytes: {written}\n"));
    }

    pub(crate) fn descriptor(&self, pid: u32, number: u32, target: &str) {
        self.link(&format!("proc/{pid}/fd/{number}"), target);
    }
}

const FILES: &[(&str, &str)] = &[
    ("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n"),
    ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nsystem:x:1:1::/:\npostgres:x:12:12::/var/lib/postgresql:/bin/sh\n"),
    ("proc/sys/kernel/hostname", "fixture\n"),
    ("proc/sys/kernel/osrelease", "6.1.0-25-amd64\n"),
    ("proc/sys/kernel/arch", "x86_64\n"),
    ("proc/sys/fs/file-nr", "1472\t0\t100000\n"),
    ("proc/sys/kernel/random/entropy_avail", "256\n"),
    ("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD Ryzen 5 5600G\ncpu MHz\t\t: 3900.0\nphysical id\t: 0\ncore id\t\t: 0\n\n"),
    ("proc/loadavg", "0.52 0.61 0.58 2/345 812\n"),
    (
        "proc/meminfo",
        "MemTotal:        4000000 kB\nMemFree:         1000000 kB\nMemAvailable:    3000000 kB\nSwapTotal:       1000000 kB\nSwapFree:         750000 kB\n",
    ),
    ("proc/pressure/cpu", "some avg10=1.50 avg60=0.80 avg300=0.70 total=3842\n"),
    ("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"),
    (
        "proc/self/mountinfo",
        "22 27 0:21 / /proc rw - proc proc rw\n27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 27 8:2 / /absent rw - ext4 /dev/sda2 rw\n",
    ),
    ("proc/self/cgroup", "0::/system.slice/argos.service\n"),
    ("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n"),
    ("sys/fs/cgroup/system.slice/argos.service/memory.current", "52428800\n"),
    ("sys/fs/cgroup/system.slice/argos.service/memory.max", "max\n"),
    ("sys/fs/cgroup/system.slice/argos.service/memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n"),
    ("sys/fs/cgroup/system.slice/argos.service/cpu.max", "150000 100000\n"),
    ("sys/fs/cgroup/system.slice/argos.service/cpu.stat", "usage_usec 1000000\nnr_periods 100\nnr_throttled 10\nthrottled_usec 5000\n"),
    ("sys/fs/cgroup/system.slice/argos.service/pids.current", "17\n"),
    ("sys/fs/cgroup/system.slice/argos.service/pids.max", "512\n"),
    (
        "proc/net/route",
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
    ),
    (
        "proc/net/fib_trie",
        "Local:\n  +-- 0.0.0.0/0 3 0 5\n        |-- 127.0.0.1\n           /32 host LOCAL\n        |-- 192.0.2.2\n           /32 host LOCAL\n",
    ),
    ("proc/net/if_inet6", "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n"),
    (
        "proc/net/tcp",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000    12        0 4001 1 0 100 0 0 10 0\n   1: 020200C0:1538 050200C0:D431 01 00000000:00000000 00:00000000 00000000    12        0 4002 1 0 20 4 30 10 -1\n   2: 020200C0:0016 090200C0:A431 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0\n",
    ),
    (
        "proc/net/udp",
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n  1: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4003 2 0 0\n",
    ),
    ("proc/spl/kstat/zfs/arcstats", "name type data\nsize 4 1048576\nc_max 4 8388608\n"),
    ("proc/spl/kstat/zfs/tank/state", "DEGRADED\n"),
    ("sys/class/block/sda/size", "1000\n"),
    ("sys/class/block/sda/queue/rotational", "0\n"),
    ("sys/class/block/sda/device/model", "Samsung SSD 870 \n"),
    ("sys/class/block/sda1/partition", "1\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/operstate", "up\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/ifindex", "2\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/flags", "0x1003\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/speed", "1000\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/mtu", "1500\n"),
    ("sys/devices/pci0000:00/0000:00:03.0/net/eth0/address", "02:fc:00:00:00:01\n"),
    ("sys/devices/virtual/net/lo/operstate", "unknown\n"),
    ("sys/devices/virtual/net/lo/ifindex", "1\n"),
    ("sys/devices/virtual/net/lo/flags", "0x9\n"),
    ("sys/devices/virtual/net/lo/address", "00:00:00:00:00:00\n"),
    ("sys/devices/virtual/net/veth1/operstate", "up\n"),
    ("sys/devices/virtual/net/veth1/ifindex", "9\n"),
    ("sys/devices/virtual/net/veth1/speed", "-1\n"),
    ("sys/class/hwmon/hwmon0/name", "k10temp\n"),
    ("sys/class/hwmon/hwmon0/temp1_input", "45500\n"),
    ("sys/class/hwmon/hwmon0/temp1_label", "Tctl\n"),
    ("sys/class/hwmon/hwmon1/name", "nvme\n"),
    ("sys/class/hwmon/hwmon1/temp1_input", "38850\n"),
    ("sys/class/hwmon/hwmon1/temp1_max", "65261850\n"),
    ("sys/class/hwmon/hwmon1/temp1_crit", "84850\n"),
    ("sys/class/hwmon/hwmon2/name", "nct6775\n"),
    ("sys/class/hwmon/hwmon2/fan2_input", "1180\n"),
    ("sys/class/hwmon/hwmon2/fan2_min", "0\n"),
    ("sys/class/hwmon/hwmon2/temp7_input", "-128000\n"),
    ("sys/class/hwmon/hwmon3/name", "drivetemp\n"),
    ("sys/class/hwmon/hwmon3/temp1_input", "31000\n"),
    ("sys/class/thermal/thermal_zone0/type", "acpitz\n"),
    ("sys/class/thermal/thermal_zone0/temp", "27800\n"),
    ("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive\n"),
    ("sys/class/thermal/thermal_zone0/trip_point_0_temp", "90000\n"),
    ("sys/class/thermal/thermal_zone0/trip_point_1_type", "critical\n"),
    ("sys/class/thermal/thermal_zone0/trip_point_1_temp", "119000\n"),
    ("sys/class/power_supply/AC/uevent", "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=0\n"),
    (
        "sys/class/power_supply/BAT0/uevent",
        "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=54\nPOWER_SUPPLY_ENERGY_NOW=25000000\nPOWER_SUPPLY_POWER_NOW=10000000\n",
    ),
    ("sys/class/drm/card1/device/vendor", "0x1002\n"),
    ("sys/class/drm/card1/device/device", "0x1638\n"),
    ("sys/class/drm/card1/device/gpu_busy_percent", "12\n"),
    ("sys/class/drm/card1/device/mem_info_vram_total", "536870912\n"),
    ("sys/class/drm/card1/device/mem_info_vram_used", "104857600\n"),
    ("sys/class/drm/card1/device/hwmon/hwmon4/temp1_input", "41000\n"),
    ("sys/class/drm/card1/device/hwmon/hwmon4/power1_average", "7500000\n"),
    ("sys/class/drm/card1-DP-1/status", "disconnected\n"),
    ("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1400000\n"),
    ("sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "3900000\n"),
    ("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "schedutil\n"),
    ("sys/devices/system/cpu/cpufreq/policy0/scaling_available_governors", "performance schedutil\n"),
    ("sys/devices/system/cpu/cpufreq/policy1/scaling_cur_freq", "1600000\n"),
];
