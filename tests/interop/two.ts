/** A home of ours and one of 0.5.19 on one relay, both to be found by their names. */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { claimNick } from "./reference/directory_calls.ts";
import type { ReferenceHome } from "./reference/home.ts";
import { object, text } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { InteropWorld } from "./world.ts";

export interface Two {
  readonly world: InteropWorld;
  readonly ours: Home;
  readonly theirs: ReferenceHome;
}

/** alice is ours, bob is a home of 0.5.19; both have claimed their names. */
export async function two(kind: InteropWorld["kind"]): Promise<Two> {
  const world = await InteropWorld.create(kind, { reach: "public" });
  const ours = await world.world.agent("alice", world.url);
  const theirs = await world.referencePeer("bob");
  await ours.ok(["claim", "alice", "--relay", world.url]);
  assert.equal(await claim(theirs), "claimed");
  return { world, ours, theirs };
}

export async function claim(theirs: ReferenceHome): Promise<string> {
  const self = object(await theirs.relayState(), "self");
  const slot = {
    relay_url: text(self, "relay_url"),
    slot_id: text(self, "slot_id"),
    slot_token: text(self, "slot_token"),
  };
  return await claimNick(slot, await theirs.handle(), await theirs.card());
}

export async function tiers(ours: Home): Promise<Record<string, unknown>> {
  return Object.fromEntries((await ours.list(["peers"])).map(({ handle, tier }) => [handle, tier]));
}

/** A message each way is verified where it arrives. */
export async function talk({ ours, theirs }: Two): Promise<void> {
  const { event_id } = await ours.record(["send", "bob", "over to you"]);
  await ours.ok(["push"]);
  const pulled = await pull(theirs);
  assert.ok(pulled.written.includes(String(event_id)), pulled.rejected.join());
  assert.ok(!pulled.isBlocked);
  const back = await send(theirs, { peer: "alice", body: "and back" });
  const pushed = await push(theirs, "command");
  assert.ok(pushed.pushed.includes(back), pushed.failed.join());
  const { written } = await ours.record(["pull"]);
  assert.ok(JSON.stringify(written).includes(back));
}

/** On a relay that issues grants our mailbox's own token is nobody else's. */
export async function checkToken({ world, ours, theirs }: Two): Promise<void> {
  const own: unknown = JSON.parse(await Deno.readTextFile(`${ours.path}/config/wire/relay.json`));
  const ownToken = String(Object(Object(own).self).slot_token);
  const given = text(await theirs.relayState(), "peers", "alice", "slot_token");
  assert.match(given, /^[0-9a-f]{64}$/);
  assert.equal(given === ownToken, world.kind === "a 0.5.19 relay");
  const kept = JSON.stringify(await allText(theirs.path));
  assert.equal(kept.includes(ownToken), world.kind === "a 0.5.19 relay");
}

async function allText(directory: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) texts.push(...await allText(path));
    else if (entry.name !== "private.key") texts.push(await Deno.readTextFile(path));
  }
  return texts;
}
