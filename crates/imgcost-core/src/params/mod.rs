//! The parameters of a call: what each may be, and the one list of them.
//!
//! [`Param`] is that list. Whatever goes through all parameters (flags, columns, documents, ids,
//! differences, commands to type) iterates over [`Param::ALL`].

mod names;
mod param;
pub mod read;
mod size;
mod value;

pub(crate) use names::closed_names;
pub use names::{Basis, DIALECTS, Endpoint, Fidelity, Item, NativeApi, Quality, Tier, Unit, UnknownName};
pub use param::{Kind, Param};
pub use size::{ParseSizeError, Pixels, Size};
pub use value::Value;
