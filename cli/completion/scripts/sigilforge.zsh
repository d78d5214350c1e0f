#compdef sigilforge
# Completion of sigilforge for zsh.
_sigilforge() {
  local line what value
  local -a lines fields names
  lines=("${(@f)$(command sigilforge completion zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in $lines; do
    fields=("${(@ps:\t:)line}")
    what=$fields[1] value=$fields[2]
    case $what in
      word) names+=("${${value//\\/\\\\}//:/\\:}:$fields[3]") ;;
      files) compset -P "${(b)value}"; _files; return ;;
      folders) compset -P "${(b)value}"; _files -/; return ;;
      program) shift $value words; ((CURRENT -= value)); _normal; return ;;
    esac
  done
  _describe -t sigilforge sigilforge names
}

if [[ $funcstack[1] == _sigilforge ]]; then
  _sigilforge "$@"
else
  (($+functions[compdef])) || { autoload -Uz compinit && compinit -i }
  compdef _sigilforge sigilforge
fi
