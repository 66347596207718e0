/** Two sessions of one machine, as real processes, on a relay of the world and one of their own. */
import assert from "node:assert/strict";
import type { WireProcess } from "../../scripts/wire_process.ts";
import { pairHomes } from "../e2e/pairing.ts";
import { type Home, type Relay, World } from "../e2e/world.ts";

const BURST = 300;

/** The home that `session new --with-local` makes; its daemon is started by the test. */
async function sister(world: World, name: string, urls: readonly [string, string]): Promise<Home> {
  const [federation, local] = urls;
  const session = ["session", "new", name, "--relay", federation, "--no-daemon"];
  const made = await world.home("machine").record([
    ...session,
    "--with-local",
    "--local-relay",
    local,
  ]);
  assert.equal(Object(made["local_mailbox"])["relay_url"], local);
  assert.ok(!made["daemon_running"]);
  return world.home(`machine/sessions/${name}`);
}

interface Received {
  readonly id: string;
  readonly body: string;
}

/** What people said, as it stands in the inbox. */
async function inbox(home: Home, peer: string): Promise<readonly Received[]> {
  const lines = (await home.ok(["tail", peer, "--json"])).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "claim")
    .map(({ event_id, body }) => ({ id: event_id, body }));
}

/** By id: the scope of the mailbox whose relay took it, as the journal has it. */
async function scopes(home: Home, peer: string): Promise<ReadonlyMap<string, string>> {
  const text = await Deno.readTextFile(`${home.path}/state/wire/delivery/${peer}.jsonl`);
  const steps = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const stored = steps.filter(({ step }) => step === "stored");
  return new Map(stored.map(({ event_id, evidence }) => [event_id, evidence.scope]));
}

/** As an agent does, with nothing but the file: partial events, all in one write. */
function append(home: Home, peer: string, bodies: readonly string[]): Promise<void> {
  const lines = bodies.map((body) => JSON.stringify({ type: "claim", kind: 1001, body }) + "\n");
  const file = `${home.path}/state/wire/outbox/${peer}.jsonl`;
  return Deno.writeTextFile(file, lines.join(""), { append: true });
}

async function next(monitor: WireProcess): Promise<string> {
  const [, body = ""] = await monitor.line("stdout", /"body_preview":"([mb]\d+)"/);
  return body;
}

Deno.test("S15: sessions of one machine talk over their own relay, over the public one while it is dead, and return: each message once, in order in each mailbox", async () => {
  await using world = await World.create();
  const federation = await world.relay();
  let local: Relay = await world.relay("127.0.0.1:0", "local");
  const urls = [federation.url, local.url] as const;
  const [alice, bob] = [await sister(world, "alice", urls), await sister(world, "bob", urls)];
  await pairHomes(alice, bob, federation.url);
  const [sender] = [await alice.daemon(), await bob.daemon()];
  const monitor = bob.monitor();
  const say = async (body: string): Promise<void> => {
    await alice.ok(["send", "bob", "claim", body]);
    assert.equal(await next(monitor), body);
  };
  await say("m1");
  await say("m2");
  await local.process[Symbol.asyncDispose](); // kill -9
  await say("m3");
  await say("m4");
  local = await world.relay(local.address, "local");
  await sender.line("stderr", /now comes by WebSocket/);
  await say("m5");

  const burst = Array.from({ length: BURST }, (_, at) => `b${at}`);
  await append(alice, "bob", burst);
  const seen = new Set<string>();
  while (seen.size < BURST / 5) seen.add(await next(monitor));
  await local.process[Symbol.asyncDispose]();
  local = await world.relay(local.address, "local");
  while (seen.size < BURST) seen.add(await next(monitor));

  sender.kill("SIGTERM"); // its journal is whole when it has ended
  await sender.finished();
  const took = await scopes(alice, "bob");
  const received = await inbox(bob, "alice");
  assert.deepEqual(
    received.filter(({ body }) => body.startsWith("m")).map(({ id, body }) => [body, took.get(id)]),
    [["m1", "local"], ["m2", "local"], ["m3", "federation"], ["m4", "federation"], ["m5", "local"]],
  );
  const order = burst.map((body) => received.filter((one) => one.body === body).length);
  assert.deepEqual(order, burst.map(() => 1), "each once");
  for (const scope of ["local", "federation"]) {
    const mailbox = received.filter(({ id, body }) =>
      body.startsWith("b") && took.get(id) === scope
    );
    const numbers = mailbox.map(({ body }) => Number(body.slice(1)));
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), scope);
  }
});
