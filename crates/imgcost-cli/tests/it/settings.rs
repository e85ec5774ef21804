//! Flags, then the environment, then the settings file, then defaults.

use crate::common::{file, finish, folder, program, words};
use std::path::Path;

fn model(command: &mut std::process::Command) -> String {
    finish(command.args(["-n", "1", "-f", "json"]), b"").json()["model"].as_str().unwrap().to_owned()
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let folder = folder("precedence");
    let config =
        file(&folder, "imgcost.toml", "model = \"gpt-image-2\"\nquality = \"low\"\nsize = \"1024x1024\"\n");
    assert_eq!(model(&mut program()), "gpt-image-1");
    assert_eq!(model(program().env("IMGCOST_CONFIG", &config)), "gpt-image-2");
    assert_eq!(
        model(program().env("IMGCOST_CONFIG", &config).env("IMGCOST_MODEL", "gpt-image-1.5")),
        "gpt-image-1.5"
    );
    let all = |command: &mut std::process::Command| model(command.args(["-m", "gpt-image-1-mini"]));
    assert_eq!(
        all(program().env("IMGCOST_CONFIG", &config).env("IMGCOST_MODEL", "gpt-image-1.5")),
        "gpt-image-1-mini"
    );
}

#[test]
fn a_named_file_comes_after_the_environment_and_before_the_users_file() {
    let folder = folder("named-config");
    let user = file(&folder, "user.toml", "model = \"gpt-image-1.5\"\nquality = \"low\"\n");
    let named = file(&folder, "named.toml", "model = \"gpt-image-2\"\n");
    let with = |line: &str, model: Option<&str>| {
        let mut command = program();
        command.env("IMGCOST_CONFIG", &user).envs(model.map(|model| ("IMGCOST_MODEL", model)));
        finish(command.args(words(line)), b"")
    };
    for (line, model) in [
        (format!("--config {named} --json"), None),
        (format!("--json quote --config={named}"), None),
        (format!("--config {named} --json quote"), None),
    ] {
        let quote = with(&line, model);
        if line.contains("quote") {
            let request = quote.json();
            assert_eq!(
                (&request["model"], &request["request"]["quality"]),
                (&"gpt-image-2".into(), &"low".into()),
                "{line}"
            );
        }
        assert_eq!(quote.code, 0, "{line}: {quote:?}");
    }
    let quote = with(&format!("quote --json --config {named}"), Some("gpt-image-1-mini")).json();
    assert_eq!(quote["model"], "gpt-image-1-mini");
    let config = with(&format!("config --json --config {named}"), None).json();
    assert_eq!(config["files"], serde_json::json!([named, user]));
    let ran = with("gpt-image-2 --config /no/such.toml", None);
    assert!(ran.code == 2 && ran.stderr.contains("/no/such.toml"), "{ran:?}");
}

#[test]
fn the_file_is_found_in_its_place_and_never_in_the_working_directory() {
    let folder = folder("places");
    let setting = "model = \"gpt-image-2\"\n";
    file(&folder, "home/.config/imgcost/config.toml", setting);
    file(&folder, "xdg/imgcost/config.toml", "model = \"gpt-image-1.5\"\n");
    file(&folder, "here/config.toml", setting);
    file(&folder, "here/imgcost/config.toml", setting);
    file(&folder, "here/.config/imgcost/config.toml", setting);
    let fresh = || {
        let mut command = program();
        command
            .env_remove("IMGCOST_CONFIG")
            .env("HOME", folder.join("nowhere"))
            .current_dir(folder.join("here"));
        command
    };
    assert_eq!(model(&mut fresh()), "gpt-image-1");
    assert_eq!(model(fresh().env("HOME", folder.join("home"))), "gpt-image-2");
    assert_eq!(
        model(fresh().env("HOME", folder.join("home")).env("XDG_CONFIG_HOME", folder.join("xdg"))),
        "gpt-image-1.5"
    );
    assert_eq!(model(fresh().env("XDG_CONFIG_HOME", ".")), "gpt-image-1");
}

#[test]
fn a_bad_file_names_file_line_key_and_the_nearest_key() {
    let folder = folder("bad-config");
    for (content, expected) in [
        ("# mine\n\nmodle = \"gpt-image-2\"\n", vec![":3:", "modle", "nearest: model"]),
        ("model = [1]\n", vec![":1:", "model"]),
        ("model = \n", vec![":1:"]),
        ("cap = \"lots\"\n", vec!["cap = lots"]),
        ("format = \"jsno\"\n", vec!["format = jsno", "nearest: json"]),
    ] {
        let config = file(&folder, "imgcost.toml", content);
        let ran = finish(program().env("IMGCOST_CONFIG", &config).arg("quote"), b"");
        assert_eq!(ran.code, 2, "{content}: {ran:?}");
        for words in expected {
            assert!(ran.stderr.contains(words), "{content}: {ran:?}");
        }
    }
    let ran = finish(program().env("IMGCOST_CONFIG", folder.join("missing.toml")), b"");
    assert_eq!(ran.code, 2);
}

#[test]
fn decimals_and_dates_of_the_file_keep_their_digits() {
    let folder = folder("decimals");
    let config =
        file(&folder, "imgcost.toml", "cap = 0.0000001\nas_of = 2026-11-21\nassume_prompt_tokens = 5\n");
    let mut command = program();
    let ran = finish(
        command
            .env("IMGCOST_CONFIG", &config)
            .env_remove("IMGCOST_AS_OF")
            .args(words("-m gpt-image-2 -q low -s 1024x1024")),
        b"",
    );
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("over the cap of $0.0000001"), "{ran:?}");
}

#[test]
fn settings_that_only_some_calls_take_hold_for_those_alone() {
    let with = |line: &str| {
        let mut command = program();
        command.env("IMGCOST_GROUP_RATIO", "0.5").env("IMGCOST_RESPONSES_MODEL", "gpt-5");
        finish(command.args(words(line)).args(["-f", "json"]), b"")
    };
    assert_eq!(with("-m gpt-image-2 -q low -s 1024x1024").code, 0);
    assert_eq!(
        with("-m gpt-image-2 -q low -s 1024x1024 --endpoint responses").json()["request"]["responses_model"],
        "gpt-5"
    );
    assert_eq!(with("-p new-api -m gpt-image-1 -q low -s 1024x1024").json()["request"]["group_ratio"], "0.5");
}

#[test]
fn a_relative_price_book_stands_beside_the_settings_file() {
    let folder = folder("own-book");
    let book = "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n\n[[model]]\nid = \"gpt-image-2\"\n\n[[model.rates]]\ntier = \"standard\"\nfrom = \"2026-05-01\"\nimage_output = \"15.00\"\nreason = \"contract\"\n";
    file(&folder, "mine.toml", book);
    let config = file(&folder, "imgcost.toml", "prices = \"mine.toml\"\n");
    let mut command = program();
    command.env("IMGCOST_CONFIG", &config).current_dir(Path::new("/"));
    let ran = finish(command.args(words("-m gpt-image-2 -q high -s 1024x1024 -f json")), b"");
    let quote = ran.json();
    assert_eq!(quote["total"]["expected"], "0.10536", "{quote}");
    assert_eq!(quote["book"]["overrides"], 1);
    assert!(quote["notes"].as_array().unwrap().iter().any(|note| note["code"] == "price-overridden"));
}

#[test]
fn a_value_that_is_refused_is_named_with_where_it_comes_from_also_beside_words() {
    let config = file(&folder("refused-config"), "own.toml", "quality = \"hgh\"\n");
    for (mut command, from) in [(program(), "IMGCOST_QUALITY"), (program(), "own.toml")] {
        command.args(words("gpt-image-2 1024"));
        match from {
            "own.toml" => command.args(["--config", &config]),
            name => command.env(name, "hgh"),
        };
        let ran = finish(&mut command, b"");
        assert!(ran.code == 2 && ran.stderr.contains("quality 'hgh'"), "{ran:?}");
        assert!(ran.stderr.contains(&format!("from {from}")) || ran.stderr.contains(from), "{ran:?}");
    }
    let typed = finish(program().args(words("gpt-image-2 hd 1024")).env("IMGCOST_QUALITY", "low"), b"");
    assert!(!typed.stderr.contains("IMGCOST_QUALITY"), "{typed:?}");
}
