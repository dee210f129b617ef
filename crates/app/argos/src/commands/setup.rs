//! `argos setup`: what a new data directory needs before its first start, asked for at a terminal or given by flags. It
//! changes nothing that exists: a store with accounts and a file that is there are left as they are.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use argos_identity::{Authority, NewAccount};
use argos_kernel::{Actor, Role, Secret};
use argos_platform::Domain;
use argos_settings::Write;
use clap::Args;

use super::identity::random_password;
use super::{say, terminal, visit};
use crate::boot;
use crate::cli::ServeArgs;
use crate::exit::Failure;

#[derive(Args)]
pub(crate) struct SetupArgs {
    /// User name of the first administrator, the owner. Asked for when absent; `admin` where nobody can be asked.
    #[arg(long, value_name = "USER")]
    admin: Option<String>,
    /// File with the password, `-` for standard input. Asked for when absent; a random one is printed where nobody can be asked.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// HTTP address of the server, `host:port`.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where browsers reach the server: `https://argos.example`.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The configuration file that is written, TOML or, with the ending `.yaml` or `.yml`, YAML; default: `argos.toml` in the data directory.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Asks nothing, whatever is missing.
    #[arg(long)]
    no_input: bool,
}

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, wanted: SetupArgs) -> Result<(), Failure> {
    let asks = terminal::is_there() && !wanted.no_input;
    let or_ask = |given: Option<String>, what: &str, default: &str| match given {
        Some(text) => Ok(text),
        None if asks => terminal::ask(what, default),
        None => Ok(default.to_owned()),
    };
    let known = boot::configuration(args)?;
    if let Some(file) = known.config_file() {
        let text = format!("nothing was changed: {} names settings already; setup writes such a file", file.display());
        return Err(Failure::configuration(text));
    }
    let listen = or_ask(wanted.listen, "Address to listen on", &known.text("http.listen").unwrap_or_default())?;
    // The address is judged like the flag of the same name.
    boot::configuration(&ServeArgs { listen: Some(listen.clone()), ..args.clone() })?;
    let admin = or_ask(wanted.admin, "Name of the first administrator", "admin")?;
    let public_url = or_ask(wanted.public_url, "Where browsers reach it, as https://argos.example (empty: wherever they come)", "")?;
    let given = match &wanted.password_file {
        Some(path) => Some(password_of(path)?),
        None if asks => Some(terminal::ask_secret("Password")?),
        None => None,
    };
    let data_dir = known.data_dir();
    let file = wanted.write.unwrap_or_else(|| data_dir.join("argos.toml"));
    if file.exists() {
        return Err(Failure::configuration(format!("nothing was changed: {} is there already", file.display())));
    }

    let platform = visit(args, &domains).await?;
    let done = async {
        let people = platform.identity.every_user().await?.len();
        if people > 0 {
            return Err(Failure::configuration(format!("nothing was changed: the store is set up already and has {people} accounts")));
        }
        let refused = |e: argos_kernel::AppError| Failure::configuration(format!("nothing was changed: {}", e.message()));
        if !public_url.is_empty() {
            let write = [Write::text("http.public_url", public_url.as_str())];
            platform.settings.set_many(&Actor::cli(), &write).await.map_err(refused)?;
        }
        let generated = given.is_none();
        let password = given.unwrap_or_else(|| random_password(&platform));
        // Written beside its place, which it takes when there is an owner: until then this can be repeated, and after that the
        // store is set up, with the file or without.
        let text = configuration(&file, &platform.settings.boot().data_dir(), &listen, args.database_url.as_deref());
        let unwritten = |e: std::io::Error| Failure::runtime(format!("{}: {e}", file.display()));
        let beside = PathBuf::from(format!("{}.new", file.display()));
        write(&beside, &text).map_err(unwritten)?;
        let account = NewAccount::new(&admin, Secret::new(password.clone()), Role::Owner);
        if let Err(error) = platform.identity.create_user(&Authority::command_line(), account).await {
            drop(std::fs::remove_file(&beside));
            return Err(refused(error));
        }
        say(format_args!("{admin} is the owner"))?;
        if generated {
            say(format_args!("password: {password}"))?;
        }
        std::fs::rename(&beside, &file).map_err(unwritten)?;
        say(format_args!("start it with: argos serve --config {}", file.display()))
    };
    let done = done.await;
    platform.store.close().await;
    done
}

fn password_of(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    let text = text.map_err(|e| Failure::configuration(format!("{}: {e}", path.display())))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() { Err(Failure::configuration(format!("{}: holds no password", path.display()))) } else { Ok(line) }
}

/// The configuration in the form that the ending of its file says, as the start reads it. A database that the command line names
/// is where the owner was made.
fn configuration(file: &Path, data_dir: &Path, listen: &str, database_url: Option<&str>) -> String {
    // A text of JSON is one of TOML and of YAML.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (dir, listen, url) = (quoted(&data_dir.display().to_string()), quoted(listen), database_url.map(quoted));
    let head = "# What the server must know before it opens its store. Everything else is a setting: see the settings page.";
    if argos_settings::boot::is_yaml(file) {
        let database = url.map_or_else(String::new, |url| format!("database:\n  url: {url}\n"));
        return format!("{head}\ndata_dir: {dir}\nhttp:\n  listen: {listen}\n{database}");
    }
    let database = url.map_or_else(String::new, |url| format!("\n[database]\nurl = {url}\n"));
    format!("{head}\ndata_dir = {dir}\n\n[http]\nlisten = {listen}\n{database}")
}

/// Replaces what a run that was cut off left.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use argos_settings::boot::{Boot, DatabaseTarget, Environment};

    use super::*;

    #[test]
    fn server_that_starts_with_the_file_opens_the_store_that_was_set_up() {
        let dir = std::env::temp_dir().join(format!("argos-setup-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = "postgres://argos:pa\"ss@db.example/argos";
        let names = ["argos.toml", "argos.yaml", "argos.yml", "argos.conf"];
        for (name, given) in names.into_iter().flat_map(|name| [(name, None), (name, Some(url))]) {
            let file = dir.join(name);
            // The second time over the first one.
            write(&file, &configuration(&file, &dir, "127.0.0.1:8080", given)).unwrap();
            let cli = BTreeMap::from([("config_file".to_owned(), file.display().to_string())]);
            let boot = Boot::load(cli, Environment::default()).unwrap();
            assert_eq!((boot.data_dir(), boot.text("http.listen").as_deref()), (dir.clone(), Some("127.0.0.1:8080")));
            let found = match boot.database().unwrap() {
                DatabaseTarget::Sqlite(_) => None,
                DatabaseTarget::Postgres(url) => Some(url.reveal().clone()),
            };
            assert_eq!(found.as_deref(), given);
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
