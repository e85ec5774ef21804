//! An image that nobody takes for one that a model made: squares of two greys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcost_core::Pixels;

/// The edge of a square, in pixels.
const SQUARE: usize = 64;
/// The most pixels that are drawn; a larger image is none that any model makes.
const MOST_PIXELS: u64 = 1 << 26;

/// A PNG of a size, in base64. One bit a pixel: the largest image takes a few kilobytes.
pub(super) fn base64(size: Pixels) -> Option<String> {
    let (width, height) = (size.width(), size.height());
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette(&[0x9a_u8, 0x9a, 0x9a, 0xc4, 0xc4, 0xc4][..]);
    let mut writer = encoder.write_header().ok()?;
    let row: Vec<u8> = (0..usize::try_from(width).ok()?.div_ceil(8))
        .map(|byte| if (byte * 8 / SQUARE).is_multiple_of(2) { 0xff } else { 0 })
        .collect();
    let other: Vec<u8> = row.iter().map(|byte| !byte).collect();
    let rows = (0..usize::try_from(height).ok()?)
        .map(|line| if (line / SQUARE).is_multiple_of(2) { &row } else { &other });
    let pixels: Vec<u8> = rows.flatten().copied().collect();
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(STANDARD.encode(file))
}
