//! Making a picture of a comparison for somebody who looks.

use argos_imagediff::{PictureError, beside};
use argos_kernel::{AppError, ErrorKind, Result, Uid};

use crate::actions::artifacts::not_found;
use crate::service::Testing;
use crate::visual::model::shown::Shown;
use crate::visual::model::verdict::heat;
use crate::visual::store::comparisons;

fn unmade(error: PictureError) -> AppError {
    match error {
        PictureError::TooLarge(width, height) => {
            AppError::new(ErrorKind::TooLarge, format!("a picture of {width} x {height} pixels is too large")).code("picture_too_large")
        }
        other => AppError::internal(other),
    }
}

impl Testing {
    /// The picture as a PNG; the caller judges who may see it. 404 when the comparison or what it compared is gone.
    pub(crate) async fn shown(&self, what: Shown, comparison: Uid) -> Result<Vec<u8>> {
        let found = comparisons::find(&self.platform.store.state, comparison).await?;
        let comparison = found.filter(|comparison| what.is_of(comparison)).ok_or_else(not_found)?;
        let before = comparison.before.as_deref().ok_or_else(not_found)?;
        let (before, turn) = self.picture_of(before, self.picture_turn().await?).await?;
        let (after, turn) = self.picture_of(&comparison.after, turn).await?;
        let measured = comparison.measured;
        let work = move || {
            let _turn = turn;
            let made = match what {
                Shown::Heatmap => heat(&before, &after, &measured).ok_or_else(not_found)?,
                Shown::SideBySide => beside(&before, &after),
            };
            made.and_then(|picture| picture.to_png()).map_err(unmade)
        };
        tokio::task::spawn_blocking(work).await.map_err(AppError::internal)?
    }
}
