//! What a file is that holds no rows of text: told by its first bytes.

/// How many bytes are looked at.
const LOOKED_AT: usize = 256;

/// What a file looks like that is none of jobs, and what to do about it.
pub(super) fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const CSV: &str = "save it as CSV UTF-8";
    let begins = |signs: &[&[u8]]| signs.iter().any(|sign| bytes.starts_with(sign));
    let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    if begins(&[b"PK\x03\x04"]) {
        return Some(("a workbook, or another zip file", CSV));
    }
    if begins(&[b"\xd0\xcf\x11\xe0"]) {
        return Some(("an old workbook (.xls)", CSV));
    }
    if begins(&[b"\x1f\x8b"]) {
        return Some(("a gzip file", "unpack it first: gzip -dc FILE | imgcost batch -"));
    }
    if begins(&[b"%PDF", b"\x89PNG", b"PAR1", b"SQLite format 3"]) {
        return Some(("a binary file", "jobs are CSV, JSON Lines or TOML"));
    }
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    if begins(&[b"\xff\xfe", b"\xfe\xff"]) || zeros * 4 > bytes.len() && zeros > 1 {
        return Some(("UTF-16", "save it as CSV UTF-8, or: iconv -f UTF-16 -t UTF-8 FILE"));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    if first.starts_with('<') {
        return Some(("HTML or XML", "jobs are CSV, JSON Lines or TOML"));
    }
    let is_entry = |line: &str| {
        let key = line.trim_start_matches("- ").split_once(':').map(|(key, _)| key.trim());
        key.is_some_and(|key| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
            && !line.contains([',', ';', '\t'])
            && !line.starts_with("tag:")
    };
    let is_yaml = first == "---" || (first.starts_with("- ") && is_entry(first)) || {
        let second = lines.next();
        is_entry(first)
            && second.is_some_and(|line| line.trim_start().starts_with("- ") || is_entry(line.trim_start()))
    };
    is_yaml.then_some(("YAML", "write TOML, or JSON Lines: yq -o=json -I=0 '.[]' FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_says_what_it_looks_like() {
        let look = |bytes: &[u8]| kind(bytes).map(|(what, _)| what);
        let utf16: Vec<u8> = "id,model\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(look(&utf16), Some("UTF-16"));
        assert_eq!(look(&[&b"\xff\xfe"[..], &utf16].concat()), Some("UTF-16"));
        assert_eq!(look(b"PK\x03\x04\x14"), Some("a workbook, or another zip file"));
        assert_eq!(look(b"- model: gpt-image-2\n  size: 1024x1024\n"), Some("YAML"));
        assert_eq!(look(b"---\njobs:\n"), Some("YAML"));
        assert_eq!(look(b"jobs:\n  - model: x\n"), Some("YAML"));
        for text in ["id,model\na,b\n", "tag:a\nx\n", "model\ngpt-image-2\n", "", "prompt\nred: apple\n"] {
            assert_eq!(look(text.as_bytes()), None, "{text}");
        }
    }
}
