//! An expression in words, for the shapes the quality part documents (D.8.2). Everything else stays an expression.

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `Weekdays at 9:00 AM`; the zone is added when it is not UTC.
pub(crate) fn readable(text: &str, zone: &str) -> String {
    let words = phrase(text.trim()).unwrap_or_else(|| format!("Cron: {}", text.trim()));
    if zone == "UTC" { words } else { format!("{words} ({zone})") }
}

fn phrase(text: &str) -> Option<String> {
    let text = match text {
        "@reboot" => return Some("When the server starts".to_owned()),
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        other => other,
    };
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, week] = parts[..] else { return None };
    if month != "*" {
        return None;
    }
    match (minute, hour, day, week) {
        ("*", "*", "*", "*") => return Some("Every minute".to_owned()),
        ("0", "*", "*", "*") => return Some("Every hour".to_owned()),
        (m, "*", "*", "*") => return step(m).map(|n| if n == 1 { "Every minute".to_owned() } else { format!("Every {n} minutes") }),
        ("0", h, "*", "*") if step(h).is_some() => {
            return step(h).map(|n| if n == 1 { "Every hour".to_owned() } else { format!("Every {n} hours") });
        }
        _ => {}
    }
    let at = clock(hour.parse().ok()?, minute.parse().ok()?)?;
    match (day, week) {
        ("*", "*") => Some(format!("Daily at {at}")),
        ("*", "1-5") => Some(format!("Weekdays at {at}")),
        ("*", "0,6" | "6,0") => Some(format!("Weekends at {at}")),
        ("*", n) => Some(format!("Weekly on {} at {at}", DAYS[n.parse::<usize>().ok().filter(|n| *n <= 7)? % 7])),
        (n, "*") => Some(format!("Monthly on the {} at {at}", ordinal(n.parse().ok()?)?)),
        _ => None,
    }
}

fn step(field: &str) -> Option<u32> {
    field.strip_prefix("*/")?.parse().ok().filter(|n| *n > 0)
}

fn clock(hour: u32, minute: u32) -> Option<String> {
    if hour > 23 || minute > 59 {
        return None;
    }
    if (hour, minute) == (0, 0) {
        return Some("midnight".to_owned());
    }
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    Some(format!("{hour}:{minute:02} {half}"))
}

fn ordinal(day: u32) -> Option<String> {
    let end = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        4..=20 | 24..=30 => "th",
        _ => return None,
    };
    Some(format!("{day}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_shapes_have_their_words() {
        for (cron, words) in [
            ("0 0 * * *", "Daily at midnight"),
            ("0 9 * * *", "Daily at 9:00 AM"),
            ("30 12 * * *", "Daily at 12:30 PM"),
            ("0 9 * * 1-5", "Weekdays at 9:00 AM"),
            ("*/15 * * * *", "Every 15 minutes"),
            ("0 */6 * * *", "Every 6 hours"),
            ("0 * * * *", "Every hour"),
            ("0 0 1 * *", "Monthly on the 1st at midnight"),
            ("0 0 * * 0", "Weekly on Sunday at midnight"),
            ("0 0 * * 7", "Weekly on Sunday at midnight"),
            ("@weekly", "Weekly on Sunday at midnight"),
            ("0 0 1 1 *", "Cron: 0 0 1 1 *"),
            ("1,2 3 * * *", "Cron: 1,2 3 * * *"),
            ("0 0 * * 9", "Cron: 0 0 * * 9"),
        ] {
            assert_eq!(readable(cron, "UTC"), words);
        }
        assert_eq!(readable("0 9 * * *", "Europe/Madrid"), "Daily at 9:00 AM (Europe/Madrid)");
    }
}
