//! The workflows of docs/ci.md: they are YAML of the form that their readers take, and their
//! commands of this program run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::common::{Ran, file, folder, surroundings};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The fenced block of a section of the guide.
fn block(section: &str, language: &str) -> String {
    let guide = fs::read_to_string(docs().join("ci.md")).unwrap();
    let section = guide.split(&format!("\n## {section}\n")).nth(1).unwrap();
    let block = section.split(&format!("```{language}\n")).nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

fn yaml(section: &str) -> Yaml {
    let documents = YamlLoader::load_from_str(&block(section, "yaml")).unwrap();
    assert_eq!(documents.len(), 1, "{section}");
    documents.into_iter().next().unwrap()
}

/// A project as the workflows expect it: the job file as it is, and as it was.
fn project(name: &str) -> PathBuf {
    let folder = folder(name);
    for (from, to) in
        [("imgcost.toml", "imgcost.toml"), ("jobs.csv", "images/jobs.csv"), ("jobs.csv", "old.csv")]
    {
        file(&folder, to, fs::read(docs().join("ci").join(from)).unwrap());
    }
    folder
}

/// Runs a line of a workflow as its shell does.
fn shell(folder: &Path, line: &str) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_imgcost")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .envs(surroundings())
        .env("IMGCOST_AS_OF", "2026-11-21")
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_project_file_of_the_guide_is_the_one_that_its_transcript_has() {
    assert_eq!(
        block("The project's file", "toml"),
        fs::read_to_string(docs().join("ci/imgcost.toml")).unwrap()
    );
    let ran = shell(&project("ci-budgets"), "imgcost budget set --config imgcost.toml --ledger l.db");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 3), "{ran:?}");
}

#[test]
fn githubs_workflow_annotates_the_lines_and_shows_what_changes() {
    let workflow = yaml("GitHub");
    assert!(workflow["on"]["pull_request"]["paths"].as_vec().is_some_and(|paths| paths.len() == 2));
    assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"));
    let job = &workflow["jobs"]["costs"];
    assert_eq!(job["runs-on"].as_str(), Some("ubuntu-latest"));
    let steps = job["steps"].as_vec().unwrap();
    assert!(steps.iter().all(|step| step["uses"].as_str().is_some() != step["run"].as_str().is_some()));
    let folder = project("ci-github");
    let lines = steps.iter().filter_map(|step| step["run"].as_str()).flat_map(str::lines);
    let commands: Vec<&str> = lines.filter(|line| line.starts_with("imgcost ")).collect();
    let [check, diff] = commands.as_slice() else { panic!("{commands:?}") };
    let ran = shell(&folder, check);
    assert_eq!(ran.code, 3, "{ran:?}");
    let annotation = "::error file=images/jobs.csv,line=4,title=max-per-call::";
    assert!(ran.stdout.starts_with(annotation) && ran.stdout.lines().count() == 1, "{ran:?}");
    // As it was before the row that is too dear.
    let old = fs::read_to_string(folder.join("old.csv")).unwrap();
    let without: Vec<&str> = old.lines().take(3).collect();
    file(&folder, "old.csv", without.join("\n") + "\n");
    let ran = shell(&folder, diff);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(fs::read_to_string(folder.join("diff.md")).unwrap().contains("1 added"), "{folder:?}");
}

#[test]
fn gitlabs_job_keeps_the_findings() {
    let pipeline = yaml("GitLab");
    let job = &pipeline["image costs"];
    assert_eq!(job["artifacts"]["when"].as_str(), Some("always"));
    let folder = project("ci-gitlab");
    for line in job["script"].as_vec().unwrap() {
        let ran = shell(&folder, line.as_str().unwrap());
        assert!(ran.code == 3 && ran.stdout.contains("images/jobs.csv:4: error[max-per-call]"), "{ran:?}");
    }
    for path in job["artifacts"]["paths"].as_vec().unwrap() {
        assert!(folder.join(path.as_str().unwrap()).is_file(), "{path:?}");
    }
}

#[test]
fn the_hook_of_pre_commit_takes_the_files_of_the_commit() {
    let hook = &yaml("pre-commit")["repos"][0]["hooks"][0];
    assert_eq!((hook["id"].as_str(), hook["language"].as_str()), (Some("imgcost"), Some("system")));
    let pattern = hook["files"].as_str().unwrap();
    assert_eq!(pattern, r"^images/.*\.(csv|tsv|jsonl|toml)$");
    let folder = project("ci-hook");
    file(&folder, "images/more.csv", "id,prompt_tokens,size\nx,40,1024x1024\n");
    let ran = shell(&folder, &format!("{} images/jobs.csv images/more.csv", hook["entry"].as_str().unwrap()));
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""), "{ran:?}");
    assert!(ran.stdout.contains("4 jobs in 2 files"), "{ran:?}");
}
