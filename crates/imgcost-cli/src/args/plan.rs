//! What several of the deciding commands take.

use clap::Args;
use clap::builder::PossibleValuesParser;
use imgcost_analysis::jobs::Format;

use crate::volume::Per;

/// How a file of jobs is read.
#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    /// The format of the rows; left out, by the file's name or first byte.
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::NAMES), help_heading = "Rows")]
    pub(crate) input_format: Option<String>,

    /// Set a field of every row, whatever its own value is: --set model=gpt-image-2. May be repeated.
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Rows")]
    pub(crate) set: Vec<String>,

    /// Let rows name files anywhere, not only below the file's own folder.
    #[arg(long, help_heading = "Rows")]
    pub(crate) allow_paths: bool,
}

/// How often calls are made.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct VolumeArgs {
    /// How often a call is made; of rows that do not tell. Of the shares of a file, all its calls.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Volume")]
    pub(crate) calls: Option<String>,

    /// In what time, to label the total.
    #[arg(long, value_name = "PERIOD", value_parser = PossibleValuesParser::new(Per::NAMES), help_heading = "Volume")]
    pub(crate) per: Option<String>,
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
