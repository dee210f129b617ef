//! Modbus registers: what a table of them says, for a Smart-UPS, an energy meter, or as somebody wrote it down.

use serde_json::Value;

use super::fields::{ENTRIES_MAX, Raw, variable};
use super::reading::Variables;
use super::sample::Writer;

/// How registers hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    U16,
    I16,
    U32,
    I32,
    F32,
    Str,
}

/// One line of a register table.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    pub field: String,
    pub addr: u16,
    /// Function 4 instead of 3.
    pub input: bool,
    pub kind: Kind,
    pub scale: f64,
    /// The low word comes first.
    pub little_words: bool,
    /// Registers of a text.
    pub words: u16,
}

impl Register {
    fn new(field: &str, addr: u16, input: bool, kind: Kind) -> Self {
        Self { field: field.to_owned(), addr, input, kind, scale: 1.0, little_words: false, words: 8 }
    }
    /// How many registers it takes.
    pub const fn count(&self) -> u16 {
        match self.kind {
            Kind::U16 | Kind::I16 => 1,
            Kind::U32 | Kind::I32 | Kind::F32 => 2,
            Kind::Str => self.words,
        }
    }
    /// The value of its registers; `None` when it is no number.
    pub fn value(&self, registers: &[u16]) -> Option<Raw> {
        let wide = || {
            let (a, b) = (u32::from(*registers.first()?), u32::from(*registers.get(1)?));
            Some(if self.little_words { b << 16 | a } else { a << 16 | b })
        };
        let number = match self.kind {
            Kind::U16 => f64::from(*registers.first()?),
            Kind::I16 => f64::from(registers.first()?.cast_signed()),
            Kind::U32 => f64::from(wide()?),
            Kind::I32 => f64::from(wide()?.cast_signed()),
            Kind::F32 => f64::from(f32::from_bits(wide()?)),
            Kind::Str => return Some(Raw::Text(text(registers))),
        };
        number.is_finite().then_some(Raw::Number(number))
    }
}

fn text(registers: &[u16]) -> String {
    let bytes: Vec<u8> = registers.iter().flat_map(|r| r.to_be_bytes()).take_while(|b| *b != 0).collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// The table `registers`: `[{field, addr, kind, type, scale, word_order, words}]`.
pub fn registers(value: &Value) -> Result<Vec<Register>, String> {
    let list = value.as_array().filter(|l| !l.is_empty() && l.len() <= ENTRIES_MAX);
    let list = list.ok_or_else(|| format!("registers must be a list of 1 to {ENTRIES_MAX} entries"))?;
    list.iter().map(register).collect()
}

fn register(entry: &Value) -> Result<Register, String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let field = text("field").filter(|f| variable(f).is_some()).ok_or("registers: every entry needs a known field")?;
    let number = |name: &str| entry.get(name).and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
    let addr = number("addr").ok_or_else(|| format!("{field}: addr must be 0 to 65535"))?;
    let input = match text("kind").unwrap_or("holding") {
        "input" => true,
        "holding" => false,
        _ => return Err(format!("{field}: kind must be input or holding")),
    };
    let kind = match text("type").unwrap_or("u16") {
        "u16" => Kind::U16,
        "i16" => Kind::I16,
        "u32" => Kind::U32,
        "i32" => Kind::I32,
        "f32" => Kind::F32,
        "str" => Kind::Str,
        _ => return Err(format!("{field}: type must be u16, i16, u32, i32, f32 or str")),
    };
    let little_words = match text("word_order").unwrap_or("big") {
        "big" => false,
        "little" => true,
        _ => return Err(format!("{field}: word_order must be big or little")),
    };
    let scale = match entry.get("scale") {
        None | Some(Value::Null) => 1.0,
        Some(v) => {
            v.as_f64().filter(|n| n.is_finite() && *n != 0.0).ok_or_else(|| format!("{field}: scale must be a number other than 0"))?
        }
    };
    let words = number("words").unwrap_or(8).clamp(1, 64);
    Ok(Register { scale, little_words, words, ..Register::new(field, addr, input, kind) })
}

/// Eastron SDM230: floats in input registers.
pub fn sdm230() -> Vec<Register> {
    let meter = [("voltage", 0), ("current_amps", 6), ("power_watts", 12), ("frequency_hz", 70), ("energy_kwh", 342)];
    meter.into_iter().map(|(field, addr)| Register::new(field, addr, true, Kind::F32)).collect()
}

/// The blocks of holding registers a Smart-UPS is asked for: first register and how many. The first ones are status.
pub const SMART_UPS: [(u16, u16); 9] = [(0, 2), (18, 1), (22, 1), (24, 1), (128, 24), (516, 8), (532, 16), (564, 8), (588, 2)];

/// What a Smart-UPS says; `blocks` are the answers to [`SMART_UPS`], absent ones `None`.
pub fn smart_ups(blocks: &[Option<Vec<u16>>]) -> Variables {
    let word = |addr: u16| {
        let at = |(block, (first, count)): (&Option<Vec<u16>>, &(u16, u16))| {
            let offset = addr.checked_sub(*first).filter(|o| o < count)?;
            block.as_ref()?.get(usize::from(offset)).copied()
        };
        blocks.iter().zip(&SMART_UPS).find_map(at)
    };
    let wide = |addr: u16| Some(u32::from(word(addr)?) << 16 | u32::from(word(addr + 1)?));
    let scaled = |addr: u16, by: f64| word(addr).filter(|w| *w != 0xffff).map(|w| f64::from(w) / by);
    let signed = |addr: u16, by: f64| word(addr).map(|w| f64::from(w.cast_signed()) / by);
    let string = |index: usize| blocks.get(index).and_then(Option::as_ref).map(|b| text(b));
    let bit = |word: Option<u32>, n: u32| word.is_some_and(|w| w >> n & 1 == 1);
    let status = wide(0);
    let small = |addr: u16| word(addr).map(u32::from);
    let flags: Vec<&str> = [
        ("OL", bit(status, 1)),
        ("OB", bit(status, 2)),
        ("BYPASS", bit(status, 3)),
        ("OFF", bit(status, 4)),
        ("TEST", bit(status, 7)),
        ("LB", bit(small(18), 1)),
        ("RB", bit(small(22), 2)),
        ("CAL", bit(small(24), 1)),
        ("OVER", bit(status, 21)),
        ("BOOST", bit(small(150), 5)),
        ("TRIM", bit(small(150), 6)),
    ]
    .into_iter()
    .filter_map(|(flag, on)| on.then_some(flag))
    .collect();
    let load = scaled(136, 256.0);
    let rated = scaled(589, 1.0).filter(|w| *w > 0.0);
    let mut v = Writer::default();
    v.text("device.type", Some("ups"));
    v.text("device.mfr", Some("APC"));
    v.text("ups.status", Some(&flags.join(" ")));
    v.number("battery.runtime", wide(128).map(f64::from));
    v.number("battery.charge", scaled(130, 512.0));
    v.number("battery.voltage", signed(131, 32.0));
    v.number("ups.temperature", signed(135, 128.0));
    v.number("ups.load", load);
    v.number("ups.realpower", load.zip(rated).map(|(load, rated)| load * rated / 100.0));
    v.number("ups.realpower.nominal", rated);
    v.number("ups.power.nominal", scaled(588, 1.0));
    v.number("ups.power", scaled(138, 256.0).zip(scaled(588, 1.0)).map(|(share, va)| share * va / 100.0));
    v.number("output.current", scaled(140, 32.0));
    v.number("output.voltage", scaled(142, 64.0));
    v.number("input.frequency", scaled(144, 128.0));
    v.number("input.energy", wide(145).map(f64::from));
    v.number("input.voltage", scaled(151, 64.0));
    v.text("ups.firmware", string(5).as_deref());
    v.text("device.model", string(6).as_deref());
    v.text("device.serial", string(7).as_deref());
    v.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn registers_of_every_type_become_values() {
        let read = |kind: Kind, registers: &[u16]| Register::new("voltage", 0, false, kind).value(registers);
        assert_eq!(read(Kind::I16, &[0xfffe]), Some(Raw::Number(-2.0)));
        assert_eq!(read(Kind::U32, &[1, 2]), Some(Raw::Number(65_538.0)));
        assert_eq!(read(Kind::F32, &[0x4366, 0x8000]), Some(Raw::Number(230.5)));
        assert_eq!(read(Kind::F32, &[0x7fc0, 0]), None, "not a number");
        assert_eq!(read(Kind::U32, &[1]), None, "half a value");
        let little = Register { little_words: true, ..Register::new("voltage", 0, false, Kind::F32) };
        assert_eq!(little.value(&[0x8000, 0x4366]), Some(Raw::Number(230.5)));
        assert_eq!(read(Kind::Str, &[0x4150, 0x4300]), Some(Raw::Text("APC".to_owned())));
    }

    #[test]
    fn smart_ups_reads_flags_fractions_and_absent_values() {
        let mut block = vec![0; 24];
        (block[1], block[2], block[3], block[7], block[8]) = (2460, 97 * 512, 54 * 32, 31 * 128, 28 * 256);
        (block[14], block[16], block[17], block[18], block[23]) = (230 * 64, 50 * 128, 0, 5000, 0xffff);
        let blocks = [Some(vec![0, 4]), Some(vec![2]), None, None, Some(block), None, None, None, Some(vec![3000, 2700])];
        let v = smart_ups(&blocks);
        let get = |name: &str| v.get(name).map(String::as_str);
        assert_eq!((get("ups.status"), get("battery.runtime"), get("battery.charge")), (Some("OB LB"), Some("2460"), Some("97")));
        assert_eq!((get("ups.load"), get("ups.realpower"), get("input.energy")), (Some("28"), Some("756"), Some("5000")));
        assert_eq!((get("input.voltage"), get("device.model"), get("output.voltage")), (None, None, Some("230")));
    }

    #[test]
    fn table_of_registers_is_judged() {
        let good = json!([{"field": "power_watts", "addr": 12, "kind": "input", "type": "f32", "scale": 0.1, "word_order": "little"}]);
        let read = registers(&good).unwrap();
        assert_eq!((read[0].input, read[0].kind, read[0].scale, read[0].little_words, read[0].count()), (true, Kind::F32, 0.1, true, 2));
        for bad in [
            json!([]),
            json!([{"field": "watts", "addr": 1}]),
            json!([{"field": "voltage"}]),
            json!([{"field": "voltage", "addr": 1, "type": "f64"}]),
        ] {
            assert!(registers(&bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_registers_are_read(words in proptest::collection::vec(proptest::num::u16::ANY, 0..24)) {
            let blocks: Vec<Option<Vec<u16>>> = SMART_UPS.iter().map(|_| Some(words.clone())).collect();
            for value in smart_ups(&blocks).values() {
                proptest::prop_assert!(!value.chars().any(char::is_control));
            }
        }
    }
}
