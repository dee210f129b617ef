//! Break-glass: users, factors, bans and keys on the store, audited with source cli.

use std::io::BufRead;

use argos_identity::{Authority, NewAccount, NewApiKey, UserChange};
use argos_kernel::{Role, Secret};
use argos_platform::{Domain, Platform};

use super::{say, terminal, visit};
use crate::cli::{Command, KeyCommand, ServeArgs, UserCommand};
use crate::exit::Failure;

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: Command) -> Result<(), Failure> {
    let mut args = args.clone();
    if let Command::User(UserCommand::ResetPassword { db: Some(file), .. }) = &command {
        let dir = file.parent().filter(|dir| file.is_file() && dir.join("argos.db") == *file);
        let dir = dir.ok_or_else(|| Failure::configuration(format!("--db {}: is no argos.db", file.display())))?;
        args.data_dir = Some(dir.to_owned());
    }
    let platform = visit(&args, &domains).await?;
    let done = act(&platform, command).await;
    platform.store.close().await;
    done
}

async fn act(platform: &Platform, command: Command) -> Result<(), Failure> {
    let (identity, by) = (&platform.identity, Authority::command_line());
    match command {
        Command::User(UserCommand::List) => {
            for user in identity.every_user().await? {
                let state = if user.is_active { "active" } else { "inactive" };
                let factor = if user.has_2fa() { "2fa" } else { "-" };
                say(format_args!("{:<24} {:<9} {state:<9} {factor}", user.username, user.role.as_str()))?;
            }
            Ok(())
        }
        Command::User(UserCommand::Create { user, role, password }) => {
            let password = match password {
                Some(p) => p,
                None => from_stdin("password")?,
            };
            identity.create_user(&by, NewAccount::new(&user, Secret::new(password), role)).await?;
            say(format_args!("{user} created as {role}"))
        }
        Command::User(UserCommand::Delete { user }) => {
            let user = user.name();
            let id = identity.user_by_name(&user).await?.id;
            identity.delete_user(&by, id).await?;
            say(format_args!("{user} deleted"))
        }
        Command::User(UserCommand::SetRole { user, role }) => set_role(platform, &by, &user.name(), role).await,
        Command::User(UserCommand::ResetPassword { user, password, .. }) => {
            let user = user.name();
            let (password, shown) = match password {
                Some(p) => (p, false),
                None if terminal::is_there() => (terminal::ask_secret("New password")?, false),
                None => (random_password(platform), true),
            };
            identity.reset_password(&by, &user, &password).await?;
            say(if shown { format!("{user}: {password}") } else { format!("{user}: password changed") })
        }
        Command::Disable2fa { user, yes } => {
            if !yes {
                return Err(Failure::configuration("nothing was changed: confirm with --yes"));
            }
            identity.totp_disable_for(&by, &user).await?;
            say(format_args!("{user}: second factor removed"))
        }
        Command::Unban { ip, .. } => {
            let lifted = identity.unban(&by, ip.as_deref()).await?;
            say(format_args!("{lifted} lifted"))
        }
        Command::Key(KeyCommand::Create { name, role, scopes }) => {
            let scopes = scopes.split(',').map(|s| s.trim().to_owned()).collect();
            let (_, key) = identity.create_key(&by, instance_key(name, role, scopes)).await?;
            say(key.reveal())
        }
        Command::Key(KeyCommand::List) => {
            let now = platform.clock.now();
            for key in identity.every_key().await? {
                let state = if key.is_active(now) { "active" } else { "ended" };
                let ends = key.expires_at.map_or_else(|| "-".to_owned(), argos_kernel::Timestamp::rfc3339);
                let (name, role, scopes) = (&key.name, key.role_cap.as_str(), key.scopes.join(","));
                say(format_args!("{:>5}  {:<16}  {name:<24} {role:<9} {state:<7} {ends:<24} {scopes}", key.id, key.key_prefix))?;
            }
            Ok(())
        }
        Command::Key(KeyCommand::Revoke { key }) => {
            identity.revoke_key_named(&by, &key).await?;
            say(format_args!("{key} revoked"))
        }
        _ => Err(Failure::configuration("no such command")),
    }
}

fn instance_key(name: String, role_cap: Role, scopes: Vec<String>) -> NewApiKey {
    NewApiKey { name, owner_id: None, organization_id: None, role_cap, scopes, expires_at: None, origin: "cli" }
}

async fn set_role(platform: &Platform, by: &Authority, user: &str, role: Role) -> Result<(), Failure> {
    let id = platform.identity.user_by_name(user).await?.id;
    platform.identity.change_user(by, id, UserChange { role: Some(role), ..UserChange::default() }).await?;
    say(format_args!("{user} is now {role}"))
}

fn from_stdin(what: &str) -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failure::runtime)?;
    let text = line.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() { Err(Failure::configuration(format!("{what}: nothing on standard input"))) } else { Ok(text) }
}

/// Twenty characters without look-alikes, with the classes the policy wants.
pub(super) fn random_password(platform: &Platform) -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let rng = &*platform.rng;
    let pick = |from: &[u8]| {
        let i = usize::try_from(rng.below(from.len() as u64)).unwrap_or(0);
        from.get(i).copied().map_or('x', char::from)
    };
    let mut text: String = (0..17).map(|_| pick(LETTERS)).collect();
    text.extend([pick(b"ABCDEFGH"), pick(b"abcdefgh"), pick(b"23456789")]);
    text
}
