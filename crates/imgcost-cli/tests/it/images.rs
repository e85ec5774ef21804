//! Sizes from image files: header only, bounded, never guessed.

use crate::common::{self, file, finish, folder, program, run, words};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0\0\0\0\0\0\0\0\0IDAT");
    bytes
}

fn jpeg(width: u16, height: u16, before: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xff\xd8".to_vec();
    bytes.extend(before);
    bytes.extend(b"\xff\xc0\0\x11\x08");
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend(b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda");
    bytes
}

fn webp(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"RIFF\x40\0\0\0WEBPVP8 \x30\0\0\0\x10\0\0\x9d\x01\x2a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0; 32]);
    bytes
}

/// An APP1 segment with an orientation tag.
fn exif(orientation: u8) -> Vec<u8> {
    let mut content = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    content.extend([orientation, 0, 0]);
    content.extend([0; 4]);
    let mut segment = b"\xff\xe1".to_vec();
    segment.extend(u16::try_from(content.len() + 2).unwrap().to_be_bytes());
    segment.extend(content);
    segment
}

fn sizes(paths: &[&str]) -> common::Ran {
    let mut arguments = words("-m gpt-image-2 -q low -s 1024x1024 -f json");
    for path in paths {
        arguments.extend(["--image", path]);
    }
    run(&arguments)
}

#[test]
fn png_jpeg_and_webp_headers_give_sizes() {
    let folder = folder("headers");
    let paths = [
        file(&folder, "a.png", png(1536, 1024)),
        file(&folder, "b.jpg", jpeg(800, 600, b"")),
        file(&folder, "c.webp", webp(640, 480)),
        file(&folder, "d.without-a-name", png(65_535, 1)),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let ran = sizes(&paths);
    assert_eq!(ran.code, 0, "{ran:?}");
    let quote = ran.json();
    assert_eq!(quote["request"]["images"], serde_json::json!(["1536x1024", "800x600", "640x480", "65535x1"]));
    assert_eq!(quote["request"]["endpoint"], "edits");
}

#[test]
fn a_size_wins_over_a_file_of_that_name() {
    let folder = folder("size-or-file");
    file(&folder, "512x512", png(64, 32));
    let with = |image: &str| {
        let mut command = program();
        command
            .current_dir(&folder)
            .args(words("-m gpt-image-2 -q low -s 1024x1024 -f json --image"))
            .arg(image);
        finish(&mut command, b"").json()["request"]["images"][0].as_str().unwrap().to_owned()
    };
    assert_eq!((with("512x512"), with("./512x512")), ("512x512".to_owned(), "64x32".to_owned()));
}

#[test]
fn an_orientation_tag_is_noted_and_the_size_taken_as_stored() {
    let folder = folder("orientation");
    for (orientation, noted) in [(1, false), (3, false), (6, true), (8, true)] {
        let path = file(&folder, "turned.jpg", jpeg(1536, 1024, &exif(orientation)));
        let quote = sizes(&[&path]).json();
        assert_eq!(quote["request"]["images"][0], "1536x1024");
        let codes: Vec<_> =
            quote["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect();
        assert_eq!(codes.contains(&"image-orientation"), noted, "{orientation}: {codes:?}");
    }
}

#[test]
fn what_is_no_image_is_refused_with_its_name_and_why() {
    let folder = folder("junk");
    let mut far = jpeg(800, 600, b"");
    let comment = [b"\xff\xfe\xff\xff".to_vec(), vec![0; 65_533]].concat();
    for _ in 0..5 {
        far.splice(2..2, comment.clone());
    }
    for (name, content, why) in [
        ("empty.png", vec![], "empty"),
        ("text.png", b"hello".to_vec(), "not a PNG, JPEG or WebP"),
        ("zero.png", png(0, 0), "0x0"),
        ("huge.png", png(70_000, 10), "70000x10"),
        ("cut.png", png(10, 10)[..18].to_vec(), "cut off"),
        ("cut.jpg", jpeg(10, 10, &comment)[..100].to_vec(), "cut off"),
        ("far.jpg", far, "256 KiB"),
        ("image.gif", b"GIF89a\x01\0\x01\0\0\0\0".to_vec(), "not a PNG, JPEG or WebP"),
    ] {
        let path = file(&folder, name, content);
        let ran = sizes(&[&path]);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        let message = ran.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(name) && message.contains(why), "{message}");
    }
    assert_eq!(sizes(&[folder.to_str().unwrap()]).code, 2);
}

#[test]
fn metadata_before_the_size_is_walked_within_the_bound() {
    let folder = folder("metadata");
    let comment = [b"\xff\xfe\xff\xff".to_vec(), vec![0; 65_533]].concat();
    let path = file(&folder, "long.jpg", jpeg(320, 200, &comment.repeat(3)));
    assert_eq!(sizes(&[&path]).json()["request"]["images"][0], "320x200");
}
