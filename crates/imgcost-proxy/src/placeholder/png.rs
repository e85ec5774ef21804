//! An image that nobody takes for one that a model made: squares of two greys.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcost_core::Pixels;

/// The edge of a square, in pixels.
const SQUARE: usize = 64;
/// The most pixels that are drawn; a larger image is none that any model makes.
const MOST_PIXELS: u64 = 1 << 26;

/// The colours of the squares.
const LIGHT: [u8; 3] = [0xc4; 3];
const DARK: [u8; 3] = [0x9a; 3];

/// A PNG of a size, in base64, in the colours that programs expect of an image of an API. Its rows are
/// alike, so that the largest takes little room.
pub(super) fn base64(size: Pixels) -> Option<String> {
    let (width, height) = (size.width(), size.height());
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let squares = |first: [u8; 3], second: [u8; 3]| -> Vec<u8> {
        let columns = 0..usize::try_from(width).unwrap_or(0);
        columns.flat_map(|x| if (x / SQUARE).is_multiple_of(2) { first } else { second }).collect()
    };
    let rows = [squares(LIGHT, DARK), squares(DARK, LIGHT)];
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header().ok()?;
    let mut stream = writer.stream_writer().ok()?;
    for row in
        rows.iter().flat_map(|row| std::iter::repeat_n(row, SQUARE)).cycle().take(height.try_into().ok()?)
    {
        stream.write_all(row).ok()?;
    }
    stream.finish().ok()?;
    writer.finish().ok()?;
    Some(STANDARD.encode(file))
}
