//! The price over width and height, for a picture.

use imgcost::{Error, Pixels, Request};
use imgcost_core::Usd;

use crate::input::Asked;

/// The ceilings in USD of one request at each height and, within it, each width: NaN where the API
/// would refuse the size, or there is no ceiling. For drawing only: amounts are decimals elsewhere.
pub(crate) fn surface(
    request: &str,
    today: &str,
    widths: &[u32],
    heights: &[u32],
) -> Result<Vec<f64>, Error> {
    let request = Asked::read(request, today)?.request();
    let sizes = heights.iter().flat_map(|height| widths.iter().map(|width| (*width, *height)));
    Ok(sizes.map(|(width, height)| ceiling(&request, width, height).unwrap_or(f64::NAN)).collect())
}

fn ceiling(request: &Request, width: u32, height: u32) -> Option<f64> {
    let size = Pixels::new(width, height)?;
    let quote = imgcost::quote(&request.clone().size(size)).ok()?;
    quote.total().ceiling.and_then(|usd: Usd| usd.to_string().parse().ok())
}
