//! The documented paging styles, read in one place (platform spec 3.2).

use argos_kernel::{AppError, FieldError, PageRequest, Result};

use crate::Query;

/// Readers for the styles; each returns a validated slice request.
pub struct Pager;

impl Pager {
    /// `limit,offset`, clamped (ops, nodes, edge).
    pub fn limit_offset(q: &Query, default: i64, max: i64) -> Result<PageRequest> {
        Ok(PageRequest { limit: q.int_clamped("limit", default, 1, max)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? })
    }
    /// `page,per_page` (50, max 200), clamped; bare arrays with `X-Total-Count, X-Page, X-Per-Page`.
    pub fn page_per_page(q: &Query) -> Result<(PageRequest, i64)> {
        let per_page = q.int_clamped("per_page", 50, 1, 200)?;
        let page = q.int_clamped("page", 1, 1, i64::MAX / 200)?;
        Ok((PageRequest { limit: per_page, offset: (page - 1) * per_page }, page))
    }
    /// `page,page_size` (50, 1-200); out of range is 422 (power).
    pub fn page_page_size(q: &Query) -> Result<(PageRequest, i64)> {
        let read = |name: &str, default: i64, max: i64| match q.int(name) {
            Ok(v) if (1..=max).contains(&v.unwrap_or(default)) => Ok(v.unwrap_or(default)),
            _ => {
                let mut e = FieldError::new(name, format!("{name} must be between 1 and {max}"));
                e.loc = vec!["query".to_owned(), name.to_owned()];
                Err(AppError::invalid(vec![e]))
            }
        };
        let size = read("page_size", 50, 200)?;
        let page = read("page", 1, i64::MAX / 200)?;
        Ok((PageRequest { limit: size, offset: (page - 1) * size }, page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_clamp_or_refuse_as_documented() {
        let q = Query::parse(Some("limit=5000&offset=3&page=2&per_page=500&page_size=500"));
        assert_eq!(Pager::limit_offset(&q, 100, 1000).unwrap(), PageRequest { limit: 1000, offset: 3 });
        assert_eq!(Pager::page_per_page(&q).unwrap().0, PageRequest { limit: 200, offset: 200 });
        assert_eq!(Pager::page_page_size(&q).unwrap_err().kind().status(), 422);
    }
}
