# fish completion for evalrun, made by `evalrun completion fish`.

function __evalrun_complete
    set -l finished (commandline --tokenize --current-process --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l program $finished[1]
    command --query $program; or set program evalrun
    set --erase finished[1]
    $program __complete fish $finished "$typed" 2>/dev/null
end

complete --command evalrun --no-files --arguments '(__evalrun_complete)'
