//! What several of the deciding commands take.

use clap::Args;
use clap::builder::PossibleValuesParser;
use imgcost_analysis::jobs::Format;

/// How a file of jobs is read.
#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    /// The format of the rows; left out, by the file's name or first byte.
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::NAMES), help_heading = "Rows")]
    pub(crate) input_format: Option<String>,

    /// Let rows name files anywhere, not only below the file's own folder.
    #[arg(long, help_heading = "Rows")]
    pub(crate) allow_paths: bool,
}

/// Another currency beside US dollars.
#[derive(Debug, Args)]
pub(crate) struct CurrencyArgs {
    /// Show totals in this currency too; needs --fx.
    #[arg(long, value_name = "CODE", requires = "fx", help_heading = "Limits and output")]
    pub(crate) currency: Option<String>,

    /// What one US dollar is worth, and on which day, such as 149.8@2026-11-20. Nothing is looked up.
    #[arg(long, value_name = "RATE@DATE", requires = "currency", help_heading = "Limits and output")]
    pub(crate) fx: Option<String>,
}

impl CurrencyArgs {
    /// The currency, if one was asked for.
    ///
    /// # Errors
    /// The code or the rate can't be accepted.
    pub(crate) fn exchange(
        &self,
    ) -> Result<Option<imgcost_analysis::currency::Exchange>, imgcost_core::Error> {
        match (&self.currency, &self.fx) {
            (Some(currency), Some(fx)) => imgcost_analysis::currency::Exchange::new(currency, fx).map(Some),
            _ => Ok(None),
        }
    }
}
