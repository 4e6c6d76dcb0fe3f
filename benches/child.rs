//! Running a program to its end, with a clock.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// How long a program may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// A program that has ended well.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its name, for messages.
    pub(crate) name: String,
    /// From before the start until it was waited for.
    pub(crate) wall: Duration,
    /// User and system time, of all that it waited for too; in steps of 10 ms, and on Linux alone.
    pub(crate) cpu: Option<Duration>,
    /// When stdout began.
    pub(crate) first_byte: Option<Instant>,
    /// All of it.
    pub(crate) stdout: String,
    /// All of it.
    pub(crate) stderr: String,
}

/// Runs a program.
///
/// # Errors
///
/// When it cannot be started, hangs, or fails; with what it wrote to stderr.
pub(crate) fn run(command: &mut Command) -> Result<Finished, Error> {
    run_and(command, |_| {})
}

/// Runs a program; `started` gets its process id, and must return soon.
pub(crate) fn run_and(command: &mut Command, started: impl FnOnce(u32)) -> Result<Finished, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let cpu_before = cpu_of_children();
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot run `{name}`: {error}"))?;
    started(child.id());
    let (status, streams) = wait(&mut child).map_err(|what| format!("`{name}` {what}"))?;
    let wall = start.elapsed();
    let cpu = cpu_before
        .zip(cpu_of_children())
        .map(|(before, after)| after.saturating_sub(before));
    let [stdout, stderr] = streams;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !status.success() {
        return Err(format!(
            "`{name}` failed: {status}\n{}{}",
            text(&stdout.bytes),
            text(&stderr.bytes)
        ));
    }
    Ok(Finished {
        name,
        wall,
        cpu,
        first_byte: stdout.began,
        stdout: text(&stdout.bytes),
        stderr: text(&stderr.bytes),
    })
}

#[derive(Debug, Default)]
struct Stream {
    began: Option<Instant>,
    bytes: Vec<u8>,
}

/// Waits for the end of a child and of its streams. One that hangs is ended.
fn wait(child: &mut Child) -> Result<(ExitStatus, [Stream; 2]), Error> {
    let (sender, ended) = mpsc::channel();
    let stdout = child.stdout.take().ok_or("has no stdout")?;
    let stderr = child.stderr.take().ok_or("has no stderr")?;
    let readers: [Box<dyn Read + Send>; 2] = [Box::new(stdout), Box::new(stderr)];
    for (at, reader) in readers.into_iter().enumerate() {
        let sender = sender.clone();
        // The receiver goes away only when the child hangs.
        thread::spawn(move || drop(sender.send((at, read(reader)))));
    }
    drop(sender);
    let until = Instant::now() + DEADLINE;
    let mut streams: [Stream; 2] = Default::default();
    loop {
        match ended.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((at, stream)) => streams[at] = stream,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // It is our child and not yet waited for.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {} s", DEADLINE.as_secs()));
            }
        }
    }
    let status = child.wait().map_err(|error| format!("cannot be waited for: {error}"))?;
    Ok((status, streams))
}

fn read(mut reader: impl Read) -> Stream {
    let mut stream = Stream::default();
    let mut piece = [0; 8 << 10];
    // A stream that breaks is at its end.
    while let Ok(count @ 1..) = reader.read(&mut piece) {
        stream.began.get_or_insert_with(Instant::now);
        stream.bytes.extend_from_slice(&piece[..count]);
    }
    stream
}

/// The time of all children that were waited for, and of theirs.
fn cpu_of_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold anything; user and system time of children are fields 16 and 17.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    // A hundred ticks are a second, whatever the kernel counts in.
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}
