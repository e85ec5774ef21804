//! The Python module `imgcost`: the libraries of this workspace as Python has them. No price and no
//! rule is here; `python/imgcost` beside it is what httpx needs, the exceptions and the stubs.

mod budget;
mod call;
mod charge;
mod compare;
mod denied;
mod errors;
mod hold;
mod process;
mod quote;
mod request;
mod response;
mod table;
mod values;

/// What `imgcost` is made of.
#[pyo3::pymodule]
mod _imgcost {
    use imgcost::Param;
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_export]
    use crate::budget::PyBudget;
    #[pymodule_export]
    use crate::call::{PyBooked, PyCall, PyObserver};
    #[pymodule_export]
    use crate::charge::{PyCharge, PyChargeLine, charge};
    #[pymodule_export]
    use crate::compare::{PyCell, compare};
    #[pymodule_export]
    use crate::hold::PyHold;
    #[pymodule_export]
    use crate::quote::{PyLine, PyQuote, quote};
    #[pymodule_export]
    use crate::table::{PyTable, quote_table};
    #[pymodule_export]
    use crate::values::{PyEstimate, PyNote};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        // What quote takes beside the prompt's text, by the one list of parameters.
        module.add("PARAMETERS", PyTuple::new(module.py(), Param::NAMES)?)
    }
}
