/**
 * The command line's grammar, by commander: one program with every command's name, of which only
 * the one asked for has its options. See docs/protocol/cli.md §1.1.
 */
import { Command as Commander, CommanderError, InvalidArgumentError, Option } from "commander";
import type { AnyCommand } from "./command.ts";
import { longFlag, type Option as OptionSpec, type OptionValues } from "./options.ts";
import { COMMANDS, type Entry, findCommand } from "./registry.ts";
import { VERSION_LINE } from "./version.ts";

export type ParsedLine =
  | {
    readonly tag: "run";
    readonly entry: Entry;
    readonly command: AnyCommand;
    readonly positionals: readonly string[];
    readonly options: OptionValues;
    readonly json: boolean;
  }
  /** Help or version were asked for, or the line is wrong: print, exit with that code. */
  | { readonly tag: "answer"; readonly stdout: string; readonly stderr: string; exitCode: 0 | 2 };

const NO_EXCESS = false;

const EXAMPLES = `
Examples:
  wire init alice --relay http://127.0.0.1:8771
  wire pair-host --relay http://127.0.0.1:8771
  wire send bob "the build is green"
  wire monitor

'wire <command> --help' shows a command's options and examples.
`;

/**
 * @param args the command line without the program's name
 * @param columns how wide help may be
 */
export async function parseLine(args: readonly string[], columns: number): Promise<ParsedLine> {
  const asked = args[0] === "help" ? args.slice(1) : args;
  const entry = findCommand(asked.slice(0, 2).join(" ")) ?? findCommand(asked[0] ?? "");
  if (args[0] === "help" && asked[0] === "help") return await parseLine(["help"], columns);
  const family = entry === undefined ? familyHelp(asked[0] ?? "") : undefined;
  const [first = "", second = "-"] = asked;
  if (entry === undefined) {
    const isHelp = args[0] === "help" ||
      asked.slice(1).some((arg) => /^(-h|--help|help)$/.test(arg));
    if (family !== undefined && isHelp) {
      return { tag: "answer", stdout: family, stderr: "", exitCode: 0 };
    }
    if (family !== undefined && second.startsWith("-")) {
      return { tag: "answer", stdout: "", stderr: family, exitCode: 2 };
    }
    // As for a command that is not there, and not the whole list without a word.
    if (args[0] === "help" && asked[0]?.startsWith("-") === false) {
      return await parseLine(asked, columns);
    }
  }
  const command = entry === undefined ? undefined : (await entry.load()).command;

  let stdout = "";
  let stderr = "";
  let run: ParsedLine | undefined;
  const program = new Commander("wire")
    .description("Paired, signed messages between agents, over a relay that nobody has to trust.")
    .version(VERSION_LINE, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .usage("<command> [options]")
    .showHelpAfterError(
      `\n${family ?? "Usage: wire <command> [options]\n\nFor more, try 'wire --help'."}`.trimEnd(),
    )
    .configureHelp({ helpWidth: columns, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => void (stdout += text),
      writeErr: (text) => void (stderr += text),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
    .enablePositionalOptions()
    .exitOverride();
  for (const known of COMMANDS) {
    // Not by its `command`, which takes a second word for an argument.
    const sub = program.createCommand(known.name).copyInheritedSettings(program);
    program.addCommand(sub.description(known.summary).helpGroup(`${known.group}:`));
    if (known !== entry || command === undefined) continue;
    describe(sub, known, command).action(() => {
      const { json, ...options } = sub.opts<OptionValues>();
      run = { tag: "run", entry: known, command, positionals: sub.args, options, json: !!json };
    });
  }
  program.addHelpText("after", EXAMPLES);

  // Both words of a family are one name, so that what is unknown is said with what may be meant.
  const unknown = family === undefined ? args : [`${first} ${second}`];
  const line = entry === undefined ? [...unknown] : canonicalLine(args, entry);
  try {
    program.parse(line, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { tag: "answer", stdout, stderr, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  return run ?? { tag: "answer", stdout, stderr, exitCode: 2 };
}

/** The commands whose first word this is, or undefined if there are none. */
function familyHelp(word: string): string | undefined {
  const family = COMMANDS.filter(({ name }) => word !== "" && name.startsWith(`${word} `));
  if (family.length === 0) return undefined;
  const width = Math.max(...family.map(({ name }) => name.length));
  const lines = family.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `Usage: wire ${word} <command> [options]\n\nCommands:\n${lines.join("")}\n` +
    `'wire ${word} <command> --help' shows a command's options and examples.\n`;
}

/** The line with the command's own name, as one argument, in place of its words or its alias. */
function canonicalLine(args: readonly string[], entry: Entry): string[] {
  const [help, asked] = args[0] === "help" ? [["help"], args.slice(1)] : [[], args];
  const words = asked.slice(0, 2).join(" ") === entry.name ? 2 : 1;
  return [...help, entry.name, ...asked.slice(words)];
}

function describe(sub: Commander, entry: Entry, command: AnyCommand): Commander {
  const positionals = command.usage === "" ? "" : ` ${command.usage}`;
  sub.usage(`[options]${positionals}`)
    .allowExcessArguments(NO_EXCESS)
    .showHelpAfterError(
      `\nUsage: wire ${entry.name} [options]${positionals}\n\n` +
        `For more, try 'wire ${entry.name} --help'.`,
    )
    .addHelpText("after", `\nExamples:\n${command.examples.map((e) => `  ${e}\n`).join("")}`);
  if (command.usage !== "") sub.arguments(command.usage);
  for (const [name, option] of Object.entries(command.options)) {
    sub.addOption(commanderOption(name, option));
  }
  if (entry.lasting === true) {
    sub.option(
      "--exit-with-parent",
      "stop when standard input ends, as it does when the parent ends",
    );
  }
  return sub.option("--json", "print JSON on stdout");
}

function commanderOption(name: string, spec: OptionSpec): Option {
  if (spec.type === "flag") {
    const flag = new Option(longFlag(name), spec.description);
    flag.negate = false; // `--no-daemon` is a flag of its own, not the end of `--daemon`
    return flag;
  }
  const option = new Option(`${longFlag(name)} <${spec.value}>`, spec.description);
  if (spec.type === "list") {
    return option.argParser((value, earlier: readonly string[] = []) => [...earlier, value]);
  }
  if (spec.type === "text") return option.makeOptionMandatory(spec.required === true);
  return option.argParser((value) => {
    const given = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
    const number = Math.max(given, spec.floor ?? given);
    if (number >= spec.min && number <= spec.max) return number;
    throw new InvalidArgumentError(`Wanted an integer from ${spec.min} to ${spec.max}.`);
  });
}
