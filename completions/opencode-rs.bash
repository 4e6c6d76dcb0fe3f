_opencode_rs() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(OPENCODE_RS_COMPLETE=bash "opencode-rs" -- "${COMP_LINE:0:COMP_POINT}")
    if [[ "${#COMPREPLY[@]}" != 1 || "${COMPREPLY[0]}" != *[=/:] ]]; then
        compopt +o nospace 2> /dev/null
    fi
}
complete -o nospace -o bashdefault -o nosort -F _opencode_rs opencode-rs 2> /dev/null ||
    complete -o nospace -o bashdefault -F _opencode_rs opencode-rs
