/** The completion script for zsh. */
import { type Offered, shellQuoted, type Tables } from "./tables.ts";

export function zshScript(tables: Tables): string {
  return `#compdef wire
# Completions of wire for zsh: source <(wire completions zsh), after compinit

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
    ${tables.takers.map((key) => `(${shellQuoted(key)})`).join(" return 0 ;;\n    ")} return 0 ;;
  esac
  return 1
}

_wire_values() {
  case "$1 $2" in
${
    [...tables.values].map(([key, what]) =>
      `    (${shellQuoted(key)}) reply=${shellQuoted(what)} ;;\n`
    ).join("")
  }  esac
}

_wire() {
  local cur=$words[CURRENT] command='' family='' flag='' word what='' about='name'
  local -i index at=0
  local reply=''
  local -a list
  for ((index = 2; index < CURRENT; index++)); do
    word=$words[index]
    if [[ -n $flag ]]; then flag=''; continue; fi
    if [[ $word == -* ]]; then
      if _wire_takes "$command" "$word"; then flag=$word; fi
    elif [[ -z $command && -z $family && $word == help ]]; then :
    elif [[ -z $command && -z $family ]]; then
      case $word in
${
    [...tables.aliases].map(([alias, name]) => `        (${alias}) word=${name} ;;\n`).join("")
  }      esac
      list=()
      _wire_words "$word"
      if (( $#list )); then family=$word; else command=$word; fi
    elif [[ -n $family ]]; then
      command="$family $word"
      family=''
    else (( at++ )); fi
  done
  list=()
  if [[ -z $flag && $cur == --*=* ]]; then
    flag=\${cur%%=*}
    compset -P 1 '*='
  fi
  if [[ -n $flag ]]; then _wire_values "$command" "$flag"; what=$reply
  elif [[ $cur == -* ]]; then _wire_options "$command"; about='option'
  elif [[ -z $command ]]; then _wire_words "$family"; about='command'
  else _wire_values "$command" "$at"; what=$reply; fi
  case $what in
    ('') ;;
    (files) _files; return ;;
    (directories) _files -/; return ;;
    (words:*) list=(\${=what#words:}) ;;
    (*) list=(\${(f)"$($words[1] completions --values $what --typed "$cur" 2>/dev/null)"}) ;;
  esac
  if (( ! $#list )); then return 1; fi
  if [[ $about == name ]]; then compadd -- $list; else _describe -t wire $about list; fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _wire "$@"; else compdef _wire wire; fi
`;
}

/** As `_describe` wants it: a colon in a word would begin the description. */
const cases = (lists: ReadonlyMap<string, readonly Offered[]>): string =>
  [...lists].map(([key, list]) => {
    const words = list.map(({ word, about }) =>
      shellQuoted(`${word.replaceAll(":", "\\:")}:${about}`)
    );
    return `    (${shellQuoted(key)}) list=(${words.join(" ")}) ;;\n`;
  }).join("");
