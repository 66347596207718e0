/** A daemon as a process, and who stands at its local socket. */
import assert from "node:assert/strict";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { pairHomes } from "./pairing.ts";
import { type Home, removeTree, World } from "./world.ts";

const stateOf = (home: Home): string => `${home.path}/state/wire`;

async function addressOf(home: Home): Promise<string> {
  const text = await Deno.readTextFile(`${stateOf(home)}/guard.addr`);
  assert.match(text, /^unix:\/.*\n$/);
  return text.slice("unix:".length, -1);
}

async function connected(home: Home, text: string): Promise<Deno.Conn> {
  const connection = await Deno.connect({ transport: "unix", path: await addressOf(home) });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}

/** What `status` says of the daemon there. */
async function shownDaemon(home: Home): Promise<{ running?: unknown; answers?: unknown }> {
  return { ...Object((await home.record(["status"]))["daemon"]) };
}

/** Accepts, and says nothing ever. */
class MuteServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.Conn[] = [];
  readonly #accepting = this.#accept();

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#connections.push(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#accepting;
  }
}

/**
 * Less than a request to a relay may take: whoever waited for one would be later. That it is two
 * seconds by its own clock is tested with a fake one (daemon/daemon_test.ts, tests/daemon/door_test.ts).
 */
const SOON_MS = 20_000;

/** Another address in the place of the relay's, in all that the home knows. */
async function moveRelay(home: Home, from: string, to: string): Promise<void> {
  const file = `${home.path}/config/wire/relay.json`;
  await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replaceAll(from, to));
}

Deno.test("P8: a daemon ends on SIGTERM, whoever it serves: its relay mute, a caller silent, a watcher stuck", async () => {
  await using world = await World.create();
  await using mute = new MuteServer();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  await moveRelay(alice, relay.url, mute.url);
  const daemon = await alice.daemon();
  await alice.ok(["send", "bob", "never"]);
  const callers = [
    await connected(alice, ""),
    await connected(alice, '{"kind":'),
    await connected(alice, '{"kind":"watch"}\n'),
  ];
  const start = performance.now();
  daemon.kill("SIGTERM");
  const { code } = await daemon.finished();
  const took = performance.now() - start;
  for (const caller of callers) caller.close();
  assert.equal(code, 0);
  assert.ok(took < SOON_MS, `${Math.round(took)} ms`);
  const left = [...Deno.readDirSync(stateOf(alice))].map(({ name }) => name);
  for (const name of ["daemon.pid", "guard.addr", "guard.sock", "transports.json"]) {
    assert.ok(!left.includes(name), name);
  }
});

Deno.test("P8: a daemon whose output nobody reads serves its home, and ends on SIGTERM all the same", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const [executable, args] = wireCommand(["daemon", "--json", "--interval", "1"]);
  // The first 64 KiB fill the pipe; what the daemon says after them is never taken.
  const script = 'head -c 65536 /dev/zero; exec "$0" "$@"';
  await using daemon = new Deno.Command("sh", {
    args: ["-c", script, executable, ...args],
    env: wireEnv({ home: alice.path }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  while ((await shownDaemon(alice)).answers !== true);
  const start = performance.now();
  daemon.kill("SIGTERM");
  const { success } = await daemon.status;
  const took = performance.now() - start;
  await daemon.stdout.cancel();
  assert.ok(success);
  assert.ok(took < SOON_MS, `${Math.round(took)} ms`);
});

Deno.test("lesson 43: a daemon that stands still holds up no command, and status says so", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  const daemon = await alice.daemon();
  assert.ok((await shownDaemon(alice)).answers === true);
  daemon.kill("SIGSTOP");
  try {
    const sent = await alice.record(["send", "bob", "meanwhile"]);
    assert.equal(sent["status"], "queued");
    assert.ok((await shownDaemon(alice)).answers === false);
    assert.match(await alice.ok(["status"]), /it does not answer at its local socket/);
  } finally {
    daemon.kill("SIGCONT");
  }
  const inbox = bob.monitor();
  await bob.daemon();
  await inbox.line("stdout", /"body_preview":"meanwhile"/);
});

Deno.test("the socket of a killed daemon is cleared by the next one, and nobody is sent to it meanwhile", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const first = await alice.daemon();
  const socket = await addressOf(alice);
  assert.equal((Deno.lstatSync(socket).mode ?? 0) & 0o777, 0o600);
  first.kill("SIGKILL");
  await first.finished();
  assert.ok(Deno.lstatSync(socket).isSocket);
  assert.ok((await shownDaemon(alice)).running === false);
  await alice.daemon();
  assert.equal(await addressOf(alice), socket);
  const connection = await connected(alice, '{"kind":"status"}\n');
  const buffer = new Uint8Array(4_096);
  const length = await connection.read(buffer) ?? 0;
  connection.close();
  const said = JSON.parse(new TextDecoder().decode(buffer.subarray(0, length)));
  assert.equal(said.kind, "status");
  assert.doesNotMatch(JSON.stringify(said), /token|private/);
});

Deno.test("P1: a daemon whose home is removed ends by itself, and makes room for the next one's", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const daemon = alice.start(["daemon", "--interval", "1"]);
  await daemon.line("stderr", /daemon: up/);
  await removeTree(alice.path);
  const { code, stderr } = await daemon.finished();
  assert.notEqual(code, 0);
  assert.match(stderr, /Cannot go on serving this home: its daemon\.lock is gone/);
});

Deno.test("lesson 36: one process serves its home and two sessions, as each of them shows", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const machine = await world.agent("machine", relay.url);
  for (const name of ["north", "south"]) {
    await machine.ok(["session", "new", name, "--relay", relay.url, "--no-daemon"]);
  }
  const daemon = machine.start(["daemon", "--all-sessions"]);
  for (let sessions = 0; sessions < 3; sessions++) await daemon.line("stderr", /daemon: up for/);
  const rows = await machine.list(["session", "list"]);
  assert.deepEqual(rows.map(({ daemon_running }) => daemon_running), [true, true]);
  daemon.kill("SIGTERM");
  assert.equal((await daemon.finished()).code, 0);
});
