//! Graphics processors: from sysfs, and from the text of `nvidia-smi`.
//!
//! Only amdgpu tells its load in sysfs; other drivers give the identity alone. A card that sleeps is
//! not asked, since reading would wake it. The NVIDIA driver has no sysfs figures: the caller runs
//! `nvidia-smi` with `NVIDIA_SMI_ARGUMENTS` and hands the text to `parse_nvidia_smi`.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// PCI vendor numbers that have a name here.
const VENDORS: [(u64, &str); 3] = [(0x1002, "AMD"), (0x10de, "NVIDIA"), (0x8086, "Intel")];

/// One graphics processor.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Gpu {
    /// `card0` in sysfs, the index of nvidia-smi otherwise.
    pub id: String,
    pub vendor: Option<String>,
    pub name: Option<String>,
    pub driver: Option<String>,
    /// PCI vendor and device, such as `1002:73bf`.
    pub pci_id: Option<String>,
    pub utilization_percent: Option<f64>,
    pub memory_total_bytes: Option<u64>,
    pub memory_used_bytes: Option<u64>,
    pub celsius: Option<f64>,
    pub power_watts: Option<f64>,
    pub fan_percent: Option<f64>,
}

/// Arguments whose output `parse_nvidia_smi` reads.
pub const NVIDIA_SMI_ARGUMENTS: [&str; 2] = [
    "--query-gpu=index,name,driver_version,utilization.gpu,memory.total,memory.used,temperature.gpu,power.draw,fan.speed",
    "--format=csv,noheader,nounits",
];

/// Parses the output of nvidia-smi, one card a line. What a card does not support (`[N/A]`,
/// `[Not Supported]`) is `None`; lines of another shape are left out.
#[must_use]
pub fn parse_nvidia_smi(text: &str) -> Vec<Gpu> {
    text.lines().filter_map(parse_nvidia_line).collect()
}

fn parse_nvidia_line(line: &str) -> Option<Gpu> {
    let mut fields = line.split(", ").map(str::trim);
    let id = fields.next()?;
    id.parse::<u32>().ok()?;
    let name = fields.next()?;
    let driver = fields.next()?;
    let mut next = || fields.next().map(|field| text::decimal(field.as_bytes()));
    let (load, total, used) = (next()?, next()?, next()?);
    let (celsius, watts, fan) = (next()?, next()?, next()?);
    Some(Gpu {
        id: id.to_owned(),
        vendor: Some("NVIDIA".to_owned()),
        name: Some(name.to_owned()).filter(|name| !name.starts_with('[')),
        driver: Some(driver.to_owned()).filter(|driver| !driver.starts_with('[')),
        pci_id: None,
        utilization_percent: load,
        memory_total_bytes: total.and_then(mebibytes),
        memory_used_bytes: used.and_then(mebibytes),
        celsius,
        power_watts: watts,
        fan_percent: fan,
    })
}

fn mebibytes(amount: f64) -> Option<u64> {
    const BYTES: f64 = 1_048_576.0;
    // In range, and whole numbers of MiB in practice.
    (0.0..1e12).contains(&amount).then(|| (amount * BYTES).round() as u64)
}

#[derive(Debug)]
struct Card {
    facts: Gpu,
    directory: String,
    hwmon: Option<String>,
}

/// Keeps the list of cards.
#[derive(Debug, Default)]
pub(crate) struct GpuCollector {
    cards: Vec<Card>,
}

impl GpuCollector {
    pub(crate) fn discover(&mut self, tree: &mut Tree) {
        self.cards.clear();
        for id in tree.names(format_args!("/sys/class/drm")) {
            // `card0-HDMI-A-1` is a connector.
            let number = id.strip_prefix("card").unwrap_or_default();
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let directory = format!("/sys/class/drm/{id}/device");
            let Some(vendor) = tree.hexadecimal(format_args!("{directory}/vendor")) else {
                continue;
            };
            let device = tree.hexadecimal(format_args!("{directory}/device"));
            let hwmon = tree.names(format_args!("{directory}/hwmon")).into_iter().next();
            let name = tree.read(format_args!("{directory}/product_name")).and_then(text::words);
            let known = VENDORS.iter().find(|(number, _)| *number == vendor);
            let facts = Gpu {
                id,
                vendor: known.map(|(_, name)| (*name).to_owned()),
                name,
                driver: tree.link_name(format_args!("{directory}/driver")).map(|name| name.to_string()),
                pci_id: device.map(|device| format!("{vendor:04x}:{device:04x}")),
                ..Gpu::default()
            };
            let hwmon = hwmon.map(|name| format!("{directory}/hwmon/{name}"));
            self.cards.push(Card { facts, directory, hwmon });
        }
    }

    pub(crate) fn sample(&self, tree: &mut Tree) -> Vec<Gpu> {
        self.cards.iter().map(|card| card.sample(tree)).collect()
    }
}

impl Card {
    fn sample(&self, tree: &mut Tree) -> Gpu {
        let mut gpu = self.facts.clone();
        let directory = &self.directory;
        let power = tree.read(format_args!("{directory}/power/runtime_status"));
        if power.is_some_and(|status| status.trim_ascii() == b"suspended") {
            return gpu;
        }
        gpu.utilization_percent =
            tree.number::<u8>(format_args!("{directory}/gpu_busy_percent")).filter(|percent| *percent <= 100).map(f64::from);
        gpu.memory_total_bytes = tree.number(format_args!("{directory}/mem_info_vram_total"));
        gpu.memory_used_bytes = tree.number(format_args!("{directory}/mem_info_vram_used"));
        if let Some(hwmon) = &self.hwmon {
            let mut amount = |file: &str| tree.number::<i64>(format_args!("{hwmon}/{file}")).map(|amount| amount as f64);
            gpu.celsius = amount("temp1_input").map(|millis| millis / 1e3);
            let micro_watts = amount("power1_average").or_else(|| amount("power1_input"));
            gpu.power_watts = micro_watts.map(|micro| micro / 1e6);
            let duty = amount("pwm1").zip(amount("pwm1_max").filter(|most| *most > 0.0));
            gpu.fan_percent = duty.map(|(duty, most)| (100.0 * duty / most).clamp(0.0, 100.0));
        }
        gpu
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nvidia_smi_of_two_cards_is_read() {
        let text = "0, NVIDIA GeForce RTX 3060, 535.183.01, 37, 12288, 1024, 54, 67.45, 41\n1, Tesla T4, 535.183.01, [N/A], 15360, 0, 33, [Not Supported], [N/A]\nNo devices were found\n";
        let gpus = parse_nvidia_smi(text);
        let [first, second] = gpus.as_slice() else { panic!("two cards") };
        assert_eq!(first.name.as_deref(), Some("NVIDIA GeForce RTX 3060"));
        assert_eq!((first.utilization_percent, first.celsius), (Some(37.0), Some(54.0)));
        assert_eq!(first.memory_total_bytes, Some(12_288 << 20));
        assert_eq!((first.power_watts, first.fan_percent), (Some(67.45), Some(41.0)));
        assert_eq!((second.utilization_percent, second.power_watts), (None, None));
        assert_eq!(second.memory_used_bytes, Some(0));
    }

    #[test]
    fn nvidia_smi_errors_are_no_cards() {
        for text in ["", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "0, Tesla"] {
            assert_eq!(parse_nvidia_smi(text), []);
        }
    }
}
