//! What the machine is: name, operating system, kernel, processor, hardware.
//!
//! Read once and again only rarely; a sample shares it. Formats: os-release(5), proc(5) `cpuinfo`.

use crate::containment::{self, Containment};
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The facts about a machine that hardly change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    pub hostname: Option<String>,
    pub os: OsRelease,
    pub kernel_release: Option<String>,
    /// Machine word of uname(2), such as `x86_64`.
    pub arch: Option<String>,
    pub cpu: CpuFacts,
    pub hardware_vendor: Option<String>,
    pub hardware_model: Option<String>,
    /// `None`: no container found.
    pub containment: Option<Containment>,
}

/// os-release(5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OsRelease {
    /// Lower-case identifier, such as `debian`.
    pub id: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
    /// For people, such as `Debian GNU/Linux 12 (bookworm)`.
    pub pretty_name: Option<String>,
}

/// The processors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CpuFacts {
    pub model: Option<String>,
    pub sockets: Option<u32>,
    /// Physical cores.
    pub cores: Option<u32>,
    /// Logical processors that are online.
    pub threads: Option<u32>,
}

impl OsRelease {
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut values: BTreeMap<&[u8], String> = text::lines(text)
            .filter(|line| !line.trim_ascii().starts_with(b"#"))
            .filter_map(|line| text::pair(line, b'='))
            .map(|(key, value)| (key, unquote(value)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self {
            id: values.remove(&b"ID"[..]),
            name: values.remove(&b"NAME"[..]),
            version_id: values.remove(&b"VERSION_ID"[..]),
            pretty_name: values.remove(&b"PRETTY_NAME"[..]),
        }
    }

    /// The best text to show, `None` when the file said nothing.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.pretty_name.as_deref().or(self.name.as_deref()).or(self.id.as_deref())
    }
}

/// Removes the quotes of a shell assignment and, inside double quotes, the escapes.
fn unquote(value: &[u8]) -> String {
    let inside = |quote: u8| value.strip_prefix(&[quote])?.strip_suffix(&[quote]);
    if let Some(plain) = inside(b'\'') {
        return String::from_utf8_lossy(plain).into_owned();
    }
    let Some(escaped) = inside(b'"') else {
        return String::from_utf8_lossy(value).into_owned();
    };
    let mut plain = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let follows = bytes.peek().copied();
        match follows.filter(|next| byte == b'\\' && matches!(next, b'"' | b'\\' | b'$' | b'`')) {
            Some(next) => {
                bytes.next();
                plain.push(next);
            }
            None => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

impl CpuFacts {
    /// Parses `/proc/cpuinfo`. Where the architecture does not print the topology, sockets and
    /// cores are `None`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut facts = Self::default();
        let mut threads = 0_u32;
        let mut cores = BTreeSet::new();
        let (mut socket, mut core) = (None, None);
        // A block per processor ends with an empty line; one more closes the last block.
        for line in text::lines(text).chain([&b""[..]]) {
            let Some((key, value)) = text::pair(line, b':') else {
                if let Some(core) = core.take() {
                    cores.insert((socket.take().unwrap_or(0), core));
                }
                socket = None;
                continue;
            };
            match key {
                b"processor" if text::number::<u32>(value).is_some() => threads += 1,
                b"physical id" => socket = text::number::<u32>(value),
                b"core id" => core = text::number::<u32>(value),
                // x86; boards (ARM, after the processors); LoongArch; POWER.
                b"model name" | b"Model" | b"Model Name" | b"cpu" if facts.model.is_none() => {
                    facts.model = text::words(value).map(|model| squeeze(&model));
                }
                _ => {}
            }
        }
        facts.threads = (threads > 0).then_some(threads);
        if !cores.is_empty() {
            let sockets: BTreeSet<u32> = cores.iter().map(|(socket, _)| *socket).collect();
            facts.sockets = u32::try_from(sockets.len()).ok();
            facts.cores = u32::try_from(cores.len()).ok();
        }
        facts
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cores and sockets from sysfs, for architectures whose cpuinfo lacks them.
fn topology(tree: &mut Tree) -> Option<(u32, u32)> {
    const BASE: &str = "/sys/devices/system/cpu";
    let mut cores = BTreeSet::new();
    for name in tree.names(format_args!("{BASE}")) {
        let number = name.strip_prefix("cpu").unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let mut id = |file: &str| tree.number::<i64>(format_args!("{BASE}/{name}/topology/{file}"));
        // -1 where the firmware does not tell.
        let Some(core) = id("core_id").filter(|core| *core >= 0) else {
            continue;
        };
        cores.insert((id("physical_package_id").unwrap_or(0).max(0), core));
    }
    let sockets: BTreeSet<i64> = cores.iter().map(|(socket, _)| *socket).collect();
    let counts = (u32::try_from(sockets.len()).ok()?, u32::try_from(cores.len()).ok()?);
    (counts.1 > 0).then_some(counts)
}

pub(crate) fn read(tree: &mut Tree) -> Identity {
    let words = |tree: &mut Tree, path: &str| text::words(tree.read(format_args!("{path}"))?);
    let os = tree.read(format_args!("/etc/os-release")).map(OsRelease::parse);
    let os = os.or_else(|| tree.read(format_args!("/usr/lib/os-release")).map(OsRelease::parse));

    let mut cpu = tree.read(format_args!("/proc/cpuinfo")).map(CpuFacts::parse).unwrap_or_default();
    if cpu.cores.is_none()
        && let Some((sockets, cores)) = topology(tree)
    {
        cpu.sockets = Some(sockets);
        cpu.cores = Some(cores);
    }
    let arch = words(tree, "/proc/sys/kernel/arch").or_else(|| {
        // The file is there since Linux 6.1.
        tree.is_live().then(|| rustix::system::uname().machine().to_string_lossy().into_owned())
    });
    // Boards without DMI (ARM) describe themselves in the device tree, ended by a NUL.
    let board = words(tree, "/sys/firmware/devicetree/base/model").map(|model| model.trim_matches('\0').to_owned());
    Identity {
        hostname: words(tree, "/proc/sys/kernel/hostname").or_else(|| words(tree, "/etc/hostname")),
        os: os.unwrap_or_default(),
        kernel_release: words(tree, "/proc/sys/kernel/osrelease"),
        arch,
        cpu,
        hardware_vendor: words(tree, "/sys/class/dmi/id/sys_vendor"),
        hardware_model: words(tree, "/sys/class/dmi/id/product_name").or(board),
        containment: containment::detect(tree),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_unquoted() {
        let text = b"# comment\nPRETTY_NAME=\"Debian \\\"12\\\" \\$x\"\nNAME='Debian GNU/Linux'\nID=debian\nVERSION_ID=\"12\"\nBUILD=\n";
        let os = OsRelease::parse(text);
        assert_eq!(os.pretty_name.as_deref(), Some("Debian \"12\" $x"));
        assert_eq!((os.name.as_deref(), os.id.as_deref()), (Some("Debian GNU/Linux"), Some("debian")));
        assert_eq!(os.title(), Some("Debian \"12\" $x"));
        assert_eq!(OsRelease::parse(b"").title(), None);
    }

    #[test]
    fn cpuinfo_of_two_sockets_with_threads_is_counted() {
        let mut text = String::new();
        for (processor, (socket, core)) in [(0, 0), (0, 1), (0, 0), (0, 1), (1, 0), (1, 0)].iter().enumerate() {
            text.push_str(&format!(
                "processor\t: {processor}\nmodel name\t: Intel(R)  Xeon(R) CPU\nphysical id\t: {socket}\ncore id\t\t: {core}\ncpu cores\t: 2\n\n"
            ));
        }
        let facts = CpuFacts::parse(text.as_bytes());
        assert_eq!(facts.model.as_deref(), Some("Intel(R) Xeon(R) CPU"));
        assert_eq!((facts.sockets, facts.cores, facts.threads), (Some(2), Some(3), Some(6)));
    }

    #[test]
    fn cpuinfo_of_a_board_has_no_topology() {
        let text = b"processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\n\nprocessor\t: 1\n\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
        let facts = CpuFacts::parse(text);
        assert_eq!(facts.model.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
        assert_eq!((facts.sockets, facts.cores, facts.threads), (None, None, Some(2)));
    }
}
