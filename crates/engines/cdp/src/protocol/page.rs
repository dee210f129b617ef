//! `Page` and `Log`: documents, frames, dialogs, pictures.

use super::{Done, events, methods, read};

methods! {
    "Page.enable", Enable {} -> Done;
    "Page.getFrameTree", GetFrameTree {} -> FrameTreeReply;
    "Page.setLifecycleEventsEnabled", SetLifecycleEventsEnabled { enabled: bool } -> Done;
    "Page.addScriptToEvaluateOnNewDocument", AddScript { source: String } opt { world_name: String, run_immediately: bool } -> ScriptAdded;
    "Page.removeScriptToEvaluateOnNewDocument", RemoveScript { identifier: String } -> Done;
    "Page.createIsolatedWorld", CreateIsolatedWorld { frame_id: String, world_name: String } -> WorldCreated;
    "Page.navigate", Navigate { url: String } opt { frame_id: String, referrer: String } -> Navigated;
    "Page.reload", Reload {} opt { ignore_cache: bool } -> Done;
    "Page.stopLoading", StopLoading {} -> Done;
    "Page.getNavigationHistory", GetNavigationHistory {} -> NavigationHistory;
    "Page.navigateToHistoryEntry", NavigateToHistoryEntry { entry_id: i64 } -> Done;
    "Page.handleJavaScriptDialog", HandleDialog { accept: bool } opt { prompt_text: String } -> Done;
    "Page.setInterceptFileChooserDialog", SetInterceptFileChooser { enabled: bool } -> Done;
    "Page.setBypassCSP", SetBypassCsp { enabled: bool } -> Done;
    "Page.bringToFront", BringToFront {} -> Done;
    "Page.close", ClosePage {} -> Done;
    "Page.crash", Crash {} -> Done;
    "Page.captureScreenshot", CaptureScreenshot { format: String } opt { quality: u8, clip: Clip, from_surface: bool, capture_beyond_viewport: bool, optimize_for_speed: bool } -> Picture;
    "Page.getLayoutMetrics", GetLayoutMetrics {} -> LayoutMetrics;
    "Page.startScreencast", StartScreencast { format: String } opt { quality: u8, max_width: u32, max_height: u32, every_nth_frame: u32 } -> Done;
    "Page.stopScreencast", StopScreencast {} -> Done;
    "Page.screencastFrameAck", ScreencastFrameAck { session_id: i64 } -> Done;
    "Page.printToPDF", PrintToPdf { print_background: bool, landscape: bool, prefer_css_page_size: bool, transfer_mode: String } opt { scale: f64, paper_width: f64, paper_height: f64, margin_top: f64, margin_bottom: f64, margin_left: f64, margin_right: f64, page_ranges: String } -> Printed;
    "Log.enable", EnableLog {} -> Done;
}

/// A part of the page in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Clip {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub scale: f64,
}

read! {
    FrameTreeReply { frame_tree: FrameTree }
    FrameTree { frame: FrameInfo, child_frames: Vec<FrameTree> }
    /// A document of a frame.
    FrameInfo { id: String, parent_id: Option<String>, loader_id: String, name: Option<String>, url: String, url_fragment: Option<String>, mime_type: String }
    ScriptAdded { identifier: String }
    WorldCreated { execution_context_id: i64 }
    Navigated { frame_id: String, loader_id: Option<String>, error_text: Option<String>, is_download: Option<bool> }
    NavigationHistory { current_index: i64, entries: Vec<HistoryEntry> }
    HistoryEntry { id: i64, url: String, title: String }
    Picture { data: String }
    LayoutMetrics { css_layout_viewport: Rect, css_visual_viewport: View, css_content_size: Rect }
    View { page_x: f64, page_y: f64, client_width: f64, client_height: f64 }
    Rect { x: f64, y: f64, width: f64, height: f64, client_width: f64, client_height: f64 }
    Printed { data: String, stream: Option<String> }
    /// When and where a screencast frame was taken.
    FrameMetadata { device_width: f64, device_height: f64, page_scale_factor: f64, scroll_offset_x: f64, scroll_offset_y: f64, timestamp: Option<f64> }
    LogEntry { source: String, level: String, text: String, url: Option<String>, line_number: Option<i64>, timestamp: f64 }
}

events! {
    "Page.frameAttached", FrameAttached { frame_id: String, parent_frame_id: String }
    "Page.frameDetached", FrameDetached { frame_id: String, reason: String }
    "Page.frameNavigated", FrameNavigated { frame: FrameInfo }
    "Page.navigatedWithinDocument", NavigatedWithinDocument { frame_id: String, url: String }
    "Page.lifecycleEvent", LifecycleEvent { frame_id: String, loader_id: String, name: String }
    "Page.javascriptDialogOpening", DialogOpening { url: String, message: String, #[serde(rename = "type")] kind: String, default_prompt: Option<String> }
    "Page.javascriptDialogClosed", DialogClosed { result: bool }
    "Page.fileChooserOpened", FileChooserOpened { frame_id: String, mode: String, backend_node_id: Option<i64> }
    "Page.screencastFrame", ScreencastFrame { data: String, metadata: FrameMetadata, session_id: i64 }
    "Log.entryAdded", LogEntryAdded { entry: LogEntry }
}
