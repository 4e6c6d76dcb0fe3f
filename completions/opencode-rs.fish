# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_opencode_rs_global_optspecs
    string join \n q/quiet v/verbose color= no-progress profile= prompt-file= e/editor n/no-stdin f/file= m/model= agent= variant= effort= system= system-file= title= ephemeral output-format= o/output-last-message= include-raw thinking raw stall-timeout= max-retries= retry-budget= auto-tools allow= ask= deny= policy= y/yes read-only add-dir= fail-on-deny approver= approver-timeout= max-turns= max-tool-calls= max-tokens= max-cost= verify= require-change worktree= d/directory= p/port= attach= engine= offline bare trust no-input rehearse= timeout= h/help V/version
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
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s f -l file -d 'Attach a text file, an image, a PDF or a directory listing; may be repeated' -r -F
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
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l title -d 'Give the session this title [default: made from the prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l output-format -d 'Choose the format of stdout [default: text]' -r -f -a "text\t''
json\t''
stream-json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s o -l output-last-message -d 'Write the answer to this file too' -r -F
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
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l ephemeral -d 'Delete the session afterwards'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l include-raw -d 'Write the engine\'s own events too; needs `--output-format stream-json`'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l raw -d 'Write the answer as the model wrote it, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l require-change -d 'Succeed only if some file changed'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -s V -l version -d 'Print version'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "run" -d 'Send one prompt, print the answer, exit'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "chat" -d 'Open a dialog; piped in, send one prompt a line'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "engine" -d 'Find, install and remove the engine program'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "models" -d 'List the models that the engine offers'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "agents" -d 'List the agents that the engine offers'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "api" -d 'Call any endpoint of the engine\'s HTTP interface'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "policy" -d 'Tell what would be allowed, asked and denied, and what was'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "doctor" -d 'Check engine, server, model access, terminal and disk'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "config" -d 'Show the settings in use, with their origin'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "rehearse" -d 'Serve the scripted model on its own, for other programs'
complete -c opencode-rs -n "__fish_opencode_rs_needs_command" -a "generate" -d 'Write shell completions and manual pages'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l prompt-file -d 'Read the prompt from this file' -r -F
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s f -l file -d 'Attach a text file, an image, a PDF or a directory listing; may be repeated' -r -F
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l title -d 'Give the session this title [default: made from the prompt]' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l output-format -d 'Choose the format of stdout [default: text]' -r -f -a "text\t''
json\t''
stream-json\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s o -l output-last-message -d 'Write the answer to this file too' -r -F
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l ephemeral -d 'Delete the session afterwards'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l include-raw -d 'Write the engine\'s own events too; needs `--output-format stream-json`'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l raw -d 'Write the answer as the model wrote it, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l require-change -d 'Succeed only if some file changed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand run" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s s -l session -d 'Go on with this session' -r
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s c -l continue -d 'Go on with the last session of this directory'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l thinking -d 'Show the model\'s reasoning on stderr'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l raw -d 'Write answers as the model wrote them, without rendering Markdown on a terminal'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l auto-tools -d 'Let the model run tools: edit files in the directory, and ask before commands'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s y -l yes -d 'Answer every question about a permission with yes; what is denied stays denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l read-only -d 'Let nothing be changed, whatever else is allowed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l fail-on-deny -d 'Fail the run when anything was denied, even if it went on'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "which" -d 'Show the engine that a run would use'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "list" -d 'List every engine on this machine, with the reason why one is not used'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "install" -d 'Download, verify and install an engine; a damaged one is replaced'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "use" -d 'Prefer this version among the installed ones'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "verify" -d 'Compare installed engines with the hashes noted when they were installed'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand engine; and not __fish_seen_subcommand_from which list install use verify remove" -f -a "remove" -d 'Remove an installed engine'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand models" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand agents" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand api" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from show" -l plain -d 'Judge a run without `--auto-tools`, whose model looks and does not touch'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from test" -l plain -d 'Judge a run without `--auto-tools`, whose model looks and does not touch'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand policy; and __fish_seen_subcommand_from explain" -l plain -d 'Judge a run without `--auto-tools`, whose model looks and does not touch'
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
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l offline -d 'Download nothing'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l bare -d 'Ignore the engine\'s user and project configuration, except providers and credentials'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l trust -d 'Let the engine run the code that the directory brings along, such as plugins'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l no-input -d 'Ask nobody anything: what would be asked is denied'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -l color -d 'Choose when to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -l profile -d 'Use the settings of this profile, a table `[profiles.NAME]` of the settings file' -r
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -s q -l quiet -d 'Show errors and hints only'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -s v -l verbose -d 'Show more about what happens; twice shows the engine\'s output and a trace'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -l no-progress -d 'Draw no progress'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -f -a "show" -d 'Show every setting with its value and origin'
complete -c opencode-rs -n "__fish_opencode_rs_using_subcommand config; and not __fish_seen_subcommand_from show path" -f -a "path" -d 'Show the files that settings are read from'
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
