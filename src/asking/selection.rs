//! A choice among a few fixed answers, which nothing withdraws: `dialoguer`, behind a pause.

use std::io;

use console::Term;
use dialoguer::Select;
use dialoguer::theme::SimpleTheme;

use super::Gone;
use super::device::{Device, give_back_terminal};

/// Shows `facts`, a line each, and lets the person choose one of `answers`; returns `None` when the person presses Esc. The
/// cursor starts on the first answer, so the first answer is the harmless one.
///
/// What is typed before the question stands there is thrown away, until nothing is typed for 400 ms.
pub(crate) fn select(
    device: &Device,
    facts: impl IntoIterator<Item = String>,
    prompt: &str,
    answers: &[&str],
) -> Result<Option<usize>, Gone> {
    let asked = || -> Result<_, dialoguer::Error> {
        for fact in facts {
            device.write_line(&fact)?;
        }
        device.remember_modes()?;
        device.wait_for_silence()?;
        let (input, output) = device.handles()?;
        Select::with_theme(&SimpleTheme)
            .with_prompt(prompt)
            .items(answers)
            .default(0)
            .interact_on_opt(&Term::read_write_pair(input, output))
    };
    let answer = asked();
    give_back_terminal();
    answer.map_err(|dialoguer::Error::IO(error)| match error.kind() {
        io::ErrorKind::Interrupted => Gone::Interrupted,
        _ => Gone::Closed,
    })
}
