//! A picture of a flow or input. Only JPEG of a sane size passes: it is shown to people.

use data_encoding::BASE64;
use serde_json::Value;

use crate::cut;

/// Largest picture that is kept, in bytes.
const BYTES_MAX: usize = 256 << 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    pub flow_id: String,
    /// Without it: what the flow sends.
    pub input_id: Option<String>,
    pub jpeg: Vec<u8>,
}

impl Thumbnail {
    #[must_use]
    pub fn of(payload: &Value) -> Option<Self> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let data = text("data").filter(|d| d.len() <= BYTES_MAX / 3 * 4 + 8)?;
        let jpeg = BASE64.decode(data.as_bytes()).ok()?;
        if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) || jpeg.len() > BYTES_MAX {
            return None;
        }
        let flow_id = text("flow_id").filter(|t| !t.is_empty()).map(|t| cut(t, 128))?;
        Some(Self { flow_id, input_id: text("input_id").map(|t| cut(t, 128)), jpeg })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_jpeg_is_kept() {
        let of = |bytes: &[u8]| Thumbnail::of(&json!({ "flow_id": "f", "data": BASE64.encode(bytes) }));
        assert_eq!(of(&[0xff, 0xd8, 0xff, 0xe0]).unwrap().jpeg.len(), 4);
        assert!(of(b"\x89PNG\r\n").is_none());
        let mut large = vec![0_u8; BYTES_MAX + 1];
        large.splice(0..3, [0xff, 0xd8, 0xff]);
        assert!(of(&large).is_none());
    }

    proptest! {
        #[test]
        fn any_data_is_judged(data in ".{0,64}") {
            let of = Thumbnail::of(&json!({ "flow_id": "f", "data": data }));
            prop_assert!(of.is_none_or(|t| t.jpeg.starts_with(&[0xff, 0xd8])));
        }
    }
}
