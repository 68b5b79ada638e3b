# bash completion for evalrun, made by `evalrun completion bash`.

_evalrun() {
    local program reply
    program=${COMP_WORDS[0]/#\~/$HOME}
    type -P -- "$program" > /dev/null || program=evalrun
    COMPREPLY=()
    while IFS= read -r reply; do
        COMPREPLY+=("$reply")
    done < <("$program" __complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2> /dev/null)
    # No space after a word that goes on. bash 3 has no compopt, and puts one there.
    [[ ${COMPREPLY[*]} == *[=./] ]] && compopt -o nospace 2> /dev/null
}

complete -F _evalrun evalrun
