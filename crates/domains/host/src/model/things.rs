//! What of this machine stands in the inventory: the machine, its disks, filesystems, interfaces, services, containers,
//! and how they hang together. Lasting facts only; live values belong to the metrics.

use argos_hostinfo::Sample;
use argos_hostinfo::disk_io::DiskKind;
use argos_inventory::{Fact, Feed, Kind, LinkType, NewLink, NewThing, Status};

use super::probes::Probes;

/// The kinds this domain feeds.
pub(crate) const KINDS: &[Kind] = &[
    Kind::new("machine", "stats:read", "A computer."),
    Kind::new("filesystem", "stats:read", "A mounted filesystem."),
    Kind::new("disk", "stats:read", "A block device."),
    Kind::new("interface", "stats:read", "A network interface."),
    Kind::new("service", "stats:read", "A service of a machine."),
    Kind::new("container", "stats:read", "A container of a machine."),
];
/// A filesystem is watched from here, in percent.
const FULL_WARNING: f64 = 80.0;
const FULL_CRITICAL: f64 = 90.0;
const PAGE: &str = "/machines/local";

/// Everything this machine shows now; `None` before its name is known.
pub(crate) fn feed(sample: &Sample, probes: &Probes, alerts: Status) -> Option<Feed> {
    let host = sample.identity.hostname.clone().filter(|h| !h.is_empty())?;
    let machine = format!("machine:{host}");
    let mut out = Feed { source: "host", things: vec![self_thing(sample, &host, &machine, alerts)], links: Vec::new() };
    disks(sample, &host, &machine, &mut out);
    filesystems(sample, &host, &machine, &mut out);
    interfaces(sample, &host, &machine, &mut out);
    for s in &probes.services {
        let status = match s.status.as_str() {
            "active" | "timer-active" => Status::Ok,
            "failed" | "not-found" => Status::Critical,
            "activating" | "deactivating" | "reloading" => Status::Pending,
            "inactive" => Status::Paused,
            _ => Status::Unknown,
        };
        let thing = NewThing::new(format!("service:{host}/{}", s.name), &s.name, status, &s.status)
            .detail(s.description.clone().unwrap_or_default())
            .page(format!("{PAGE}/services?q={}", s.name));
        hang(&mut out, thing, LinkType::RunsOn, &machine, "a unit of its service manager");
    }
    for c in &probes.containers {
        let status = match c.state.as_str() {
            "running" => Status::Ok,
            "restarting" => Status::Warning,
            "dead" => Status::Critical,
            "created" => Status::Pending,
            "paused" | "exited" => Status::Paused,
            _ => Status::Unknown,
        };
        let thing = NewThing::new(format!("container:{host}/{}", c.name), &c.name, status, &c.state)
            .detail(&c.image)
            .keyword(Some(&c.id))
            .fact(Some(Fact::text("image", &c.image)));
        hang(&mut out, thing, LinkType::RunsOn, &machine, "listed by its container runtime");
    }
    Some(out)
}

/// Adds a thing that belongs to the machine.
fn hang(out: &mut Feed, thing: NewThing, link: LinkType, machine: &str, evidence: &str) {
    out.links.push(NewLink::new(&thing.reference, link, machine, evidence));
    out.things.push(thing);
}

fn self_thing(sample: &Sample, host: &str, machine: &str, alerts: Status) -> NewThing {
    let id = &sample.identity;
    let address = sample.network.as_ref().and_then(|n| n.default_ip).map(|ip| ip.to_string());
    let detail: Vec<String> = [id.os.title().map(str::to_owned), address.clone()].into_iter().flatten().collect();
    let text = |name: &str, value: Option<&str>| value.map(|v| Fact::text(name, v));
    NewThing::new(machine, host, alerts, "")
        .detail(detail.join(", "))
        .page(PAGE)
        .keyword(address)
        .fact(text("os", id.os.title()))
        .fact(text("kernel", id.kernel_release.as_deref()))
        .fact(text("arch", id.arch.as_deref()))
        .fact(text("cpu", id.cpu.model.as_deref()))
        .fact(id.cpu.threads.map(|n| Fact::number("threads", &n, "")))
        .fact(sample.memory.map(|m| Fact::number("memory", &m.total_bytes, "bytes")))
        .fact(text("vendor", id.hardware_vendor.as_deref()))
        .fact(text("model", id.hardware_model.as_deref()))
}

fn disks(sample: &Sample, host: &str, machine: &str, out: &mut Feed) {
    let shown = |k: DiskKind| matches!(k, DiskKind::Disk | DiskKind::Raid | DiskKind::Mapped);
    for d in sample.disks.iter().flatten().filter(|d| shown(d.kind)) {
        let media = d.rotational.map(|r| Fact::text("media", if r { "spinning" } else { "solid state" }));
        // Whether it works is not known here: nobody asked the disk.
        let thing = NewThing::new(format!("disk:{host}/{}", d.name), &*d.name, Status::Unknown, "")
            .detail(d.model.as_deref().unwrap_or_default())
            .page(format!("{PAGE}/disks"))
            .fact(d.model.as_deref().map(|m| Fact::text("model", m)))
            .fact(d.size_bytes.map(|n| Fact::number("size", &n, "bytes")))
            .fact(media);
        hang(out, thing, LinkType::RunsOn, machine, "a block device of its kernel");
    }
}

fn filesystems(sample: &Sample, host: &str, machine: &str, out: &mut Feed) {
    let disks: Vec<String> = out.things.iter().filter(|t| t.kind() == "disk").map(|t| t.name.clone()).collect();
    for f in sample.filesystems.iter().flatten() {
        let status = Status::of_fill(f.percent, FULL_WARNING, FULL_CRITICAL);
        let word = f.percent.map(|p| format!("{p:.0} %")).unwrap_or_default();
        let reference = format!("filesystem:{host}{}", f.mount_point);
        let thing = NewThing::new(&reference, &*f.mount_point, status, word)
            .detail(format!("{}, {}", f.source, f.fstype))
            .page(format!("{PAGE}/disks"))
            .fact(Some(Fact::number("size", &f.total_bytes, "bytes")))
            .fact(Some(Fact::text("fstype", &*f.fstype)))
            .fact(Some(Fact::text("device", &*f.source)))
            .fact(f.read_only.then(|| Fact::text("mode", "read-only")));
        // `sda1` lies on `sda`, `nvme0n1p2` on `nvme0n1`; a longer name wins.
        let device = f.source.strip_prefix("/dev/").unwrap_or_default();
        if let Some(disk) = disks.iter().filter(|d| device.starts_with(d.as_str())).max_by_key(|d| d.len()) {
            let evidence = format!("{} is mounted at {}", f.source, f.mount_point);
            out.links.push(NewLink::new(format!("disk:{host}/{disk}"), LinkType::Carries, &reference, evidence));
        }
        hang(out, thing, LinkType::RunsOn, machine, "mounted there");
    }
}

fn interfaces(sample: &Sample, host: &str, machine: &str, out: &mut Feed) {
    for i in sample.network.iter().flat_map(|n| &n.interfaces).filter(|i| !i.loopback) {
        let word = i.oper_state.as_deref().unwrap_or_default();
        // Down is no fault by itself: nobody said that a cable belongs there.
        let status = match (i.admin_up, word) {
            (Some(false), _) | (_, "down" | "lowerlayerdown" | "dormant") => Status::Paused,
            (_, "up") => Status::Ok,
            (Some(true), "unknown") => Status::Ok,
            _ => Status::Unknown,
        };
        let mut addresses: Vec<String> = i.addresses.iter().map(|a| a.ip.to_string()).collect();
        addresses.sort();
        let mut thing = NewThing::new(format!("interface:{host}/{}", i.name), &*i.name, status, word)
            .detail(addresses.first().cloned().unwrap_or_default())
            .page(format!("{PAGE}/network"))
            .keyword(i.mac.as_deref())
            .fact(i.mac.as_deref().map(|m| Fact::text("mac", m)))
            .fact(i.speed_mbps.map(|n| Fact::number("speed", &n, "Mbit/s")))
            .fact(i.mtu.map(|n| Fact::number("mtu", &n, "bytes")))
            .fact(Some(Fact::text("addresses", addresses.join(", "))));
        thing.keywords.extend(addresses);
        hang(out, thing, LinkType::RunsOn, machine, "an interface of its kernel");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::probes::{ContainerView, ServiceView};

    fn sample() -> Sample {
        use std::path::Path;
        let at = argos_hostinfo::Moment { monotonic: std::time::Duration::ZERO, wall_unix_s: 1_750_000_000 };
        argos_hostinfo::Sampler::new(Path::new("/")).sample(&argos_hostinfo::Wants::default(), at)
    }

    #[test]
    fn every_part_of_this_machine_hangs_on_it_and_kinds_are_declared() {
        let container = ContainerView {
            id: "ab12".into(),
            name: "db".into(),
            image: "postgres:16".into(),
            state: "running".into(),
            status: "Up 2 hours".into(),
        };
        let services = vec![ServiceView::bare("nginx", "failed"), ServiceView::bare("later", "dreaming")];
        let probes = Probes { services, containers: vec![container], ..Probes::default() };
        let feed = feed(&sample(), &probes, Status::Ok).unwrap();
        assert!(feed.things.iter().all(|t| KINDS.iter().any(|k| k.name == t.kind())), "{feed:?}");
        let machine = feed.things.iter().find(|t| t.kind() == "machine").unwrap();
        let hangs = |t: &NewThing| feed.links.iter().any(|l| l.from == t.reference && l.to == machine.reference);
        assert!(feed.things.iter().filter(|t| t.kind() != "machine").all(hangs));
        let status = |name: &str| feed.things.iter().find(|t| t.name == name).unwrap().status;
        assert_eq!((status("nginx"), status("later"), status("db")), (Status::Critical, Status::Unknown, Status::Ok));
    }

    #[test]
    fn machine_without_a_name_feeds_nothing() {
        let mut nameless = sample();
        std::sync::Arc::make_mut(&mut nameless.identity).hostname = None;
        assert!(feed(&nameless, &Probes::default(), Status::Ok).is_none());
    }
}
