//! Columns of values in Parquet files and out of them.
//!
//! Rows are written block by block: a block is some documents, one after the other, and has one row group in each table in
//! which it has rows. Which block a row group is of stands in the file's metadata, so that a reader finds what belongs
//! together and holds no more of a shard than a block. Nothing of the time or of a library's version is written: the same
//! rows give the same bytes.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::schema::{Column, Kind, Table};
use crate::{Result, ShardError};

/// Written instead of the crate's name and version, which would change the bytes with it.
const CREATED_BY: &str = "covid-ct";
/// Under this key a file tells of which block each of its row groups is.
const BLOCKS: &str = "covid_ct.blocks";
/// Text shrinks to a third; a higher level takes twice the time for a few in a hundred more.
const GZIP: u32 = 4;

/// The values of a column, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f32>>),
    Truth(Vec<Option<bool>>),
}

impl Values {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Int => Self::Int(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
            Kind::Truth => Self::Truth(Vec::new()),
        }
    }
}

/// One value of a row that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
    Real(Option<f32>),
    Truth(bool),
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<&str>> for Cell {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Int(Some(value as i64))
    }
}

impl From<Option<usize>> for Cell {
    fn from(value: Option<usize>) -> Self {
        Self::Int(value.map(|value| value as i64))
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<Option<u32>> for Cell {
    fn from(value: Option<u32>) -> Self {
        Self::Int(value.map(Into::into))
    }
}

impl From<f32> for Cell {
    fn from(value: f32) -> Self {
        Self::Real(Some(value))
    }
}

impl From<Option<f32>> for Cell {
    fn from(value: Option<f32>) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

/// A table being written.
pub struct TableWriter {
    path: PathBuf,
    table: Table,
    writer: SerializedFileWriter<BufWriter<File>>,
    waiting: Vec<Values>,
    rows: usize,
    blocks: Vec<String>,
    written: u64,
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableWriter {
    pub fn create(folder: &Path, table: Table) -> Result<Self> {
        let path = folder.join(table.file());
        let file = File::create(&path).map_err(ShardError::write(&path))?;
        let columns: String = table.columns.iter().map(declared).collect();
        let writer = parse_message_type(&format!("message {} {{ {columns} }}", table.name))
            .and_then(|schema| {
                let level = GzipLevel::try_new(GZIP)?;
                let properties = WriterProperties::builder()
                    .set_created_by(CREATED_BY.into())
                    .set_compression(Compression::GZIP(level))
                    .build();
                let file = BufWriter::new(file);
                SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
            })
            .map_err(ShardError::writing(&path))?;
        let waiting = table.columns.iter().map(|column| Values::of(column.kind)).collect();
        Ok(Self { path, table, writer, waiting, rows: 0, blocks: Vec::new(), written: 0 })
    }

    /// # Panics
    /// Where a cell is not of its column's kind: the table's schema and what fills it are not of one build.
    pub fn push<const N: usize>(&mut self, cells: [Cell; N]) {
        assert_eq!(N, self.waiting.len(), "{} has other columns", self.table.name);
        for (values, cell) in self.waiting.iter_mut().zip(cells) {
            match (values, cell) {
                (Values::Text(values), Cell::Text(value)) => values.push(value),
                (Values::Int(values), Cell::Int(value)) => values.push(value),
                (Values::Real(values), Cell::Real(value)) => values.push(value),
                (Values::Truth(values), Cell::Truth(value)) => values.push(Some(value)),
                (values, cell) => panic!("{}: {cell:?} among {values:?}", self.table.name),
            }
        }
        self.rows += 1;
    }

    /// Writes what was pushed as the row group of `block`.
    pub fn flush(&mut self, block: usize) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.written += self.rows as u64;
        self.rows = 0;
        self.blocks.push(block.to_string());
        let mut write = || -> std::result::Result<(), ParquetError> {
            let mut group = self.writer.next_row_group()?;
            for (column, values) in self.table.columns.iter().zip(&mut self.waiting) {
                let values = std::mem::replace(values, Values::of(column.kind));
                match values {
                    Values::Text(values) => {
                        let bytes = values.into_iter().map(|value| value.map(to_bytes));
                        write_column::<ByteArrayType>(&mut group, column, bytes)?;
                    }
                    Values::Int(values) => {
                        write_column::<Int64Type>(&mut group, column, values.into_iter())?;
                    }
                    Values::Real(values) => {
                        write_column::<FloatType>(&mut group, column, values.into_iter())?;
                    }
                    Values::Truth(values) => {
                        write_column::<BoolType>(&mut group, column, values.into_iter())?;
                    }
                }
            }
            group.close().map(drop)
        };
        write().map_err(ShardError::writing(&self.path))
    }

    /// How many rows it has.
    pub fn close(mut self) -> Result<u64> {
        let blocks = KeyValue::new(BLOCKS.into(), self.blocks.join(" "));
        self.writer.append_key_value_metadata(blocks);
        self.writer.close().map_err(ShardError::writing(&self.path))?;
        Ok(self.written)
    }
}

fn declared(column: &Column) -> String {
    let repetition = if column.optional { "optional" } else { "required" };
    let name = column.name;
    match column.kind {
        Kind::Text => format!("{repetition} binary {name} (UTF8);\n"),
        Kind::Int => format!("{repetition} int64 {name};\n"),
        Kind::Real => format!("{repetition} float {name};\n"),
        Kind::Truth => format!("{repetition} boolean {name};\n"),
    }
}

fn to_bytes(text: String) -> ByteArray {
    ByteArray::from(text.into_bytes())
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, BufWriter<File>>,
    column: &Column,
    values: impl Iterator<Item = Option<T::T>>,
) -> std::result::Result<(), ParquetError> {
    let mut levels = Vec::new();
    let mut known = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        known.extend(value);
    }
    if let Some(mut writer) = group.next_column()? {
        let levels = column.optional.then_some(levels.as_slice());
        writer.typed::<T>().write_batch(&known, levels, None)?;
        writer.close()?;
    }
    Ok(())
}

/// A table that is read.
pub struct TableReader {
    path: PathBuf,
    table: Table,
    reader: SerializedFileReader<File>,
    /// Of each row group, which block it is of.
    blocks: Vec<usize>,
}

impl std::fmt::Debug for TableReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableReader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableReader {
    pub fn open(folder: &Path, table: Table) -> Result<Self> {
        let path = folder.join(table.file());
        let file = File::open(&path).map_err(ShardError::read(&path))?;
        let reader = SerializedFileReader::new(file).map_err(ShardError::table(&path))?;
        let amiss = |what: String| ShardError::Table { path: path.clone(), what };
        let metadata = reader.metadata();
        let columns = metadata.file_metadata().schema_descr();
        let named: Vec<&str> = columns.columns().iter().map(|column| column.name()).collect();
        let expected: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        if named != expected {
            return Err(amiss(format!("its columns are {}", named.join(", "))));
        }
        let told = metadata.file_metadata().key_value_metadata();
        let blocks = told.and_then(|told| told.iter().find(|told| told.key == BLOCKS));
        let blocks = blocks.and_then(|told| told.value.as_deref()).unwrap_or_default();
        let blocks: std::result::Result<Vec<usize>, _> =
            blocks.split_whitespace().map(str::parse).collect();
        let blocks = blocks.map_err(|_| amiss("it does not tell its blocks".into()))?;
        if blocks.len() != metadata.num_row_groups() || !blocks.is_sorted() {
            return Err(amiss("its blocks are not its row groups".into()));
        }
        Ok(Self { path, table, reader, blocks })
    }

    /// Block by block, how many rows of the table it has.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = |group: usize| self.reader.metadata().row_group(group).num_rows();
        self.blocks.iter().enumerate().map(move |(group, &block)| (block, rows(group) as usize))
    }

    /// The rows of a block, column by column; columns without values where it has none.
    pub fn block(&self, block: usize) -> Result<Rows> {
        let Ok(group) = self.blocks.binary_search(&block) else {
            let columns = self.table.columns.iter().map(|column| Values::of(column.kind));
            return Ok(Rows::new(columns.collect(), 0));
        };
        let read = || -> std::result::Result<Rows, ParquetError> {
            let group = self.reader.get_row_group(group)?;
            let rows = group.metadata().num_rows() as usize;
            let columns: std::result::Result<Vec<Values>, ParquetError> = self
                .table
                .columns
                .iter()
                .enumerate()
                .map(|(index, column)| read_column(&*group, index, column, rows))
                .collect();
            Ok(Rows::new(columns?, rows))
        };
        read().map_err(ShardError::table(&self.path))
    }

    pub fn amiss(&self, what: impl Into<String>) -> ShardError {
        ShardError::Table { path: self.path.clone(), what: what.into() }
    }
}

fn read_column(
    group: &dyn RowGroupReader,
    index: usize,
    column: &Column,
    rows: usize,
) -> std::result::Result<Values, ParquetError> {
    use parquet::column::reader::ColumnReader as Reader;
    Ok(match (group.get_column_reader(index)?, column.kind) {
        (Reader::ByteArrayColumnReader(reader), Kind::Text) => {
            let text = |bytes: ByteArray| {
                String::from_utf8(bytes.data().to_vec()).map_err(|_| {
                    ParquetError::General(format!("its column {} is not UTF-8", column.name))
                })
            };
            let values = values_of::<ByteArrayType>(reader, column, rows)?;
            let values: std::result::Result<_, _> =
                values.into_iter().map(|value| value.map(text).transpose()).collect();
            Values::Text(values?)
        }
        (Reader::Int64ColumnReader(reader), Kind::Int) => {
            Values::Int(values_of::<Int64Type>(reader, column, rows)?)
        }
        (Reader::FloatColumnReader(reader), Kind::Real) => {
            Values::Real(values_of::<FloatType>(reader, column, rows)?)
        }
        (Reader::BoolColumnReader(reader), Kind::Truth) => {
            Values::Truth(values_of::<BoolType>(reader, column, rows)?)
        }
        _ => {
            let what = format!("its column {} is no {}", column.name, column.kind.word());
            return Err(ParquetError::General(what));
        }
    })
}

fn values_of<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    column: &Column,
    rows: usize,
) -> std::result::Result<Vec<Option<T::T>>, ParquetError> {
    let (mut levels, mut known) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, _, _) =
            reader.read_records(rows - read, Some(&mut levels), None, &mut known)?;
        if records == 0 {
            let what = format!("its column {} ends after {read} of {rows} rows", column.name);
            return Err(ParquetError::General(what));
        }
        read += records;
    }
    if !column.optional || levels.is_empty() {
        return Ok(known.into_iter().map(Some).collect());
    }
    let mut known = known.into_iter();
    Ok(levels.iter().map(|&level| if level > 0 { known.next() } else { None }).collect())
}

/// Rows of a block, taken one after the other.
#[derive(Debug)]
pub struct Rows {
    columns: Vec<Values>,
    len: usize,
    at: usize,
    column: usize,
}

impl Rows {
    fn new(columns: Vec<Values>, len: usize) -> Self {
        Self { columns, len, at: 0, column: 0 }
    }

    /// Goes on to the next row, from its first column; false where there is none.
    pub fn next_row(&mut self) -> bool {
        self.at += 1;
        self.column = 0;
        self.at <= self.len
    }

    /// The first column of the next row, if there is one, and it holds a number.
    pub fn peek(&self) -> Option<i64> {
        match self.columns.first() {
            Some(Values::Int(values)) => values.get(self.at).copied().flatten(),
            _ => None,
        }
    }

    fn next_column(&mut self) -> (usize, Option<&mut Values>) {
        self.column += 1;
        (self.at.wrapping_sub(1), self.columns.get_mut(self.column - 1))
    }

    pub fn text(&mut self) -> Option<String> {
        match self.next_column() {
            (at, Some(Values::Text(values))) => values.get_mut(at)?.take(),
            _ => None,
        }
    }

    pub fn int(&mut self) -> Option<i64> {
        match self.next_column() {
            (at, Some(Values::Int(values))) => values.get(at).copied().flatten(),
            _ => None,
        }
    }

    pub fn real(&mut self) -> Option<f32> {
        match self.next_column() {
            (at, Some(Values::Real(values))) => values.get(at).copied().flatten(),
            _ => None,
        }
    }

    pub fn truth(&mut self) -> Option<bool> {
        match self.next_column() {
            (at, Some(Values::Truth(values))) => values.get(at).copied().flatten(),
            _ => None,
        }
    }
}
