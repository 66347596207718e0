/** Exit codes and where text goes, as real processes show them. */
import assert from "node:assert/strict";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { World } from "./world.ts";

interface Case {
  readonly args: readonly string[];
  readonly code: number;
  /** What the last of stderr must say. */
  readonly stderr: RegExp;
  readonly stdin?: string;
}

/** In a home without identity. */
const EMPTY_HOME: readonly Case[] = [
  { args: [], code: 2, stderr: /Usage: wire/ },
  { args: ["frobnicate"], code: 2, stderr: /unknown command 'frobnicate'/ },
  { args: ["send", "bob"], code: 2, stderr: /missing required argument/ },
  { args: ["tail", "--limit", "x"], code: 2, stderr: /integer/ },
  {
    args: ["send", "bob", "x", "--wait", "soon"],
    code: 2,
    stderr: /'--wait' is invalid: expected/,
  },
  { args: ["verify"], code: 2, stderr: /^error: expected a file.*\n.*wire verify --help/ },
  { args: ["help", "frobnicate"], code: 2, stderr: /^error: unknown command 'frobnicate'/ },
  { args: ["whoami"], code: 1, stderr: /^error: .*not initialized/ },
  { args: ["send", "bob", "hello"], code: 1, stderr: /^error: .*not initialized/ },
  { args: ["push"], code: 1, stderr: /^error: / },
  { args: ["pull"], code: 1, stderr: /^error: / },
  { args: ["daemon", "--once"], code: 1, stderr: /^error: .*not initialized/ },
  { args: ["init", "bad handle"], code: 1, stderr: /^error: .*must be ASCII alphanumeric/ },
  { args: ["init", "alice", "--relay", "ftp://x"], code: 1, stderr: /^error: / },
  { args: ["verify", "/nowhere/event.json"], code: 1, stderr: /^error: / },
  { args: ["verify", "-"], stdin: "not json", code: 1, stderr: /^error: / },
  { args: ["pair-host", "--relay", "http://127.0.0.1:1"], code: 1, stderr: /not initialized/ },
  { args: ["pair-confirm", "42", "440253"], code: 1, stderr: /missing '-' separator/ },
  { args: ["pair-cancel", "42-K7QX2M"], code: 1, stderr: /no pending pair for code/ },
  { args: ["pair-watch", "42-K7QX2M"], code: 1, stderr: /^/ },
  {
    args: ["relay-server", "--local-only", "--bind", "0.0.0.0:0"],
    code: 1,
    stderr: /--local-only refuses non-loopback bind/,
  },
];

Deno.test("exit codes: each failure has its code, says why on stderr, and leaves stdout empty", async (t) => {
  await using world = await World.create();
  const home = world.home("empty");
  for (const { args, code, stderr, stdin } of EMPTY_HOME) {
    await t.step(`wire ${args.join(" ")} → ${code}`, async () => {
      const result = await home.run(args, stdin === undefined ? {} : { stdin });
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, stderr);
      assert.equal(result.stdout, "");
      assert.doesNotMatch(result.stderr, /\n +at /, "no stack trace");
    });
  }
});

Deno.test("exit codes: help and version are answers, on stdout", async () => {
  await using world = await World.create();
  for (const args of [["--help"], ["help", "send"], ["pair-list", "--help"], ["--version"]]) {
    const { code, stdout, stderr } = await world.home("empty").run(args);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /wire/);
  }
});

Deno.test("exit codes: status answers even without an identity", async () => {
  await using world = await World.create();
  assert.deepEqual(await world.home("empty").json(["status"]), { initialized: false });
});

Deno.test("a relay that cannot be reached is exit 1 with its class, and the identity stays", async () => {
  await using world = await World.create();
  const home = world.home("alice");
  const failed = await home.run(["init", "alice", "--relay", closedAddress()]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^error: .*connect error: /);
  assert.equal((await home.run(["whoami"])).code, 0);
  const again = await home.run(["init", "alice"]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /already initialized/);
});

Deno.test("Ctrl-C ends a watcher with 130 and one clean line", async () => {
  await using world = await World.create();
  const home = world.home("alice");
  await home.ok(["init", "alice"]);
  await Deno.mkdir(`${home.path}/state/wire/inbox`, { recursive: true });
  await Deno.writeTextFile(
    `${home.path}/state/wire/inbox/bob.jsonl`,
    '{"from":"did:wire:bob","type":"claim","body":"unsigned","timestamp":"2026-01-01T00:00:00Z"}\n',
  );
  const monitor = home.start(["monitor", "--replay", "1"]);
  await monitor.line("stdout", /bob\/claim \(\) NOT VERIFIED unsigned/);
  monitor.kill("SIGINT");
  const { code, stdout, stderr } = await monitor.finished();
  assert.equal(code, 130);
  assert.equal(stdout.split("\n").length, 2);
  assert.equal(stderr, "interrupted\n");
});

Deno.test("SIGTERM and SIGINT are the normal end of daemon and relay-server", async () => {
  await using world = await World.create();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const relay = await world.relay();
    const home = world.home(`alice-${signal}`);
    await home.ok(["init", "alice", "--relay", relay.url]);
    const daemon = await home.daemon();
    daemon.kill(signal);
    assert.equal((await daemon.finished()).code, 0);
    relay.process.kill(signal);
    assert.equal((await relay.process.finished()).code, 0);
  }
});

Deno.test("lesson 54: a watcher that stops says so on both streams and exits 1", async () => {
  await using world = await World.create();
  const home = world.home("alice");
  await home.ok(["init", "alice"]);
  await Deno.remove(`${home.path}/state/wire/inbox`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/state/wire/inbox`, "not a directory");
  const asText = await home.run(["monitor"]);
  assert.equal(asText.code, 1);
  assert.match(asText.stdout, /^monitor stopped: /);
  assert.match(asText.stderr, /^error: /);
  const asJson = await home.run(["monitor", "--json"]);
  assert.equal(asJson.code, 1);
  assert.deepEqual(Object.keys(JSON.parse(asJson.stdout)), ["stopped"]);
});

Deno.test("a full disk behind stdout is exit 1; a reader that went away is quiet", async () => {
  await using world = await World.create();
  const home = world.home("alice");
  await home.ok(["init", "alice"]);
  const [executable, line] = wireCommand([]);
  const shell = async (script: string) => {
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, executable, ...line],
      env: wireEnv({ home: home.path }),
      clearEnv: true,
      stdin: "null",
    }).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  };
  assert.deepEqual(await shell('exec "$0" "$@" whoami >/dev/full'), {
    code: 1,
    stderr: "error: Cannot write output: No space left on device (os error 28)\n",
  });
  await Deno.writeTextFile(
    `${home.path}/state/wire/inbox/bob.jsonl`,
    `{"from":"did:wire:bob","kind":1001,"body":"${"x".repeat(200)}"}\n`.repeat(2_000),
  );
  assert.deepEqual(
    await shell('{ "$0" "$@" tail --json; echo "exit $?" >&2; } | head -n 1 >/dev/null'),
    { code: 0, stderr: "exit 141\n" },
  );
});

/** Where nobody listens: a port that was free a moment ago. */
function closedAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}
