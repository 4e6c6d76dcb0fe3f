//! A store that version 2 of the engine has migrated: tables are added and removed, and the events are gone.

use serde_json::Value;

use crate::support::{Finished, Model, Sandbox};

const SCRIPT: &str = "\
    [[reply]]\nmatch = \"Alice\"\ntext = \"Hello Alice\"\ntimes = \"always\"\n\
    [[reply]]\nmatch = \"Who\"\ntext = \"You are Alice\"\ntimes = \"always\"";

/// What version 2.0 does to the tables of 1.18 when it first opens the store.
const MIGRATION: &str = "\
    CREATE TABLE session_v2 (id TEXT PRIMARY KEY, project_id TEXT, parent_id TEXT, title TEXT, time_created INTEGER);
    INSERT INTO session_v2 SELECT id, project_id, parent_id, title, time_created FROM session;
    CREATE TABLE session_inbox (id TEXT PRIMARY KEY, session_id TEXT, data TEXT);
    CREATE TABLE instruction_state (session_id TEXT PRIMARY KEY, data TEXT);
    CREATE TABLE worktree (id TEXT PRIMARY KEY, directory TEXT);
    CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT);
    INSERT INTO kv VALUES ('migration.v1-v2', '{\"phase\":\"completed\"}');
    DROP TABLE IF EXISTS control_account;
    DROP TABLE IF EXISTS data_migration;
    DROP TABLE IF EXISTS session_context_epoch;
    DROP TABLE IF EXISTS session_input;
    ALTER TABLE project ADD COLUMN time_active INTEGER;
    INSERT INTO migration VALUES ('20260911000000_of_version_2', 1);
    DELETE FROM event;";

#[test]
fn everything_of_ours_holds_on_it() {
    let sandbox = Sandbox::new();
    let model = Model::start(SCRIPT);
    let catalog = sandbox.write("catalog.json", "{}");
    let run = |arguments: &[&str]| -> Finished {
        let run = sandbox
            .run(arguments)
            .env("OPENCODE_CONFIG_CONTENT", model.engine_config());
        run.env("OPENCODE_MODELS_PATH", &catalog).finish().expect(0)
    };
    run(&["--title", "the talk", "I am Alice"]);
    let database = sandbox.path("home/.local/share/opencode/opencode.db");
    let store = rusqlite::Connection::open(&database).unwrap();
    let events = |store: &rusqlite::Connection| -> i64 {
        store
            .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
            .unwrap()
    };
    assert!(events(&store) > 0);
    store.execute_batch(MIGRATION).unwrap();
    assert_eq!(events(&store), 0);
    drop(store);

    let session = |arguments: &[&str]| run(&[&["session"], arguments].concat());
    assert!(session(&["list"]).stdout.contains("the talk"));
    assert!(session(&["show", "the talk"]).stdout.contains("Hello Alice"));
    let exported = session(&["export", "the talk"]).stdout;
    let document: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(document["messages"].as_array().unwrap().len(), 2);

    run(&["-s", "the talk", "Who am I?"]).writes("You are Alice\n");
    run(&["-c", "Who am I?"]).writes("You are Alice\n");
    let shown = session(&["show", "the talk"]).stdout;
    assert_eq!(shown.matches("You are Alice").count(), 2, "{shown}");
    let file = sandbox.write("export.json", exported);
    session(&["import", "--copy", "--title", "imported", file.to_str().unwrap()]);
    assert!(session(&["list"]).stdout.contains("imported"));
    session(&["delete", "-y", "the talk"]);
    sandbox.expect_nothing_left();
}
