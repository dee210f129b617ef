//! Answers as upsd 2.8 sends them.

use argos_nut::{Collector, Command, ErrorToken, Flags, Reply, ReplyError, render_error, render_list, render_row, split};

fn answer(command: &Command, lines: &[&str]) -> Result<Reply, ReplyError> {
    let mut collector = Collector::new(command);
    for (index, line) in lines.iter().enumerate() {
        if let Some(reply) = collector.feed(line)? {
            assert_eq!(index + 1, lines.len(), "the answer ended early");
            return Ok(reply);
        }
    }
    panic!("the answer did not end");
}

#[test]
fn words_in_quotes_keep_blanks_quotes_and_backslashes() {
    assert_eq!(split(r#"UPS rack1 "Rack 1 \"main\" UPS \\ x\n""#).unwrap(), ["UPS", "rack1", "Rack 1 \"main\" UPS \\ x\\n"]);
    assert_eq!(split("A  B\t\"\"").unwrap(), ["A", "B", ""]);
    assert!(split("VAR x \"open").is_err());
}

#[test]
fn list_ends_with_its_own_end_line_and_loses_the_repeated_words() {
    let ups = Command::ListVar("rack1".to_owned());
    let lines = ["BEGIN LIST VAR rack1", r#"VAR rack1 ups.status "OL CHRG""#, r#"VAR rack1 ups.load "23.4""#, "END LIST VAR rack1"];
    let Ok(Reply::List(rows)) = answer(&ups, &lines) else { panic!("no list") };
    assert_eq!(rows, [["ups.status", "OL CHRG"], ["ups.load", "23.4"]]);
}

#[test]
fn error_to_a_list_is_a_whole_answer() {
    let Ok(Reply::Refused(e)) = answer(&Command::ListVar("x".to_owned()), &["ERR DATA-STALE"]) else { panic!("not refused") };
    assert!(e.is(ErrorToken::DataStale));
    let Ok(Reply::Refused(e)) = answer(&Command::ListUps, &["ERR BRAND-NEW some text"]) else { panic!("not refused") };
    assert_eq!((e.token, e.text.as_str()), (None, "BRAND-NEW some text"));
}

#[test]
fn answer_to_another_request_is_refused() {
    let command = Command::GetVar("a".to_owned(), "ups.load".to_owned());
    assert!(matches!(answer(&command, &[r#"VAR b ups.load "1""#]), Err(ReplyError::Unexpected(_))));
    assert_eq!(answer(&command, &[r#"VAR a ups.load "1""#]), Ok(Reply::Row(vec!["1".to_owned()])));
    assert!(matches!(answer(&Command::ListUps, &["END LIST UPS"]), Err(ReplyError::Unexpected(_))));
}

#[test]
fn endless_list_is_cut() {
    let mut collector = Collector::new(&Command::ListUps);
    collector.feed("BEGIN LIST UPS").unwrap();
    let outcome = (0..10_000).find_map(|i| collector.feed(&format!("UPS u{i} \"x\"")).err());
    assert_eq!(outcome, Some(ReplyError::TooLarge));
}

#[test]
fn rendered_answers_are_read_back() {
    let row = render_row(&["VAR", "rack1", "ups.mfr"], &["A \"B\" \\ C\n"]);
    let lines = render_list("VAR rack1", [row]);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let read = answer(&Command::ListVar("rack1".to_owned()), &lines);
    assert_eq!(read, Ok(Reply::List(vec![vec!["ups.mfr".to_owned(), "A \"B\" \\ C".to_owned()]])));
    for token in ErrorToken::ALL {
        let Ok(Reply::Refused(e)) = answer(&Command::ListUps, &[&render_error(*token)]) else { panic!("not refused") };
        assert!(e.is(*token));
    }
}

#[test]
fn requests_with_wrong_words_get_the_documented_token() {
    assert_eq!(Command::parse("LIST").unwrap_err(), ErrorToken::InvalidArgument);
    assert_eq!(Command::parse("GET NOTHING x").unwrap_err(), ErrorToken::InvalidArgument);
    assert_eq!(Command::parse("BOGUS").unwrap_err(), ErrorToken::UnknownCommand);
    assert_eq!(Command::parse("LOGIN").unwrap_err(), ErrorToken::InvalidArgument);
    assert_eq!(Command::parse("PASSWORD two words").unwrap(), Command::Password("two words".to_owned()));
    assert_eq!(Command::parse("PROTVER").unwrap(), Command::NetVer);
}

#[test]
fn status_is_a_set_of_whole_words() {
    let flags = Flags::parse("ALARM OB  LB OB");
    assert!(flags.on_battery() && flags.has("LB") && !flags.on_mains());
    assert_eq!(flags.to_string(), "ALARM OB LB");
    assert!(!Flags::parse("BOOST").on_battery());
    let silent = Flags::parse("WAIT");
    assert!(!silent.on_battery() && !silent.on_mains());
}
