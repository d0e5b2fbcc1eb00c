//! String enums that SQL knows too, and the words of others' in SQL.

use std::str::FromStr;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// As [`covid_ct_core::string_enum`], with the SQL conversions.
macro_rules! sql_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($variants:tt)+ }) => {
        covid_ct_core::string_enum! { $(#[$meta])* $vis enum $name { $($variants)+ } }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                Ok($crate::sql_enum::Word::column_result(value)?.0)
            }
        }
    };
}

pub(crate) use sql_enum;

/// A string enum of a crate that knows no SQL, as SQL has it: what is read is `Word<T>`, what is written its `as_str`.
#[derive(Debug, Clone, Copy)]
pub struct Word<T>(pub T);

impl<T: FromStr<Err = String>> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = value.as_str()?.parse();
        parsed.map(Self).map_err(|error| FromSqlError::Other(error.into()))
    }
}
