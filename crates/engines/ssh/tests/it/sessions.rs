//! Against Debian's sshd: host keys, logins, commands, files.

use std::time::Duration;

use argos_peers::Sshd;
use argos_ssh::{Credential, Exit, HostKey, Limits, PrivateKey, Session, SshError, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LIMIT: Duration = Duration::from_secs(20);

fn target(server: &Sshd, host_key: HostKey) -> Target {
    let key = PrivateKey::parse(&server.account_key(), None).unwrap();
    Target {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        user: server.user(),
        credential: Credential::Key(key),
        host_key,
        limits: Limits::default(),
    }
}

#[tokio::test]
async fn first_connection_learns_the_fingerprint_that_the_host_has() {
    let server = Sshd::start().unwrap();
    let session = Session::connect(&target(&server, HostKey::TrustFirst)).await.unwrap();
    assert_eq!(session.fingerprint(), server.fingerprint().unwrap());

    let output = session.exec("echo out; echo err >&2; exit 3", LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Status(3));
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));

    let again = session.exec(&argos_ssh::quote(["printf", "%s", "it's $HOME"]), LIMIT).await.unwrap();
    assert_eq!((again.exit, again.stdout.as_slice()), (Exit::Status(0), &b"it's $HOME"[..]));
    session.close().await;
}

#[tokio::test]
async fn changed_host_key_is_refused_before_the_login() {
    let mut server = Sshd::start().unwrap();
    let known = HostKey::Pinned(server.fingerprint().unwrap());
    Session::connect(&target(&server, known.clone())).await.unwrap();

    server.change_host_key().unwrap();
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let learnt = Session::learn_host_key(stream, Limits::default()).await.unwrap();
    assert_eq!(learnt, server.fingerprint().unwrap());
    let error = Session::connect(&target(&server, known)).await.unwrap_err();
    let shown_now = server.fingerprint().unwrap();
    assert!(matches!(&error, SshError::HostKeyChanged { shown, .. } if *shown == shown_now), "{error}");
}

#[tokio::test]
async fn key_with_a_passphrase_logs_in_and_the_wrong_passphrase_is_said() {
    let server = Sshd::start().unwrap();
    let text = server.locked_key();
    let without = PrivateKey::parse(&text, None).unwrap_err();
    assert!(without.to_string().contains("no passphrase is given"), "{without}");
    assert!(matches!(PrivateKey::parse(&text, Some("wrong")), Err(SshError::PrivateKey(_))));

    let key = PrivateKey::parse(&text, Some(argos_peers::sshd::PASSPHRASE)).unwrap();
    let with_key = Target { credential: Credential::Key(key), ..target(&server, HostKey::TrustFirst) };
    Session::connect(&with_key).await.unwrap();
}

#[tokio::test]
async fn login_the_host_does_not_admit_is_refused() {
    let server = Sshd::start().unwrap();
    let other = Sshd::start().unwrap();
    let stranger = PrivateKey::parse(&other.account_key(), None).unwrap();
    for credential in [Credential::Key(stranger), Credential::Password("guess".to_owned())] {
        let error = Session::connect(&Target { credential, ..target(&server, HostKey::TrustFirst) }).await.unwrap_err();
        assert!(matches!(error, SshError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn command_on_a_host_that_goes_away_ends_as_closed() {
    let server = Sshd::start().unwrap();
    let session = Session::connect(&target(&server, HostKey::TrustFirst)).await.unwrap();
    // The shell's parent is the process that serves this connection.
    let output = session.exec("kill -9 $PPID; sleep 5", LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Closed);
    assert!(matches!(session.exec("true", LIMIT).await, Err(SshError::Closed)));
}

#[tokio::test]
async fn command_that_never_ends_is_given_up_and_output_is_capped() {
    let server = Sshd::start().unwrap();
    let limits = Limits { output_bytes: 1000, ..Limits::default() };
    let session = Session::connect(&Target { limits, ..target(&server, HostKey::TrustFirst) }).await.unwrap();
    assert!(matches!(session.exec("sleep 60", Duration::from_millis(300)).await, Err(SshError::Timeout(_))));
    let output = session.exec("head -c 5000000 /dev/zero", LIMIT).await.unwrap();
    assert_eq!((output.exit, output.stdout.len(), output.truncated), (Exit::Status(0), 1000, true));
}

#[tokio::test]
async fn host_that_does_not_answer_is_a_timeout() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Sshd::start().unwrap();
    let limits = Limits { connect: Duration::from_millis(300), ..Limits::default() };
    let port = silent.local_addr().unwrap().port();
    let error = Session::connect(&Target { port, limits, ..target(&server, HostKey::TrustFirst) }).await.unwrap_err();
    assert!(matches!(error, SshError::Timeout(_)), "{error}");
}

#[tokio::test]
async fn files_written_over_sftp_come_back_and_are_listed() {
    let server = Sshd::start().unwrap();
    let session = Session::connect(&target(&server, HostKey::TrustFirst)).await.unwrap();
    let files = argos_ssh::Sftp::open(&session).await.unwrap();
    let directory = format!("{}/backups/argos", server.path().display());
    files.create_directories(&directory).await.unwrap();
    files.create_directories(&directory).await.unwrap();

    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut file = files.create(&format!("{directory}/one.part")).await.unwrap();
    file.write_all(&content).await.unwrap();
    file.shutdown().await.unwrap();
    files.rename(&format!("{directory}/one.part"), &format!("{directory}/one")).await.unwrap();

    let entries = files.list(&directory).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].name.as_str(), entries[0].kind, entries[0].size), ("one", argos_ssh::FileKind::File, Some(3_000_000)));
    let mut read = Vec::new();
    files.read(&format!("{directory}/one")).await.unwrap().read_to_end(&mut read).await.unwrap();
    assert!(read == content);

    files.remove(&format!("{directory}/one")).await.unwrap();
    assert_eq!(files.size(&format!("{directory}/one")).await.unwrap(), None);
    assert!(files.remove(&format!("{directory}/one")).await.is_err());
    assert!(matches!(session.subsystem("telepathy").await, Err(SshError::Unavailable(_))));
}

proptest::proptest! {
    #[test]
    fn private_key_of_any_bytes_is_an_error_and_never_a_panic(text in "\\PC{0,200}", armour in proptest::bool::ANY) {
        let text = if armour { format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{text}\n-----END OPENSSH PRIVATE KEY-----\n") } else { text };
        assert!(matches!(PrivateKey::parse(&text, None), Err(SshError::PrivateKey(_))));
    }
}
