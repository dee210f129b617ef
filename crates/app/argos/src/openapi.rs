//! The OpenAPI document. A development build makes it from its routes; a release build carries the checked-in one, which
//! the tests compare with what the routes say, because the schemas of a thousand types weigh megabytes.

use argos_platform::Domain;
use argos_web::Mounted;
use bytes::Bytes;

use crate::exit::Failure;
#[cfg(debug_assertions)]
use crate::routes::health::VERSION;

#[cfg(debug_assertions)]
pub(crate) fn of_routes(routes: &[Mounted]) -> Option<Bytes> {
    Some(Bytes::from(argos_web::openapi_document(routes, VERSION).to_string()))
}

#[cfg(not(debug_assertions))]
pub(crate) fn of_routes(_: &[Mounted]) -> Option<Bytes> {
    None
}

/// The document, over a throw-away store.
#[cfg(debug_assertions)]
pub(crate) async fn document(domains: Vec<Domain>) -> Result<String, Failure> {
    use std::sync::Arc;

    use argos_kernel::Timestamp;

    use crate::boot;
    use crate::cli::ServeArgs;
    use crate::data_dir::DataDir;
    use crate::routes::health::Ready;
    use crate::routes::tls::{Tls, TlsPlace};

    let dir = std::env::temp_dir().join(format!("argos-openapi-{}", std::process::id()));
    let args = ServeArgs { data_dir: Some(dir.clone()), listen: Some("127.0.0.1:0".to_owned()), ..ServeArgs::default() };
    let boot = boot::configuration(&args)?;
    let held = DataDir::hold(&dir)?;
    let store = boot::open_store(&boot).await?;
    let migrations = boot::migrations(&domains);
    store.migrate(&migrations, Timestamp::from_secs(0)).await?;
    let platform = boot::platform(&boot, store, migrations, argos_logs::LogQueue::new(Arc::new(argos_kernel::SystemClock))).await?;
    let (web, ..) =
        crate::serve::assemble(&boot, &platform, domains, &Ready::default(), Tls::new(platform.clone(), &boot, None, TlsPlace::default()))?;
    let document = argos_web::openapi_document(web.routes(), VERSION);
    platform.store.close().await;
    drop(held);
    std::fs::remove_dir_all(&dir).map_err(Failure::runtime)?;
    serde_json::to_string_pretty(&document).map_err(Failure::runtime)
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unused_async, reason = "as in a development build")]
pub(crate) async fn document(_: Vec<Domain>) -> Result<String, Failure> {
    argos_ui_assets::UiAssets::text("/openapi.json").ok_or_else(|| Failure::runtime("this build has no interface inside"))
}
