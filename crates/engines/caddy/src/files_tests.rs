//! Growing, rotated, cut and vanished files, across restarts.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

struct Log {
    dir: tempfile::TempDir,
    rotated: usize,
}

impl Log {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), rotated: 0 }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("access.log")
    }

    fn write(&self, text: &str) {
        let mut file = File::options().append(true).create(true).open(self.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rotate(&mut self) {
        self.rotated += 1;
        let part = self.dir.path().join(format!("access-2026-11-21T18-00-{:02}.000.log", self.rotated));
        if fs::rename(self.path(), &part).is_ok() {
            // Parts of one moment keep their order.
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 + self.rotated as u64);
            File::options().append(true).open(&part).unwrap().set_modified(at).unwrap();
        }
    }
}

fn all(follower: &mut Follower) -> Vec<String> {
    let mut out = Vec::new();
    loop {
        let batch = follower.read(3).unwrap();
        out.extend(batch.lines);
        if batch.is_end {
            return out;
        }
    }
}

#[test]
fn missing_file_is_waited_for_and_unfinished_line_too() {
    let log = Log::new();
    let mut follower = Follower::new(log.path(), None);
    assert_eq!(follower.read(9).unwrap(), Batch { lines: Vec::new(), position: None, is_end: true });
    log.write("a\nb");
    assert_eq!(all(&mut follower), ["a"]);
    log.write("c\n");
    assert_eq!(all(&mut follower), ["bc"]);
}

#[test]
fn restart_goes_on_in_the_part_that_was_rotated_away() {
    let mut log = Log::new();
    log.write("1\n2\n");
    let mut follower = Follower::new(log.path(), None);
    let position = follower.read(1).unwrap().position;
    log.rotate();
    log.write("3\n");
    log.rotate();
    log.write("4\n");
    let mut again = Follower::new(log.path(), position);
    assert_eq!(all(&mut again), ["2", "3", "4"]);
    assert_eq!(all(&mut follower), ["2", "3", "4"], "the one that stayed open too");
}

#[test]
fn part_that_is_gone_loses_only_its_own_lines() {
    let mut log = Log::new();
    log.write("1\n2\n");
    let position = Follower::new(log.path(), None).read(1).unwrap().position;
    log.rotate();
    fs::remove_file(log.dir.path().join("access-2026-11-21T18-00-01.000.log")).unwrap();
    log.write("3\n");
    log.rotate();
    log.write("4\n");
    assert_eq!(all(&mut Follower::new(log.path(), position)), ["3", "4"]);
}

#[test]
fn file_that_was_cut_is_read_from_its_beginning() {
    let log = Log::new();
    log.write("first\nsecond\n");
    let mut follower = Follower::new(log.path(), None);
    assert_eq!(all(&mut follower).len(), 2);
    let position = follower.read(1).unwrap().position;
    File::options().write(true).open(log.path()).unwrap().set_len(0).unwrap();
    log.write("x\n");
    assert_eq!(all(&mut follower), ["x"]);
    assert_eq!(all(&mut Follower::new(log.path(), position)), ["x"], "also after a restart");
}

#[test]
fn line_that_is_too_long_is_left_out() {
    let log = Log::new();
    log.write(&format!("a\n{}\nb\n", "x".repeat(LINE_MAX * 2)));
    let mut follower = Follower::new(log.path(), None);
    assert_eq!(all(&mut follower), ["a", "b"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_lost_or_doubled(steps in prop::collection::vec(0..5_u8, 1..40)) {
        let mut log = Log::new();
        let (mut follower, mut stored) = (Follower::new(log.path(), None), None);
        let (mut written, mut read) = (Vec::new(), Vec::new());
        log.write("begin\n");
        written.push("begin".to_owned());
        // The first look begins at the file as it is, so it comes before anything is rotated.
        let batch = follower.read(2).unwrap();
        read.extend(batch.lines);
        stored = batch.position.or(stored);
        for (n, step) in steps.iter().enumerate() {
            match step {
                0 | 1 => {
                    log.write(&format!("line {n}\n"));
                    written.push(format!("line {n}"));
                }
                2 => log.rotate(),
                3 => {
                    let batch = follower.read(2).unwrap();
                    read.extend(batch.lines);
                    stored = batch.position.or(stored);
                }
                _ => follower = Follower::new(log.path(), stored.clone()),
            }
        }
        let mut last = Follower::new(log.path(), stored);
        read.extend(all(&mut last));
        prop_assert_eq!(read, written);
    }
}
