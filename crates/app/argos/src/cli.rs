//! The command line: what it accepts, nothing of what it does.

use std::path::PathBuf;

use argos_kernel::Role;
use clap::{Args, Parser, Subcommand};

use crate::commands::demo::DemoCommand;
use crate::commands::setup::SetupArgs;

/// Self-hosted control plane: edge, power, machines, media nodes and browser tests in one binary.
#[derive(Parser)]
#[command(name = "argos", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// Where the store is and how the process starts. Each flag wins over its environment variable.
#[derive(Args, Clone, Default)]
pub(crate) struct ServeArgs {
    /// Directory that holds everything Argos writes.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// HTTP address, `host:port`; port 0 picks a free one. With this flag every other listener is off unless given too.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// HTTPS address, or `off`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) tls_listen: Option<String>,
    /// Plain HTTP address of the edge data plane, or `off`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) edge_http: Option<String>,
    /// HTTPS address of the edge data plane, or `off`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) edge_https: Option<String>,
    /// `postgres://...`; the default is SQLite in the data directory.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Configuration file, TOML or YAML.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[arg(long, value_name = "ID")]
    pub(crate) replica_id: Option<String>,
    /// Lets outbound requests reach private and loopback addresses (labs and tests).
    #[arg(long)]
    pub(crate) allow_private_targets: bool,
    /// Also prints the generated first password on stdout.
    #[arg(long)]
    pub(crate) print_first_run_password: bool,
    /// Goes on without the backup that is made before the first step of an upgrade. The upgrade cannot be taken back then.
    #[arg(long, global = true)]
    pub(crate) skip_upgrade_backup: bool,
    /// `json` or `text`.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs the server (the default).
    #[command(alias = "server")]
    Serve(Box<ServeArgs>),
    /// Prepares a new data directory: the first administrator, the address, the configuration file.
    Setup(SetupArgs),
    /// Manages users on the store, beside a running server.
    #[command(subcommand)]
    User(UserCommand),
    /// Removes the second factor of a user who lost it.
    #[command(name = "disable-2fa")]
    Disable2fa {
        #[arg(long)]
        user: String,
        /// Confirms; without it nothing changes.
        #[arg(long)]
        yes: bool,
    },
    /// Lifts sign-in bans.
    Unban {
        #[arg(long, conflicts_with = "all", required_unless_present = "all")]
        ip: Option<String>,
        #[arg(long)]
        all: bool,
    },
    /// Manages API keys on the store.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Prints every setting with its value, source and mask.
    Settings,
    /// Makes, lists and verifies backups of this instance.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Shows notification channels, secrets hidden.
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Stages a backup; the next start of the server applies it.
    Restore(RestoreArgs),
    /// Copies and compares databases.
    #[command(subcommand)]
    Db(DbCommand),
    /// Exports and imports the configuration as a document.
    #[command(name = "config", subcommand)]
    Configuration(ConfigCommand),
    /// Changes the master key, beside a running server.
    #[command(name = "master-key", subcommand)]
    MasterKey(MasterKeyCommand),
    /// Changes the data keys, beside a running server.
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Schema versions of the store.
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Demonstration data: sites and their traffic. Needs ARGOS_DEMO_SEED=1 and no running server.
    #[command(subcommand)]
    Demo(DemoCommand),
    /// Checks configuration, data directory, store and vault, and says what is wrong.
    Doctor {
        /// Also writes one JSON document for help from afar, secrets redacted.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// Prints the OpenAPI document.
    Openapi,
    /// Prints a completion script.
    Completion {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    List,
    Create {
        #[arg(long)]
        user: String,
        #[arg(long, value_parser = role)]
        role: Role,
        /// Read from standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    Delete {
        #[command(flatten)]
        user: Who,
    },
    SetRole {
        #[command(flatten)]
        user: Who,
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Sets a new password and ends the user's sessions.
    ResetPassword {
        #[command(flatten)]
        user: Who,
        /// When absent it is asked for twice; where nobody can be asked a random one is printed.
        #[arg(long)]
        password: Option<String>,
        /// The file `argos.db` of the store, instead of the data directory it lies in.
        #[arg(long, value_name = "FILE", conflicts_with = "data_dir")]
        db: Option<PathBuf>,
    },
}

/// Whom a command is about.
#[derive(Args)]
pub(crate) struct Who {
    /// The user name.
    #[arg(value_name = "USER", required_unless_present = "user", conflicts_with = "user")]
    name: Option<String>,
    /// The user name, as a flag.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
}

impl Who {
    pub(crate) fn name(self) -> String {
        self.name.or(self.user).unwrap_or_default()
    }
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Prints the new key once.
    Create {
        #[arg(long)]
        name: String,
        #[arg(long, value_parser = role, default_value = "viewer")]
        role: Role,
        /// Comma-separated scopes.
        #[arg(long, default_value = "*")]
        scopes: String,
    },
    /// Prints id, prefix, name, role, state and scopes of every key; never a key.
    List,
    Revoke {
        /// Id, uid or the first 16 characters of the key.
        key: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Writes a backup and proves that it restores.
    Create {
        #[arg(long)]
        note: Option<String>,
    },
    List,
    /// Restores into scratch room and compares row by row.
    Verify {
        id: i64,
    },
}

#[derive(Subcommand)]
pub(crate) enum ChannelCommand {
    /// What each is set to.
    Inspect {
        /// One of the channel types.
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// The archive.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Confirms; without it nothing changes.
    #[arg(long)]
    pub(crate) yes: bool,
    /// File with the passphrase of an encrypted archive.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// File with the master key the backup was made under, when it is another.
    #[arg(long, value_name = "FILE")]
    pub(crate) archive_key_file: Option<PathBuf>,
    /// Restores although the secrets inside cannot be read; they are emptied and listed.
    #[arg(long)]
    pub(crate) without_secrets: bool,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints the document; secrets are sealed, passwords are not in it.
    Export {
        /// Comma list: settings, identity, organizations, notifications, alerts, schedules, webhooks, edge, nodes, power, quality. Default: all.
        #[arg(long, default_value = "")]
        sections: String,
        /// yaml or json
        #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
        format: String,
    },
    /// Shows every difference; writes only with --yes.
    Import {
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Comma list of the sections to take from the file. Default: all it has.
        #[arg(long, default_value = "")]
        sections: String,
        /// yaml or json; told from the text when absent.
        #[arg(long, value_parser = ["yaml", "json"])]
        format: Option<String>,
        /// Settings that the document does not name return to their defaults.
        #[arg(long)]
        replace: bool,
        #[arg(long)]
        yes: bool,
    },
    /// Prints every setting with its value, source and mask.
    Effective,
}

#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Wraps the data keys with another master key; what they sealed stays as it is.
    Rotate {
        /// File with the new key; a random one is made when absent and the key lies in the data directory.
        #[arg(long, value_name = "FILE")]
        new: Option<PathBuf>,
        /// File with the key in force; default: the configured one.
        #[arg(long, value_name = "FILE")]
        old: Option<PathBuf>,
    },
    /// Prints the short name of the key in force, which backups carry.
    Fingerprint,
}

#[derive(Subcommand)]
pub(crate) enum VaultCommand {
    /// Seals every secret again with a new data key and forgets the old one. Cut off, it goes on when called again.
    Rekey,
    /// Prints the data keys in use.
    Status,
}

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Copies everything to an empty store, also from one engine to the other. Stop the server first.
    Copy {
        /// Directory of an SQLite store, or postgres://...
        #[arg(long, value_name = "STORE")]
        from: String,
        #[arg(long, value_name = "STORE")]
        to: String,
        /// Replaces what the target holds.
        #[arg(long)]
        replace: bool,
    },
    /// Prints rows and digest of every table; equal lines mean equal rows, whatever the engine.
    Digest,
}

#[derive(Subcommand)]
pub(crate) enum MigrateCommand {
    /// Prints every step and when it was applied.
    Status,
    /// Takes the newest step back, where that is possible. Stop the server first; an older binary serves afterwards.
    Rollback {
        /// Confirms; without it nothing changes.
        #[arg(long)]
        yes: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|()| "viewer, operator, admin or owner".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_and_has_an_alias() {
        let cli = Cli::try_parse_from(["argos", "--listen", "127.0.0.1:0"]).unwrap();
        assert!(cli.command.is_none() && cli.serve.listen.is_some());
        let cli = Cli::try_parse_from(["argos", "server", "--data-dir", "x", "--listen", "127.0.0.1:0"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Serve(a)) if a.listen.is_some() && a.data_dir.is_some()));
    }
}
