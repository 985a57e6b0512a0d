//! The pages of a list, one after the other.

use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use crate::connect::Connection;
use crate::error::Result;
use crate::noun::set;

/// Records of a page.
pub(crate) const PAGE: usize = 500;

/// Follows the pages of a list.
#[derive(Debug)]
pub(crate) struct Walk<'c> {
    to: &'c Connection,
    method: MethodDescriptor,
    request: DynamicMessage,
    over: bool,
}

impl<'c> Walk<'c> {
    /// Begins at the first page; nothing is asked yet.
    pub(crate) fn new(
        to: &'c Connection,
        method: &MethodDescriptor,
        request: DynamicMessage,
    ) -> Self {
        Self {
            to,
            method: method.clone(),
            request,
            over: false,
        }
    }

    /// Whether the last page was given.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The next page, of `wanted` records or fewer; `None` after the last.
    pub(crate) async fn next(&mut self, wanted: usize) -> Result<Option<Vec<DynamicMessage>>> {
        if self.over {
            return Ok(None);
        }
        let size = Value::I32(wanted.try_into().unwrap_or(i32::MAX));
        set(&mut self.request, "page_size", size)?;
        let mut page = self.to.call(&self.method, &self.request).await?;
        // The list is the first field of every List answer.
        let records = match page.take_field_by_number(1) {
            Some(Value::List(items)) => items
                .into_iter()
                .filter_map(|item| match item {
                    Value::Message(record) => Some(record),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        match page.take_field_by_name("next_page_token") {
            Some(Value::String(next)) if !next.is_empty() => {
                set(&mut self.request, "page_token", Value::String(next))?;
            }
            _ => self.over = true,
        }
        Ok(Some(records))
    }
}
