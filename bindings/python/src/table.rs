//! Tables of jobs: data frames of any library, by the Arrow C stream interface.

use std::sync::Arc;

use arrow_array::builder::{Decimal128Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader, StringArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use imgcost::Usd;
use imgcost::analysis::Volume;
use imgcost::analysis::jobs::{Columns, Defaults, JobRow, Met, NoFiles, Outside, RowResolver};
use imgcost_core::{Code, Error as Problem, Quote};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use pyo3_arrow::input::AnyRecordBatch;

use crate::{errors, request};

/// Digits of an amount, and those of them behind the point: rates have up to 9 places for a million.
const DIGITS: u8 = 38;
const PLACES: i8 = 18;

/// Quotes a table of calls, one a row: whatever has the Arrow C stream interface, such as a DataFrame
/// of pandas or polars, a table of pyarrow, or a relation of DuckDB.
///
/// Its columns have the names of quote's parameters, and prompt, id, and tag:NAME, as the files of
/// `imgcost batch`; an empty or missing cell is left out. Other columns are passed on, unless their name
/// is nearly that of a parameter; ignore names columns that are passed on unread. The other parameters are
/// for rows that leave them out.
///
/// The table that comes back has the same columns, and total_floor, total_expected, total_ceiling
/// (decimals, in USD), ceiling_basis, notes (codes) and error: what is wrong with a row is in the row.
/// Where a column calls or share, or the parameter calls, says how often a row's call is made,
/// bill_floor, bill_expected and bill_ceiling are what all of them come to.
#[pyfunction]
#[pyo3(
    signature = (table, *, ignore=None, calls=None, **parameters),
    text_signature = "(table, *, ignore=None, calls=None, **parameters)"
)]
pub(crate) fn quote_table(
    py: Python<'_>,
    table: AnyRecordBatch,
    ignore: Option<Vec<String>>,
    calls: Option<u64>,
    parameters: Option<&Bound<'_, PyDict>>,
) -> PyResult<PyTable> {
    let given = request::read(None, parameters)?;
    let mut defaults = Defaults::new(given.counts(), "add the column model, or give model");
    defaults.endpoint_known = given.names_endpoint();
    if let Some(calls) = calls {
        defaults.calls = Some(Volume::read("calls", &calls.to_string()).map_err(errors::of_problem)?);
    }
    let reader = table.into_reader()?;
    let ignore = ignore.unwrap_or_default();
    // The stream may be Python's own, which takes the interpreter where it needs it.
    py.detach(|| quoted(reader, &ignore, defaults)).map_err(|error| match error {
        Failed::Table(error) => PyValueError::new_err(error.to_string()),
        Failed::Problem(problem) => errors::of_problem(problem),
    })
}

enum Failed {
    Table(ArrowError),
    Problem(Problem),
}

impl From<ArrowError> for Failed {
    fn from(error: ArrowError) -> Self {
        Failed::Table(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Failed::Problem(problem)
    }
}

fn quoted(
    reader: Box<dyn RecordBatchReader + Send>,
    ignore: &[String],
    defaults: Defaults,
) -> Result<PyTable, Failed> {
    let schema = reader.schema();
    let is_read = |field: &Field| !ignore.contains(field.name());
    let read: Vec<usize> = (0..schema.fields().len()).filter(|index| is_read(schema.field(*index))).collect();
    let columns = Columns::named(read.iter().map(|index| schema.field(*index).name().as_str()))?;
    let outside = Outside::new(defaults.request.as_of, Box::new(NoFiles));
    let have_calls = defaults.calls.is_some() || columns.have_calls();
    let added = added(have_calls);
    if let Some(field) = added.iter().find(|field| schema.column_with_name(field.name()).is_some()) {
        let message = format!("the table has a column '{}' already: drop or rename it", field.name());
        return Err(Problem::new(Code::BadInput, message).field("table").into());
    }
    let mut resolver = RowResolver::new(imgcost_pricing::book(), defaults);
    let mut row = JobRow::new(resolver.defaults());
    let fields = schema.fields().iter().cloned().chain(added.into_iter().map(Arc::new));
    let schema: SchemaRef =
        Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()));
    let mut batches = Vec::new();
    let mut line = 0;
    let mut met = Met::default();
    for batch in reader {
        let batch = batch?;
        let cells = read.iter().map(|index| texts(batch.column(*index))).collect::<Result<Vec<_>, _>>()?;
        let mut prices = Prices::new(have_calls);
        for at in 0..batch.num_rows() {
            let texts = cells.iter().map(|column| if column.is_null(at) { "" } else { column.value(at) });
            columns.read(line, texts, resolver.defaults(), &mut row, &outside);
            line += 1;
            met.add(&row);
            match resolver.prepare(&mut row).and_then(|offer| offer.quote(&row.request)) {
                Ok(quote) => prices.add(&quote, &row),
                Err(error) => prices.add_error(&error),
            }
        }
        let arrays = batch.columns().iter().cloned().chain(prices.finish()?).collect();
        batches.push(RecordBatch::try_new(Arc::clone(&schema), arrays)?);
    }
    resolver.check_shares(&met)?;
    Ok(PyTable { schema, batches })
}

/// A column's cells as text, as a file would have them.
fn texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let list = match column.data_type() {
        DataType::List(_) => Some(column.as_list::<i32>().iter().map(joined).collect()),
        DataType::LargeList(_) => Some(column.as_list::<i64>().iter().map(joined).collect()),
        _ => None,
    };
    if let Some(lists) = list {
        return lists;
    }
    // A moment is its day.
    let days = matches!(column.data_type(), DataType::Timestamp(..) | DataType::Date64);
    let column = if days { cast(column, &DataType::Date32)? } else { Arc::clone(column) };
    Ok(cast(&column, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// A list of images as text.
fn joined(list: Option<ArrayRef>) -> Result<Option<String>, ArrowError> {
    let Some(list) = list else { return Ok(None) };
    let texts = cast(&list, &DataType::Utf8)?;
    let texts: Vec<&str> = texts.as_string::<i32>().iter().map(|text| text.unwrap_or("?")).collect();
    Ok(Some(texts.join(";")))
}

/// What a row's call costs, what all its calls come to, and the rest of what is said about it.
const TOTAL: [&str; 3] = ["total_floor", "total_expected", "total_ceiling"];
const BILL: [&str; 3] = ["bill_floor", "bill_expected", "bill_ceiling"];
const TEXTS: [&str; 3] = ["ceiling_basis", "notes", "error"];

/// The columns beside those that were there.
fn added(have_calls: bool) -> Vec<Field> {
    let usd = TOTAL.into_iter().chain(BILL.into_iter().filter(|_| have_calls));
    let usd = usd.map(|name| Field::new(name, DataType::Decimal128(DIGITS, PLACES), true));
    usd.chain(TEXTS.map(|name| Field::new(name, DataType::Utf8, true))).collect()
}

/// The cells of these columns.
struct Prices {
    amounts: Vec<Decimal128Builder>,
    basis: StringBuilder,
    notes: StringBuilder,
    error: StringBuilder,
}

impl Prices {
    fn new(have_calls: bool) -> Prices {
        let amounts = added(have_calls).len() - TEXTS.len();
        Prices {
            amounts: (0..amounts).map(|_| Decimal128Builder::new()).collect(),
            basis: StringBuilder::new(),
            notes: StringBuilder::new(),
            error: StringBuilder::new(),
        }
    }

    fn add(&mut self, quote: &Quote<'_>, row: &JobRow) {
        let total = quote.total();
        let bill = row.calls.unwrap_or(Volume::ONCE).of(total);
        let amounts = total.amounts().into_iter().chain(bill.amounts()).map(|usd| usd.map(digits));
        let amounts: Vec<_> = amounts.take(self.amounts.len()).collect();
        if amounts.contains(&Some(None)) {
            return self
                .add_error(&Problem::new(Code::TooLarge, "the amount has more places than a column takes"));
        }
        for (column, amount) in self.amounts.iter_mut().zip(amounts) {
            column.append_option(amount.flatten());
        }
        self.basis.append_option(total.ceiling.map(|_| total.basis.as_str()));
        let remarks = row.remarks.iter().map(|note| note.code);
        self.notes.append_value(remarks.chain(quote.note_codes()).collect::<Vec<_>>().join(";"));
        self.error.append_null();
    }

    fn add_error(&mut self, error: &Problem) {
        self.amounts.iter_mut().for_each(Decimal128Builder::append_null);
        self.basis.append_null();
        self.notes.append_null();
        self.error.append_value(error.to_string());
    }

    fn finish(mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for amounts in &mut self.amounts {
            arrays.push(Arc::new(amounts.finish().with_precision_and_scale(DIGITS, PLACES)?));
        }
        for texts in [&mut self.basis, &mut self.notes, &mut self.error] {
            arrays.push(Arc::new(texts.finish()));
        }
        Ok(arrays)
    }
}

/// An amount in units of the last place; none where it has more places.
fn digits(usd: Usd) -> Option<i128> {
    let decimal = usd.decimal().normalize();
    let places = u32::from(PLACES.unsigned_abs()).checked_sub(decimal.scale())?;
    decimal.mantissa().checked_mul(10_i128.checked_pow(places)?)
}

/// A table with prices: it has the Arrow C stream interface, so that any library of data frames takes
/// it, such as `polars.DataFrame(table)` or `pyarrow.table(table)`.
#[pyclass(name = "Table", module = "imgcost", frozen)]
pub(crate) struct PyTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl PyTable {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = Arc::new(Field::new_struct("", self.schema.fields().clone(), false));
        let field = Arc::new(field.as_ref().clone().with_metadata(self.schema.metadata().clone()));
        let arrays = self.batches.clone().into_iter().map(|batch| {
            let array: ArrayRef = Arc::new(arrow_array::StructArray::from(batch));
            Ok(array)
        });
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }

    /// The table as a DataFrame of pandas, by pyarrow.
    fn to_pandas<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))?.call_method0("to_pandas")
    }

    /// The table as a DataFrame of polars.
    fn to_polars<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    fn __repr__(&self) -> String {
        format!("<Table of {} rows: {}>", self.__len__(), self.column_names().join(", "))
    }
}
