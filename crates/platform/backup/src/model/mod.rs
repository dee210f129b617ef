//! Formats and pure rules: the archive, its encryption, its metadata, signed requests to object storage.

pub(crate) mod archive;
pub(crate) mod cipher;
pub(crate) mod gzip;
pub(crate) mod metadata;
pub(crate) mod preview;
pub(crate) mod retention;
pub(crate) mod tar;
pub(crate) mod target;
