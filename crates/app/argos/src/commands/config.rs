//! The configuration document from the command line: export, show the difference, import.

use argos_backup::Plan;
use argos_identity::Authority;
use argos_platform::{Domain, Platform};
use argos_settings::ImportMode;

use super::{say, visit};
use crate::cli::{ConfigCommand, ServeArgs};
use crate::exit::Failure;

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: ConfigCommand) -> Result<(), Failure> {
    let platform = visit(args, &domains).await?;
    // Built, but nothing runs: each domain hands over its section of the document.
    let built: Vec<_> = domains.into_iter().map(|d| d.build(&platform)).collect();
    // What an import kicks ends at once: the running server does the work.
    platform.tasks.shutdown().trigger();
    let done = act(&platform, command).await;
    drop(built);
    platform.store.close().await;
    done
}

async fn act(platform: &Platform, command: ConfigCommand) -> Result<(), Failure> {
    let portable = &platform.portable;
    let refused = |e: argos_kernel::AppError| Failure::configuration(e.message());
    match command {
        ConfigCommand::Export { sections, format } => {
            let sections = portable.choose(&sections).map_err(refused)?;
            say(portable.export(&sections, format == "yaml", &*platform.clock).await?.trim_end())
        }
        ConfigCommand::Effective => say(argos_settings::render_effective(&platform.settings.effective())),
        ConfigCommand::Import { file, sections, format, replace, yes } => {
            let text = std::fs::read_to_string(&file).map_err(|e| Failure::configuration(format!("{}: {e}", file.display())))?;
            if format.as_deref() == Some("json")
                && let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(&text)
            {
                return Err(Failure::configuration(format!("{}: {e}", file.display())));
            }
            let sections = portable.choose(&sections).map_err(refused)?;
            let (by, mode) = (Authority::command_line(), if replace { ImportMode::Replace } else { ImportMode::Merge });
            let plan = portable.plan(&by, &text, &sections, mode).await.map_err(refused)?;
            show(&plan)?;
            if !plan.ok {
                return Err(Failure::configuration("nothing was changed: the document has faults"));
            }
            if !yes {
                return say("nothing was changed: apply with --yes");
            }
            portable.apply(&by, &text, &sections, mode).await.map_err(refused)?;
            say("applied")
        }
    }
}

fn show(plan: &Plan) -> Result<(), Failure> {
    if let Some(settings) = &plan.settings {
        for c in &settings.changes {
            say(format_args!("~ {}: {} -> {}", c.key, quoted(&c.old), quoted(&c.new)))?;
        }
        for s in &settings.skipped {
            say(format_args!("- {}: {}", s.key, s.reason))?;
        }
        for f in &settings.faults {
            say(format_args!("! {}: {}", f.key, f.reason))?;
        }
        say(format_args!("  {} settings change, {} stay", settings.changes.len(), settings.unchanged))?;
    }
    for (name, part) in &plan.sections {
        let marked = |mark: &str, list: &[String]| list.iter().try_for_each(|text| say(format_args!("{mark} {name}: {text}")));
        marked("+", &part.creates)?;
        marked("~", &part.updates)?;
        marked("-", &part.removes)?;
        marked("?", &part.warnings)?;
        marked("!", &part.faults)?;
        say(format_args!("  {name}: {} stay", part.unchanged))?;
    }
    if let Some(people) = &plan.identity {
        for name in &people.creates {
            say(format_args!("+ user {name} (inactive, without password)"))?;
        }
        for fault in &people.faults {
            say(format_args!("! user {fault}"))?;
        }
        say(format_args!("  {} users are added, {} exist", people.creates.len(), people.existing.len()))?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() }
}
