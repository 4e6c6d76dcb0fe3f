//! Directories whose names need care on their way through addresses, headers and configuration.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn an_agent_works_in_a_directory_of_any_name() {
    let sandbox = Sandbox::new();
    for name in ["with space", "100% a+b", "ünï 漢字 'q' \"d\"", "a&b=c#d?e"] {
        let directory = sandbox.path(&format!("dirs/{name}"));
        sandbox.write(&format!("dirs/{name}/notes.txt"), "the fox jumps");
        let script = "[[reply]]\ntool_calls = [{ name = \"read\", arguments = { filePath = \"notes.txt\" } }]\n\
                      [[reply]]\ntool_result = \"the fox jumps\"\ntext = \"seen\"";
        let finished = sandbox
            .rehearse(
                script,
                [
                    "--output-format".as_ref(),
                    "json".as_ref(),
                    "-d".as_ref(),
                    directory.as_os_str(),
                    "Look".as_ref(),
                ],
            )
            .finish()
            .expect(0);
        let record = finished.record();
        assert_eq!(record["result"], "seen", "{name}: {record:#}");
        let directory = std::fs::canonicalize(&directory).unwrap();
        assert_eq!(record["directory"], json!(directory));
        assert_eq!(record["tool_calls"][0]["title"], json!(directory.join("notes.txt")));
    }
    sandbox.expect_nothing_left();
}

#[test]
fn a_directory_that_the_engine_decodes_once_too_often_is_explained() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("project/100%25")).unwrap();
    let finished = sandbox
        .rehearse("", ["--output-format", "json", "-d", "100%25", "Say it"])
        .finish()
        .expect(126)
        .says(&[
            "hint: the engine does not find directories with `%` and two hexadecimal digits in their path; rename",
        ]);
    assert_eq!(finished.record()["error"]["kind"], "engine");
    sandbox.expect_nothing_left();
}

#[test]
fn a_relative_directory_and_the_current_one_are_the_same_place() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("project/sub dir")).unwrap();
    let _model = sandbox.share_engine("[[reply]]\ntext = \"ok\"\ntimes = 2");
    let record = sandbox
        .attached(["--output-format", "json", "-d", "sub dir", "Say it"])
        .finish()
        .expect(0)
        .record();
    assert_eq!(record["directory"], json!(sandbox.project().join("sub dir")));
    let record = sandbox
        .attached(["--output-format", "json", "Say it"])
        .directory(sandbox.path("project/sub dir"))
        .finish()
        .expect(0)
        .record();
    assert_eq!(record["directory"], json!(sandbox.project().join("sub dir")));
}

#[test]
fn a_directory_that_does_not_exist_is_refused() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .rehearse("", ["--output-format", "json", "-d", "no such", "Say it"])
        .finish()
        .expect(2)
        .says(&[
            "error: cannot work in `",
            "no such`",
            "hint: name a directory that exists with `--directory`\n",
        ]);
    assert_eq!(finished.record()["error"]["kind"], "usage");
    sandbox.expect_nothing_left();
}
