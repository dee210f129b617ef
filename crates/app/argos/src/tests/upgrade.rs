use argos_backup::Consent;
use argos_backup::pending::{self, Target};
use argos_kernel::{Actor, Shutdown};
use argos_platform::Platform;
use argos_store::testing::{each_engine, postgres};
use argos_store::{Engine, transfer};

use super::*;
use crate::cli::ServeArgs;
use crate::commands::{refuse_beside_servers, visit};
use crate::data_dir::DataDir;
use crate::exit::Exit;

/// What an old binary left: the first schema of every module, and of identity, whose tables others point at, the whole.
fn is_old(m: &Migration) -> bool {
    m.version == 1 || m.module == "identity"
}

fn oldest(all: &[Migration]) -> Vec<Migration> {
    all.iter().filter(|m| is_old(m)).copied().collect()
}

async fn with_a_user(store: &Store) {
    let sql = "insert into users (uid, username, username_key, display_name, email_verified, role, kind, is_active, is_temporary,
      must_change_password, created_via, login_count, created_at, updated_at)
      values ('u', 'ann', 'ann', 'Ann', false, 'owner', 'human', true, false, false, 'test', 0, 1, 1)";
    store.state.script(sql).await.unwrap();
}

fn boot_in(dir: &Path) -> Boot {
    boot::configuration(&ServeArgs { data_dir: Some(dir.to_owned()), ..ServeArgs::default() }).unwrap()
}

fn archives(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.join("backups")) else { return Vec::new() };
    entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

struct Scratch(PathBuf);
impl Scratch {
    fn make(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("argos-upgrade-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}
impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn older_store_is_backed_up_once_before_its_upgrade_though_that_is_interrupted() {
    let all = boot::migrations(&crate::domains());
    for (n, t) in each_engine(&oldest(&all)).await.into_iter().enumerate() {
        let dir = Scratch::make(&format!("kept-{n}"));
        let (boot, store) = (boot_in(&dir.0), &t.store);
        with_a_user(store).await;
        let due = store.due(&all).await.unwrap();
        assert!(due.len() > 10, "the product has had upgrades");

        // The process is killed when the archive is there and nothing was migrated: all that is left are its files.
        let first = back_up(&boot, store, &all, &due, &dir.0.join(MARK)).await.unwrap_or_else(|e| panic!("{}", e.message)).unwrap();
        assert_eq!((first.kind.as_str(), first.verify_state.as_deref()), ("upgrade", Some("ok")));
        assert_eq!(store.due(&all).await.unwrap().len(), due.len(), "a backup migrates nothing");

        // The next attempts fail in the middle, and go on: no other backup is made.
        for step in due.iter().take(3) {
            let known: Vec<Migration> =
                all.iter().filter(|m| is_old(m) || (m.module, m.version) == (step.module, step.version)).copied().collect();
            drop(store.migrate(&known, SystemClock.now()).await);
        }
        assert!(run(&boot, store, &all, false).await.unwrap_or_else(|e| panic!("{}", e.message)).is_none());
        assert_eq!(archives(&dir.0), std::slice::from_ref(&first.filename));
        assert!(store.due(&all).await.unwrap().is_empty() && !dir.0.join(MARK).exists());

        // What was found without a row is listed for what it is; it proves itself and holds what was there.
        let platform = boot::platform(&boot, store.clone(), all.clone(), argos_logs::LogQueue::new(Arc::new(SystemClock)))
            .await
            .unwrap_or_else(|e| panic!("{}", e.message));
        platform.backups.start(&platform.tasks);
        let listed = loop {
            if let Some(listed) = platform.backups.list(10).await.unwrap().pop() {
                break listed;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((listed.kind.as_str(), listed.filename.as_str()), ("upgrade", first.filename.as_str()));
        assert_eq!(listed.note.as_deref(), Some(format!("before the upgrade to {VERSION}").as_str()));
        let (good, detail) = platform.backups.verify_now(listed.id).await.unwrap();
        assert!(good, "{detail}");
        let rows = transfer::counts(&mut store.reading().await.unwrap(), &[Part::State]).await.unwrap();
        assert_eq!(rows.iter().find(|(t, _)| t.name == "users").map(|(_, n)| *n), Some(1));
        restored_on_the_schema_of_now(&platform, &dir.0, &first.filename, &all).await;
        platform.tasks.shutdown().trigger();
    }
}

/// The archive of an older schema comes back with its rows, brought up to this binary's steps.
async fn restored_on_the_schema_of_now(platform: &Platform, dir: &Path, filename: &str, all: &[Migration]) {
    let before = transfer::digests(&mut platform.store.reading().await.unwrap(), &[Part::State]).await.unwrap();
    let file = dir.join("backups").join(filename);
    platform.backups.restore_file(&Actor::cli(), &file, Consent::default()).await.unwrap();
    let now = SystemClock.now();
    let restored = match platform.store.engine() {
        Engine::Postgres => {
            pending::apply(dir, Target::Postgres(&platform.store), all, now).await.unwrap();
            platform.store.clone()
        }
        Engine::Sqlite => {
            pending::apply(dir, Target::Sqlite(dir), all, now).await.unwrap();
            Store::open_sqlite(dir).await.unwrap()
        }
    };
    assert!(restored.due(all).await.unwrap().is_empty());
    let after = transfer::digests(&mut restored.reading().await.unwrap(), &[Part::State]).await.unwrap();
    let users = |tables: &[transfer::TableDigest]| tables.iter().find(|t| t.table == "users").cloned().expect("users");
    assert_eq!(users(&after), users(&before), "as the upgrade itself brought them up");
}

#[tokio::test]
async fn upgrade_without_interruption_records_its_backup_and_a_new_or_current_store_gets_none() {
    let all = boot::migrations(&crate::domains());
    for (n, t) in each_engine(&oldest(&all)).await.into_iter().enumerate() {
        let dir = Scratch::make(&format!("plain-{n}"));
        let (boot, store) = (boot_in(&dir.0), &t.store);
        with_a_user(store).await;
        let made = run(&boot, store, &all, false).await.unwrap_or_else(|e| panic!("{}", e.message)).unwrap();
        let platform = boot::platform(&boot, store.clone(), all.clone(), argos_logs::LogQueue::new(Arc::new(SystemClock)))
            .await
            .unwrap_or_else(|e| panic!("{}", e.message));
        platform.backups.record_upgrade(made.clone()).await.unwrap();
        let listed = platform.backups.list(10).await.unwrap();
        assert_eq!(
            listed.iter().map(|b| (b.kind.as_str(), b.filename.as_str())).collect::<Vec<_>>(),
            [("upgrade", made.filename.as_str())]
        );
        assert!(run(&boot, store, &all, false).await.unwrap_or_else(|e| panic!("{}", e.message)).is_none());
        assert_eq!(archives(&dir.0).len(), 1, "the current schema needs no backup");
    }
    for (n, t) in each_engine(&oldest(&all)).await.into_iter().enumerate() {
        // Killed in its first start: nobody is in it yet.
        let dir = Scratch::make(&format!("fresh-{n}"));
        assert!(run(&boot_in(&dir.0), &t.store, &all, false).await.unwrap_or_else(|e| panic!("{}", e.message)).is_none());
        assert!(archives(&dir.0).is_empty());
    }
}

#[tokio::test]
async fn command_beside_a_server_upgrades_nothing_and_alone_it_does() {
    let domains = crate::domains();
    let all = boot::migrations(&domains);
    let dir = Scratch::make("beside");
    let args = ServeArgs { data_dir: Some(dir.0.clone()), ..ServeArgs::default() };
    let store = boot::open_store(&boot_in(&dir.0)).await.unwrap_or_else(|e| panic!("{}", e.message));
    store.migrate(&oldest(&all), SystemClock.now()).await.unwrap();
    with_a_user(&store).await;
    let due = store.due(&all).await.unwrap().len();

    let server = DataDir::hold(&dir.0).unwrap_or_else(|e| panic!("{}", e.message));
    let refused = visit(&args, &domains).await.map(drop).expect_err("a server runs on it");
    assert_eq!((refused.exit, store.due(&all).await.unwrap().len()), (Exit::InUse, due));
    assert!(archives(&dir.0).is_empty());

    drop(server);
    let platform = visit(&args, &domains).await.unwrap_or_else(|e| panic!("{}", e.message));
    assert!(store.due(&all).await.unwrap().is_empty());
    assert_eq!(platform.backups.list(10).await.unwrap().len(), 1);
    // On the newest schema a command works beside a server again.
    let _server = DataDir::hold(&dir.0).unwrap_or_else(|e| panic!("{}", e.message));
    drop(visit(&args, &domains).await.unwrap_or_else(|e| panic!("{}", e.message)));
}

#[tokio::test]
async fn database_that_a_server_shares_from_elsewhere_is_not_changed_beneath_it() {
    if let Some(t) = postgres(&[]).await {
        let (told, mut heard) = tokio::sync::mpsc::channel(1);
        let stop = Shutdown::new();
        let serving = t.store.state.hear("elsewhere", &stop, move |signal| drop(told.try_send(signal)));
        let looking = async {
            heard.recv().await.unwrap();
            let refused = refuse_beside_servers(&t.store).await.expect_err("a server shares it");
            assert!(refused.exit == Exit::InUse && refused.message.contains("elsewhere"), "{}", refused.message);
            stop.trigger();
        };
        let (served, ()) = tokio::join!(serving, looking);
        served.unwrap();
        refuse_beside_servers(&t.store).await.unwrap_or_else(|e| panic!("{}", e.message));
    }
}

#[tokio::test]
async fn backup_that_fails_stops_the_upgrade_unless_told_to_go_on() {
    let all = boot::migrations(&crate::domains());
    for (n, t) in each_engine(&oldest(&all)).await.into_iter().enumerate() {
        let dir = Scratch::make(&format!("refused-{n}"));
        let (boot, store) = (boot_in(&dir.0), &t.store);
        with_a_user(store).await;
        std::fs::write(dir.0.join("backups"), "in the way").unwrap();
        let due = store.due(&all).await.unwrap().len();
        let refused = run(&boot, store, &all, false).await.map(drop).expect_err("there is no room for the archive").message;
        assert!(refused.contains("stopped before it changed anything") && refused.contains("--skip-upgrade-backup"), "{refused}");
        assert_eq!(store.due(&all).await.unwrap().len(), due);
        assert!(run(&boot, store, &all, true).await.unwrap_or_else(|e| panic!("{}", e.message)).is_none());
        assert!(store.due(&all).await.unwrap().is_empty());
    }
}
