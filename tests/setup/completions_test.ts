/** Completions: what the scripts hold, and what bash, zsh and fish make of them where they are installed. */
import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/registry.ts";
import { completions } from "../../cli/completions/completions.ts";
import { safe } from "../../cli/completions/candidates.ts";
import { commandModels } from "../../cli/completions/model.ts";
import { tablesOf } from "../../cli/completions/tables.ts";
import { NAMED_OPTIONS, NAMED_PLACES, type Shell, SHELLS } from "../../cli/completions/values.ts";
import { AWAITED_STEPS } from "../../client/delivery/can_prove.ts";
import { fakeWorld } from "../../client/fake/world.ts";
import { PROFILES } from "../../mcp/profile.ts";

const models = await commandModels();
const tables = tablesOf(models);
const { context } = fakeWorld();

async function scriptFor(shell: Shell): Promise<string> {
  const output = await completions.run(context, { shell, typed: "" });
  assert.ok("script" in output);
  return output.script;
}

const flagsOf = (name: string): readonly string[] =>
  (tables.options.get(name) ?? []).map(({ word }) => word).sort();

for (const shell of SHELLS) {
  Deno.test(`completions: ${shell}'s script knows every command and each of its options`, async () => {
    const script = await scriptFor(shell);
    for (const { name, load } of COMMANDS) {
      for (const word of name.split(" ")) assert.ok(script.includes(word), `no ${name}`);
      const { command } = await load();
      for (const option of Object.keys(command.options)) {
        const flag = "--" + option.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
        assert.ok(flagsOf(name).includes(flag), `no ${name} ${flag}`);
        assert.ok(script.includes(flag), `no ${name} ${flag}`);
      }
    }
  });
}

Deno.test("completions: every place that has names of its own is still there", async () => {
  const found = (named: string) => {
    const [, name = "", last = ""] = /^(.*) (\S+)$/.exec(named) ?? [];
    const entry = COMMANDS.find((known) => known.name === name);
    assert.ok(entry, named);
    return { entry, last };
  };
  for (const named of NAMED_PLACES) {
    const { entry, last } = found(named);
    assert.match((await entry.load()).command.usage, new RegExp(`[<\\[]${last}[\\]>]`), named);
  }
  for (const named of NAMED_OPTIONS) {
    const { entry, last } = found(named);
    assert.ok(last in (await entry.load()).command.options, named);
  }
});

Deno.test("completions: names that a shell would run are not offered", () => {
  const hostile = ["$(touch x)", "`id`", "a b", "a;b", "-rf/", "a'b", 'a"b', "a\nb", "~x", "*"];
  assert.deepEqual(safe(["alice", "alice", ...hostile, "b_o-b"]), ["alice", "b_o-b"]);
});

Deno.test("completions: codes are completed word by word, and other words are not touched", async () => {
  const asked = async (typed: string): Promise<readonly string[]> => {
    const output = await completions.run(context, { values: "codes", typed });
    assert.ok("values" in output);
    return output.values;
  };
  assert.deepEqual(await asked("4821-apple-riv"), ["4821-apple-rival", "4821-apple-river"]);
  assert.deepEqual(await asked("4821"), []);
  assert.deepEqual(await asked("x-app"), []);
  assert.deepEqual(await asked(""), []);
});

/** What is typed, the last word being the one at the cursor, and what must come of it. */
const LINES: readonly (readonly [readonly string[], readonly string[]])[] = [
  ...models.map(({ name }) => [[...name.split(" "), "--"], flagsOf(name)] as const),
  ...models.flatMap(({ alias, name }) =>
    alias === undefined ? [] : [[[alias, "--"], flagsOf(name)] as const]
  ),
  [["session", ""], (tables.words.get("session") ?? []).map(({ word }) => word)],
  [["completions", ""], [...SHELLS]],
  [["status", "--peer", ""], ["alice", "bob"]],
  [["send", ""], ["alice", "bob"]],
  [["send", "--deadline", "2h", ""], ["alice", "bob"]],
  [["send", "alice", ""], ["decision", "heartbeat", "claim", "ack"]],
  [["send", "--deadline", ""], []],
  [["send", "alice", "x", "--wait", ""], [...AWAITED_STEPS]],
  [["mcp", "--profile", ""], [...PROFILES]],
  [["session", "env", ""], ["alice", "bob"]],
];

/** @param lines prints, for each of LINES, its candidates between spaces on a line */
async function checkIn(
  shell: Shell,
  args: readonly string[],
  lines: (script: string, program: string) => string,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "wire-completions-" });
  try {
    const program = `${directory}/wire`;
    // In the place of ours: starting it fifty times would take long.
    await Deno.writeTextFile(program, "#!/bin/sh\necho alice; echo bob\n", { mode: 0o755 });
    await Deno.writeTextFile(`${directory}/script`, await scriptFor(shell));
    await Deno.writeTextFile(`${directory}/test`, lines(`${directory}/script`, program));
    const { stdout, stderr } = await new Deno.Command(shell, {
      args: [...args, `${directory}/test`],
      env: { HOME: directory, XDG_CONFIG_HOME: directory, PATH: `${directory}:/usr/bin:/bin` },
      clearEnv: true,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.equal(text.decode(stderr), "");
    const found = text.decode(stdout).trimEnd().split("\n");
    assert.equal(found.length, LINES.length);
    for (const [index, [words, wanted]] of LINES.entries()) {
      const offered = (found[index] ?? "").split(" ").filter((word) => word !== "").sort();
      assert.deepEqual(offered, [...wanted].sort(), words.join(" "));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const quoted = (word: string): string => `'${word}'`;

Deno.test({
  name: "completions: bash offers them",
  ignore: !await hasShell("bash"),
  fn: () =>
    checkIn("bash", ["--noprofile", "--norc"], (script, program) =>
      [
        `. ${script}`,
        ...LINES.map(([words]) =>
          `COMP_WORDS=(${
            [program, ...words].map(quoted).join(" ")
          }); COMP_CWORD=${words.length}; ` +
          '_wire; echo "${COMPREPLY[*]}"'
        ),
      ].join("\n")),
});

Deno.test({
  name: "completions: zsh offers them",
  ignore: !await hasShell("zsh"),
  fn: () =>
    checkIn("zsh", ["-f"], (script, program) =>
      [
        // What a completion widget has, printing instead of offering.
        "compdef() {}; compset() {}",
        '_describe() { local each; for each in $list; do print -rn -- "${each%%:*} "; done }',
        'compadd() { shift; print -rn -- "$* " }',
        `. ${script}`,
        ...LINES.map(([words]) =>
          `words=(${[program, ...words].map(quoted).join(" ")}); CURRENT=${words.length + 1}; ` +
          "_wire; print"
        ),
      ].join("\n")),
});

Deno.test({
  name: "completions: fish offers them",
  ignore: !await hasShell("fish"),
  fn: () =>
    checkIn("fish", ["-N"], (script) =>
      [
        `source ${script}`,
        ...LINES.map(([words]) =>
          `echo (complete -C ${quoted(["wire", ...words].join(" "))} | string split -f 1 \\t)`
        ),
      ].join("\n")),
});

async function hasShell(name: string): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args: ["-c", "exit 0"] }).output()).success;
  } catch {
    return false; // not installed: its test is shown as ignored
  }
}
