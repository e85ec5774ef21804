//! `imgcost solve` as a user runs it.

use crate::common::{self, file, folder, imgcost, run, snapshot};

const CHEAPEST: &str = "solve --model gpt-image-2 --quality low --min-pixels 1000000";
const BUDGET: &str = "solve --budget 5 --aspect 3:2 --min-quality medium --how-many";

#[test]
fn every_format_says_the_same_plan() {
    for format in ["table", "markdown", "csv", "tsv", "json", "jsonl"] {
        let ran = imgcost(&format!("{CHEAPEST} -f {format}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        snapshot(&format!("solve.{format}"), &ran.stdout);
    }
}

#[test]
fn words_and_flags_search_for_the_same() {
    for (words, flags) in [
        ("1024x1024 high x4", "-s 1024x1024 -q high -n 4"),
        (
            "gpt-image-2 azure low x3 --min-pixels 1000000",
            "-m gpt-image-2 -p azure -q low -n 3 --min-pixels 1000000",
        ),
        ("gpt-image-2.5* low medium 1024", "-m gpt-image-2.5* -q low,medium -s 1024x1024"),
    ] {
        let [words, flags] = [words, flags].map(|line| imgcost(&format!("solve {line} --json")));
        assert_eq!((words.code, &words.stdout), (0, &flags.stdout), "{words:?} {flags:?}");
    }
    let ran = imgcost("solve 1024 1536x1024");
    assert!(ran.code == 2 && ran.stderr.contains("solve chooses the size"), "{ran:?}");
}

#[test]
fn budgets_splits_and_ranges_read_well() {
    for (name, line) in [
        ("budget", BUDGET),
        ("split", "solve -n 100000 -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9"),
        ("top", "solve -n 25 --min-quality high -p openai,azure --allow-batch --top 4"),
        ("range", "solve -m gpt-image-2.6-flare -q low --by ceiling --prompt-tokens 20"),
        ("currency", "solve -m gpt-image-2 -q high -n 4 --currency JPY --fx 149.8@2026-11-20"),
    ] {
        let ran = imgcost(line);
        assert_eq!(ran.code, 0, "{ran:?}");
        let long = ran.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{line}");
        snapshot(&format!("solve-{name}.txt"), &ran.stdout);
    }
}

#[test]
fn the_command_of_a_plan_quotes_its_price() {
    for line in [CHEAPEST, BUDGET, "solve -n 7 -p all --min-quality high --allow-batch"] {
        let solution = imgcost(&format!("{line} -f json")).json();
        for plan in [&solution["plans"][0], &solution["runner_up"]] {
            for calls in plan["calls"].as_array().unwrap() {
                let command = calls["command"].as_str().unwrap().strip_prefix("imgcost ").unwrap();
                let quote = imgcost(&format!("{command} -f json")).json();
                assert_eq!(quote["total"]["expected"], calls["total"]["expected"], "{command}");
                assert_eq!(quote["total"]["ceiling"], calls["total"]["ceiling"], "{command}");
            }
        }
    }
}

#[test]
fn what_a_budget_buys_stays_within_it_and_one_more_does_not() {
    let solution = imgcost(&format!("{BUDGET} -f json")).json();
    let plan = &solution["plans"][0];
    let images = plan["images"].as_u64().unwrap();
    let cost = |n: u64| -> f64 {
        let (model, quality) = (plan["model"].as_str().unwrap(), plan["quality"].as_str().unwrap());
        let size = plan["size"].as_str().unwrap();
        let more = imgcost(&format!("solve --by ceiling -m {model} -q {quality} -s {size} -n {n} -f json"));
        more.json()["plans"][0]["total"]["ceiling"].as_str().unwrap().parse().unwrap()
    };
    assert!(cost(images) <= 5.0 && cost(images + 1) > 5.0);
    assert_eq!(plan["total"]["ceiling"].as_str().unwrap().parse::<f64>().unwrap(), cost(images));
}

#[test]
fn a_budget_that_buys_nothing_is_3() {
    let ran = imgcost("solve -m gpt-image-2 --how-many --budget 0.001");
    assert_eq!(ran.code, 3);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(text.contains("buys no image: the cheapest may cost up to $0.00162"), "{ran:?}");
    }
    let document = imgcost("solve -m gpt-image-2 --how-many --budget 0.001 -f json");
    assert_eq!(document.code, 3);
    let document = document.json();
    assert_eq!(document["plans"].as_array().unwrap().len(), 0);
    assert_eq!(document["cheapest"]["total"]["ceiling"], "0.00162");
}

#[test]
fn only_candidates_without_a_price_is_4() {
    let ran = imgcost("solve -p new-api -m gpt-image-2");
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("gpt-image-2 at new-api has no price"), "{ran:?}");
    let ran = imgcost("solve -p new-api -m gpt-image-2 -f json");
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (4, Some("unpriced")));
}

#[test]
fn what_can_t_be_met_names_the_nearest() {
    for (line, field, nearest) in [
        ("solve -m gpt-image-1 --aspect 16:9", "size", "1536x1024"),
        ("solve -m gpt-image-2 -s 1000x1000", "size", "1008x1008"),
        ("solve -m gpt-image-2 --min-pixels 9000000", "size", "2880x2880"),
        ("solve -m gpt-image-2 -q hgih", "quality", "high"),
        ("solve -m gpt-image-2 -q low,hgh", "quality", "high"),
        ("solve -m gpt-imgae-2", "model", "gpt-image-2"),
        ("solve -p opnai", "provider", "openai"),
        ("solve --min-quality hgih", "min_quality", "high"),
        ("solve --aspect 3x2", "aspect", "3:2"),
        ("solve --min-pixels 10 --max-pixels 9", "min_pixels", "9"),
        ("solve -n 0", "n", "1"),
        ("solve --top 0", "top", "1"),
    ] {
        let ran = imgcost(&format!("{line} -f json"));
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        let error = &ran.json()["error"];
        assert_eq!(
            (error["field"].as_str(), error["nearest"].as_str()),
            (Some(field), Some(nearest)),
            "{line}"
        );
    }
}

#[test]
fn bad_arguments_are_refused_with_their_name() {
    for (line, words) in [
        ("solve --budget 5", "--how-many"),
        ("solve --how-many", "--budget"),
        ("solve --budget 5 --how-many -n 3", "-n"),
        ("solve -n 11 --budget 0.01 -m gpt-image-2", "--budget"),
        ("solve -m ,", "model: an entry of the list is empty"),
        ("solve -m gpt-image-2,,gpt-image-1", "model: an entry"),
        ("solve -m gpt-image-2 -q low,", "quality: an entry"),
        ("solve -m gpt-image-2 -q low,auto", "never chosen"),
        ("solve -s 1024x1024 --aspect 3:2", "does not meet the other constraints: aspect 3:2"),
        ("solve -n 4294967296", "1 to 4294967295"),
        ("solve --min-pixels 4294967296", "0 to 4294967295"),
        ("solve --min-quality hd", "retired models do: dall-e-3"),
        ("solve --budget x --how-many", "budget = x"),
        ("solve --aspect 3:2 --aspect-tolerance 200%", "aspect_tolerance = 200%"),
        ("solve --aspect-tolerance 1%", "--aspect"),
        ("solve -s auto", "size = auto"),
        ("solve --min-width -5", "min_width = -5"),
        ("solve --request body.json", "takes no request body"),
        ("solve --allow-batch --tier batch", "--tier"),
        ("solve --currency JPY", "--fx"),
        ("solve -m gpt-image-2 --input-fidelity high --image 512x512", "input_fidelity"),
    ] {
        let ran = imgcost(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
        assert!(ran.stderr.contains(words), "{line}: {ran:?}");
    }
}

#[test]
fn settings_choose_the_provider_but_not_what_is_searched() {
    let folder = folder("solve-settings");
    let settings = "model = \"gpt-image-1\"\nquality = \"high\"\nsize = \"1024x1024\"\nprovider = \"azure-openai\"\nassume_prompt_tokens = 7\n";
    let path = file(&folder, "config.toml", settings);
    let ran =
        common::finish(common::program().env("IMGCOST_CONFIG", path).args(["solve", "-f", "json"]), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let solution = ran.json();
    let plan = &solution["plans"][0];
    assert_eq!(plan["provider"], "azure-openai");
    assert!(plan["model"] != "gpt-image-1" && plan["quality"] == "low", "{plan}");
    assert!(solution["notes"].as_array().unwrap().iter().any(|note| note["code"] == "prompt-assumed"));
}

#[test]
fn input_images_make_it_an_edit() {
    let ran =
        run(&["solve", "-m", "gpt-image-2,dall-e-3", "-q", "low,hd", "--image", "512x512", "-f", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let solution = ran.json();
    assert_eq!(solution["plans"][0]["model"], "gpt-image-2");
    assert_eq!(
        (&solution["left_out"][0]["model"], &solution["left_out"][0]["reason"]),
        (&"dall-e-3".into(), &"refused".into())
    );
}

#[test]
fn results_go_to_files_too() {
    let folder = folder("solve-files");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (page, rows) = (path("plan.html"), path("plan.csv"));
    let words: Vec<&str> = common::words(CHEAPEST).into_iter().chain(["-o", &page, "-o", &rows]).collect();
    let ran = run(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let written = std::fs::read_to_string(&page).unwrap();
    assert!(written.contains("1760x592") && written.contains("runner-up"), "{written}");
    assert_eq!(std::fs::read_to_string(&rows).unwrap(), imgcost(&format!("{CHEAPEST} -f csv")).stdout);
    assert_eq!(imgcost(&format!("{CHEAPEST} -o plan.pdf")).code, 2);
}

#[test]
fn numbers_and_headings_are_never_broken() {
    for line in [
        "solve --budget 1000000 --how-many -m gpt-image-2 -q low",
        "solve -p new-api --budget 1 --how-many --group-ratio 0.7",
        "compare -p openai,aihubmix,azure -m gpt-image-1*,gpt-image-2 -q all -s 1024x1024 --baseline first --currency JPY --fx 149.8@2026-11-20",
    ] {
        let ran = imgcost(line);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{ran:?}");
        // The heading is one line, and what goes on below a line stands on the left, where names do.
        assert!(lines[1].starts_with(" model") || lines[1].starts_with(" provider"), "{ran:?}");
        assert!(lines[1].split_whitespace().any(|word| ["USD", "%"].contains(&word)), "{ran:?}");
        let table = lines.iter().skip(2).take_while(|line| !line.contains(": ") && !line.contains(" call:"));
        for line in table.filter(|line| line.split_whitespace().count() <= 2) {
            assert!(line.chars().count() < 34, "{line}: {ran:?}");
        }
    }
    let ran = imgcost("solve --budget 1000000 --how-many -m gpt-image-2 -q low");
    assert!(ran.stdout.contains(" 999,999.9984\n"), "{ran:?}");
}

/// The words of a command as a shell parts them: quotes are taken off.
fn parted(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut inside) = (None::<String>, false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                inside = !inside;
                word.get_or_insert_default();
            }
            '\\' if !inside => word.get_or_insert_default().extend(letters.next()),
            ' ' if !inside => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn the_command_repeats_all_that_costs() {
    let folder = folder("solve command's");
    let own = file(
        &folder,
        "own.toml",
        "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n[[model]]\nid = \"gpt-image-2\"\n\
         [[model.rates]]\nimage_output = \"30\"\ntext_input = \"500\"\nfrom = \"2026-01-01\"\nreason = \"mine\"\n",
    );
    let mut jobs: Vec<Vec<&str>> = [
        "solve -p new-api -m gpt-image-1 --group-ratio 0.7 -q low",
        "solve -m gpt-image-2 -q low --as-of 2026-08-01",
        "solve -m gpt-image-2 -q low --stream --partial-images 2 -n 3 -s 1024x1024",
        "solve -m gpt-image-2 -q low --stream -s 1024x1024",
        "solve -m gpt-image-1.5 -q low --image 512x512 --image 800x600 --input-fidelity high --prompt-tokens 70",
        "solve -m gpt-image-2 -q low --image 512x512 --mask 512x512 --assume-prompt-tokens 33",
        "solve -m gpt-image-2 -q low --endpoint responses --responses-model gpt-5.4 --prompt-tokens 12",
        "solve -m gpt-image-2 -q low -n 23 --tier batch --prompt-tokens 9 -s 1024x1024",
        "solve -p google-gemini-api --min-width 1200 --prompt-tokens 40",
        "solve -p bfl --min-pixels 2000000",
        "solve -m gpt-image-2.6-flare -q low --output-format webp --output-compression 50 -s 1024x1024",
    ]
    .iter()
    .map(|line| common::words(line))
    .collect();
    jobs.push(vec!["solve", "-p", "google-gemini-api", "--prompt", "a cat, isn't it? $5"]);
    jobs.push(vec!["solve", "-m", "gpt-image-2", "-q", "low", "--prompt-tokens", "90", "--prices", &own]);
    for mut job in jobs {
        job.extend(["-f", "json"]);
        let ran = run(&job);
        assert_eq!(ran.code, 0, "{job:?}: {ran:?}");
        for calls in ran.json()["plans"][0]["calls"].as_array().unwrap() {
            let mut words = parted(calls["command"].as_str().unwrap());
            words.extend(["-f".to_owned(), "json".to_owned()]);
            let quote = run(words.get(1..).unwrap());
            assert_eq!(quote.code, 0, "{words:?}: {quote:?}");
            let quote = quote.json();
            for part in ["floor", "expected", "ceiling"] {
                assert_eq!(quote["total"][part], calls["total"][part], "{part} of {words:?}");
            }
        }
    }
}

#[test]
fn what_costs_nothing_has_no_end() {
    let line = "solve -p new-api -m gpt-image-1 -q low --group-ratio 0 --budget 5 --how-many";
    let ran = imgcost(line);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("costs nothing: the budget of $5 has no end"), "{ran:?}");
    let document = imgcost(&format!("{line} -f json")).json();
    assert_eq!(
        (&document["endless"], &document["cheapest"]["total"]["ceiling"]),
        (&true.into(), &"0".into())
    );
}

#[test]
fn plans_of_models_that_end_soon_come_after_the_others_and_are_told_of() {
    let line = "solve -s 1024x1024 --prompt-tokens 30 --as-of 2026-11-30";
    let document = imgcost(&format!("{line} -f json --top 100")).json();
    let plans = document["plans"].as_array().unwrap();
    let ends: Vec<bool> = plans.iter().map(|plan| plan["availability"] == "ends").collect();
    let first = ends.iter().position(|ends| *ends).unwrap();
    assert!(first > 0 && ends[first..].iter().all(|ends| *ends), "{ends:?}");
    assert_eq!(plans[first]["shutdown"], "2026-12-01");
    assert!(plans.iter().all(|plan| plan["availability"] != "retired"));
    assert_eq!(document["ending"]["model"], "gpt-image-1-mini");
    let page = imgcost(line).stdout;
    assert!(page.contains("cheaper for now: gpt-image-1-mini low 1024x1024: -62.9 %"), "{page}");
    assert!(page.lines().nth(2).unwrap().contains("gpt-image-2 "), "{page}");
    // A while before its end it is the best, as it is when asked for by its name.
    let before = imgcost("solve -s 1024x1024 --prompt-tokens 30 --as-of 2026-10-30 -f json").json();
    assert_eq!(before["plans"][0]["model"], "gpt-image-1-mini");
    assert!(before.get("ending").is_none(), "{before}");
    let asked = imgcost(&format!("{line} -m gpt-image-1-mini,gpt-image-2"));
    assert!(asked.stdout.lines().nth(2).unwrap().contains("ends 2026-12-01"), "{asked:?}");
}

#[test]
fn a_retired_model_that_is_asked_for_by_name_is_marked() {
    let line = "solve -m gpt-image-1,gpt-image-2 -q low -s 1024x1024 --top 2";
    let ran = imgcost(line);
    assert!(
        ran.stdout.lines().any(|line| line.contains("gpt-image-1 ") && line.contains(" retired ")),
        "{ran:?}"
    );
    let document = imgcost(&format!("{line} -f json")).json();
    let plans = document["plans"].as_array().unwrap();
    assert_eq!((&plans[0]["model"], &plans[0]["availability"]), (&"gpt-image-2".into(), &"current".into()));
    let retired = &plans[1];
    assert_eq!((&retired["model"], &retired["shutdown"]), (&"gpt-image-1".into(), &"2026-10-23".into()));
    // It would be the cheapest, and can't be called.
    let cheaper =
        imgcost("solve -m gpt-image-1-mini,gpt-image-2 -q medium -s 1024x1024 --as-of 2026-12-05 -f json");
    let cheaper = cheaper.json();
    assert_eq!(cheaper["plans"][0]["model"], "gpt-image-2", "{cheaper}");
    assert_eq!(cheaper["runner_up"]["model"], "gpt-image-1-mini");
    assert!(cheaper.get("ending").is_none(), "{cheaper}");
}
