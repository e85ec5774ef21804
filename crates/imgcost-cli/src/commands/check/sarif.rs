//! A check as SARIF 2.1.0, the form in which code hosts take the findings of tools.
//!
//! The few objects of the standard that are needed, by its own names: OASIS, "Static Analysis
//! Results Interchange Format (SARIF) Version 2.1.0", sections 3.13 (the file), 3.14 (a run),
//! 3.27 (a result), 3.35 (a suppression), 3.49 (a rule).

use std::collections::BTreeMap;
use std::path::{Component, Path};

use imgcost_analysis::policy::{Finding, FindingScope, Level, Rule};
use imgcost_core::Usd;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::super::sums;
use super::{Checked, report};

/// The schema that the document keeps.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Where the rules are explained, from the root of the project.
const DOCS: &str = "docs/check.md";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'c> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'c>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'c> {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<ResultObject<'c>>,
    properties: RunProperties,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<RuleObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleObject {
    id: &'static str,
    name: String,
    short_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'c> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    partial_fingerprints: Fingerprints,
    locations: [Location; 1],
    /// Empty where nothing lets it pass: an absent list would mean that this is not known.
    suppressions: Vec<SuppressionObject<'c>>,
    properties: Properties<'c>,
}

/// What a finding is recognized by where lines move and prices change: file, rule, field and the
/// row's id, and which it is of those that have these in common.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "imgcostFinding/v1")]
    finding: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

#[derive(Serialize)]
struct SuppressionObject<'c> {
    kind: &'static str,
    status: &'static str,
    justification: &'c str,
}

/// What the standard has no place for; money as decimal text.
#[derive(Serialize)]
struct Properties<'c> {
    /// The level by this program's own word, which is `excepted` where the standard has none.
    level: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'c str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<Usd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Usd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<Usd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<imgcost_core::Date>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties {
    rows: u64,
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
    currency: &'static str,
    as_of: imgcost_core::Date,
    /// Findings beyond those that are listed.
    not_listed: u64,
}

/// The bytes of the document.
pub(super) fn document(checked: &Checked<'_>) -> Vec<u8> {
    // It has no keys but text, so that nothing of it can fail.
    let mut bytes = serde_json::to_vec_pretty(&log(checked)).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn log<'c>(checked: &'c Checked<'_>) -> Log<'c> {
    let found = &checked.report;
    let [floor, expected, ceiling] = sums::amounts(&found.sum);
    let version = env!("CARGO_PKG_VERSION");
    let driver = Driver {
        name: "imgcost",
        version,
        semantic_version: version,
        rules: Rule::ALL.iter().map(|rule| rule_object(*rule)).collect(),
    };
    let invocation = Invocation {
        execution_successful: true,
        exit_code: super::exit_code(found.verdict),
        exit_code_description: report::verdict(checked),
    };
    let mut seen = BTreeMap::new();
    let run = Run {
        tool: Tool { driver },
        invocations: [invocation],
        results: found.findings.iter().map(|finding| result(checked, finding, &mut seen)).collect(),
        properties: RunProperties {
            rows: found.sum.rows,
            floor,
            expected,
            ceiling,
            currency: "USD",
            as_of: checked.day,
            not_listed: found.more.values().sum(),
        },
    };
    Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

/// A level by the standard's name.
fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Excepted => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn rule_object(rule: Rule) -> RuleObject {
    // `max-per-call` as `MaxPerCall`, as the standard asks of names.
    let name = rule.name().split('-').flat_map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
    });
    RuleObject {
        id: rule.code(),
        name: name.collect(),
        short_description: Text { text: rule.summary().replace('`', "") },
        // `helpUri` takes absolute addresses only.
        help: Text { text: format!("See {DOCS}, {} {rule}.", rule.code()) },
        default_configuration: Configuration { level: level(rule.default_level()) },
    }
}

/// How many findings there were of each file, rule, field and id.
type Seen = BTreeMap<String, u32>;

fn fingerprint(finding: &Finding, uri: &str, seen: &mut Seen) -> Fingerprints {
    let field = finding.field.as_deref().unwrap_or_default();
    let parts = [uri, finding.rule.code(), field, &finding.id].join("\n");
    let digest: String = Sha256::digest(&parts).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let count = seen.entry(parts).or_default();
    *count += 1;
    Fingerprints { finding: format!("{digest}:{count}") }
}

fn result<'c>(checked: &Checked<'_>, finding: &'c Finding, seen: &mut Seen) -> ResultObject<'c> {
    let mut text = finding.message.clone();
    if !finding.id.is_empty() {
        text.push_str(&format!(" (row {})", crate::fields::shown(&finding.id)));
    }
    if let Some(nearest) = &finding.nearest {
        text.push_str(&format!("; nearest: {nearest}"));
    }
    let path = match finding.rule.scope() {
        FindingScope::Policy => checked.policy_path,
        FindingScope::Row | FindingScope::File => checked.path_of(&finding.file),
    };
    let uri = path.map_or_else(|| "stdin".to_owned(), uri);
    let exception = finding.exception.as_ref();
    ResultObject {
        rule_id: finding.rule.code(),
        rule_index: Rule::ALL.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
        level: level(finding.level),
        message: Text { text: crate::plain::line(text) },
        partial_fingerprints: fingerprint(finding, &uri, seen),
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri },
                region: Region { start_line: finding.line.unwrap_or(1).max(1) },
            },
        }],
        suppressions: exception
            .iter()
            .map(|exception| SuppressionObject {
                kind: "external",
                status: "accepted",
                justification: &exception.reason,
            })
            .collect(),
        properties: Properties {
            level: finding.level.as_str(),
            id: &finding.id,
            field: finding.field.as_deref(),
            allowed: &finding.allowed,
            nearest: finding.nearest.as_deref(),
            ceiling: finding.ceiling,
            limit: finding.limit,
            over: finding.over,
            until: exception.and_then(|exception| exception.until),
        },
    }
}

/// A path as a URI reference: relative to the working directory where it lies below it.
fn uri(path: &Path) -> String {
    let folder = std::env::current_dir().ok();
    let path = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
    let mut text = String::new();
    if path.is_absolute() {
        text.push_str("file://");
    }
    let mut first = true;
    for part in path.components() {
        match part {
            Component::RootDir | Component::Prefix(_) | Component::CurDir => continue,
            Component::ParentDir | Component::Normal(_) => {}
        }
        if !first || path.is_absolute() {
            text.push('/');
        }
        first = false;
        percent_encoded(part.as_os_str().as_encoded_bytes(), &mut text);
    }
    text
}

/// Bytes with all but unreserved characters as `%XX` (RFC 3986, 2.3). A colon is written so too:
/// in a first segment it would end a scheme.
fn percent_encoded(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri(Path::new("./jobs/a b.csv")), "jobs/a%20b.csv");
        assert_eq!(uri(Path::new("../ä:1%.csv")), "../%C3%A4%3A1%25.csv");
        assert_eq!(uri(Path::new("/jobs/x.csv")), "file:///jobs/x.csv");
    }
}
