//! The contract's tables, read from the checkout.

use std::path::PathBuf;

/// One line of `access.tsv`.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) system: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) credentials: Vec<String>,
    pub(crate) permission: String,
}

impl Access {
    pub(crate) fn takes(&self, credential: &str) -> bool {
        self.credentials.iter().any(|each| each == credential)
    }
}

/// A file of the contract folder.
pub(crate) fn contract(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../contract").join(name)
}

/// The lines of a table, without its head.
pub(crate) fn rows(name: &str) -> Vec<Vec<String>> {
    let path = contract(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Vec<String>> = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    assert!(!rows.is_empty(), "{name} lists nothing");
    rows
}

/// `access.tsv`: the documented routes and who may call them.
pub(crate) fn documented() -> Vec<Access> {
    rows("access.tsv").iter().map(|row| access(row)).collect()
}

/// Documented routes and those of our own (`access.own.tsv`).
pub(crate) fn all() -> Vec<Access> {
    documented().into_iter().chain(rows("access.own.tsv").iter().map(|row| access(row))).collect()
}

/// Method and path of every line of `routes.tsv`.
pub(crate) fn routes() -> Vec<(String, String)> {
    rows("routes.tsv").into_iter().map(|row| (row[1].clone(), row[2].clone())).collect()
}

fn access(row: &[String]) -> Access {
    let [system, method, path, credentials, permission, ..] = row else {
        panic!("a line of access.tsv has {} columns: {row:?}", row.len());
    };
    Access {
        system: system.clone(),
        method: method.clone(),
        path: path.clone(),
        credentials: credentials.split(',').map(str::to_owned).collect(),
        permission: permission.clone(),
    }
}

/// The path with its parameters filled in, so that it can be called.
pub(crate) fn concrete(path: &str) -> String {
    let mut filled = String::new();
    for (index, part) in path.split(['{', '}']).enumerate() {
        filled.push_str(if index % 2 == 0 {
            part
        } else {
            match part {
                "metric" => "cpu_percent",
                "key" => "auth.require_2fa",
                "provider" => "github",
                "cc" => "ES",
                _ => "1",
            }
        });
    }
    filled
}

/// Runs `probe` on every item with a few threads: a refusal takes its 100 ms, hundreds of them one after the other too long.
pub(crate) fn probe_all<T: Sync, R: Send>(items: &[T], probe: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    const THREADS: usize = 12;
    let mut found: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let probe = &probe;
                scope.spawn(move || {
                    let mine = items.iter().enumerate().skip(worker).step_by(THREADS);
                    mine.map(|(index, item)| (index, probe(index, item))).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, result)| result).collect()
}
