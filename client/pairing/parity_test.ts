/** The terminal's pairing and the daemon's end in the same place: one set of functions does both. */
import assert from "node:assert/strict";
import { pairConfirm } from "../operations/pair_confirm.ts";
import { type Agent, PairWorld, pinned, shown } from "./fake/pair_world.ts";

/** What a pairing leaves behind, without what differs by nature: times, and what proved it. */
async function leftBehind({ context }: Agent, peer: string) {
  const entry = (await context.home.readTrust()).agents.get(peer);
  const state = await context.home.readRelayState();
  const route = state.peers[peer];
  assert.ok(entry !== undefined && route !== undefined, `${peer} is pinned and routed`);
  return {
    trustMembers: Object.keys(entry.value).sort(),
    tier: entry.tier,
    did: entry.did,
    via: entry.value["paired_via"],
    proof: entry.value["sas_proof"],
    route,
    records: await context.home.pendingPairs.list(),
  };
}

async function inTerminals(world: PairWorld): Promise<[Agent, Agent]> {
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  for (const { platform } of [alice, bob]) platform.terminal.stdin.isTerminal = true;
  const host = world.host(alice);
  await world.until(() => shown(host, "hosting") !== undefined);
  const guest = world.join(bob, shown(host, "hosting")?.code_phrase ?? "");
  await world.until(() => [host, guest].every((it) => shown(it, "confirm") !== undefined));
  const sas = shown(host, "digits")?.sas ?? "";
  for (const { platform } of [alice, bob]) platform.terminal.stdin.type(`${sas}\n`);
  await world.until(() => host.ended && guest.ended);
  assert.deepEqual([host.error, guest.error], [undefined, undefined]);
  return [alice, bob];
}

async function byDaemons(world: PairWorld): Promise<[Agent, Agent]> {
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  for (const { platform } of [alice, bob]) platform.terminal.stdin.isTerminal = true;
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  for (const { context } of [alice, bob]) {
    const digits = (await context.home.pendingPairs.read(code))?.sas ?? "";
    await pairConfirm.run(context, { code, digits });
  }
  await world.tick(alice, bob, alice);
  return [alice, bob];
}

Deno.test("lesson 14: a pairing in terminals and one by daemons leave the same state", async () => {
  const [terminalAlice, terminalBob] = await inTerminals(new PairWorld());
  const [daemonAlice, daemonBob] = await byDaemons(new PairWorld());
  assert.deepEqual(await pinned(terminalAlice), { [terminalBob.did]: "VERIFIED" });
  assert.deepEqual(await pinned(daemonAlice), { [daemonBob.did]: "VERIFIED" });
  assert.deepEqual(
    await leftBehind(terminalAlice, "bob"),
    await leftBehind(daemonAlice, "bob"),
  );
  assert.deepEqual(
    await leftBehind(terminalBob, "alice"),
    await leftBehind(daemonBob, "alice"),
  );
});
