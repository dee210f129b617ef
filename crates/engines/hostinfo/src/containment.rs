//! Whether this machine is really a container, and of which kind.
//!
//! Each runtime leaves a mark: a file, a variable of the first process, a cgroup path. A machine
//! without any mark counts as not contained; a runtime that hides itself is not found.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// What contains this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Containment {
    Docker,
    Podman,
    Kubernetes,
    Lxc,
    SystemdNspawn,
    Wsl,
    /// A container of a kind not known here.
    Other,
}

/// The value systemd and the runtimes agree on: `container=` of the first process.
#[must_use]
pub fn parse_marker(word: &[u8]) -> Option<Containment> {
    Some(match word.trim_ascii() {
        b"" => return None,
        b"docker" => Containment::Docker,
        b"podman" => Containment::Podman,
        b"kube" | b"kubernetes" => Containment::Kubernetes,
        b"lxc" | b"lxc-libvirt" => Containment::Lxc,
        b"systemd-nspawn" => Containment::SystemdNspawn,
        b"wsl" => Containment::Wsl,
        _ => Containment::Other,
    })
}

/// The value of `container=` in an environment block.
#[must_use]
pub fn parse_environment(block: &[u8]) -> Option<Containment> {
    let mut variables = block.split(|&byte| byte == 0);
    parse_marker(variables.find_map(|variable| variable.strip_prefix(b"container="))?)
}

/// What a cgroup table of the first process gives away (version 1, or no cgroup namespace).
#[must_use]
pub fn parse_cgroup(table: &[u8]) -> Option<Containment> {
    let contains = |line: &[u8], word: &[u8]| line.windows(word.len()).any(|window| window == word);
    text::lines(table).find_map(|line| {
        if contains(line, b"kubepods") {
            Some(Containment::Kubernetes)
        } else if contains(line, b"/docker/") || contains(line, b"docker-") {
            Some(Containment::Docker)
        } else if contains(line, b"libpod") {
            Some(Containment::Podman)
        } else if contains(line, b"/lxc") {
            Some(Containment::Lxc)
        } else {
            None
        }
    })
}

pub(crate) fn detect(tree: &mut Tree) -> Option<Containment> {
    if tree.exists(format_args!("/var/run/secrets/kubernetes.io")) {
        return Some(Containment::Kubernetes);
    }
    if tree.exists(format_args!("/run/.containerenv")) {
        return Some(Containment::Podman);
    }
    if tree.exists(format_args!("/.dockerenv")) {
        return Some(Containment::Docker);
    }
    let marked = tree.read(format_args!("/run/systemd/container")).and_then(parse_marker);
    let marked = marked
        .or_else(|| tree.read(format_args!("/proc/1/environ")).and_then(parse_environment))
        .or_else(|| tree.read(format_args!("/proc/1/cgroup")).and_then(parse_cgroup));
    if marked.is_some() {
        return marked;
    }
    let release = tree.read(format_args!("/proc/sys/kernel/osrelease"))?.to_ascii_lowercase();
    release.windows(9).any(|window| window == b"microsoft").then_some(Containment::Wsl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_names_the_runtime() {
        assert_eq!(parse_environment(b"PATH=/bin\0container=lxc\0"), Some(Containment::Lxc));
        assert_eq!(parse_environment(b"container=somethingnew\0"), Some(Containment::Other));
        assert_eq!(parse_environment(b"mycontainer=lxc\0container=\0"), None);
    }

    #[test]
    fn cgroup_paths_name_the_runtime() {
        for (table, found) in [
            (&b"0::/kubepods/besteffort/pod1/abc\n"[..], Some(Containment::Kubernetes)),
            (b"5:cpu:/docker/8a1b\n", Some(Containment::Docker)),
            (b"0::/system.slice/docker-8a1b.scope\n", Some(Containment::Docker)),
            (b"0::/machine.slice/libpod-7f.scope\n", Some(Containment::Podman)),
            (b"1:name=systemd:/lxc/ct1\n", Some(Containment::Lxc)),
            (b"0::/init.scope\n", None),
            (b"", None),
        ] {
            assert_eq!(parse_cgroup(table), found);
        }
    }
}
