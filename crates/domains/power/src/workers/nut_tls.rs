//! The certificate of our own NUT server: the instance's own, or one we make once and keep beside it.

use std::path::Path;

use argos_kernel::{AppError, Result};
use argos_tls::self_signed;
use argos_web::ServerTls;

use crate::service::Power;

const DAYS: i64 = 825;

/// `None` when no certificate can be read or made; the reason is logged.
pub(super) fn certificate(power: &Power) -> Option<ServerTls> {
    read_or_make(power).map_err(|error| tracing::error!(?error, "the NUT server offers no encryption")).ok()
}

fn read_or_make(power: &Power) -> Result<ServerTls> {
    let boot = power.settings().boot();
    if let (Some(cert), Some(key)) = (boot.path("https.cert"), boot.path("https.key")) {
        return read(&cert, &key);
    }
    let place = boot.data_dir().join("tls");
    for name in ["self-signed", "nut-server"] {
        let (cert, key) = (place.join(format!("{name}.crt")), place.join(format!("{name}.key")));
        if cert.exists() && key.exists() {
            return read(&cert, &key);
        }
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    let names = [host, "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let names: Vec<String> = names.into_iter().filter(|n| !n.is_empty()).collect();
    let (cert, key) = self_signed(&names, power.platform.clock.now().secs() - 86_400, DAYS).map_err(AppError::internal)?;
    std::fs::create_dir_all(&place).map_err(AppError::internal)?;
    write(&place.join("nut-server.key"), &key)?;
    write(&place.join("nut-server.crt"), &cert)?;
    ServerTls::from_pem(cert.as_bytes(), key.as_bytes()).map_err(AppError::internal)
}

fn read(cert: &Path, key: &Path) -> Result<ServerTls> {
    let text = |path: &Path| std::fs::read(path).map_err(|e| AppError::internal(format!("{}: {e}", path.display())));
    ServerTls::from_pem(&text(cert)?, &text(key)?).map_err(AppError::internal)
}

fn write(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut f| f.write_all(text.as_bytes())).map_err(AppError::internal)
}
