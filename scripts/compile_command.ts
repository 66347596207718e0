/** How `deno compile` is called, and what to say when it cannot get its runtime. */
import { BUILD_FILE } from "../cli/build_info.ts";

/** What `--target` may be, with the name of the file that comes out. */
export const TARGETS: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "wire-linux-x86_64",
  "aarch64-unknown-linux-gnu": "wire-linux-aarch64",
  "x86_64-apple-darwin": "wire-macos-x86_64",
  "aarch64-apple-darwin": "wire-macos-aarch64",
  "x86_64-pc-windows-msvc": "wire-windows-x86_64.exe",
  "aarch64-pc-windows-msvc": "wire-windows-aarch64.exe",
};

export interface CompileOptions {
  /** Undefined: this machine. */
  readonly target: string | undefined;
  readonly output: string | undefined;
}

export type ParsedOptions =
  | { readonly ok: true; readonly options: CompileOptions }
  | { readonly ok: false; readonly problem: string };

/** Reads `[--target TRIPLE] [--output FILE]`, also as `--name=value`. */
export function parseCompileOptions(args: readonly string[]): ParsedOptions {
  const values = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const [, name, inline] = args[index]?.match(/^--(target|output)(?:=(.*))?$/s) ?? [];
    if (name === undefined) return wrong(`unknown argument ${JSON.stringify(args[index])}`);
    const value = inline ?? args[++index];
    if (value === undefined || value === "") return wrong(`--${name} wants a value`);
    values.set(name, value);
  }
  const target = values.get("target");
  if (target !== undefined && !Object.hasOwn(TARGETS, target)) {
    return wrong(
      `unknown target ${JSON.stringify(target)}: one of ${Object.keys(TARGETS).join(", ")}`,
    );
  }
  return { ok: true, options: { target, output: values.get("output") } };
}

function wrong(problem: string): ParsedOptions {
  return { ok: false, problem: `Cannot compile: ${problem}` };
}

/** @param build this machine's triple, to name the output */
export function outputFile(options: CompileOptions, build: string): string {
  if (options.output !== undefined) return options.output;
  return `dist/${TARGETS[options.target ?? build] ?? "wire"}`;
}

/** Arguments for `deno`, to be run in the root of the repository. */
export function compileArguments(options: CompileOptions, output: string): readonly string[] {
  return [
    "compile",
    "--quiet",
    "--allow-all",
    "--no-prompt",
    "--no-check", // the gate has done that
    "--unstable-kv",
    "--exclude-unused-npm",
    "--app-name=wire",
    `--output=${output}`,
    `--include=${BUILD_FILE}`,
    ...(options.target === undefined ? [] : [`--target=${options.target}`]),
    "main.ts",
  ];
}

/**
 * @param stderr of a `deno compile` that failed
 * @returns one line that says what is missing and what works instead, or undefined when it failed
 * for another reason
 */
export function missingRuntime(stderr: string): string | undefined {
  const address = stderr.match(/https:\/\/dl\.deno\.land\/\S*?denort-[^\s)]+/)?.[0];
  if (address === undefined) return undefined;
  return `Cannot compile: the runtime base could not be downloaded from ${address}; ` +
    "compile where that address can be reached, or download it there and set DENORT_BIN to the " +
    "unpacked file, or run from source: deno task wire (with Node only: npx --yes deno@2.9.6 task wire)";
}
