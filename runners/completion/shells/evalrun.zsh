#compdef evalrun
# zsh completion for evalrun, made by `evalrun completion zsh`.

_evalrun() {
    local program=${~words[1]} line word
    local -a spaced tight
    (( $+commands[$program] )) || [[ -x $program ]] || program=evalrun
    local asked=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    # What stands before the last =, comma or bracket is neither shown nor matched again.
    compset -P '*[=,\[]'
    for line in "${(@f)$($program __complete zsh "${asked[@]}" 2> /dev/null)}"; do
        [[ -n $line ]] || continue
        word=${${line%%$'\t'*}#${(Q)IPREFIX}}
        line=${word//:/\\:}${${line#*$'\t'}:+:${line#*$'\t'}}
        if [[ $word == *[=./] ]]; then
            tight+=("$line")
        else
            spaced+=("$line")
        fi
    done
    _describe evalrun spaced -- tight -S ''
}

# Sourced, the function is told to zsh; found in $fpath, it is called.
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _evalrun "$@"
else
    compdef _evalrun evalrun
fi
