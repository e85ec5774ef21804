//! Pixel sizes of input images, from the first bytes of a PNG, JPEG or WebP file.

use imagesize::{ImageError, ImageType};
use imgcost_core::{InputImage, Note, Pixels, read::shown};

/// The most bytes of an image that are looked at. A JPEG's size stands behind its metadata,
/// which may be long; what is not found within this is not found.
pub const HEADER_MAX: usize = 256 << 10;

/// An image's size, and what a reader should know about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The size as it is stored.
    pub size: Pixels,
    /// Whether an orientation tag turns it on its side when it is shown.
    pub turned: bool,
}

impl Measured {
    /// What to know of an image that an orientation tag turns.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<Note> {
        self.turned.then(|| {
            Note::new(
                "image-orientation",
                format!(
                    "{}: its orientation tag turns it; the size is taken as stored, {}",
                    shown(name),
                    self.size
                ),
            )
        })
    }
}

/// Why the size of an image could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSize {
    /// There are no bytes.
    #[error("it is empty")]
    Empty,
    /// Another kind of file.
    #[error("it is not a PNG, JPEG or WebP image")]
    NotAnImage,
    /// The header is damaged, or stands too far inside.
    #[error("the image is cut off or damaged, or its size does not stand in the first 256 KiB")]
    Damaged,
    /// The header names an edge that no image has.
    #[error("its header says {width}x{height}: an edge must be from 1 to 65535 pixels")]
    OutOfRange {
        /// The width in the header, in pixels.
        width: usize,
        /// The height in the header, in pixels.
        height: usize,
    },
}

/// The size of an image, in pixels, read from its first bytes; [`HEADER_MAX`] of them are
/// enough.
///
/// ```
/// use imgcost_wire::image_size;
/// let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06\0\0\0\x04\0\x08\x06\0\0\0\0\0\0\0";
/// assert_eq!(image_size(png)?.size.to_string(), "1536x1024");
/// # Ok::<(), imgcost_wire::NoSize>(())
/// ```
///
/// # Errors
/// It is no PNG, JPEG or WebP image, or its size does not stand there.
pub fn image_size(header: &[u8]) -> Result<Measured, NoSize> {
    let header = header.get(..HEADER_MAX).unwrap_or(header);
    let none = if header.is_empty() { NoSize::Empty } else { NoSize::NotAnImage };
    let kind = imagesize::image_type(header).map_err(|_| none)?;
    if !matches!(kind, ImageType::Png | ImageType::Jpeg | ImageType::Webp) {
        return Err(NoSize::NotAnImage);
    }
    let found = imagesize::blob_size(header).map_err(|error| match error {
        ImageError::IoError(_) | ImageError::CorruptedImage => NoSize::Damaged,
        _ => NoSize::NotAnImage,
    })?;
    let edge = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let size = Pixels::new(edge(found.width), edge(found.height))
        .ok_or(NoSize::OutOfRange { width: found.width, height: found.height })?;
    let orientation = match kind {
        ImageType::Jpeg => jpeg_exif(header).and_then(orientation),
        ImageType::Png => png_exif(header).and_then(orientation),
        _ => None,
    };
    Ok(Measured { size, turned: orientation.is_some_and(|value| (5..=8).contains(&value)) })
}

/// What the bytes of an image's file show that an API may refuse, as rules name it: `field` is
/// `image` or `mask`; `length` is that of the whole file, of which `header` is the beginning.
///
/// ```
/// let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06\0\0\0\x04\0\x08\x06\0\0\0\0\0\0\0";
/// let facts = imgcost_wire::file_facts("image", png, 33);
/// let facts: Vec<String> = facts.map(|(name, value)| format!("{name} {value}")).collect();
/// assert_eq!(facts, ["image.bytes 33", "image.format png", "image.shape oblong", "image.alpha true"]);
/// ```
pub fn file_facts(field: &str, header: &[u8], length: u64) -> impl Iterator<Item = (String, String)> + use<> {
    let format = match imagesize::image_type(header) {
        Ok(ImageType::Png) => Some("png"),
        Ok(ImageType::Jpeg) => Some("jpeg"),
        Ok(ImageType::Webp) => Some("webp"),
        _ => None,
    };
    let is_square = |found: Measured| found.size.long() == found.size.short();
    let shape = image_size(header).ok().map(|found| if is_square(found) { "square" } else { "oblong" });
    let alpha = (format == Some("png")).then(|| png_alpha(header)).flatten();
    let facts = [
        ("bytes", Some(length.to_string())),
        ("format", format.map(str::to_owned)),
        ("shape", shape.map(str::to_owned)),
        ("alpha", alpha.map(|alpha| alpha.to_string())),
    ];
    let names = facts.map(|(name, value)| (format!("{field}.{name}"), value));
    names.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// How a mask's size compares with its image's, as a rule names it.
#[must_use]
pub fn mask_fact(image: Pixels, mask: Pixels) -> (String, String) {
    let value = if image == mask { "the image's".to_owned() } else { mask.to_string() };
    ("mask.size".to_owned(), value)
}

/// Whether a PNG may have transparent pixels: by its colours, or a list of those that are.
fn png_alpha(png: &[u8]) -> Option<bool> {
    if matches!(png.get(25)?, 4 | 6) {
        return Some(true);
    }
    png_chunk(png, *b"tRNS").map(|found| found.is_some())
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The Exif block of a JPEG: the segments are walked up to the image itself.
fn jpeg_exif(jpeg: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    loop {
        let marker = u16_be(jpeg, at)?;
        let length = usize::from(u16_be(jpeg, at + 2)?);
        let content = jpeg.get(at + 4..at.checked_add(2 + length)?)?;
        match marker {
            0xFFE1 if content.starts_with(b"Exif\0\0") => return content.get(6..),
            0xFFE0..=0xFFEF | 0xFFFE | 0xFFDB | 0xFFC4 => at += 2 + length,
            _ => return None,
        }
    }
}

/// The Exif block of a PNG.
fn png_exif(png: &[u8]) -> Option<&[u8]> {
    png_chunk(png, *b"eXIf")?
}

/// A chunk of a PNG before the image itself, if it has one; that is not told of one that is cut.
fn png_chunk(png: &[u8], kind: [u8; 4]) -> Option<Option<&[u8]>> {
    let mut at = 8_usize;
    loop {
        let length = usize::try_from(u32_be(png, at)?).ok()?;
        let start = at.checked_add(8)?;
        let end = start.checked_add(length)?;
        match png.get(at + 4..start)? {
            found if found == kind => return Some(Some(png.get(start..end)?)),
            b"IDAT" | b"IEND" => return Some(None),
            _ => at = end.checked_add(4)?,
        }
    }
}

/// The orientation tag (0x0112) of the first directory of an Exif block.
fn orientation(exif: &[u8]) -> Option<u16> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| u16_be(exif, at).map(|value| if little { value.swap_bytes() } else { value });
    let long = |at: usize| u32_be(exif, at).map(|value| if little { value.swap_bytes() } else { value });
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    (0..entries).find_map(|index| {
        let entry = directory.checked_add(2 + index * 12)?;
        (short(entry)? == 0x0112).then(|| short(entry.checked_add(8)?)).flatten()
    })
}

/// The size of an image that a request body carries: a data URL or base64 text. Anything
/// else, such as an address or a file id, has no size that could be told.
#[must_use]
pub fn referenced_image(reference: &str) -> InputImage {
    let header = encoded(reference).map(base64_prefix).unwrap_or_default();
    image_size(&header).map_or(InputImage::Unsized, |measured| InputImage::Sized(measured.size))
}

/// What the bytes of an image show that a request body carries, as [`file_facts`] of a file; nothing
/// of an address or a file id.
pub(crate) fn referenced_facts(field: &str, reference: &str) -> Vec<(String, String)> {
    let Some(encoded) = encoded(reference) else { return Vec::new() };
    let header = base64_prefix(encoded);
    if image_size(&header).is_err() {
        return Vec::new();
    }
    // Four letters are three bytes.
    let letters = encoded.bytes().filter(|letter| !matches!(letter, b'\r' | b'\n' | b'=')).count();
    let length = u64::try_from(letters).map_or(u64::MAX, |letters| letters.saturating_mul(3) / 4);
    file_facts(field, &header, length).collect()
}

/// The text of a reference that may be an image in base64.
fn encoded(reference: &str) -> Option<&str> {
    match reference.split_once(',') {
        Some((head, encoded)) if head.starts_with("data:") && head.ends_with(";base64") => Some(encoded),
        Some(_) => None,
        None => Some(reference),
    }
}

/// Decodes the start of base64 text, up to the bound or the first letter that is none.
fn base64_prefix(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\r' | b'\n' => continue,
            _ => break,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
        if bytes.len() >= HEADER_MAX {
            break;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn base64_is_decoded_as_far_as_it_is_base64() {
        assert_eq!(base64_prefix("aGVsbG8="), b"hello");
        assert_eq!(base64_prefix("aGVs\nbG8"), b"hello");
        assert_eq!(base64_prefix("!"), b"");
    }

    #[test]
    fn junk_has_no_size() {
        for junk in [
            &b""[..],
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe1\xff\xff",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"GIF89a\x01\0\x01\0",
        ] {
            assert!(image_size(junk).is_err(), "{junk:?}");
        }
        assert_eq!(referenced_image("https://example.org/a,b.png"), InputImage::Unsized);
        assert_eq!(referenced_image("file-abc"), InputImage::Unsized);
    }

    #[test]
    fn the_orientation_tag_is_read_in_both_byte_orders() {
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
        assert_eq!((orientation(big), orientation(little)), (Some(6), Some(8)));
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), None);
    }
}
