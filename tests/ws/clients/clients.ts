/**
 * The relay's WebSocket and clients that we did not write: Python's `websockets`, Go's
 * `gorilla/websocket` and `coder/websocket`. A task of its own, because it needs their tools:
 * deno task clients. Whatever is missing and cannot be had is said, and fails.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { serverWorld } from "../relay_server.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(command: string, args: readonly string[], cwd?: string): Promise<Ran> {
  try {
    const output = await new Deno.Command(command, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
    }).output();
    const [out, err] = [output.stdout, output.stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    return { code: output.code, out: out ?? "", err: err ?? "" };
  } catch (error) {
    return { code: 127, out: "", err: `${command} cannot be run here: ${String(error)}` };
  }
}

/** @throws with what to do, if the tool is not there and cannot be installed */
async function must(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const { code, out, err } = await run(command, args, cwd);
  if (code === 0) return out;
  throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${err || out}`);
}

/** @returns the interpreter of an environment that has `websockets` */
async function python(directory: string): Promise<string> {
  const own = await run("python3", ["-c", "import websockets.sync.client"]);
  if (own.code === 0) return "python3";
  await must("python3", ["-m", "venv", directory]);
  const interpreter = `${directory}/bin/python`;
  await must(interpreter, ["-m", "pip", "install", "--quiet", "websockets==15.0.1"]);
  return interpreter;
}

async function goProgram(directory: string): Promise<string> {
  await Deno.copyFile(here("./go/go.mod"), `${directory}/go.mod`);
  await Deno.copyFile(here("./go/main.go"), `${directory}/main.go`);
  await must("go", ["mod", "tidy"], directory);
  await must("go", ["build", "-o", "client", "."], directory);
  return `${directory}/client`;
}

/** Lets the program do its round against a relay, and looks at what it saw. */
async function round(command: string, args: readonly string[]): Promise<void> {
  await using world = await serverWorld();
  const slot = await world.slot({ grants: true });
  assert.equal(await world.post(slot, '{"n":0,"text":"before"}'), 201);
  const url = `${world.relay.url.replace(/^http/, "ws")}/v1/ws`;
  const { code, out, err } = await run(command, [...args, url, slot.id, slot.token]);
  assert.equal(code, 0, err);
  const seen = JSON.parse(out);
  assert.equal(seen.subprotocol, "wire.v1");
  assert.equal(seen.opened, 1);
  assert.deepEqual(seen.statuses, ["stored", "stored", "duplicate"]);
  assert.deepEqual(seen.seqs.slice(0, 2), [1, 2]);
  assert.equal(seen.texts[0], "before");
  assert.equal(seen.pong, "pong");
}

Deno.test("ws clients: Python's websockets opens, publishes, reads, acks and closes", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-python-" });
  try {
    await round(await python(directory), [here("./python/client.py")]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ws clients: Go's gorilla/websocket and coder/websocket do the same", async (t) => {
  const directory = await Deno.makeTempDir({ prefix: "wire-go-" });
  try {
    const program = await goProgram(directory);
    for (const library of ["gorilla", "coder"]) {
      await t.step(library, () => round(program, [library]));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
