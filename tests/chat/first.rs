use crate::support::{Pty, Sandbox};

#[test]
fn scratch() {
    let sandbox = Sandbox::new();
    let mut pty = Pty::rehearse(&sandbox, "[[reply]]\ntext = \"Hello **you**\"\n", &["chat"]);
    pty.wait_for("> ");
    pty.send("Hi there\r");
    pty.wait_for("Hello you");
    pty.wait_for("· build");
    println!("{}", pty.screen());
    pty.send("/help\r");
    pty.wait_for("a space first");
    println!("{}", pty.screen());
    pty.send("/mo\t");
    std::thread::sleep(std::time::Duration::from_millis(500));
    println!("{}", pty.screen());
    pty.send("\x03");
    std::thread::sleep(std::time::Duration::from_millis(300));
    pty.send("\x03");
    pty.wait_for("press Ctrl-C");
    println!("{}", pty.screen());
    pty.send("\x03");
    println!("status {}", pty.finish());
    println!("{}", pty.screen());
    sandbox.expect_nothing_left();
}
