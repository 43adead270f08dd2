# Completion of crm for bash: eval "$(crm completion bash)"
# bash breaks words at : and = too, but not within quotes: the line itself is handed over, and the part of
# its last word that bash will replace ($2), so that only what follows is put in.
_crm_complete() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(command "${COMP_WORDS[0]}" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=,.] ]] && type compopt &>/dev/null; then
        compopt -o nospace
    fi
}
complete -o default -o nosort -F _crm_complete crm 2>/dev/null || complete -o default -F _crm_complete crm
