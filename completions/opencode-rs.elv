set edit:completion:arg-completer[opencode-rs] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) OPENCODE_RS_COMPLETE="elvish" opencode-rs -- $@words) | to-lines
}

