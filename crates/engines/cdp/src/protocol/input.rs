//! `Input`: mouse, keys, wheel, touch and dragged data.

use serde_json::Value;

use super::{Done, events, methods};

methods! {
    "Input.dispatchMouseEvent", MouseEvent { #[serde(rename = "type")] kind: String, x: f64, y: f64, modifiers: u32, buttons: u32 } opt { button: String, click_count: u32, delta_x: f64, delta_y: f64 } -> Done;
    "Input.dispatchKeyEvent", KeyEvent { #[serde(rename = "type")] kind: String, modifiers: u32, key: String, code: String, windows_virtual_key_code: u32, location: u32, auto_repeat: bool } opt { text: String, unmodified_text: String, commands: Vec<String> } -> Done;
    "Input.insertText", InsertText { text: String } -> Done;
    "Input.dispatchTouchEvent", TouchEvent { #[serde(rename = "type")] kind: String, touch_points: Vec<TouchPoint>, modifiers: u32 } -> Done;
    "Input.setInterceptDrags", SetInterceptDrags { enabled: bool } -> Done;
    "Input.dispatchDragEvent", DragEvent { #[serde(rename = "type")] kind: String, x: f64, y: f64, data: Value, modifiers: u32 } -> Done;
}

/// One finger.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct TouchPoint {
    pub x: f64,
    pub y: f64,
}

events! {
    "Input.dragIntercepted", DragIntercepted { data: Value }
}
