//! A table that others take by the Arrow `PyCapsule` interface, without a copy.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch, RecordBatchIterator, UInt64Array};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use numpy::{Element, PyArray1};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::error::CallError;

/// Rows and columns in Arrow's memory layout.
#[pyclass(frozen, module = "metaspace._native")]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn new((schema, batches): (SchemaRef, Vec<RecordBatch>)) -> Self {
        Self { schema, batches }
    }

    /// A table of one batch.
    pub(crate) fn of(batch: RecordBatch) -> Self {
        Self::new((batch.schema(), vec![batch]))
    }

    /// Some of its rows, in the order that is given.
    pub(crate) fn take(&self, rows: &[usize]) -> Result<Self, CallError> {
        let all = concat_batches(&self.schema, &self.batches)?;
        let rows = UInt64Array::from_iter_values(rows.iter().map(|&row| row as u64));
        Ok(Self::of(take_record_batch(&all, &rows)?))
    }

    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn place(&self, name: &str) -> PyResult<usize> {
        let unknown = |_| PyKeyError::new_err(format!("no column is called `{name}`"));
        self.schema.index_of(name).map_err(unknown)
    }
}

#[pymethods]
impl Table {
    /// Names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// Number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.n_rows()
    }

    fn __len__(&self) -> usize {
        self.n_rows()
    }

    fn __repr__(&self) -> String {
        let names = self.column_names().join(", ");
        format!("<metaspace.Table of {} rows: {names}>", self.n_rows())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let place = self.place(name)?;
        let arrays = self.batches.iter().map(|batch| batch.column(place).clone());
        values(py, name, &arrays.collect::<Vec<_>>())
    }

    /// All columns by name.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for name in self.column_names() {
            columns.set_item(&name, self.__getitem__(py, &name)?)?;
        }
        Ok(columns)
    }

    /// The schema, for Arrow's `PyCapsule` interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.schema).map_err(CallError::from)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The rows, for Arrow's `PyCapsule` interface. Another schema that is asked for is not heeded, which
    /// the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let rows = self.batches.clone().into_iter().map(Ok);
        let rows = RecordBatchIterator::new(rows, Arc::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(rows));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

/// Values of a column: an array of numbers, or a list of anything else. An absent number is NaN among
/// numbers with a fraction; others with absent ones are a list, in which those are `None`.
fn values<'py>(
    py: Python<'py>,
    name: &str,
    arrays: &[Arc<dyn Array>],
) -> PyResult<Bound<'py, PyAny>> {
    let Some(first) = arrays.first() else {
        return Ok(PyList::empty(py).into_any());
    };
    let are_whole = arrays.iter().all(|array| array.null_count() == 0);
    match first.data_type() {
        DataType::UInt8 if are_whole => Ok(numbers::<UInt8Type>(py, arrays)),
        DataType::UInt16 if are_whole => Ok(numbers::<UInt16Type>(py, arrays)),
        DataType::UInt32 if are_whole => Ok(numbers::<UInt32Type>(py, arrays)),
        DataType::UInt64 if are_whole => Ok(numbers::<UInt64Type>(py, arrays)),
        DataType::Float32 => Ok(fractions::<Float32Type>(py, arrays, f32::NAN)),
        DataType::Float64 => Ok(fractions::<Float64Type>(py, arrays, f64::NAN)),
        _ => {
            let list = PyList::empty(py);
            for array in arrays {
                for row in 0..array.len() {
                    list.append(value(py, name, array, row)?)?;
                }
            }
            Ok(list.into_any())
        }
    }
}

/// Numbers, none of which is absent.
fn numbers<'py, T: ArrowPrimitiveType<Native: Element>>(
    py: Python<'py>,
    arrays: &[Arc<dyn Array>],
) -> Bound<'py, PyAny> {
    let parts = arrays.iter().map(AsArray::as_primitive::<T>);
    let all: Vec<T::Native> = parts
        .flat_map(|part| part.values().iter().copied())
        .collect();
    PyArray1::from_vec(py, all).into_any()
}

/// Numbers, with one that stands for those that are absent.
fn fractions<'py, T: ArrowPrimitiveType<Native: Element>>(
    py: Python<'py>,
    arrays: &[Arc<dyn Array>],
    absent: T::Native,
) -> Bound<'py, PyAny> {
    let parts = arrays.iter().map(AsArray::as_primitive::<T>);
    let all: Vec<T::Native> = parts
        .flat_map(|part| part.iter().map(|number| number.unwrap_or(absent)))
        .collect();
    PyArray1::from_vec(py, all).into_any()
}

/// A text, a truth value, a whole number, or a list.
fn value<'py>(
    py: Python<'py>,
    name: &str,
    array: &Arc<dyn Array>,
    row: usize,
) -> PyResult<Bound<'py, PyAny>> {
    fn number<T: ArrowPrimitiveType<Native: Into<u64>>>(array: &dyn Array, row: usize) -> u64 {
        array.as_primitive::<T>().value(row).into()
    }
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    let whole = match array.data_type() {
        DataType::Utf8 => {
            let text = array.as_string::<i32>().value(row);
            return Ok(text.into_pyobject(py)?.into_any());
        }
        DataType::Boolean => {
            let flag = array.as_boolean().value(row);
            return Ok(flag.into_pyobject(py)?.to_owned().into_any());
        }
        DataType::List(_) => return values(py, name, &[array.as_list::<i32>().value(row)]),
        DataType::UInt8 => number::<UInt8Type>(array, row),
        DataType::UInt16 => number::<UInt16Type>(array, row),
        DataType::UInt32 => number::<UInt32Type>(array, row),
        DataType::UInt64 => number::<UInt64Type>(array, row),
        other => {
            return Err(PyTypeError::new_err(format!(
                "column `{name}` has values of type {other}, which are taken by Arrow alone"
            )));
        }
    };
    Ok(whole.into_pyobject(py)?.into_any())
}
