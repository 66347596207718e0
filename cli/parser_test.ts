import assert from "node:assert/strict";
import { wireLines } from "../tests/e2e/documents.ts";
import { type ParsedLine, parseLine } from "./parser.ts";
import { COMMANDS } from "./registry.ts";

async function answer(...args: string[]): Promise<Extract<ParsedLine, { tag: "answer" }>> {
  const line = await parseLine(args, 80);
  assert.equal(line.tag, "answer");
  return line;
}

async function run(...args: string[]): Promise<Extract<ParsedLine, { tag: "run" }>> {
  const line = await parseLine(args, 80);
  assert.equal(line.tag, "run");
  return line;
}

Deno.test("no command: help on stderr, exit 2", async () => {
  const { stdout, stderr, exitCode } = await answer();
  assert.equal(exitCode, 2);
  assert.equal(stdout, "");
  for (const { name, summary } of COMMANDS) assert.ok(stderr.includes(name), name + summary);
});

for (const args of [["--help"], ["-h"], ["help"], ["help", "help"]]) {
  Deno.test(`wire ${args}: help on stdout, exit 0, with examples`, async () => {
    const { stdout, stderr, exitCode } = await answer(...args);
    assert.equal(exitCode, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /Examples:\n {2}wire init/);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });
}

Deno.test("-V and --version print the version, and only at the top", async () => {
  for (const flag of ["-V", "--version"]) {
    const { stdout, exitCode } = await answer(flag);
    assert.match(stdout, /^wire \d+\.\d+\.\d+\n$/);
    assert.equal(exitCode, 0);
    assert.equal((await answer("send", flag)).exitCode, 2);
  }
});

for (
  const [args, said] of [
    [["snd", "bob", "x"], /unknown command 'snd'\n\(Did you mean send\?\)/],
    [["send", "bob", "x", "--agian"], /unknown option '--agian'\n\(Did you mean --again\?\)/],
    [["session", "lst"], /unknown command 'session lst'\n\(Did you mean session list\?\)/],
    [["send", "bob"], /missing required argument 'kind-or-body'/],
    [["send", "bob", "claim", "x", "y"], /too many arguments/],
    [["tail", "--limit", "many"], /Wanted an integer from 0/],
    [["tail", "--limit=-1"], /Wanted an integer from 0/],
    [["daemon", "--interval=-1"], /Wanted an integer from 0/],
    [["help", "snd"], /unknown command 'snd'\n\(Did you mean send\?\)/],
    [["tail", "--limit"], /argument missing/],
    [["--jsn"], /unknown option '--jsn'/],
  ] as const
) {
  Deno.test(`wire ${args.join(" ")}: a usage text on stderr, exit 2`, async () => {
    const { stdout, stderr, exitCode } = await answer(...args);
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: /);
    assert.match(stderr, said);
    assert.match(stderr, /\nUsage: wire /);
  });
}

Deno.test("an interval below its minimum is the minimum", async () => {
  for (
    const [args, option, least] of [
      [["daemon", "--interval", "0"], "interval", 1],
      [["notify", "--interval", "0"], "interval", 1],
      [["reactor", "--on-event", "true", "--interval", "0"], "interval", 1],
      [["pair-list", "--watch-interval", "0"], "watchInterval", 1],
      [["monitor", "--interval-ms", "0"], "intervalMs", 50],
    ] as const
  ) {
    assert.equal((await run(...args)).options[option], least, args[0]);
  }
});

for (const { name } of COMMANDS) {
  Deno.test(`S21: wire ${name} --help: on stdout, with examples, at most 80 columns`, async () => {
    const { stdout, exitCode } = await answer(name, "--help");
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`^Usage: wire ${name} `));
    assert.match(stdout, new RegExp(`\\nExamples:\\n  .*wire .*`));
    assert.match(stdout, /--json/);
    const beforeExamples = stdout.slice(0, stdout.indexOf("Examples:"));
    for (const line of beforeExamples.split("\n")) assert.ok(line.length <= 80, line);
    assert.deepEqual(await answer("help", name), await answer(name, "--help"));
  });

  Deno.test(`wire ${name}: every example of its help is a line that the program takes`, async () => {
    const { command } = await (COMMANDS.find((entry) => entry.name === name)?.load() ??
      assert.fail());
    assert.ok(command.examples.length > 0);
    for (const example of command.examples) {
      const lines = await Promise.all(wireLines(example).map((args) => run(...args)));
      assert.ok(lines.some(({ entry }) => entry.name === name), example);
    }
  });
}

Deno.test("a flag that begins with no- is there when it is typed, and only then", async () => {
  for (const args of [["rotate-slot", "--no-announce"], ["session", "new", "--no-daemon"]]) {
    const name = args.at(-1) === "--no-announce" ? "noAnnounce" : "noDaemon";
    assert.deepEqual((await run(...args)).options, { [name]: true });
    assert.deepEqual((await run(...args.slice(0, -1))).options, {});
  }
});

Deno.test("a command of two words: the first alone shows the family, and values are values", async () => {
  const usage = await answer("profile");
  assert.deepEqual([usage.exitCode, usage.stdout], [2, ""]);
  assert.match(usage.stderr, /^Usage: wire profile <command>/);
  for (const args of [["profile", "--help"], ["help", "profile"], ["profile", "help"]]) {
    const { stdout, exitCode } = await answer(...args);
    assert.equal(exitCode, 0);
    assert.match(stdout, /\n {2}profile set .*\n {2}profile get .*\n {2}profile clear /);
  }
  assert.equal((await answer("profile", "sat", "x", "y")).exitCode, 2);
  const { entry, positionals } = await run("profile", "set", "motto", "profile set");
  assert.equal(entry.name, "profile set");
  assert.deepEqual(positionals, ["motto", "profile set"]);
  assert.deepEqual(await answer("help", "profile", "set"), await answer("profile", "set", "-h"));
});

Deno.test("an alias is the command, and -- ends the options", async () => {
  assert.equal((await run("join", "42-K7QX2M", "--relay", "http://r")).entry.name, "pair-join");
  const { positionals, json } = await run("send", "bob", "--", "--json");
  assert.deepEqual(positionals, ["bob", "--json"]);
  assert.ok(!json);
});

Deno.test("options come typed, and a single dash is an argument", async () => {
  const { positionals, options, json } = await run("tail", "bob", "--limit=3", "--json");
  assert.deepEqual(positionals, ["bob"]);
  assert.deepEqual(options, { limit: 3 });
  assert.ok(json);
  assert.deepEqual((await run("send", "bob", "claim", "-")).positionals, ["bob", "claim", "-"]);
  const relay = await run("relay-server", "--allow-host", "a", "--allow-host", "b");
  assert.deepEqual(relay.options, { allowHost: ["a", "b"] });
});
