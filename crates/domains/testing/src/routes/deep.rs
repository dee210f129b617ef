//! Bodies that hold documents of pages.

use argos_kernel::{AppError, Result};
use argos_web::Req;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::actions::tests::fault;

/// Bodies with documents that are in memory at a time: read, one takes ten times its bytes.
static READING: Semaphore = Semaphore::const_new(2);

/// A body with documents of pages in it, which are nested deeper than other bodies may be, and the right to have it in
/// memory. Halves of characters, which pages may send, are mended.
pub(super) async fn deep_json<T: DeserializeOwned>(req: &mut Req) -> Result<(T, SemaphorePermit<'static>)> {
    let raw = req.bytes().await?;
    let turn = READING.acquire().await.map_err(AppError::internal)?;
    let unread = |error: &dyn std::fmt::Display| fault("events", format!("the body cannot be read: {error}"));
    let text = std::str::from_utf8(&raw).map_err(|e| unread(&e))?;
    let body = argos_cdp::json::parse(text).map_err(|e| unread(&e))?;
    Ok((body, turn))
}
