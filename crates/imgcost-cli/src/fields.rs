//! The readings that parameters, settings and other options share.

pub(crate) use imgcost_core::read::{date, flag, illegal, ratio, shown, tokens, usd, whole};
