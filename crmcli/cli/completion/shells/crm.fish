# Completion of crm for fish: crm completion fish | source
function __crm_complete
    set -l words (commandline -opc)
    command $words[1] __complete fish $words (commandline -ct) 2>/dev/null
end
complete -c crm -f -a '(__crm_complete)'
