//! Recursive descent over the grammar of the crate page; depth and length are bounded.

use crate::ast::{Comparison, Condition, Expr, Literal, Op, Value, WindowFunction};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{Fault, Lexer};
use std::time::Duration;

/// Longest condition, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// Deepest nesting of parentheses.
pub const MAX_DEPTH: usize = 32;

/// Longest duration: hourly points are kept 400 days.
pub const MAX_WINDOW: Duration = Duration::from_secs(400 * 86_400);

/// Parses a condition.
///
/// # Errors
/// See [`ParseError`]; its text is what the API answers with status 400.
pub fn parse(text: &str) -> Result<Condition, ParseError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(ParseError::plain(ParseErrorKind::Required, "a condition"));
    }
    if trimmed.len() > MAX_LENGTH {
        return Err(ParseError::plain(ParseErrorKind::TooLong, "a shorter condition"));
    }
    let mut parser = Parser { lexer: Lexer::new(trimmed), depth: 0 };
    let root = parser.whole().map_err(|fault| fault.in_text(trimmed))?;
    Ok(Condition { root })
}

impl std::str::FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text)
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Expr, Fault> {
        let expr = self.or()?;
        self.lexer.skip_space();
        if self.lexer.at_end() { Ok(expr) } else { Err(self.lexer.fault("AND, OR or the end")) }
    }

    fn or(&mut self) -> Result<Expr, Fault> {
        self.chain("OR", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Result<Expr, Fault> {
        self.chain("AND", Self::term, Expr::And)
    }

    fn chain(&mut self, word: &str, part: fn(&mut Self) -> Result<Expr, Fault>, build: fn(Vec<Expr>) -> Expr) -> Result<Expr, Fault> {
        let first = part(self)?;
        if !self.lexer.keyword(word) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.lexer.keyword(word) {
            parts.push(part(self)?);
        }
        Ok(build(parts))
    }

    fn term(&mut self) -> Result<Expr, Fault> {
        if self.lexer.keyword("NOT") {
            return Ok(Expr::Not(Box::new(self.factor()?)));
        }
        self.factor()
    }

    fn factor(&mut self) -> Result<Expr, Fault> {
        if self.lexer.take('(') {
            if self.depth >= MAX_DEPTH {
                return Err(self.lexer.too_deep());
            }
            self.depth += 1;
            let inner = self.or()?;
            self.depth -= 1;
            self.lexer.need(')', "a closing parenthesis")?;
            return Ok(inner);
        }
        let start = self.lexer.fault("a metric or a known function");
        match self.lexer.call() {
            None => {
                let metric = self.lexer.metric()?;
                self.comparison(Value::Metric(metric))
            }
            Some("absent") => {
                let (metric, over) = self.metric_and_duration()?;
                Ok(Expr::Absent { metric, over })
            }
            Some("anomaly") => {
                let metric = self.lexer.metric()?;
                self.close()?;
                Ok(Expr::Anomaly(metric))
            }
            Some("event") => self.event(),
            Some("zscore") => {
                let metric = self.lexer.metric()?;
                self.close()?;
                self.comparison(Value::Zscore(metric))
            }
            Some("forecast") => {
                let (metric, ahead) = self.metric_and_duration()?;
                self.comparison(Value::Forecast { metric, ahead })
            }
            Some(word) => {
                let function = WindowFunction::named(word).ok_or(start)?;
                let (metric, over) = self.metric_and_duration()?;
                self.comparison(Value::Window { function, metric, over })
            }
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        self.lexer.need(')', "a closing parenthesis")
    }

    fn metric_and_duration(&mut self) -> Result<(crate::MetricRef, Duration), Fault> {
        let metric = self.lexer.metric()?;
        self.lexer.need(',', "a comma and a duration")?;
        let duration = self.lexer.duration()?;
        self.close()?;
        Ok((metric, duration))
    }

    fn event(&mut self) -> Result<Expr, Fault> {
        let fault = self.lexer.fault("an event kind in quotes");
        let kind = self.lexer.string()?;
        if kind.trim().is_empty() {
            return Err(fault);
        }
        let over = if self.lexer.take(',') { Some(self.lexer.duration()?) } else { None };
        self.close()?;
        let count = match self.lexer.op() {
            Some(op) => Some((op, self.lexer.number()?)),
            None => None,
        };
        Ok(Expr::Event { kind, over, count })
    }

    fn comparison(&mut self, value: Value) -> Result<Expr, Fault> {
        let at_op = self.lexer.fault("an operator: > < >= <= == !=");
        let op = self.lexer.op().ok_or(at_op)?;
        let equality = matches!(op, Op::Equal | Op::NotEqual);
        let literal = if self.lexer.starts_string() {
            if !equality || !matches!(value, Value::Metric(_)) {
                return Err(self.lexer.fault("a number; a text compares with == and != only"));
            }
            Literal::Text(self.lexer.string()?)
        } else if equality && self.lexer.keyword("true") {
            Literal::Bool(true)
        } else if equality && self.lexer.keyword("false") {
            Literal::Bool(false)
        } else {
            Literal::Number(self.lexer.number()?)
        };
        Ok(Expr::Compare(Comparison { value, op, literal }))
    }
}
