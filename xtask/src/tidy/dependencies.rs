//! One crypto provider (ring), no foreign TLS library in the tree.

use super::Findings;
use crate::steps::Failed;
use crate::workspace::Workspace;

const BANNED: [(&str, &str); 4] = [
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("aws-lc-sys", "the crypto provider is ring"),
    ("sqlx", "the store speaks to its drivers itself"),
];

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    let output = workspace.cargo(["tree", "--workspace", "--prefix=none", "--format={p}"]).output()?;
    let tree = String::from_utf8_lossy(&output);
    if !tree.lines().any(|line| line.starts_with("ring ")) {
        return Err(Failed::new("cargo tree does not even list ring: its output was not understood"));
    }
    for (name, reason) in BANNED {
        if tree.lines().any(|line| line.split(' ').next() == Some(name)) {
            findings.fault(format!("{name} is in the tree ({reason}); `cargo tree -i {name}` says who brings it"));
        }
    }
    Ok(())
}
