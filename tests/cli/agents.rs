//! `agents`.

use serde_json::json;

use super::support::Home;
use crate::support::schemas;

#[test]
fn the_engines_own_helpers_are_listed_on_request_only() {
    let home = Home::new();
    home.write(
        ".opencode/agent/critic.md",
        "---\ndescription: Finds\n  faults\nmode: subagent\nmodel: rehearsal/reasoner\n---\nFind faults.\n",
    );
    let finished = home.run(&["agents", "--rehearse", "--trust", "--output-format", "json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let agents = schemas::items(&finished.stdout);
    let names: Vec<&str> = agents.iter().map(|agent| agent["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["build", "critic", "explore", "general", "plan"]);
    assert_eq!(
        agents[1],
        json!({
            "name": "critic",
            "mode": "subagent",
            "description": "Finds faults",
            "model": "rehearsal/reasoner",
            "variant": null,
            "native": false,
            "hidden": false,
            "default": false,
        })
    );
    assert_eq!(agents[0]["default"], true);

    let all = home.run(&["agents", "--rehearse", "--trust", "-v"]);
    let lines: Vec<&str> = all.stdout.lines().collect();
    assert_eq!(lines.len(), 8, "{all:?}");
    assert_eq!(lines[2], "critic\tsubagent\trehearsal/reasoner\t-\tFinds faults");
    assert!(
        lines[1].starts_with("compaction\tprimary\t-\tnative,hidden\t"),
        "{all:?}"
    );
}
