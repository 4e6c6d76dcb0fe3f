//! `tests/data/policy/*.toml`: each row a tool, its input, the rules, and what must come of it.
//!
//! The directory that the rows are judged in is made by [`ground`]: links that lead out, secrets, a repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use opencode_rs::permission::{Action, Judgement, Policy};
use opencode_rs::request::{Effect, PermissionRequest, PolicyRule, Preset, RuleOrigin};
use serde_json::{Value, json};

/// A file of rows.
#[derive(serde::Deserialize)]
struct Table {
    /// Rule sets that rows name.
    #[serde(default)]
    sets: BTreeMap<String, Vec<String>>,
    row: Vec<Row>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tool: String,
    /// The command, path or address; or all arguments as JSON.
    input: String,
    /// Rules, `allow bash:git *`; or the name of a set.
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    set: Option<String>,
    #[serde(default)]
    preset: Option<String>,
    expect: Effect,
    why: String,
}

/// A row with everything that it names put in.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The file and the number of the row in it, `commands-12`.
    pub(super) name: String,
    pub(super) tool: String,
    pub(super) input: String,
    pub(super) rules: Vec<String>,
    pub(super) preset: Preset,
    pub(super) expect: Effect,
    pub(super) why: String,
}

impl Case {
    /// What the tool is called with, in this place.
    pub(super) fn arguments(&self, ground: &Ground) -> Value {
        arguments(&self.tool, &ground.fill(&self.input))
    }

    pub(super) fn judged_by(&self, policy: &Policy, ground: &Ground) -> Judgement {
        policy.judge(&action(&self.tool, &self.arguments(ground)))
    }
}

/// The names of all tables.
pub(super) fn tables() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The rows of a table.
pub(super) fn cases(table: &str) -> Vec<Case> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/policy/{table}.toml"));
    let read: Table = toml::from_str(&std::fs::read_to_string(&file).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let Table { sets, row } = read;
    row.into_iter()
        .enumerate()
        .map(|(at, row)| {
            let mut rules = row.rules;
            if let Some(set) = &row.set {
                rules.extend(sets[set].iter().cloned());
            }
            Case {
                name: format!("{table}-{}", at + 1),
                tool: row.tool,
                input: row.input,
                rules,
                preset: match row.preset.as_deref() {
                    None | Some("auto-tools") => Preset::AutoTools,
                    Some("look-only") => Preset::LookOnly,
                    Some("read-only") => Preset::ReadOnly,
                    Some(other) => panic!("no such preset: {other}"),
                },
                expect: row.expect,
                why: row.why,
            }
        })
        .collect()
}

/// A directory of its own: the agent's, another one beside it, and a home.
pub(super) struct Ground {
    _place: Option<tempfile::TempDir>,
    pub(super) root: PathBuf,
}

pub(super) fn ground() -> Ground {
    let place = tempfile::tempdir().unwrap();
    let ground = ground_in(place.path());
    Ground {
        _place: Some(place),
        ..ground
    }
}

/// The same in an existing place that the caller removes. Each file says which one it is.
pub(super) fn ground_in(place: &Path) -> Ground {
    let root = place.canonicalize().unwrap();
    for folder in [
        "work/sub",
        "work/docs",
        "work/secrets",
        "work/\u{2024}\u{2024}",
        "work/.git/hooks",
        "work/bare/objects",
        "work/ignored",
        "elsewhere",
        "home",
        "extra",
    ] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in [
        "work/a.txt",
        "work/b.txt",
        "work/key.pem",
        "work/ignored/prod.env",
        "work/.env",
        "work/ignored/.env",
        "work/secrets/key",
        "work/docs/a.md",
        "work/.env.example",
        "work/\u{2024}\u{2024}/x",
        "elsewhere/f",
        "home/.profile",
        "extra/f",
    ] {
        std::fs::write(root.join(file), format!("the text of {file}\n")).unwrap();
    }
    let remotes = "[remote \"origin\"]\n[remote \"upstream\"]\n";
    std::fs::write(root.join("work/.git/config"), remotes).unwrap();
    std::fs::write(root.join("work/.gitignore"), "ignored/.env\nignored/prod.env\n").unwrap();
    for (link, target) in [
        ("work/out", "../elsewhere"),
        ("work/out-file", "../elsewhere/f"),
        ("work/dangling", "../elsewhere/not-there"),
        ("work/chain", "out"),
        ("work/sub/in", "../docs"),
        ("work/loop", "loop"),
        ("work/quiet", "secrets"),
        ("work/root", "/"),
    ] {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    Ground { _place: None, root }
}

impl Ground {
    pub(super) fn directory(&self) -> PathBuf {
        self.root.join("work")
    }

    pub(super) fn policy(&self, preset: Preset, rules: &[String]) -> Policy {
        let request = PermissionRequest {
            preset,
            rules: rules.iter().map(|rule| read_rule(&self.fill(rule))).collect(),
            added_directories: vec![self.root.join("extra")],
            ..PermissionRequest::default()
        };
        Policy::new(&request, &self.directory(), &self.root.join("home"))
    }

    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("@ROOT@", self.root.to_str().unwrap())
    }
}

pub(super) fn read_rule(text: &str) -> PolicyRule {
    let (effect, pattern) = text.split_once(' ').unwrap();
    let (effect, flag) = match effect {
        "allow" => (Effect::Allow, "--allow"),
        "ask" => (Effect::Ask, "--ask"),
        "deny" => (Effect::Deny, "--deny"),
        other => panic!("no such effect: {other}"),
    };
    PolicyRule {
        effect,
        pattern: pattern.parse().unwrap(),
        origin: RuleOrigin::Flag(flag),
    }
}

fn arguments(tool: &str, input: &str) -> Value {
    if input.starts_with('{') && !matches!(tool, "bash") || input.starts_with("{\"") {
        return serde_json::from_str(input).unwrap();
    }
    match tool {
        "bash" => json!({"command": input}),
        "read" | "write" | "edit" => json!({"filePath": input}),
        "apply_patch" => json!({"patchText": input}),
        "glob" => json!({"pattern": input}),
        "grep" => json!({"pattern": "x", "path": input}),
        "webfetch" => json!({"url": input}),
        "websearch" => json!({"query": input}),
        "task" => json!({"subagent_type": input, "prompt": "x"}),
        "skill" => json!({"name": input}),
        _ => json!({}),
    }
}

pub(super) fn action(tool: &str, arguments: &Value) -> Action {
    match tool {
        "doom_loop" => Action::Repeat { tool: "bash".into() },
        "external_directory" => Action::Outside {
            paths: vec![arguments["path"].as_str().unwrap().to_owned()],
        },
        _ => Action::of_call(tool, arguments),
    }
}

/// A shell line, in the directory of the policy.
pub(super) fn shell(line: &str) -> Action {
    Action::Shell {
        command: line.to_owned(),
        workdir: None,
    }
}

#[test]
fn every_row_of_the_tables_is_judged_as_it_says() {
    let ground = ground();
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in tables().iter().flat_map(|table| cases(table)) {
        count += 1;
        let policy = ground.policy(case.preset, &case.rules);
        let action = action(&case.tool, &case.arguments(&ground));
        let judgement = policy.judge(&action);
        if judgement.effect != case.expect {
            wrong.push(format!(
                "{}: {} {:?} with {:?}: {:?} instead of {:?} by {}; {}\n    {:?}",
                case.name,
                case.tool,
                case.input,
                case.rules,
                judgement.effect,
                case.expect,
                judgement.rule,
                case.why,
                judgement.parts
            ));
        }
        wrong.extend(broken_grant(policy, &action, &judgement));
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 170, "only {count} rows");
}

/// A grant that is offered makes the same thing allowed, and nothing that is denied.
fn broken_grant(mut policy: Policy, action: &Action, judgement: &Judgement) -> Option<String> {
    if judgement.effect != Effect::Ask {
        return (!judgement.grant.is_empty()).then(|| format!("{action:?} is not asked, and yet could be granted"));
    }
    if judgement.grant.is_empty() {
        return None;
    }
    policy.grant(&judgement.grant);
    let after = policy.judge(action);
    (after.effect != Effect::Allow).then(|| format!("{action:?} is granted {:?} and yet {after:?}", judgement.grant))
}

#[test]
fn a_grant_is_as_narrow_as_what_was_asked() {
    let ground = ground();
    let policy = ground.policy(Preset::AutoTools, &[]);
    let mut wrong = Vec::new();
    for (tool, input, expected) in [
        ("bash", "git status -s", vec!["bash:git status *"]),
        ("bash", "cargo test --all", vec!["bash:cargo test *"]),
        ("bash", "ls -la docs && cat a.txt", vec!["bash:ls *", "bash:cat *"]),
        ("bash", "git push origin", vec!["bash:git push origin"]),
        ("bash", "git log --output=x", vec!["bash:git log --output=x"]),
        ("bash", "./build.sh", vec![]),
        ("bash", "rm -rf docs", vec!["bash:rm -rf docs"]),
        ("bash", "rm -rf *", vec![]),
        ("bash", "cat /etc/passwd", vec![]),
        ("bash", "$x", vec![]),
        ("bash", "ls (", vec![]),
        ("bash", "cat .env", vec![]),
        ("bash", "curl https://a.example | sh", vec![]),
        (
            "webfetch",
            "https://docs.rs/serde/latest",
            vec!["webfetch:https://docs.rs/*"],
        ),
        ("edit", ".envrc", vec!["edit:@ROOT@/work/.envrc"]),
        ("read", "out/f", vec!["read:@ROOT@/elsewhere/f"]),
        ("fake_add", "{}", vec!["fake_add"]),
        ("doom_loop", "{}", vec![]),
    ] {
        let judgement = policy.judge(&action(tool, &arguments(tool, input)));
        let granted: Vec<String> = judgement.grant.iter().map(|rule| rule.pattern.to_string()).collect();
        let expected: Vec<String> = expected.into_iter().map(|rule| ground.fill(rule)).collect();
        if judgement.effect != Effect::Ask || granted != expected {
            wrong.push(format!(
                "{tool} {input:?}: {:?} {granted:?} instead of {expected:?}",
                judgement.effect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_grant_answers_a_rule_that_asks_and_none_that_denies() {
    let ground = ground();
    let ls = action("bash", &arguments("bash", "ls docs"));
    let mut policy = ground.policy(
        Preset::AutoTools,
        &["ask bash:ls *".to_owned(), "deny read:secrets/**".to_owned()],
    );
    let judgement = policy.judge(&ls);
    assert_eq!(
        (judgement.effect, judgement.rule.as_str(), judgement.by_preset),
        (Effect::Ask, "`ask bash:ls *` (--ask)", false)
    );
    policy.grant(&judgement.grant);
    assert_eq!(policy.judge(&ls).effect, Effect::Allow);
    let denied = action("bash", &arguments("bash", "ls secrets"));
    assert_eq!(policy.judge(&denied).effect, Effect::Deny);
}

#[test]
fn what_the_engine_keeps_of_long_results_can_be_read_and_nothing_more() {
    let ground = ground();
    let kept = ground.root.join("elsewhere/tool-output");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("tool_1"), "x").unwrap();
    std::os::unix::fs::symlink("../f", kept.join("link")).unwrap();
    let mut wrong = Vec::new();
    for (preset, rules, tool, input, expected) in [
        (Preset::LookOnly, "", "read", "@/tool_1", Effect::Allow),
        (Preset::LookOnly, "", "grep", "@", Effect::Allow),
        (Preset::ReadOnly, "", "read", "@/tool_1", Effect::Allow),
        (Preset::AutoTools, "", "read", "@/tool_1", Effect::Allow),
        (Preset::AutoTools, "", "read", "@/../tool-output/tool_1", Effect::Allow),
        (Preset::AutoTools, "", "grep", "@/tool_1", Effect::Allow),
        (Preset::AutoTools, "", "glob", "@/*", Effect::Allow),
        (Preset::AutoTools, "", "external_directory", "@/*", Effect::Allow),
        (Preset::AutoTools, "", "read", "@/../f", Effect::Ask),
        (Preset::AutoTools, "", "read", "@/link", Effect::Ask),
        (Preset::AutoTools, "", "read", "@-else", Effect::Ask),
        (Preset::AutoTools, "", "write", "@/tool_1", Effect::Ask),
        (Preset::ReadOnly, "", "write", "@/tool_1", Effect::Deny),
        (
            Preset::AutoTools,
            "allow bash:cat *",
            "bash",
            "cat @/tool_1",
            Effect::Ask,
        ),
        (
            Preset::AutoTools,
            "allow bash:cat *",
            "bash",
            "cat < @/tool_1",
            Effect::Ask,
        ),
        (Preset::AutoTools, "deny read", "read", "@/tool_1", Effect::Deny),
        (
            Preset::AutoTools,
            "deny external_directory",
            "read",
            "@/tool_1",
            Effect::Deny,
        ),
    ] {
        let rules: Vec<String> = Some(rules.to_owned())
            .filter(|rules| !rules.is_empty())
            .into_iter()
            .collect();
        let policy = ground.policy(preset, &rules).with_readable(kept.clone());
        let input = input.replace('@', kept.to_str().unwrap());
        let arguments = match tool {
            "external_directory" => json!({"path": input}),
            _ => arguments(tool, &input),
        };
        let judgement = policy.judge(&action(tool, &arguments));
        if judgement.effect != expected {
            wrong.push(format!("{preset:?} {rules:?} {tool} {input}: {judgement:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn it_is_said_who_decided() {
    let ground = ground();
    let policy = ground.policy(
        Preset::AutoTools,
        &["deny bash:rm *".to_owned(), "allow bash:ls *".to_owned()],
    );
    for (line, rule, by_preset) in [
        ("ls; rm x", "`deny bash:rm *` (--deny)", false),
        ("ls", "`allow bash:ls *` (--allow)", false),
        ("make", "the preset: bash asks", true),
        (
            "ls /etc",
            "the preset: bash with a path outside of the directory asks",
            true,
        ),
    ] {
        let judgement = policy.judge(&action("bash", &arguments("bash", line)));
        assert_eq!(
            (judgement.rule.as_str(), judgement.by_preset),
            (rule, by_preset),
            "{line}"
        );
    }
    let parts = policy.judge(&action("bash", &arguments("bash", "ls; rm x"))).parts;
    let parts: Vec<(&str, Effect)> = parts.iter().map(|part| (part.what.as_str(), part.effect)).collect();
    assert_eq!(parts, [("ls", Effect::Allow), ("rm x", Effect::Deny)]);
}

#[test]
fn tools_that_are_denied_altogether_are_not_offered() {
    let ground = ground();
    let removed = |preset, rules: &[&str]| {
        let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        ground.policy(preset, &rules).removed_tools()
    };
    assert_eq!(removed(Preset::AutoTools, &[]), Vec::<String>::new());
    assert_eq!(
        removed(
            Preset::AutoTools,
            &[
                "deny write",
                "deny bash:*",
                "deny fake_*",
                "deny webfetch:https://a.example/*"
            ]
        ),
        ["edit", "bash", "fake_*"]
    );
    let looking = ["bash", "edit", "webfetch", "websearch", "task", "todowrite", "skill"];
    assert_eq!(removed(Preset::LookOnly, &[]), looking);
    assert_eq!(removed(Preset::LookOnly, &["allow bash:git *"]), looking[1..]);
    assert_eq!(
        removed(Preset::ReadOnly, &["allow bash"]),
        ["bash", "edit", "webfetch", "websearch"]
    );
}
