//! When a catalog is cut, from which providers, and when it is not.

use std::fmt::Write as _;
use std::fs;

use opencode_rs::catalog;
use serde_json::{Value, json};

use super::support::CatalogHome;

/// A catalog of 30 providers that are called `p0` to `p28` and `opencode`.
fn literal() -> String {
    let mut text = String::from("{");
    for number in 0..29 {
        write!(
            text,
            "p{number}:{{id:\"p{number}\",env:[\"P{number}_KEY\"],name:\"P\",models:{{\"m/1\":{{id:\"m/1\",tool_call:!0,cost:{{input:.5}}}}}}}},"
        )
        .unwrap();
    }
    text.push_str("opencode:{id:\"opencode\",env:[\"OPENCODE_API_KEY\"],name:\"O\",models:{}}}");
    text
}

fn home() -> CatalogHome {
    CatalogHome::with_catalog(&literal())
}

#[test]
fn a_cut_catalog_has_the_providers_in_use_in_the_engines_order() {
    let home = home();
    home.write(".local/share/opencode/auth.json", br#"{"p9":{"type":"api","key":"x"}}"#);
    home.write(
        ".config/opencode/opencode.jsonc",
        b"{ // mine\n\"provider\": {\"p7\": {}} }",
    );
    home.write("project/opencode.json", br#"{"model":"p11/m"}"#);
    home.write(
        "project/.opencode/opencode.json",
        br#"{"provider":{"{env:PROVIDER}":{"options":{"apiKey":"{file:key.txt}"}}}}"#,
    );
    home.write("project/.opencode/key.txt", b"secret");
    let cut = home
        .prepare_naming(
            &["p2"],
            &[
                ("P5_KEY", "x"),
                ("P6_KEY", ""),
                ("PROVIDER", "p20"),
                ("OPENCODE_CONFIG_CONTENT", r#"{"model":"p3/m"}"#),
            ],
        )
        .unwrap();
    let expected = ["p2", "p3", "p5", "p7", "p9", "p11", "p20", "opencode"];
    assert_eq!(cut.providers, expected);
    let catalog: Value = serde_json::from_slice(&fs::read(&cut.path).unwrap()).unwrap();
    assert_eq!(catalog.as_object().unwrap().keys().collect::<Vec<_>>(), expected);
    assert_eq!(
        catalog["p2"],
        json!({ "id": "p2", "env": ["P2_KEY"], "name": "P", "models": { "m/1": { "id": "m/1", "tool_call": true, "cost": { "input": 0.5 } } } })
    );
}

#[test]
fn a_second_run_reads_the_index_and_gives_the_same_file() {
    let home = home();
    let first = home.prepare(&[("P1_KEY", "x")]).unwrap();
    assert_eq!(home.prepare(&[("P1_KEY", "y")]), Some(first.clone()));
    // Another engine of the same name is another catalog.
    let program = fs::read(&home.engine.path).unwrap();
    fs::write(&home.engine.path, [program.as_slice(), b" "].concat()).unwrap();
    assert_ne!(home.prepare(&[("P1_KEY", "x")]), Some(first));
}

#[test]
fn a_downloaded_catalog_is_cut_instead_of_the_engines_own() {
    let home = home();
    let providers: serde_json::Map<String, Value> = (0..25)
        .map(|number| {
            let id = format!("d{number}");
            let provider = json!({ "id": id, "env": [], "name": "é", "models": {} });
            (id, provider)
        })
        .collect();
    home.write(
        ".cache/opencode/models.json",
        &serde_json::to_vec_pretty(&providers).unwrap(),
    );
    let cut = home.prepare_naming(&["d3"], &[]).unwrap();
    assert_eq!(cut.providers, ["d3"]);
    home.write(".cache/opencode/models.json", b"{broken");
    assert_eq!(home.prepare_naming(&["d3"], &[]), None);
}

#[test]
fn whatever_may_enable_a_provider_unseen_leaves_the_catalog_whole() {
    type Doubt = (&'static str, &'static str, &'static [u8]);
    let files: [Doubt; 9] = [
        ("a plugin", "project/.opencode/plugin/x.js", b""),
        ("a user's plugin", ".config/opencode/plugins/x.ts", b""),
        ("a plugin by name", "project/opencode.json", br#"{"plugin":["x"]}"#),
        ("a plugin above", "opencode.jsonc", br#"{"plugin":["x"]}"#),
        ("escapes", "project/opencode.json", br#"{"provider":{"\u0070":{}}}"#),
        (
            "remote configuration",
            ".local/share/opencode/auth.json",
            br#"{"https://x.org":{"type":"wellknown","key":"K","token":"t"}}"#,
        ),
        ("broken credentials", ".local/share/opencode/auth.json", b"{"),
        ("an old configuration", ".config/opencode/config", b""),
        (
            "an unreadable database",
            ".local/share/opencode/opencode.db",
            b"SQLite format 3\0",
        ),
    ];
    for (what, path, contents) in files {
        let home = home();
        assert!(home.prepare(&[]).is_some());
        home.write(path, contents);
        assert_eq!(home.prepare(&[]), None, "{what}");
    }
    let variables = [
        ("OPENCODE_MODELS_PATH", "/x"),
        ("OPENCODE_MODELS_URL", "http://localhost"),
        ("OPENCODE_DB", "other.db"),
        ("OPENCODE_CONFIG", "relative.json"),
        ("OPENCODE_CONFIG_CONTENT", r#"{"plugin":["x"]}"#),
        ("OPENCODE_AUTH_CONTENT", "no json"),
    ];
    for variable in variables {
        assert_eq!(home().prepare(&[variable]), None, "{variable:?}");
    }
    let mut unknown = home();
    unknown.engine.version = "1.19.0".parse().unwrap();
    assert_eq!(unknown.prepare(&[]), None);
}

#[test]
fn an_unknown_version_uses_the_cut_catalog_while_the_engine_offers_the_same_with_it() {
    let mut home = home();
    home.engine.version = "1.19.0".parse().unwrap();
    let first = home.choose(&[], &[]);
    assert_eq!(first.cut, None);
    assert!(first.trial.unwrap().agrees("p1/m p2/m"), "the first run only records");

    let later = home.choose(&[], &[]);
    assert_eq!(later.cut.unwrap().providers, ["opencode"]);
    assert!(later.trial.unwrap().agrees("p1/m p2/m"));
    // Another set of providers, and another configuration, have a first run of their own.
    assert_eq!(home.choose(&["p2"], &[]).cut, None);
    assert_eq!(home.choose(&[], &[("OPENCODE_CONFIG_CONTENT", "{}")]).cut, None);

    let other = home.choose(&[], &[]);
    assert!(other.cut.is_some());
    assert!(!other.trial.unwrap().agrees("p1/m"));
    let refused = home.choose(&[], &[]);
    assert_eq!((refused.cut, refused.trial), (None, None));
}

#[test]
fn an_account_in_the_engines_database_leaves_the_catalog_whole() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/catalog");
    let cases = [
        ("account-none.db", true),
        ("account-none-with-log.db", true),
        ("account-one.db", false),
        ("account-one-in-log.db", false),
    ];
    for (name, is_cut) in cases {
        let home = home();
        let database = fs::read(data.join(name)).unwrap();
        home.write(".local/share/opencode/opencode.db", &database);
        if let Ok(log) = fs::read(data.join(format!("{name}-wal"))) {
            home.write(".local/share/opencode/opencode.db-wal", &log);
            // An engine leaves an index of its log as well.
            home.write(".local/share/opencode/opencode.db-shm", b"");
        }
        assert_eq!(home.prepare(&[]).is_some(), is_cut, "{name}");
    }
}

#[test]
fn a_program_of_another_shape_is_left_alone() {
    let good = literal();
    let literals = [
        String::new(),
        "{}".to_owned(),
        good.replace("!0", "f()"),
        good.replace("p7:", "p8:"),
        good.replace("\"m/1\":", "`m/1`:"),
        // Two of them: which one is it?
        format!("{good}))+(()=>({good}"),
        good[..good.len() - 1].to_owned(),
    ];
    for literal in literals {
        let home = CatalogHome::with_catalog(&literal);
        assert_eq!(home.prepare(&[]), None, "{}", literal.get(..200).unwrap_or(&literal));
        // And again, from the cache.
        assert_eq!(home.prepare(&[]), None);
    }
}

#[test]
fn variables_that_the_catalog_does_not_know_enable_their_providers_too() {
    let home = CatalogHome::with_catalog(
        &literal()
            .replace("p4", "amazon-bedrock")
            .replace("amazon-bedrock:{", "\"amazon-bedrock\":{"),
    );
    assert_eq!(
        home.providers(&[("AWS_PROFILE", "work")]).unwrap(),
        ["amazon-bedrock", "opencode"]
    );
    assert_eq!(home.providers(&[]).unwrap(), ["opencode"]);
}

#[test]
fn the_empty_catalog_is_an_empty_object() {
    let home = home();
    let path = catalog::empty(&home.directories()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"{}");
    assert_eq!(catalog::empty(&home.directories()).unwrap(), path);
}
