//! Images that begin like one, and what sizes they claim to have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcost_core::Pixels;

/// The bytes of a PNG up to the end of its header: signature, and the chunk with the size.
const HEADER: usize = 33;

/// The header's length in base64, which needs no padding.
pub(super) const HEADER_BASE64: u64 = 44;

/// The header of an opaque PNG of this size, in base64.
pub(super) fn header(size: Pixels) -> String {
    let mut png = Vec::with_capacity(HEADER);
    png.extend(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR");
    png.extend(size.width().to_be_bytes());
    png.extend(size.height().to_be_bytes());
    // Eight bits of red, green and blue; nobody checks the sum after them.
    png.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    STANDARD.encode(png)
}

/// The size that a PNG's header names.
pub(super) fn size_of_file(bytes: &[u8]) -> Option<Pixels> {
    let edge = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    bytes.starts_with(b"\x89PNG\r\n\x1a\n").then(|| Pixels::new(edge(16)?, edge(20)?)).flatten()
}

/// The size of a PNG in a data URL.
pub(super) fn size_of_url(url: &str) -> Option<Pixels> {
    let (_, base64) = url.strip_prefix("data:")?.split_once(";base64,")?;
    size_of_file(&STANDARD.decode(base64.get(..32)?).ok()?)
}

/// A data URL with no more of a file than its first bytes.
pub(super) fn url(file: &[u8]) -> String {
    let start = file.get(..24).unwrap_or_default();
    format!("data:image/png;base64,{}", STANDARD.encode(start))
}
