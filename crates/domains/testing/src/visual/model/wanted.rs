//! What is asked of a picture and of a comparison, read from bodies, steps and the settings of a project.

use argos_kernel::FieldError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::layout::Rect;

/// Regions of one comparison.
const REGIONS_MAX: usize = 100;
/// Longest name of a baseline, selector or text of a region.
pub const TEXT_MAX: usize = 200;

/// The size of a page, in CSS pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Viewport {
    pub name: Option<String>,
    pub width: u32,
    pub height: u32,
    /// Device pixels for one CSS pixel.
    pub device_scale_factor: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { name: None, width: 1440, height: 900, device_scale_factor: 1.0 }
    }
}

impl Viewport {
    fn named(name: &str, width: u32, height: u32, device_scale_factor: f64) -> Self {
        Self { name: Some(name.to_owned()), width, height, device_scale_factor }
    }

    /// mobile, tablet, desktop and wide.
    pub fn usual() -> Vec<Self> {
        vec![
            Self::named("mobile", 375, 667, 2.0),
            Self::named("tablet", 768, 1024, 2.0),
            Self::named("desktop", 1440, 900, 1.0),
            Self::named("wide", 1920, 1080, 1.0),
        ]
    }

    /// The same size in device pixels, whatever they are called.
    pub fn is_as_large_as(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height) && (self.device_scale_factor - other.device_scale_factor).abs() < 1e-9
    }

    /// Narrow ones are phones and tablets: meta viewport counts, fingers touch.
    pub fn is_mobile(&self) -> bool {
        self.width < 1_024 && self.device_scale_factor > 1.0
    }

    /// Reads `{"width":1440,"height":900}`; null is the usual one.
    pub fn read(value: &Value, field: &str) -> Result<Self, FieldError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let usual = Self::default();
        let side = |name: &str, min: u64, max: u64, default: u32| match value.get(name).filter(|v| !v.is_null()) {
            None => Ok(default),
            Some(v) => match v.as_u64().filter(|n| (min..=max).contains(n)).and_then(|n| u32::try_from(n).ok()) {
                Some(n) => Ok(n),
                None => Err(FieldError::new(field, format!("{name} must be between {min} and {max}"))),
            },
        };
        let scale = match value.get("device_scale_factor").filter(|v| !v.is_null()) {
            None => 1.0,
            Some(v) => v
                .as_f64()
                .filter(|s| (1.0..=4.0).contains(s))
                .ok_or_else(|| FieldError::new(field, "device_scale_factor must be between 1 and 4"))?,
        };
        let name = value.get("name").and_then(Value::as_str).map(|n| n.chars().take(50).collect());
        Ok(Self {
            name,
            width: side("width", 320, 3_840, usual.width)?,
            height: side("height", 480, 2_160, usual.height)?,
            device_scale_factor: scale,
        })
    }
}

/// A part of a page nobody compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Region {
    Selector {
        selector: String,
    },
    Area(Rect),
    /// A selector, else a text that the elements contain.
    Text(String),
}

impl Region {
    /// Reads a list of regions.
    pub fn list(value: &Value, field: &str) -> Result<Vec<Self>, FieldError> {
        let fault = |why: &str| FieldError::new(field, format!("{field} {why}"));
        let list = match value {
            Value::Null => return Ok(Vec::new()),
            Value::Array(list) if list.len() <= REGIONS_MAX => list,
            _ => return Err(fault("must be a list of at most 100 regions")),
        };
        list.iter()
            .map(|item| match serde_json::from_value::<Self>(item.clone()) {
                Ok(Self::Area(r)) if !(r.is_finite() && r.width > 0.0 && r.height > 0.0 && r.x >= 0.0 && r.y >= 0.0) => {
                    Err(fault("has an area without width and height"))
                }
                Ok(Self::Text(t) | Self::Selector { selector: t }) if t.trim().is_empty() || t.chars().count() > TEXT_MAX => {
                    Err(fault("has a text that is empty or too long"))
                }
                Ok(region) => Ok(region),
                Err(_) => Err(fault("must hold texts, {x, y, width, height} or {selector}")),
            })
            .collect()
    }
}

/// A list of selectors.
pub fn selectors(value: &Value, field: &str) -> Result<Vec<String>, FieldError> {
    let fault = || FieldError::new(field, format!("{field} must be a list of at most 100 selectors"));
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) if list.len() <= REGIONS_MAX => list
            .iter()
            .map(|v| v.as_str().filter(|t| !t.is_empty() && t.chars().count() <= TEXT_MAX).map(str::to_owned).ok_or_else(fault))
            .collect(),
        _ => Err(fault()),
    }
}

/// How strict a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// From which difference on a pixel counts, 0 to 1.
    pub threshold: f64,
    /// Different pixels out of a hundred that are still a match.
    pub threshold_percentage: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { threshold: 0.1, threshold_percentage: 0.1 }
    }
}

impl Tolerance {
    /// `low`, `medium` or `high`.
    pub fn of(sensitivity: &str) -> Option<Self> {
        let (threshold, threshold_percentage) = match sensitivity {
            "low" => (0.2, 1.0),
            "medium" => (0.1, 0.1),
            "high" => (0.05, 0.0),
            _ => return None,
        };
        Some(Self { threshold, threshold_percentage })
    }

    /// Lays `sensitivity`, `threshold` and `threshold_percentage` of a document over this one.
    pub fn read(self, document: &Map<String, Value>) -> Result<Self, FieldError> {
        let mut out = self;
        if let Some(word) = document.get("sensitivity").filter(|v| !v.is_null()) {
            let known = word.as_str().and_then(Self::of);
            out = known.ok_or_else(|| FieldError::new("sensitivity", "sensitivity must be low, medium or high"))?;
        }
        let number = |name: &str, max: f64| match document.get(name).filter(|v| !v.is_null()) {
            None => Ok(None),
            // Steps hold texts where variables were filled in.
            Some(v) => match v.as_f64().or_else(|| v.as_str()?.trim().parse().ok()).filter(|n| (0.0..=max).contains(n)) {
                Some(n) => Ok(Some(n)),
                None => Err(FieldError::new(name, format!("{name} must be between 0 and {max}"))),
            },
        };
        out.threshold = number("threshold", 1.0)?.unwrap_or(out.threshold);
        out.threshold_percentage = number("threshold_percentage", 100.0)?.unwrap_or(out.threshold_percentage);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn viewport_has_its_limits_and_names_what_is_wrong() {
        assert_eq!(Viewport::read(&json!({ "width": 375, "height": 667 }), "viewport").unwrap().width, 375);
        assert_eq!(Viewport::read(&Value::Null, "viewport").unwrap(), Viewport::default());
        let fault = Viewport::read(&json!({ "width": 100 }), "viewport").unwrap_err();
        assert_eq!(fault.msg, "width must be between 320 and 3840");
    }

    #[test]
    fn region_is_a_text_an_area_or_a_selector() {
        let given = json!(["Today", { "selector": ".clock" }, { "x": 1, "y": 2, "width": 3, "height": 4 }]);
        let read = Region::list(&given, "ignore_regions").unwrap();
        assert!(
            matches!(&read[..], [Region::Text(t), Region::Selector { selector }, Region::Area(r)] if t == "Today" && selector == ".clock" && r.width > 2.9)
        );
        for bad in [json!("x"), json!([5]), json!([{ "x": 1 }]), json!([""]), json!([{ "x": 1, "y": 1, "width": -1, "height": 2 }])] {
            assert!(Region::list(&bad, "ignore_regions").is_err(), "{bad}");
        }
    }

    #[test]
    fn sensitivity_comes_first_and_numbers_win_over_it() {
        let map = |v: Value| v.as_object().cloned().unwrap();
        let read = |v: Value| Tolerance::default().read(&map(v));
        assert_eq!(read(json!({ "sensitivity": "high" })).unwrap(), Tolerance { threshold: 0.05, threshold_percentage: 0.0 });
        let mixed = read(json!({ "sensitivity": "low", "threshold_percentage": "2.5" })).unwrap();
        assert_eq!(mixed, Tolerance { threshold: 0.2, threshold_percentage: 2.5 });
        assert!(read(json!({ "threshold": 2 })).is_err() && read(json!({ "sensitivity": "extreme" })).is_err());
    }

    proptest! {
        #[test]
        fn strange_numbers_are_faults(n in any::<f64>(), word in "\\PC{0,8}") {
            let document = json!({ "threshold": n, "threshold_percentage": word }).as_object().cloned().unwrap();
            if let Ok(read) = Tolerance::default().read(&document) {
                prop_assert!((0.0..=1.0).contains(&read.threshold) && (0.0..=100.0).contains(&read.threshold_percentage));
            }
        }
    }
}
