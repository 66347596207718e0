/** Sessions that meet on a Unix socket: extensions.md §9, as real processes. */
import assert from "node:assert/strict";
import { type Home, World } from "../e2e/world.ts";

async function sister(
  world: World,
  name: string,
  federation: string,
  local: string,
): Promise<Home> {
  const session = ["session", "new", name, "--relay", federation, "--no-daemon"];
  const made = await world.home("machine").record([
    ...session,
    "--with-local",
    "--local-relay",
    local,
  ]);
  assert.equal(Object(made["local_mailbox"])["relay_url"], local);
  return world.home(`machine/sessions/${name}`);
}

const scopeOf = ({ pushed }: Readonly<Record<string, unknown>>): unknown =>
  Array.isArray(pushed) ? pushed.map(({ scope, endpoint }) => `${scope} ${endpoint}`).at(-1) : [];

Deno.test("S15: a relay on a Unix socket comes first, both mailboxes are read, and the public relay takes over when it is gone", async () => {
  await using world = await World.create();
  const federation = (await world.relay()).url;
  const socket = `${world.directory}/a relay.sock`;
  const serve = async () => {
    const relay = world.home("socket-home").start(["relay-server", "--uds", socket]);
    await relay.line("stderr", /listening on/);
    return relay;
  };
  const local = await serve();
  const address = `unix://${socket}`;
  const alice = await sister(world, "alice", federation, address);
  const bob = await sister(world, "bob", federation, address);
  const { invite_url } = await alice.record(["invite"]);
  await bob.ok(["accept", String(invite_url)]);
  for (const home of [alice, bob, alice, bob]) {
    await home.ok(["pull"]);
    await home.ok(["push"]);
  }
  const daemon = await bob.daemon();
  const monitor = bob.monitor();
  const say = async (body: string): Promise<unknown> => {
    await alice.ok(["send", "bob", "claim", body]);
    const took = scopeOf(await alice.record(["push"]));
    await monitor.line("stdout", new RegExp(`"body_preview":"${body}"`));
    return took;
  };
  assert.equal(await say("one"), `uds ${address}`);
  const status = await bob.record(["status"]);
  assert.ok(JSON.stringify(status).includes(address), "status shows the socket as it was typed");
  assert.doesNotMatch(JSON.stringify(status), /uds\.localhost/);
  await local[Symbol.asyncDispose]();
  assert.equal(await say("two"), `federation ${federation}`);
  assert.doesNotMatch(daemon.text("stderr"), /cannot|fault/i);
});
