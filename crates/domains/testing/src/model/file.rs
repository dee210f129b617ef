//! The files of a project that the steps of its tests upload. Pure.

use argos_kernel::{FieldError, Timestamp, Uid};

/// Files of one project.
pub const FILES_MAX: i64 = 200;
/// Bytes of one file, and of all files of a project.
pub const FILE_BYTES_MAX: usize = 50 << 20;
pub const PROJECT_BYTES_MAX: i64 = 500 << 20;
const NAME_MAX: usize = 200;

/// A file; its bytes are those of the artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectFile {
    pub uid: Uid,
    pub project_id: i64,
    /// What steps call it.
    pub name: String,
    pub artifact: String,
    pub size_bytes: i64,
    pub created_by: String,
    pub created_at: Timestamp,
}

/// A name that leads nowhere else: it becomes a file of a directory.
///
/// # Errors
/// When it is empty, longer than 200 bytes, or holds a separator, a control character or leading dots only.
pub fn named(text: &str) -> Result<String, FieldError> {
    let fault = |why: &str| Err(FieldError::new("name", format!("name {why}")));
    let name = text.trim();
    if name.is_empty() || name.len() > NAME_MAX {
        return fault("must have 1 to 200 characters");
    }
    if name.chars().all(|c| c == '.') || name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        return fault("must be the name of a file, without directories");
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::named;

    #[test]
    fn name_is_that_of_a_file_and_leads_nowhere() {
        assert_eq!(named(" Invoice 7.pdf ").unwrap(), "Invoice 7.pdf");
        for bad in ["", " ", ".", "..", "a/b", "..\\x", "/etc/passwd", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(named(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_that_is_taken_is_one_part_of_a_path(text in "\\PC{0,40}|[./\\\\a]{0,8}") {
            if let Ok(name) = named(&text) {
                let parts: Vec<_> = Path::new(&name).components().collect();
                prop_assert!(matches!(parts.as_slice(), [Component::Normal(one)] if *one == name.as_str()), "{name:?}");
            }
        }
    }
}
