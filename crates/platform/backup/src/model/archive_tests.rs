use std::collections::BTreeMap;

use argos_kernel::SeededRng;
use proptest::prelude::*;

use super::*;
use crate::model::metadata::{FORMAT, FileEntry};

fn description(files: Vec<FileEntry>) -> Metadata {
    Metadata {
        format: FORMAT,
        version: "1".into(),
        created_at: "2026-01-01T00:00:00Z".into(),
        kind: "manual".into(),
        note: Some("before the change".into()),
        engine: "sqlite".into(),
        schema: BTreeMap::new(),
        key_fingerprint: "f".into(),
        files,
        tables: Vec::new(),
        carried: Vec::new(),
        missing: Vec::new(),
        left_out: Vec::new(),
        hmac: String::new(),
    }
}

fn pack_files(path: &Path, files: &[(&str, &Path)], passphrase: Option<&str>, describe: impl Fn(Vec<FileEntry>) -> Metadata) -> Sum {
    let contents = Contents {
        files: files.iter().map(|(name, path)| ((*name).to_owned(), path.to_path_buf())).collect(),
        passphrase: passphrase.map(|p| Secret::new(p.to_owned())),
        at: Timestamp::from_secs(0),
        describe: &mut |files| Ok(describe(files)),
        stopped: &|| false,
    };
    pack(path, contents, &SeededRng::new(1)).unwrap().0
}

fn archive(dir: &Path, passphrase: Option<&str>) -> PathBuf {
    let (source, extra, path) = (dir.join("source.db"), dir.join("site.crt"), dir.join("a.tar.gz"));
    std::fs::write(&source, vec![5_u8; 700_000]).unwrap();
    std::fs::write(&extra, b"certificate").unwrap();
    let sum = pack_files(&path, &[("argos.db", &source), ("caddy/site.crt", &extra)], passphrase, description);
    assert_eq!(sum, sum_of(&path).unwrap());
    path
}

#[test]
fn archive_unpacks_to_what_was_packed_with_and_without_a_passphrase() {
    for passphrase in [None, Some("open sesame")] {
        let dir = tempfile::tempdir().unwrap();
        let path = archive(dir.path(), passphrase);
        let out = dir.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let secret = passphrase.map(|p| Secret::new(p.to_owned()));
        assert_eq!(is_encrypted(&path).unwrap(), passphrase.is_some());
        let metadata = unpack(&path, secret.as_ref(), &out, 1 << 20).unwrap();
        assert_eq!(metadata.note.as_deref(), Some("before the change"));
        assert_eq!(std::fs::read(out.join("argos.db")).unwrap(), vec![5_u8; 700_000]);
        assert_eq!(std::fs::read(out.join("caddy/site.crt")).unwrap(), b"certificate");
        assert_eq!(read_metadata(&path, secret.as_ref()).unwrap(), metadata);
        assert_eq!(check(&path, secret.as_ref()).unwrap(), metadata);
        // Larger than allowed, and a wrong passphrase.
        assert!(unpack(&path, secret.as_ref(), &out, 600_000).unwrap_err().to_string().contains("larger than allowed"));
        if passphrase.is_some() {
            assert_eq!(unpack(&path, None, &out, 1 << 20).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
    }
}

/// As format 1 had it: the description first, SHA-256 for every file, one stream of gzip.
fn archive_of_format_1(path: &Path, content: &[u8], described: &[u8]) {
    let file = FileEntry {
        name: "argos.db".into(),
        size: described.len() as u64,
        sha256: Some(hex(ring::digest::digest(&SHA256, described).as_ref())),
        blake3: None,
    };
    let document = serde_json::to_vec(&Metadata { format: 1, ..description(vec![file]) }).unwrap();
    let mut out = flate2::write::GzEncoder::new(create_private(path).unwrap(), flate2::Compression::fast());
    for (name, bytes) in [(FILE, document.as_slice()), ("argos.db", content)] {
        tar::write_header(&mut out, &Header { name: name.to_owned(), size: bytes.len() as u64 }, 0).unwrap();
        out.write_all(bytes).unwrap();
        pad(&mut out, bytes.len() as u64).unwrap();
    }
    tar::write_end(&mut out).unwrap();
    out.finish().unwrap();
}

#[test]
fn archive_of_format_1_is_read_and_judged_by_its_own_sums() {
    let dir = tempfile::tempdir().unwrap();
    let (path, out) = (dir.path().join("old.tar.gz"), dir.path().join("out"));
    std::fs::create_dir(&out).unwrap();
    let content = vec![9_u8; 300_000];
    archive_of_format_1(&path, &content, &content);
    let metadata = unpack(&path, None, &out, 1 << 20).unwrap();
    assert_eq!((metadata.format, read_metadata(&path, None).unwrap()), (1, metadata.clone()));
    assert_eq!(std::fs::read(out.join("argos.db")).unwrap(), content);
    archive_of_format_1(&path, &[9, 9, 8], &[9, 9, 9]);
    assert!(unpack(&path, None, &out, 1 << 20).unwrap_err().to_string().contains("checksum differs"));
}

#[test]
fn archive_cut_short_or_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = archive(dir.path(), None);
    let whole = std::fs::read(&path).unwrap();
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    for cut in [0, 9, whole.len() / 2, whole.len() - 20] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(unpack(&path, None, &out, 1 << 20).is_err(), "cut at {cut}");
    }
}

#[test]
fn file_that_is_not_described_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (path, out, source) = (dir.path().join("a.tar.gz"), dir.path().join("out"), dir.path().join("s"));
    std::fs::write(&source, b"rows").unwrap();
    std::fs::create_dir(&out).unwrap();
    let hide = |name: &'static str| move |files: Vec<FileEntry>| description(files.into_iter().filter(|f| f.name != name).collect());
    pack_files(&path, &[("argos.db", &source), ("argos.db-wal", &source)], None, hide("argos.db-wal"));
    assert!(unpack(&path, None, &out, 1 << 20).unwrap_err().to_string().contains("not described"));
    pack_files(&path, &[("argos.db", &source), ("argos.db", &source)], None, description);
    assert!(unpack(&path, None, &out, 1 << 20).unwrap_err().to_string().contains("twice"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn changed_byte_of_an_archive_never_passes_unseen(at in 0_usize..600, bit in 0_u8..8) {
        let dir = tempfile::tempdir().unwrap();
        let path = archive(dir.path(), None);
        let mut bytes = std::fs::read(&path).unwrap();
        let before = read_metadata(&path, None).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        std::fs::write(&path, &bytes).unwrap();
        let out = dir.path().join("out");
        std::fs::create_dir(&out).unwrap();
        if let Ok(metadata) = unpack(&path, None, &out, 1 << 20) {
            // Other bytes may mean the same: the header of the compression, or a run copied from another place in it.
            prop_assert_eq!(metadata, before);
            prop_assert_eq!(std::fs::read(out.join("argos.db")).unwrap(), vec![5_u8; 700_000]);
        }
    }
}
