/** The completion script for bash 3.2 and later. */
import { type Offered, shellQuoted, type Tables } from "./tables.ts";

export function bashScript(tables: Tables): string {
  return `# Completions of wire for bash: eval "$(wire completions bash)"

_wire_words() {
  case $1 in
${cases(tables.words)}  esac
}

_wire_options() {
  case $1 in
${cases(tables.options)}  esac
}

_wire_takes() {
  case "$1 $2" in
    ${tables.takers.map(shellQuoted).join("|")}) return 0 ;;
  esac
  return 1
}

_wire_values() {
  case "$1 $2" in
${
    [...tables.values].map(([key, what]) =>
      `    ${shellQuoted(key)}) echo ${shellQuoted(what)} ;;\n`
    ).join("")
  }  esac
}

_wire() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command='' family='' flag='' word index at=0 what='' list=''
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == = ]]; then continue; fi
    if [[ -n $flag ]]; then flag=''; continue; fi
    if [[ $word == -* ]]; then
      if _wire_takes "$command" "$word"; then flag=$word; fi
    elif [[ -z $command && -z $family && $word == help ]]; then :
    elif [[ -z $command && -z $family ]]; then
      case $word in
${
    [...tables.aliases].map(([alias, name]) => `        ${alias}) word=${name} ;;\n`).join("")
  }      esac
      if [[ -n $(_wire_words "$word") ]]; then family=$word; else command=$word; fi
    elif [[ -n $family ]]; then
      command="$family $word"
      family=''
    else at=$((at + 1)); fi
  done
  if [[ $cur == = ]]; then cur=''; fi
  if [[ -n $flag ]]; then what=$(_wire_values "$command" "$flag")
  elif [[ $cur == -* ]]; then list=$(_wire_options "$command")
  elif [[ -z $command ]]; then list=$(_wire_words "$family")
  else what=$(_wire_values "$command" "$at"); fi
  case $what in
    '') ;;
    files) local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    directories) local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); return ;;
    words:*) list=\${what#words:} ;;
    *) list=$("\${COMP_WORDS[0]}" completions --values "$what" --typed "$cur" 2>/dev/null) ;;
  esac
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$list" -- "$cur"))
}

complete -F _wire wire
`;
}

const cases = (lists: ReadonlyMap<string, readonly Offered[]>): string =>
  [...lists].map(([key, list]) => {
    const words = list.map(({ word }) => word).join(" ");
    return `    ${shellQuoted(key)}) echo ${shellQuoted(words)} ;;\n`;
  }).join("");
