//! Archives as older binaries wrote them: format 1 (the description first, SHA-256 of every file, a digest of every table)
//! and format 2 (the description last, BLAKE3, nothing said of sets of files) restore to the rows they were made of.

use std::io::{Read, Write};
use std::path::Path;

use argos_backup::pending::{self, Target};
use argos_backup::{Consent, Metadata, TableEntry};
use argos_kernel::{Actor, hex};
use argos_store::testing::each_engine;
use argos_store::transfer::digests;
use argos_store::{Engine, Part, Store};

use crate::restore::{now, people, tables};
use crate::{House, KEY, house, houses, migrations};

const BLOCK: usize = 512;

/// What stands in an archive, in its order.
fn entries(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(archive).unwrap()).read_to_end(&mut tar).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.iter().copied().take_while(|b| *b != 0).collect()).unwrap();
    let (mut out, mut at) = (Vec::new(), 0);
    while tar[at] != 0 {
        let (name, size) = (text(&tar[at..at + 100]), usize::from_str_radix(&text(&tar[at + 124..at + 135]), 8).unwrap());
        out.push((name, tar[at + BLOCK..at + BLOCK + size].to_vec()));
        at += BLOCK + size.div_ceil(BLOCK) * BLOCK;
    }
    out
}

fn write(archive: &Path, entries: &[(String, Vec<u8>)]) {
    let mut out = flate2::write::GzEncoder::new(std::fs::File::create(archive).unwrap(), flate2::Compression::fast());
    for (name, bytes) in entries {
        let mut header = [0_u8; BLOCK];
        let size = format!("{:011o}\0", bytes.len());
        let fields: [(usize, &[u8]); 8] = [
            (0, name.as_bytes()),
            (100, b"0000600\0"),
            (108, b"0000000\0"),
            (116, b"0000000\0"),
            (124, size.as_bytes()),
            (136, b"00000000000\0"),
            (148, b"        "),
            (156, b"0"),
        ];
        for (at, field) in fields {
            header[at..at + field.len()].copy_from_slice(field);
        }
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.write_all(&header).unwrap();
        out.write_all(bytes).unwrap();
        out.write_all(&vec![0; bytes.len().div_ceil(BLOCK) * BLOCK - bytes.len()]).unwrap();
    }
    out.write_all(&[0; 2 * BLOCK]).unwrap();
    out.finish().unwrap();
}

/// The archive of today as a binary of then would have written it.
async fn as_format(format: u32, h: &House, today: &Path, place: &Path) {
    let mut entries = entries(today);
    let (_, document) = entries.pop().unwrap();
    let mut metadata: Metadata = serde_json::from_slice(&document).unwrap();
    assert_eq!(metadata.format, 3, "a new format needs an old archive of the one before here");
    metadata.format = format;
    (metadata.carried, metadata.missing, metadata.left_out, metadata.hmac) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    let copy = tempfile::tempdir().unwrap();
    for (file, (name, bytes)) in metadata.files.iter_mut().zip(&entries) {
        assert_eq!(&file.name, name);
        std::fs::write(copy.path().join(name), bytes).unwrap();
        if format == 1 {
            file.blake3 = None;
            file.sha256 = Some(hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref()));
        }
    }
    let store = Store::open_sqlite(copy.path()).await.unwrap();
    if format == 1 {
        let parts = [Part::State, Part::Telemetry];
        let tables = digests(&mut store.reading().await.unwrap(), &parts).await.unwrap();
        metadata.tables = tables.into_iter().map(TableEntry::from).collect();
    }
    let key = h.vault.derive_of(&store.state, "backup").await.unwrap();
    store.close().await;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.reveal());
    metadata.hmac = hex(ring::hmac::sign(&key, &serde_json::to_vec(&metadata).unwrap()).as_ref());
    let document = ("metadata.json".to_owned(), serde_json::to_vec_pretty(&metadata).unwrap());
    entries.insert(if format == 1 { 0 } else { entries.len() }, document);
    write(place, &entries);
}

#[tokio::test]
async fn archive_of_each_older_format_restores_to_the_rows_it_was_made_of() {
    // What they were taken from says nothing of the layout.
    for (h, _t, _dir) in houses().await.into_iter().take(1) {
        people(&h).await;
        let before = tables(&h.store).await;
        let made = h.backups.create_now(None).await.unwrap();
        for format in [1, 2] {
            let file = h.dir.join(format!("format-{format}.tar.gz"));
            as_format(format, &h, &h.dir.join("backups").join(&made.filename), &file).await;
            for to in each_engine(&migrations()).await {
                let dir = tempfile::tempdir().unwrap();
                let fresh = house(&to.store, dir.path().to_owned(), KEY, 77).await;
                let staged = fresh.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap();
                assert!(staged.warnings.is_empty(), "{:?}", staged.warnings);
                let place = dir.path();
                let restored = match to.store.engine() {
                    Engine::Sqlite => {
                        pending::apply(place, Target::Sqlite(place), &migrations(), now()).await.unwrap();
                        Store::open_sqlite(place).await.unwrap()
                    }
                    Engine::Postgres => {
                        pending::apply(place, Target::Postgres(&to.store), &migrations(), now()).await.unwrap();
                        to.store.clone()
                    }
                };
                assert_eq!(tables(&restored).await, before, "format {format}, {:?} to {:?}", h.store.engine(), restored.engine());
            }
            // Neither what it says nor what it holds can be changed.
            let mut changed = entries(&file);
            let at = changed.iter().position(|(name, _)| name == "argos.db").unwrap();
            let middle = changed[at].1.len() / 2;
            changed[at].1[middle] ^= 1;
            write(&file, &changed);
            let refused = h.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap_err();
            assert!(refused.message().contains("checksum differs"), "{}", refused.message());
        }
    }
}
