//! A film that grows by pictures a page gives, until it is full.

use std::path::PathBuf;

use tokio::time::Instant;

use super::webm::{WebmFile, frame_of};

/// A film under way. Nothing is written before its first picture.
pub struct Video {
    path: PathBuf,
    began: Instant,
    file: Option<WebmFile>,
    full: bool,
}

impl Video {
    /// Its time counts from `began`.
    pub fn new(path: PathBuf, began: Instant) -> Self {
        Self { path, began, file: None, full: false }
    }

    /// Takes no more pictures.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Adds a lossy WebP picture that was taken at `at`; anything else is passed over.
    pub fn add(&mut self, picture: &[u8], at: Instant) {
        let Some((frame, width, height)) = frame_of(picture) else { return };
        if self.file.is_none() {
            self.file = WebmFile::create(&self.path, width, height).ok();
        }
        let added = self.file.as_mut().map_or(Ok(false), |file| file.add(frame, at - self.began));
        if added.is_err() {
            // A film that breaks off is none.
            self.file = None;
            drop(std::fs::remove_file(&self.path));
        }
        self.full = !added.unwrap_or(false);
    }

    /// Where the film is, when there is one.
    pub fn finish(self) -> Option<PathBuf> {
        let at = self.began.elapsed();
        self.file?.finish(at).ok()?.then_some(self.path)
    }
}
