# Completion of sigilforge for bash from 3.2 on, also without the package bash-completion.
_sigilforge() {
  local line=${COMP_LINE:0:COMP_POINT} words=() begins=() count=0 word index
  # Bash splits words at characters such as : and =. They are put together where no blank is between them.
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if ((index == 0)) || [[ $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      words[count]=
      begins[count]=$index
      count=$((count + 1))
    fi
    # The cursor may stand inside the last word.
    [[ $word == "$line"* ]] && word=$line
    words[count - 1]+=$word
    line=${line#"$word"}
  done

  local typed=${words[count - 1]} program= what value note
  # What readline keeps of the word, because it completes only what follows.
  local kept=${typed%"$2"}
  COMPREPLY=()
  while IFS=$'\t' read -r what value note; do
    case $what in
      word)
        value=${value#"$kept"}
        [[ $typed == [\'\"]* ]] || value=$(printf %q "$value")
        COMPREPLY+=("$value")
        ;;
      files) compopt -o default 2>/dev/null ;;
      folders) compopt -o dirnames 2>/dev/null ;;
      program) program=${begins[value]} ;;
    esac
  done < <(command sigilforge completion bash -- "${words[@]}" 2>/dev/null)
  [[ -z $program ]] || _sigilforge_program "$program" "$2"
}

# What the program behind -- takes, if bash-completion is there, else files.
_sigilforge_program() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif (($1 == COMP_CWORD)); then
    local IFS=$'\n'
    COMPREPLY=($(compgen -c -- "$2"))
  else
    compopt -o default 2>/dev/null
  fi
}

complete -F _sigilforge sigilforge
