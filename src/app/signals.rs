//! The only listener for signals.

use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::context::{InterruptReason, Interrupts};
use crate::error::{Failure, FailureKind};

/// Signals within this time count as one request: a closing terminal sends several, and so do wrappers that pass on a
/// Ctrl-C which the whole process group has received already.
const SAME_REQUEST: Duration = Duration::from_millis(100);
/// Limit for a command to be dropped after a second signal.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts listening. The first signal interrupts; the second cancels the returned token.
///
/// The listener has a thread and a runtime of its own, so that it receives a Ctrl-C also while the command is busy with
/// an operation that cannot be cancelled.
///
/// # Errors
///
/// When the system provides no thread or no signal handler.
pub(super) fn listen(interrupts: &Interrupts) -> Result<CancellationToken, Failure> {
    let failure = |error: std::io::Error| {
        Failure::failed("cannot listen for signals")
            .caused_by(&error)
            .hint("raise the limit on open files (`ulimit -n 256`)")
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failure)?;
    let signals = {
        let _inside = runtime.enter();
        Signals::open().map_err(failure)?
    };
    let leave = CancellationToken::new();
    let (interrupts, second) = (interrupts.clone(), leave.clone());
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let first = runtime.block_on(watch(signals, interrupts, second));
            thread::sleep(DROP_TIMEOUT);
            leave_now(first);
        })
        .map_err(failure)?;
    Ok(leave)
}

/// Waits for the first signal and reports it, then for the second and reports that; returns the reason of the first.
async fn watch(mut signals: Signals, interrupts: Interrupts, second: CancellationToken) -> InterruptReason {
    let first = loop {
        let reason = signals.next().await;
        if reason != InterruptReason::Interrupted || !interrupts.press() {
            break reason;
        }
    };
    interrupts.interrupt(first);
    let first_at = Instant::now();
    loop {
        signals.next().await;
        if first_at.elapsed() > SAME_REQUEST {
            second.cancel();
            return first;
        }
    }
}

/// The last resort, when dropping the command takes too long.
#[expect(clippy::exit, reason = "the main thread is stuck, and the user has asked twice")]
fn leave_now(reason: InterruptReason) {
    #[cfg(unix)]
    crate::asking::give_back_terminal();
    std::process::exit(i32::from(FailureKind::from(reason).exit_code()));
}

#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
    quit: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Signals that our parent ignores (`nohup`, a shell's `&`) stay ignored.
        let ignored = ignored_signals();
        let unless_ignored = |kind: SignalKind| {
            let bit = 1_u64 << (kind.as_raw_value() - 1);
            (ignored & bit == 0).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: unless_ignored(SignalKind::hangup())?,
            quit: unless_ignored(SignalKind::quit())?,
        })
    }

    async fn next(&mut self) -> InterruptReason {
        tokio::select! {
            () = received(self.interrupt.as_mut()) => InterruptReason::Interrupted,
            () = received(Some(&mut self.terminate)) => InterruptReason::Terminated,
            () = received(self.hangup.as_mut()) => InterruptReason::Terminated,
            () = received(self.quit.as_mut()) => InterruptReason::Terminated,
        }
    }
}

#[cfg(unix)]
async fn received(signal: Option<&mut tokio::signal::unix::Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// The set of ignored signals, one bit each; empty when the system does not report it.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .unwrap_or(0)
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    pause: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::windows;
        Ok(Self {
            interrupt: windows::ctrl_c()?,
            pause: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
            shutdown: windows::ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) -> InterruptReason {
        tokio::select! {
            _ = self.interrupt.recv() => InterruptReason::Interrupted,
            _ = self.pause.recv() => InterruptReason::Interrupted,
            _ = self.close.recv() => InterruptReason::Terminated,
            _ = self.shutdown.recv() => InterruptReason::Terminated,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[test]
    fn the_first_signal_interrupts_and_a_later_one_leaves() {
        let interrupts = Interrupts::default();
        let leave = CancellationToken::new();
        // A shell without job control starts background commands with SIGINT ignored; SIGINT stays ignored.
        let int_is_ignored = ignored_signals() & (1 << (Signal::INT.as_raw() - 1)) != 0;
        let (first, reason) = if int_is_ignored {
            (Signal::TERM, InterruptReason::Terminated)
        } else {
            (Signal::INT, InterruptReason::Interrupted)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let heard = {
            let _inside = runtime.enter();
            watch(Signals::open().unwrap(), interrupts.clone(), leave.clone())
        };
        runtime.block_on(async {
            let send = async {
                // Signals close together count as one request, so the later signals come a while after the first.
                let mut beat = tokio::time::interval(SAME_REQUEST / 4);
                loop {
                    beat.tick().await;
                    // The order of two pending signals is undefined, so the second kind waits for its turn.
                    let signal = match interrupts.reason() {
                        None => first,
                        Some(_) => Signal::TERM,
                    };
                    kill_process(getpid(), signal).unwrap();
                }
            };
            let ends = async {
                assert_eq!(interrupts.interrupted().await, reason);
                assert!(interrupts.token().is_cancelled());
                assert!(!leave.is_cancelled());
                leave.cancelled().await;
            };
            tokio::select! {
                heard = heard => assert_eq!(heard, reason),
                () = send => {},
                done = tokio::time::timeout(Duration::from_secs(20), ends) => done.unwrap(),
            }
        });
        assert!(leave.is_cancelled());
        assert_eq!(interrupts.reason(), Some(reason));
    }
}
