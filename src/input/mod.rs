//! Prompt text, piped stdin, editor, attachments.
