#compdef crm
# Completion of crm for zsh: eval "$(crm completion zsh)", or this file as _crm on the fpath.
_crm() {
    local line value help
    local -a open_values open_shown values shown
    while IFS=$'\t' read -r value help; do
        if [[ $value == *[:=,] ]]; then
            open_values+=("$value"); open_shown+=("$value${help:+  $help}")
        else
            values+=("$value"); shown+=("$value${help:+  $help}")
        fi
    done < <(command "${words[1]}" __complete zsh "${(@Q)words[1,CURRENT]}" 2>/dev/null)
    if (( ${#values} + ${#open_values} == 0 )); then
        _files
        return
    fi
    (( ${#open_values} )) && compadd -S '' -l -d open_shown -a open_values
    (( ${#values} )) && compadd -l -V crm -d shown -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _crm "$@"
else
    compdef _crm crm
fi
