//! `Emulation` and `Security`: what the page believes of the device, the place and the person.

use serde_json::Value;

use super::{Done, methods};

methods! {
    "Emulation.setDeviceMetricsOverride", SetDeviceMetrics { width: u32, height: u32, device_scale_factor: f64, mobile: bool } opt { screen_width: u32, screen_height: u32, screen_orientation: Value } -> Done;
    "Emulation.setTouchEmulationEnabled", SetTouch { enabled: bool } opt { max_touch_points: u32 } -> Done;
    "Emulation.setEmulatedMedia", SetEmulatedMedia { features: Vec<MediaFeature> } opt { media: String } -> Done;
    "Emulation.setLocaleOverride", SetLocale {} opt { locale: String } -> Done;
    "Emulation.setTimezoneOverride", SetTimezone { timezone_id: String } -> Done;
    "Emulation.setGeolocationOverride", SetGeolocation {} opt { latitude: f64, longitude: f64, accuracy: f64 } -> Done;
    "Emulation.setUserAgentOverride", SetUserAgent { user_agent: String } opt { accept_language: String, platform: String } -> Done;
    "Emulation.setFocusEmulationEnabled", SetFocusEmulation { enabled: bool } -> Done;
    "Emulation.setScriptExecutionDisabled", SetScriptDisabled { value: bool } -> Done;
    "Emulation.setScrollbarsHidden", SetScrollbarsHidden { hidden: bool } -> Done;
    "Emulation.setDefaultBackgroundColorOverride", SetBackground {} opt { color: Value } -> Done;
    "Network.emulateNetworkConditions", EmulateNetwork { offline: bool, latency: f64, download_throughput: f64, upload_throughput: f64 } -> Done;
    "Security.setIgnoreCertificateErrors", SetIgnoreCertificateErrors { ignore: bool } -> Done;
}

/// A media feature such as `prefers-color-scheme`.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct MediaFeature {
    pub name: String,
    pub value: String,
}
