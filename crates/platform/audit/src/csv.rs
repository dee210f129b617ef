//! CSV cells (RFC 4180) that no spreadsheet takes for a formula: `= + - @` and tab get a leading `'`.

/// Appends one row.
pub fn push_row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (i, text) in cells.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_cell(out, text);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    // A plain number is no formula, and `-5` must stay one.
    let neutral = if formula && text.parse::<f64>().is_err() { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(neutral);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(neutral);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[&str]) -> String {
        let mut out = String::new();
        push_row(&mut out, cells.iter().copied());
        out
    }

    /// What a reader of RFC 4180 gets back.
    fn read(text: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = text.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }

    #[test]
    fn formulas_are_neutralised_and_numbers_stay() {
        assert_eq!(row(&["=1+1", "-5", "a,b", "q\"q", "@x", "\tx", "+1-2", ""]), "'=1+1,-5,\"a,b\",\"q\"\"q\",'@x,'\tx,'+1-2,\r\n");
    }

    proptest! {
        #[test]
        fn any_cells_come_back_and_none_is_a_formula(cells in proptest::collection::vec("[ -~\t\r\n\"=+@,]{0,12}", 1..6)) {
            let text = row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
            let back = read(&text);
            prop_assert_eq!(back.len(), cells.len());
            for (got, put) in back.iter().zip(&cells) {
                prop_assert!(got == put || got.strip_prefix('\'') == Some(put.as_str()));
                prop_assert!(!got.starts_with(['=', '+', '-', '@', '\t', '\r']) || got.parse::<f64>().is_ok());
            }
        }
    }
}
