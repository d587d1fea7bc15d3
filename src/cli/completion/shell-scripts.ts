/**
 * What each shell sources: a function that asks `weft __complete -- WORDS` what may stand at the cursor (the last word)
 * and hands it on. What the answer looks like is said in `print-completions.ts`.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Bash cuts the line at `=` and `:` too, and replaces only what is behind the last of them: the words are put together
 * again before they are asked about, and what stands already is taken off each candidate.
 */
const BASH = String.raw`# bash completion for weft
_weft() {
  local rest=${'$'}{COMP_LINE:0:COMP_POINT} words=() word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${'$'}{rest#"${'$'}{rest%%[![:space:]]*}"}
    if ((i == 0)) || [[ $rest != "$word" ]]; then words+=(''); fi
    ((i == COMP_CWORD)) || { rest=${'$'}{word#"${'$'}{COMP_WORDS[i]}"}; word=${'$'}{COMP_WORDS[i]}; }
    words[-1]+=$word
  done
  local found cut=${'$'}{words[-1]}
  mapfile -t found < <(weft __complete -- "${'$'}{words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  case ${'$'}{found[0]-} in
    :files) compopt -o default 2>/dev/null || mapfile -t COMPREPLY < <(compgen -f -- "${'$'}2"); return ;;
    :folders) compopt -o dirnames 2>/dev/null || mapfile -t COMPREPLY < <(compgen -d -- "${'$'}2"); return ;;
  esac
  cut=${'$'}{cut%"${'$'}{cut##*[$COMP_WORDBREAKS]}"}
  for word in "${'$'}{found[@]%%$'\t'*}"; do COMPREPLY+=("${'$'}{word#"$cut"}"); done
}
complete -F _weft weft
`;

const ZSH = String.raw`#compdef weft
# zsh completion for weft
_weft() {
  local -a found described
  local line value
  found=("${'$'}{(@f)$(weft __complete -- "${'$'}{(@Q)words[2,CURRENT-1]}" "${'$'}{(Q)PREFIX}" 2>/dev/null)}")
  case ${'$'}{found[1]} in
    '') return 1 ;;
    :files) compset -P '--*='; _files; return ;;
    :folders) compset -P '--*='; _files -/; return ;;
  esac
  for line in "${'$'}{found[@]}"; do
    value=${'$'}{line%%$'\t'*}
    described+=("${'$'}{value//:/\\:}${'$'}{${'$'}{line#$value}/$'\t'/:}")
  done
  _describe weft described
}
if [[ ${'$'}{funcstack[1]-} == _weft ]]; then _weft "$@"; else compdef _weft weft; fi
`;

const FISH = String.raw`# fish completion for weft
function __weft_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l current (commandline -ct)
  set -l found (weft __complete -- $words "$current" 2>/dev/null)
  switch "$found[1]"
    case :files
      __weft_paths __fish_complete_path $current
    case :folders
      __weft_paths __fish_complete_directories $current
    case '*'
      printf '%s\n' $found
  end
end
# __weft_paths COMPLETE WORD: of WORD what is behind --option=, which stays
function __weft_paths
  set -l option (string match -r -- '^--[^=]+=' $argv[2])
  $argv[1] (string replace -r -- '^--[^=]+=' '' $argv[2]) | string replace -r -- '^' "$option"
end
complete -c weft -f -a '(__weft_complete)'
`;

export const SCRIPTS: { readonly [S in Shell]: string } = { bash: BASH, zsh: ZSH, fish: FISH };
