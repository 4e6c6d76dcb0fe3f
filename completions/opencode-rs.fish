# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_opencode_rs_global_optspecs
    string join \n q/quiet v/verbose color= no-progress profile= prompt-file= e/editor n/no-stdin f/file= m/model= agent= variant= effort= system= system-file= k/keep name= keep-for= new c/continue s/session= fork no-wait title= ephemeral output-format= o/output-last-message= last include-raw thinking raw stall-timeout= max-retries= retry-budget= auto-tools allow= ask= deny= policy= y/yes read-only add-dir= fail-on-deny approver= approver-timeout= max-turns= max-tool-calls= max-tokens= max-cost= verify= require-change worktree= d/directory= p/port= fresh attach= engine= offline bare trust no-input rehearse= timeout= h/help V/version
end

function __fish_opencode_rs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_opencode_rs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_opencode_rs_using_subcommand
    set -l cmd (__fish_opencode_rs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l prompt-file -d 'Read the prompt from this file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s f -l file -d 'Attach a text file, an image, a PDF or a directory listing (`-` is stdin); may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s m -l model -d 'Use this model, `provider/model` or `model` alone [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l agent -d 'Use this agent [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l variant -d 'Use this variant of the model [default: the model\'s own]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l effort -d 'Choose how hard the model thinks, by the variants that it has [default: the model\'s own]' -r -f -a "none\t''
low\t''
medium\t''
high\t''
max\t''"
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l system -d 'Add this text to the system prompt' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l system-file -d 'Add the text of this file to the system prompt' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l name -d 'Keep it under this name; implies `-k` [default: default]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l keep-for -d 'Stop the kept server after this time without use [default: 30m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s s -l session -d 'Go on with this session: its id or the beginning of it, its title, or the name of a kept conversation' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l title -d 'Give the session this title [default: made from its first prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l output-format -d 'Choose the format of stdout [default: text]' -r -f -a "text\t''
json\t''
stream-json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s o -l output-last-message -d 'Write the last message of the answer to this file too' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l stall-timeout -d 'End the run when model and tools are silent for this time; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l max-retries -d 'Let the engine try a failing provider again at most this often [default: 5]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l retry-budget -d 'Let retries take at most this time in total [default: 5m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l max-turns -d 'Let the model be called at most this often, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l max-tool-calls -d 'Let at most this many tools be called, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l max-tokens -d 'Let at most this many tokens be used, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l max-cost -d 'Let the run cost at most this many dollars, such as `0.25` [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l verify -d 'Succeed only if this shell command succeeds after the turn, in the agent\'s directory' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l worktree -d 'Let the agent work in a fresh git worktree, on a branch of its own [default: a made-up name]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s e -l editor -d 'Write the prompt in an editor (VISUAL, else EDITOR, else vi), which shows the words given'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s n -l no-stdin -d 'Never read stdin'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s k -l keep -d 'Keep the conversation: the next `-k` in this directory goes on where this one ended'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l new -d 'Start the kept conversation over; the old session stays in the engine\'s store'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s c -l continue -d 'Go on with the session of this directory that was used last'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l fork -d 'Go on with a copy of the session; with `-k`, the copy is what is kept from now on'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l no-wait -d 'Fail instead of waiting when another command is at work on the conversation'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l ephemeral -d 'Delete the session afterwards'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l last -d 'Write the last message of the answer alone to stdout, once the turn is over'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l include-raw -d 'Write the engine\'s own events too; needs `--output-format stream-json`'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l raw -d 'Write the answer as the model wrote it, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l require-change -d 'Succeed only if some file changed'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s V -l version -d 'Print version'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "run" -d 'Send one prompt, print the answer, exit'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "chat" -d 'Open a dialog; piped in, send one prompt a line'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "server" -d 'Start, show and stop the servers that are kept warm'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "session" -d 'List, show, copy, export and delete conversations'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "engine" -d 'Find, install and remove the engine program'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "models" -d 'List the models that the engine offers'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "agents" -d 'List the agents that the engine offers'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "api" -d 'Call any endpoint of the engine\'s HTTP interface'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "policy" -d 'Tell what would be allowed, asked and denied, and what was'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "doctor" -d 'Check engine, server, model access, terminal and disk'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "config" -d 'Show the settings in use, with their origin'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "rehearse" -d 'Serve the scripted model on its own, for other programs'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "auth" -d 'Log in to a provider, log out, list the logins; the engine itself asks'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "completions" -d 'Print the completions for a shell'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "help" -d 'Show the help of a command'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "version" -d 'Show the version'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "generate" -d 'Write shell completions and manual pages'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l prompt-file -d 'Read the prompt from this file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s f -l file -d 'Attach a text file, an image, a PDF or a directory listing (`-` is stdin); may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s m -l model -d 'Use this model, `provider/model` or `model` alone [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l agent -d 'Use this agent [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l variant -d 'Use this variant of the model [default: the model\'s own]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l effort -d 'Choose how hard the model thinks, by the variants that it has [default: the model\'s own]' -r -f -a "none\t''
low\t''
medium\t''
high\t''
max\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l system -d 'Add this text to the system prompt' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l system-file -d 'Add the text of this file to the system prompt' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l name -d 'Keep it under this name; implies `-k` [default: default]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l keep-for -d 'Stop the kept server after this time without use [default: 30m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s s -l session -d 'Go on with this session: its id or the beginning of it, its title, or the name of a kept conversation' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l title -d 'Give the session this title [default: made from its first prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l output-format -d 'Choose the format of stdout [default: text]' -r -f -a "text\t''
json\t''
stream-json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s o -l output-last-message -d 'Write the last message of the answer to this file too' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l stall-timeout -d 'End the run when model and tools are silent for this time; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l max-retries -d 'Let the engine try a failing provider again at most this often [default: 5]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l retry-budget -d 'Let retries take at most this time in total [default: 5m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l max-turns -d 'Let the model be called at most this often, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l max-tool-calls -d 'Let at most this many tools be called, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l max-tokens -d 'Let at most this many tokens be used, subagents included [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l max-cost -d 'Let the run cost at most this many dollars, such as `0.25` [default: no limit]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l verify -d 'Succeed only if this shell command succeeds after the turn, in the agent\'s directory' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l worktree -d 'Let the agent work in a fresh git worktree, on a branch of its own [default: a made-up name]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s e -l editor -d 'Write the prompt in an editor (VISUAL, else EDITOR, else vi), which shows the words given'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s n -l no-stdin -d 'Never read stdin'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s k -l keep -d 'Keep the conversation: the next `-k` in this directory goes on where this one ended'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l new -d 'Start the kept conversation over; the old session stays in the engine\'s store'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s c -l continue -d 'Go on with the session of this directory that was used last'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l fork -d 'Go on with a copy of the session; with `-k`, the copy is what is kept from now on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l no-wait -d 'Fail instead of waiting when another command is at work on the conversation'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l ephemeral -d 'Delete the session afterwards'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l last -d 'Write the last message of the answer alone to stdout, once the turn is over'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l include-raw -d 'Write the engine\'s own events too; needs `--output-format stream-json`'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l raw -d 'Write the answer as the model wrote it, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l require-change -d 'Succeed only if some file changed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s f -l file -d 'Attach this to the first prompt; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s m -l model -d 'Use this model, `provider/model` or `model` alone [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l agent -d 'Use this agent [default: the engine\'s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l variant -d 'Use this variant of the model [default: the model\'s own]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l effort -d 'Choose how hard the model thinks, by the variants that it has [default: the model\'s own]' -r -f -a "none\t''
low\t''
medium\t''
high\t''
max\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l system -d 'Add this text to the system prompt' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l system-file -d 'Add the text of this file to the system prompt' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l name -d 'Keep it under this name; implies `-k` [default: default]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l keep-for -d 'Stop the kept server after this time without use [default: 30m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s s -l session -d 'Go on with this session: its id or the beginning of it, its title, or the name of a kept conversation' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l title -d 'Give the session this title [default: made from its first prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l stall-timeout -d 'End a turn when model and tools are silent for this time; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s k -l keep -d 'Keep the conversation: the next `-k` in this directory goes on where this one ended'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l new -d 'Start the kept conversation over; the old session stays in the engine\'s store'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s c -l continue -d 'Go on with the session of this directory that was used last'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l fork -d 'Go on with a copy of the session; with `-k`, the copy is what is kept from now on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l no-wait -d 'Fail instead of waiting when another command is at work on the conversation'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l ephemeral -d 'Delete the session afterwards'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l raw -d 'Write answers as the model wrote them, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "start" -d 'Start the server that `-k` would use here, or find it; its id is printed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "list" -d 'List the servers of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "ls" -d 'List the servers of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "status" -d 'Show one server in detail; the exit status is 1 when there is none that answers'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "stop" -d 'Stop servers, with everything that they started'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and not __fish_seen_subcommand_from start list ls status stop logs" -f -a "logs" -d 'Show what a server and its engine had to say; also of one that has ended'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l keep-for -d 'Stop it after this time without use [default: 30m]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -s d -l directory -d 'List those of this directory only [default: all]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -s d -l directory -d 'List those of this directory only [default: all]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -s d -l directory -d 'Take the one of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -s d -l directory -d 'Stop those of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l all -d 'Stop every server, and end what is left of servers that were killed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l force -d 'Stop them even while commands use them'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s d -l directory -d 'Take the one of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s n -l lines -d 'Show the last lines only [default: all]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on with what is added, until the server ends'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand server; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "list" -d 'List sessions, the last used first'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "ls" -d 'List sessions, the last used first'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "show" -d 'Show a conversation'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "rename" -d 'Give a session another title'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "fork" -d 'Copy a session, and print the id of the copy'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "delete" -d 'Delete sessions, with those of their subagents'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "rm" -d 'Delete sessions, with those of their subagents'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "abort" -d 'End what a session is doing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "compact" -d 'Let the model replace a conversation by a summary of it'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "revert" -d 'Undo prompts with their answers, and the changes that they made to files'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "unrevert" -d 'Take a revert back'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "diff" -d 'Show what a session changed in files, as a unified diff'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "todo" -d 'Show the list of things to do that the model keeps'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "export" -d 'Write a whole session to stdout or a file'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "import" -d 'Store an exported session as one of this directory, and print its id'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "share" -d 'Publish a session on the engine\'s sharing site, and print its address'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "unshare" -d 'Take a shared session back'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and not __fish_seen_subcommand_from list ls show rename fork delete rm abort compact revert unrevert diff todo export import share unshare prune" -f -a "prune" -d 'Delete sessions that nothing happened in for some time'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l search -d 'List only sessions whose title holds this' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l limit -d 'List at most so many; 0 lists all' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l children -d 'List the sessions of subagents too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l archived -d 'List sessions that were put away too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l search -d 'List only sessions whose title holds this' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l limit -d 'List at most so many; 0 lists all' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l children -d 'List the sessions of subagents too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l archived -d 'List sessions that were put away too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l thinking -d 'Show the model\'s reasoning too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l raw -d 'Do not render Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l at -d 'Copy up to this message and including it: the number of a prompt, which counts with its answer, or an id' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l title -d 'Give the copy this title [default: that of the session, and a number]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from fork" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from abort" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s m -l model -d 'Let this model write the summary [default: the last one of the session]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from compact" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l to -d 'Undo this prompt and all that came after it: its number, or an id [default: the last prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s y -l yes -d 'Do not ask'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from revert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unrevert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l message -d 'Show only what this prompt changed: its number, or an id [default: each prompt, one after the other]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from todo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l format -d 'Choose the format of the export' -r -f -a "json\t'The engine\'s own format, which can be imported'
markdown\t'A page for people'"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s o -l output -d 'Write to this file [default: stdout]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l sanitize -d 'Leave out contents of files, output of tools, reasoning and rules; write the home directory as `~`'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l force -d 'Replace the file if there is one'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l title -d 'Give it this title [default: its own]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l copy -d 'Import it as a session of its own, with new ids'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s y -l yes -d 'Do not ask'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from share" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s a -l all -d 'Look among the sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from unshare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l older-than -d 'Delete sessions that nothing happened in for this time, such as `30d`' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s a -l all -d 'Delete sessions of all directories'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l kept -d 'Delete conversations that are kept under a name, too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be deleted, and delete nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Do not ask'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand session; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "which" -d 'Show the engine that a run would use'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "list" -d 'List every engine on this machine, with the reason why one is not used'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "ls" -d 'List every engine on this machine, with the reason why one is not used'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "install" -d 'Download, verify and install an engine; a damaged one is replaced'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "use" -d 'Prefer this version among the installed ones'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "verify" -d 'Compare installed engines with the hashes noted when they were installed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "remove" -d 'Remove an installed engine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "rm" -d 'Remove an installed engine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "exec" -d 'Run the engine\'s own program, as if it were typed: no server, gate or trust question of this program'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list ls install use verify remove rm exec probe" -f -a "probe" -d 'Try what works with an engine: a scripted conversation, without network, cost or any of your files'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -l engine -d 'Look at this engine program only [default: searched]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from which" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -l engine -d 'Look at this engine program only [default: searched]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -l engine -d 'Look at this engine program only [default: searched]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -l offline -d 'Use only an engine that is on this machine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and __fish_seen_subcommand_from probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s F -l field -d 'Add a field: true, false, null and whole numbers keep their type, `@FILE` is the file\'s text; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l raw-field -d 'Add a field whose value is text, whatever it looks like; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s H -l header -d 'Add a header; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l input -d 'Send the contents of this file as the body; `-` is stdin' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s i -l include -d 'Show the status line and the headers of the response too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -f -a "show" -d 'Show the rules in force, each with its origin'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -f -a "test" -d 'Tell what would happen to tool calls, a line each'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -f -a "explain" -d 'Tell what would happen to each part of a tool call, and which rule decides'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and not __fish_seen_subcommand_from show test explain log" -f -a "log" -d 'Show what was allowed and denied, the newest last'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -s d -l directory -d 'Judge for this directory, with its project settings [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l plain -d 'Judge a plain prompt, whatever the settings say'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l expect -d 'Exit with status 3 unless this comes out of each call' -r -f -a "allow\t''
ask\t''
deny\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -s d -l directory -d 'Judge for this directory, with its project settings [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l plain -d 'Judge a plain prompt, whatever the settings say'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l allow -d 'Allow this, such as `bash:git diff *` or `edit:docs/**`; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l ask -d 'Ask before this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l deny -d 'Deny this, whatever allows it; may be repeated' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l policy -d 'Read rules from this TOML file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l add-dir -d 'Treat this directory as the agent\'s own too; may be repeated' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l approver -d 'Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l approver-timeout -d 'Deny what the approver has not answered after this time [default: 60s]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -s d -l directory -d 'Judge for this directory, with its project settings [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l plain -d 'Judge a plain prompt, whatever the settings say'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l limit -d 'Show at most so many decisions, the newest; 0 shows all' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l session -d 'Show only the decisions of this session' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l decision -d 'Show only what was allowed, or only what was denied' -r -f -a "allowed\t''
denied\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s d -l directory -d 'Let the agent work in this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s p -l port -d 'Let the server that is started listen on this port [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l attach -d 'Use a server that somebody else runs; it is never stopped' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l rehearse -d 'Answer with a scripted model, without network and cost [default: a plain answer]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l timeout -d 'End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l fresh -d 'Start a private server, even where a warm one fits; `--port` does so too'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l trust -d 'Let the engine run and read what the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -f -a "show" -d 'Show every setting with its value and origin'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -f -a "list" -d 'Show every setting with its value and origin'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show list path" -f -a "path" -d 'Show the files that settings are read from'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -s d -l directory -d 'Use the project settings of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -s d -l directory -d 'Use the project settings of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -l output-format -d 'Choose the format of the output [default: text]' -r -f -a "text\t''
json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -s d -l directory -d 'Use the project settings of this directory [default: the current one]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -s p -l port -d 'Port on 127.0.0.1 [default: a free one]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -l output-format -d 'Print the address as lines or as one JSON object' -r -f -a "text\t'Lines for a person'
json\t'One JSON object'"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand rehearse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -f -a "login" -d 'Log in to a provider: the engine asks for provider and key'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -f -a "list" -d 'List the logins that the engine keeps, and keys in the environment'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -f -a "ls" -d 'List the logins that the engine keeps, and keys in the environment'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and not __fish_seen_subcommand_from login list ls logout" -f -a "logout" -d 'Log out of a provider'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -l offline -d 'Use only an engine that is on this machine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -l offline -d 'Use only an engine that is on this machine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -l offline -d 'Use only an engine that is on this machine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -l engine -d 'Use this engine program [default: searched, else downloaded]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -l offline -d 'Use only an engine that is on this machine'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand auth; and __fish_seen_subcommand_from logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "completions" -d 'Write the completions for a shell'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "man" -d 'Write the manual pages'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -l out -d 'Write a file into this directory [default: write to stdout]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -l out -d 'Write all pages into this directory [default: write the main page to stdout]' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand generate; and __fish_seen_subcommand_from man" -s h -l help -d 'Print help (see more with \'--help\')'
