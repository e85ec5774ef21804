//! How rows are written.

/// A format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// An object a line, or a line of a Batch API file: each line tells which.
    Jsonl,
    /// Cells with commas between them, below a header.
    Csv,
    /// Cells with tabs between them, below a header.
    Tsv,
    /// `[[job]]` tables over one `[defaults]`.
    Toml,
    /// Lines of the files that OpenAI's Batch API takes, and nothing else.
    BatchApi,
}

impl Format {
    /// The names of the formats.
    pub const NAMES: [&str; 5] = ["jsonl", "csv", "tsv", "toml", "batch-api"];

    /// The format of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Format> {
        Some(match name {
            "jsonl" => Format::Jsonl,
            "csv" => Format::Csv,
            "tsv" => Format::Tsv,
            "toml" => Format::Toml,
            "batch-api" => Format::BatchApi,
            _ => return None,
        })
    }

    /// The format of a file name's extension.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Format> {
        match extension.to_lowercase().as_str() {
            "ndjson" | "json" => Some(Format::Jsonl),
            "batch-api" => None,
            name => Format::named(name),
        }
    }
}
