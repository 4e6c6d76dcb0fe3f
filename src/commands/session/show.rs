//! `session show` and `session todo`.

use super::RunningCommand;
use crate::cli::SessionTarget;
use crate::client::types::TodoItem;
use crate::commands::document::ListItem;
use crate::commands::table::{Column, or_dash, write_entries};
use crate::commands::write_stdout;
use crate::error::Failure;
use crate::render::markdown_page;
use crate::request::{ListFormat, Reasoning, Rendering, SchemaName};
use crate::support::json;
use crate::terminal::{Stream, Terminal, sanitize};
use crate::transcript::markdown;

pub(super) async fn show(
    call: RunningCommand<'_>,
    target: &SessionTarget,
    reasoning: Reasoning,
    rendering: Rendering,
) -> Result<(), Failure> {
    let (_, document) = call.read(target).await?;
    if call.request.output.format == ListFormat::Json {
        let bytes = json::document(&document)
            .map_err(|error| Failure::failed("cannot write the document").caused_by(&error))?;
        return write_stdout(&bytes);
    }
    let page = markdown(&document, reasoning);
    let terminal = Terminal::of_process(&call.context.environment);
    if terminal.is_terminal(Stream::Stdout) {
        let color = terminal.color(call.request.output.color, Stream::Stdout);
        let shown = match rendering {
            Rendering::Markdown => markdown_page(&page, terminal.columns(), color),
            Rendering::Raw => sanitize(&page).into_owned(),
        };
        write_stdout(shown.as_bytes())?;
    } else {
        write_stdout(page.as_bytes())?;
    }
    if let Some(from) = document.reverted_from() {
        call.say(&format!(
            "{} messages are undone and not shown; `opencode-rs session unrevert {}` brings them back",
            document.messages.len() - from,
            document.id()
        ));
    }
    Ok(())
}

impl ListItem for TodoItem {
    const LIST: SchemaName = SchemaName::Todo;
}

pub(super) async fn todo(call: RunningCommand<'_>, target: &SessionTarget) -> Result<(), Failure> {
    let items = call
        .look(async |source, directory| {
            let entry = source.find(call, directory, target).await?;
            source.todo(&entry.id).await
        })
        .await?;
    let output = &call.request.output;
    let columns = [
        Column::Text("STATUS"),
        Column::Text("PRIORITY"),
        Column::Flexible("TASK"),
    ];
    write_entries(call.context, output, &items, &columns, |item| {
        let cells = [&item.status, &item.priority, &item.content];
        cells.map(|cell| or_dash(cell.clone())).to_vec()
    })?;
    if items.is_empty() && output.format == ListFormat::Text {
        call.say("the session has no list of things to do");
    }
    Ok(())
}
