/** A 0.5.19 relay that gives the answers of one to another, and what ours makes of them. */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { text, withMembers } from "./reference/json.ts";
import { pull } from "./reference/mail.ts";
import { acceptInbound } from "./reference/strangers.ts";
import { claim, tiers, two } from "./two.ts";

Deno.test("interop: a 0.5.19 relay that swaps what it answers of names pins no name to a wrong key", async () => {
  const { world, ours, theirs } = await two("a 0.5.19 relay");
  await using _ = world;
  const mallory = await world.referencePeer("mallory");
  assert.equal(await claim(mallory), "claimed");
  const card = await mallory.card();
  const { reference } = world;
  assert.ok(reference);
  const lies: readonly Record<string, unknown>[] = [
    { card },
    { did: text(card, "did") },
    { card: withMembers(await theirs.card(), { name: "changed" }) },
    { card: null },
    { nick: "mallory", card, did: text(card, "did") },
  ];
  for (const lie of lies) {
    reference.lie = (path, reply) => {
      const isRecord = path.startsWith("/.well-known/") && reply.status === 200;
      return isRecord ? { ...reply, json: { ...Object(reply.json), ...lie } } : reply;
    };
    const { code } = await ours.run(["add", "bob@relay.example", "--relay", world.url]);
    assert.equal(code, 1, Object.keys(lie).join());
    assert.deepEqual(await tiers(ours), {});
  }
  assert.equal((await pull(theirs)).total, 0, "and nothing of ours went out");
});

Deno.test("interop: a 0.5.19 relay that swaps the mail of two mailboxes completes no pairing with it", async () => {
  const { world, ours, theirs } = await two("a 0.5.19 relay");
  await using _ = world;
  const carol = await world.world.agent("carol", world.url);
  for (const home of [ours, carol]) {
    await home.ok(["add", "bob@relay.example", "--relay", world.url]);
  }
  await pull(theirs);
  await acceptInbound(theirs, "carol");
  const { reference } = world;
  assert.ok(reference);
  const slots = await Promise.all([ours, carol].map(slotId));
  const pages = new Map<string, unknown>();
  reference.lie = (path, reply) => {
    const slot = path.match(/^\/v1\/events\/([0-9a-f]{32})$/)?.[1];
    if (slot === undefined || !Array.isArray(reply.json)) return reply;
    pages.set(slot, reply.json);
    const [other] = slots.filter((it) => it !== slot);
    return { ...reply, json: pages.get(other ?? "") ?? [] };
  };
  for (const home of [carol, ours, carol, ours]) await home.ok(["pull"]);
  assert.ok(pages.size === 2);
  assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
  assert.deepEqual(await tiers(carol), { bob: "PENDING_ACK" });
  reference.lie = (_, reply) => reply;
  await carol.ok(["pull"]);
  assert.deepEqual(await tiers(carol), { bob: "VERIFIED" }, "late is not lost");
  assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
});

async function slotId(home: Home): Promise<string> {
  const text = await Deno.readTextFile(`${home.path}/config/wire/relay.json`);
  return String(Object(JSON.parse(text).self).slot_id);
}
