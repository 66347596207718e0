/** The completion script for fish 3. */
import type { Offered, Tables } from "./tables.ts";

export function fishScript(tables: Tables): string {
  return `# Completions of wire for fish: wire completions fish | source

function __wire_words
    switch $argv[1]
${cases(tables.words)}    end
end

function __wire_options
    switch $argv[1]
${cases(tables.options)}    end
end

function __wire_takes
    contains -- "$argv[1] $argv[2]" ${tables.takers.map(fishQuoted).join(" ")}
end

function __wire_values
    switch "$argv[1] $argv[2]"
${
    [...tables.values].map(([key, what]) =>
      `        case ${fishQuoted(key)}\n            echo ${fishQuoted(what)}\n`
    ).join("")
  }    end
end

function __wire_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l command ''
    set -l family ''
    set -l flag ''
    set -l at 0
    for word in $words
        if test -n "$flag"
            set flag ''
        else if string match -q -- '-*' $word
            if __wire_takes "$command" $word
                set flag $word
            end
        else if test -z "$command" -a -z "$family" -a "$word" = help
            continue
        else if test -z "$command" -a -z "$family"
            switch $word
${
    [...tables.aliases].map(([alias, name]) =>
      `                case ${alias}\n                    set word ${name}\n`
    ).join("")
  }            end
            if test -n "$(__wire_words $word | string collect)"
                set family $word
            else
                set command $word
            end
        else if test -n "$family"
            set command "$family $word"
            set family ''
        else
            set at (math $at + 1)
        end
    end
    set -l prefix ''
    if test -z "$flag"; and string match -q -- '--*=*' $cur
        set flag (string split -m 1 = -- $cur)[1]
        set prefix "$flag="
        set cur (string split -m 1 = -- $cur)[2]
    end
    set -l what ''
    if test -n "$flag"
        set what (__wire_values "$command" $flag)
    else if string match -q -- '-*' $cur
        __wire_options "$command"
        return
    else if test -z "$command"
        __wire_words "$family"
        return
    else
        set what (__wire_values "$command" $at)
    end
    switch "$what"
        case ''
        case files
            __fish_complete_path $cur
        case directories
            __fish_complete_directories $cur
        case 'words:*'
            for word in (string split ' ' -- (string replace 'words:' '' -- $what))
                echo $prefix$word
            end
        case '*'
            for word in ($program completions --values $what --typed "$cur" 2>/dev/null)
                echo $prefix$word
            end
    end
end

complete -c wire -e
complete -c wire -f -a '(__wire_complete)'
`;
}

/** In fish a backslash within single quotes escapes a quote or a backslash. */
const fishQuoted = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;

const cases = (lists: ReadonlyMap<string, readonly Offered[]>): string =>
  [...lists].map(([key, list]) => {
    const lines = list.map(({ word, about }) => fishQuoted(`${word}\t${about}`)).join(" ");
    return `        case ${fishQuoted(key)}\n            printf '%s\\n' ${lines}\n`;
  }).join("");
