//! File names and archives from outside: nothing is read or written beside the data, and nothing unpacks without end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use argos_peers::raw::RawConnection;
use argos_peers::{ArgosConfig, Response};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::table;

/// The body of a raw GET, so that no client tidies the path up before it is sent.
fn raw_get(stage: &Stage, target: &str, bearer: Option<&str>) -> String {
    let mut connection = RawConnection::open(stage.argos.address()).unwrap();
    let credential = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    connection.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{credential}Connection: close\r\n\r\n").as_bytes()).unwrap();
    String::from_utf8_lossy(&connection.read_to_end(Duration::from_secs(5)).0).into_owned()
}

const CLIMBS: [&str; 7] = [
    "/../../../../../../etc/passwd",
    "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/../../../../../../etc/passwd",
    "/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/assets//etc/passwd",
    "/....//....//....//etc/passwd",
];

#[test]
fn path_that_climbs_out_reads_no_file() {
    let stage = Stage::start();
    let token = stage.owner.bearer().expect("a token").to_owned();
    for climb in CLIMBS {
        let body = raw_get(&stage, climb, None);
        assert!(!body.contains("root:x:") && !body.contains("root:*:"), "{climb}: {body}");
    }
    for route in ["/api/backups/{}/download", "/api/settings/{}", "/api/notifications/channels/{}", "/api/power/snapshots/{}/download"] {
        for name in ["..%2f..%2fargos.db", "..%2fmaster.key", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "1%00.tar.gz"] {
            let body = raw_get(&stage, &route.replace("{}", name), Some(&token));
            let status = body.split_whitespace().nth(1).unwrap_or_default().to_owned();
            assert!(["400", "404", "405", "422"].contains(&status.as_str()), "{route} {name}: {body}");
        }
    }
}

/// What a climbing name would reach: a file planted in the data directory, and one of the system.
const PLANTED: &str = "planted-text-of-the-walk";
const NAMES: [&str; 6] = [
    "..%2fwalk-marker",
    "..%2f..%2fwalk-marker",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2fwalk-marker",
    "..%5c..%5cwalk-marker",
    "%2fetc%2fpasswd",
    "..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
];

#[test]
fn name_that_climbs_reaches_no_file_in_any_parameter_of_any_path() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_TRUSTED_PROXIES", "127.0.0.1"));
    let marker = stage.argos.data_dir().join("walk-marker");
    std::fs::write(&marker, PLANTED).unwrap();
    let document = stage.anonymous().get("/openapi.json").expect_status(200).json();
    let mut tries: Vec<(String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths").iter().filter(|(p, _)| p.contains('{') && !p.contains("/stream")) {
        for (method, _) in item.as_object().expect("methods").iter().filter(|(_, o)| o["x-websocket"].is_null()) {
            let parts: Vec<&str> = path.split('/').collect();
            for at in parts.iter().enumerate().filter(|(_, part)| part.starts_with('{')).map(|(at, _)| at) {
                let filled = |name: &str| {
                    let fill = |(i, part): (usize, &&str)| {
                        if i == at {
                            name.to_owned()
                        } else if part.starts_with('{') {
                            "1".to_owned()
                        } else {
                            (*part).to_owned()
                        }
                    };
                    parts.iter().enumerate().map(fill).collect::<Vec<_>>().join("/")
                };
                tries.extend(NAMES.iter().map(|name| (method.to_uppercase(), filled(name))));
            }
        }
    }
    assert!(tries.len() > 1_000, "only {} names were tried", tries.len());
    let owner = &stage.owner;
    let faults: Vec<String> = table::probe_all(&tries, |number, (method, path)| {
        // Refusals are counted per address.
        let client = owner.clone().with_header("X-Forwarded-For", &format!("198.51.{}.{}", number / 200 % 250, 1 + number % 200));
        let request = client.request(method, path);
        let answer = if matches!(method.as_str(), "POST" | "PUT" | "PATCH") { request.json(&json!({})).send() } else { request.send() };
        let told = answer.text().contains(PLANTED) || answer.text().contains("root:x:") || (answer.status >= 500 && answer.status != 503);
        told.then(|| format!("{method} {path}: {} {:.200}", answer.status, answer.text()))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(std::fs::read_to_string(&marker).ok().as_deref(), Some(PLANTED), "nothing took or changed it");
    let others: Vec<PathBuf> =
        files(stage.argos.data_dir().parent().unwrap()).into_iter().filter(|p| is_marker(p) && *p != marker).collect();
    assert!(others.is_empty() && Path::new("/etc/passwd").exists(), "{others:?}");
}

fn is_marker(path: &Path) -> bool {
    path.to_string_lossy().contains("marker")
}

/// Routes that take a file with a name.
const UPLOADS: [&str; 9] = [
    "/api/backups/upload",
    "/api/backups/upload-and-restore",
    "/api/geoip/upload",
    "/api/v1/nodes/{id}/media/upload",
    "/api/v1/parameterized/import-data/upload",
    "/api/v1/projects/{id}/files",
    "/api/v1/recording/upload",
    "/api/v1/settings/tls/upload",
    "/api/v1/users/me/avatar",
];

#[test]
fn file_is_never_stored_under_the_name_it_came_with() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let document = stage.anonymous().get("/openapi.json").expect_status(200).json();
    let takes = |(path, item): (&String, &Value)| {
        let named = path.contains("upload") || path.ends_with("/files") || path.ends_with("/avatar");
        (named && item["post"].is_object()).then(|| path.clone())
    };
    let known: Vec<String> = document["paths"].as_object().expect("paths").iter().filter_map(takes).collect();
    assert!(known.iter().all(|path| UPLOADS.contains(&path.as_str())), "routes that are not tried here: {known:?}");
    let shop = stage.owner.post("/api/v1/projects", json!({"name": "Shop"})).expect_status(200).json();
    let text = description();
    let archive = gzip(&tar(&[Entry("metadata.json", text.len() as u64, b'0', &text)]));
    for path in UPLOADS {
        let path = path.replace("{id}", shop["id"].as_str().unwrap());
        for name in ["../../../evil-marker", "/tmp/evil-marker", "..\\..\\evil-marker", "....//evil-marker", "%2e%2e%2fevil-marker", ".."] {
            let content: &[u8] = if path.starts_with("/api/backups") { &archive } else { b"name,age\nada,36\n" };
            let answer = upload(&stage, &path, name, content, false);
            assert!(answer.status < 500 || answer.status == 503, "{path} {name}: {} {}", answer.status, answer.text());
        }
    }
    let left: Vec<PathBuf> = files(stage.argos.data_dir().parent().unwrap()).into_iter().filter(|p| is_marker(p)).collect();
    assert!(left.is_empty() && !Path::new("/tmp/evil-marker").exists(), "{left:?}");
    assert_eq!(stage.anonymous().get("/readyz").status, 200);
}

/// One entry of a tar: name, declared size, type, and what really follows.
struct Entry<'a>(&'a str, u64, u8, &'a [u8]);

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for Entry(name, size, kind, data) in entries {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..108].copy_from_slice(b"0000600\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[148..156].copy_from_slice(b"        ");
        block[156] = *kind;
        if *kind == b'2' {
            block[157..168].copy_from_slice(b"/etc/passwd");
        }
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(block);
        out.extend(*data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.extend([0_u8; 1024]);
    out
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, data) = (child.stdin.take().unwrap(), data.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&data));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output.stdout
}

/// A description that a reader takes for one of ours.
fn description() -> Vec<u8> {
    json!({
        "format": 1, "version": "1", "created_at": "2026-01-01T00:00:00Z", "kind": "manual", "note": null, "engine": "sqlite",
        "schema": {}, "tables": [], "files": [], "key_fingerprint": "x", "hmac": "",
    })
    .to_string()
    .into_bytes()
}

fn upload(stage: &Stage, path: &str, file_name: &str, archive: &[u8], confirm: bool) -> Response {
    let mut body = Vec::new();
    if confirm {
        body.extend(b"--cut\r\nContent-Disposition: form-data; name=\"confirm\"\r\n\r\ntrue\r\n");
    }
    body.extend(
        format!(
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\nContent-Type: application/gzip\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend(archive);
    body.extend(b"\r\n--cut--\r\n");
    stage.owner.request("POST", path).header("Content-Type", "multipart/form-data; boundary=cut").body(body).send()
}

/// Every file below a directory, by its path from there.
fn files(dir: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                _ => found.push(entry.path()),
            }
        }
    }
    found
}

#[test]
fn archive_with_a_name_that_climbs_a_link_or_a_device_is_refused_and_leaves_nothing() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let dir = stage.argos.data_dir().to_owned();
    let text = description();
    let first = || Entry("metadata.json", text.len() as u64, b'0', &text);
    let evil: [Entry<'_>; 6] = [
        Entry("../evil-marker", 4, b'0', b"evil"),
        Entry("/tmp/evil-marker", 4, b'0', b"evil"),
        Entry("a/../../evil-marker", 4, b'0', b"evil"),
        Entry("evil-marker", 0, b'2', b""),
        Entry("evil-marker", 0, b'3', b""),
        Entry("evil\nmarker", 4, b'0', b"evil"),
    ];
    for entry in evil {
        let name = entry.0.to_owned();
        let answer = upload(&stage, "/api/backups/upload-and-restore", "../../../evil-marker", &gzip(&tar(&[first(), entry])), true);
        assert!(matches!(answer.status, 400 | 409 | 422), "{name:?}: {} {}", answer.status, answer.text());
    }
    let left: Vec<PathBuf> = files(dir.parent().unwrap()).into_iter().filter(|p| is_marker(p)).collect();
    assert!(left.is_empty() && !Path::new("/tmp/evil-marker").exists(), "{left:?}");
    assert_eq!(stage.anonymous().get("/readyz").status, 200, "no restart was scheduled");
}

#[test]
fn archive_that_unpacks_beyond_the_limit_is_refused_wherever_it_is_opened() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let text = description();
    // It says three gigabytes and the compressed file is small: the claim alone has to be enough to refuse it.
    let bomb = gzip(&tar(&[Entry("metadata.json", text.len() as u64, b'0', &text), Entry("argos.db", 3 << 30, b'0', &[0; 4096])]));
    let made = upload(&stage, "/api/backups/upload", "bomb.tar.gz", &bomb, false);
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_i64().expect("an id");
    let says = |answer: &Response| answer.text().contains("larger than allowed");
    for (path, body) in [("preview", json!({})), ("verify", json!({})), ("restore", json!({"confirm": true}))] {
        let answer = stage.owner.post(&format!("/api/backups/{id}/{path}"), body);
        let told = says(&answer) || (path == "verify" && verdict_of(&stage, id).to_string().contains("larger than allowed"));
        assert!(told && answer.status != 500, "{path}: {} {}", answer.status, answer.text());
    }
    let rest: Vec<PathBuf> = files(stage.argos.data_dir()).into_iter().filter(|p| p.metadata().is_ok_and(|m| m.len() > 1 << 30)).collect();
    assert!(rest.is_empty(), "{rest:?}");
}

/// The stored backup once it was looked at.
fn verdict_of(stage: &Stage, id: i64) -> Value {
    argos_peers::wait_for("the verdict", Duration::from_secs(10), || {
        let shown = stage.owner.get(&format!("/api/backups/{id}")).json();
        shown.to_string().contains("larger than allowed").then_some(shown)
    })
}
