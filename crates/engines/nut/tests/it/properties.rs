//! Whatever is quoted comes back; whatever arrives is parsed or refused, never a panic.

use argos_nut::{Collector, Command, Flags, LineError, is_name, quote, split};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._-]{1,20}"
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äöß€]{0,40}"
}

fn command() -> impl Strategy<Value = Command> {
    use Command as C;
    let none = prop_oneof![Just(C::Ver), Just(C::NetVer), Just(C::Help), Just(C::ListUps), Just(C::StartTls), Just(C::Logout)];
    let one = (name(), 0..10_usize).prop_map(|(u, k)| match k {
        0 => C::ListVar(u),
        1 => C::ListRw(u),
        2 => C::ListCmd(u),
        3 => C::ListClient(u),
        4 => C::GetUpsDesc(u),
        5 => C::GetNumLogins(u),
        6 => C::Login(u),
        7 => C::Primary(u),
        8 => C::Master(u),
        _ => C::Fsd(u),
    });
    let two = (name(), name(), 0..6_usize).prop_map(|(u, v, k)| match k {
        0 => C::ListEnum(u, v),
        1 => C::ListRange(u, v),
        2 => C::GetVar(u, v),
        3 => C::GetType(u, v),
        4 => C::GetDesc(u, v),
        _ => C::GetCmdDesc(u, v),
    });
    let rest = (name(), name(), text(), 0..7_usize).prop_map(|(u, v, t, k)| match k {
        0 => C::Username(t),
        1 => C::Password(t),
        2 => C::SetVar(u, v, t),
        3 => C::InstCmd(u, v, None),
        4 => C::InstCmd(u, v, Some(t)),
        5 => C::SetTracking(t.len() % 2 == 0),
        _ => C::GetTracking(if t.is_empty() { None } else { Some(u) }),
    });
    prop_oneof![none, one, two, rest]
}

proptest! {
    #[test]
    fn quoted_values_come_back_as_they_were(values in proptest::collection::vec(text(), 1..5)) {
        let line = values.iter().map(|v| quote(v)).collect::<Vec<_>>().join(" ");
        prop_assert_eq!(split(&line).unwrap(), values);
    }

    #[test]
    fn every_command_survives_its_line(command in command()) {
        let line = command.line().unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Command::parse(&line), Ok(command.clone()));
        let lower = line.split_once(' ').map_or_else(|| line.to_lowercase(), |(verb, rest)| format!("{} {rest}", verb.to_lowercase()));
        prop_assert_eq!(Command::parse(&lower), Ok(command));
    }

    #[test]
    fn any_line_is_parsed_or_refused(line in "\\PC{0,200}", command in command()) {
        let _words = split(&line).map(|w| w.len());
        let _command = Command::parse(&line).map(|c| c.verb());
        let mut collector = Collector::new(&command);
        let _reply = collector.feed(&line);
        let flags = Flags::parse(&line);
        prop_assert!(!(flags.on_battery() && flags.on_mains()));
    }

    #[test]
    fn line_breaks_never_leave(text in "[a-z]{0,5}[\r\n\0][a-z]{0,5}") {
        prop_assert_eq!(Command::Username(text.clone()).line(), Err(LineError::LineBreak));
        prop_assert_eq!(Command::SetVar("u".into(), "v".into(), text.clone()).line(), Err(LineError::LineBreak));
        prop_assert!(!is_name(&text));
        prop_assert_eq!(Command::ListVar(text).line(), Err(LineError::BadName));
    }
}
