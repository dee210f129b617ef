//! The committed role x permission table is the one the code holds.

use std::path::Path;

use argos_identity::model::permission::{Grants, access_matrix};
use argos_web::Access;

#[test]
fn committed_access_matrix_equals_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../contract/access_matrix.txt");
    if std::env::var_os("ARGOS_UPDATE").is_some() {
        std::fs::write(&path, access_matrix()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == access_matrix(), "{} is out of date: run this test with ARGOS_UPDATE=1", path.display());
}

#[test]
fn every_permission_of_the_contract_is_in_the_catalogue() {
    const PSEUDO: [&str; 6] = ["public", "agent", "node", "signature", "trigger", "self"];
    let table = Access::contract();
    let all = Grants::all();
    for (method, path) in table.lines() {
        let rule = table.find(method, path).unwrap();
        let conditional = ["other", "high", "admin_command", "credential"].into_iter().filter_map(|c| rule.permission_when(c));
        for permission in std::iter::once(rule.permission()).chain(conditional) {
            assert!(PSEUDO.contains(&permission) || all.has(permission), "{method} {path}: {permission}");
        }
    }
}
