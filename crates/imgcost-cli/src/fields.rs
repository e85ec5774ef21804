//! The readings that parameters, settings and other options share.

pub(crate) use imgcost_core::read::{date, illegal, ratio, shown, tokens, usd, whole};
