//! Rows put together, so that few engines have to be started.

use opencode_rs::permission::Policy;
use opencode_rs::request::{Effect, Preset};

use super::exceptions::OTHER_TOOLS;
use super::table::{Case, Ground};

/// How many calls one engine is given: each makes the next request longer.
const MOST_CALLS: usize = 120;

/// A run of the program: rows whose rules do not get in each other's way.
pub(super) struct Pack {
    pub(super) preset: Preset,
    pub(super) rules: Vec<String>,
    pub(super) cases: Vec<Case>,
}

/// Puts rows together whose effects stay the same when their rules are put together, so that few engines are started.
pub(super) fn packs(ground: &Ground, cases: Vec<Case>) -> Vec<Pack> {
    let mut units: Vec<Pack> = Vec::new();
    for case in cases {
        let same = |unit: &&mut Pack| (unit.preset, &unit.rules) == (case.preset, &case.rules);
        match units.iter_mut().find(same) {
            Some(unit) => unit.cases.push(case),
            None => units.push(Pack {
                preset: case.preset,
                rules: case.rules.clone(),
                cases: vec![case],
            }),
        }
    }
    units.sort_by_key(|unit| std::cmp::Reverse(unit.cases.len()));
    let mut packs: Vec<Pack> = Vec::new();
    for unit in units {
        let fitting = packs.iter_mut().find_map(|pack| {
            let rules = together(&pack.rules, &unit.rules);
            let policy = ground.policy(unit.preset, &rules);
            let fits = pack.preset == unit.preset
                // A plain prompt is held in another way when there are rules.
                && (unit.preset != Preset::LookOnly || pack.rules.is_empty() == unit.rules.is_empty())
                && pack.cases.len() + unit.cases.len() <= MOST_CALLS
                && [&unit, &*pack].iter().all(|part| {
                    let own = ground.policy(part.preset, &part.rules);
                    part.cases.iter().all(|case| {
                        // A tool that is not there proves nothing about a rule that only denies some of its calls.
                        case.judged_by(&policy, ground).effect == case.expect
                            && is_removed(&policy, case) == is_removed(&own, case)
                    })
                });
            fits.then_some((pack, rules))
        });
        match fitting {
            Some((pack, rules)) => {
                pack.rules = rules;
                pack.cases.extend(unit.cases);
            }
            None => packs.push(unit),
        }
    }
    for pack in &mut packs {
        // Rows that must not run come last: no later row can hide their effects. Rows that read come before rows that
        // write: the files are still unchanged.
        let writes = |case: &Case| matches!(case.tool.as_str(), "write" | "edit");
        pack.cases
            .sort_by_key(|case| (case.expect != Effect::Allow, writes(case)));
    }
    packs
}

/// Whether the tool of a row is denied altogether.
fn is_removed(policy: &Policy, case: &Case) -> bool {
    let name = match case.tool.as_str() {
        "write" | "apply_patch" => "edit",
        name => name,
    };
    policy
        .removed_tools()
        .iter()
        .any(|removed| removed == name || removed.strip_suffix('*').is_some_and(|start| name.starts_with(start)))
}

fn together(rules: &[String], more: &[String]) -> Vec<String> {
    let mut all = rules.to_vec();
    all.extend(more.iter().filter(|rule| !rules.contains(rule)).cloned());
    all
}

/// The engine lowers the case of a tool's name before it asks for permission: `BASH` is `bash`.
pub(super) fn as_called(case: Case, ground: &Ground) -> Case {
    let tool = case.tool.to_lowercase();
    if tool == case.tool || tool != "bash" && !OTHER_TOOLS.contains(&tool.as_str()) {
        return case;
    }
    let case = Case { tool, ..case };
    let policy = ground.policy(case.preset, &case.rules);
    Case {
        expect: case.judged_by(&policy, ground).effect,
        ..case
    }
}
