//! Channels from the command line: what they are set to, without their secrets.

use argos_platform::Domain;

use super::{say, visit};
use crate::cli::{ChannelCommand, ServeArgs};
use crate::exit::Failure;

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: ChannelCommand) -> Result<(), Failure> {
    let ChannelCommand::Inspect { kind } = command;
    let platform = visit(args, &domains).await?;
    let found = platform.notify.inspect(kind.as_deref()).await;
    platform.store.close().await;
    for channel in found.map_err(|e| Failure::configuration(e.message()))? {
        let state = if channel.enabled { "enabled" } else { "disabled" };
        let config = channel.config.map_or_else(|| "cannot be opened with the keys of this instance".to_owned(), |c| c.to_string());
        say(format_args!("{:>5}  {:<12}  {state:<8}  {}  {config}", channel.id, channel.kind, channel.name))?;
    }
    Ok(())
}
