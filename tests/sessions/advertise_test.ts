/** Whoever pairs with a session that has two mailboxes learns of both, each with a grant of its own. */
import assert from "node:assert/strict";
import { accept } from "../../client/operations/accept.ts";
import { invite } from "../../client/operations/invite.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { send } from "../../client/operations/send.ts";
import { sessionNew } from "../../client/operations/session_new.ts";
import type { ClientContext } from "../../client/context.ts";
import { ownRoutes, peerRoutes, type Route } from "../../client/sync/routes.ts";
import { FEDERATION, LOCAL, Machine, ROOT, run } from "./machine.ts";

const BARE = { relay: FEDERATION, noDaemon: true } as const;
const BOTH = { ...BARE, withLocal: true } as const;

/** Works in that session, as after `eval "$(wire session env <name>)"`. */
const inside = (machine: Machine, name: string): ClientContext =>
  machine.context("/", { variables: { WIRE_HOME: `${ROOT}/${name}` } });

async function routesTo({ home }: ClientContext, peer: string): Promise<readonly Route[]> {
  const found = peerRoutes(await home.readRelayState(), peer);
  return found.tag === "routes" ? found.routes : [];
}

/** Until nothing more comes of it: answers are queued by a pull and go by the next push. */
async function settle(machine: Machine, ...sides: readonly ClientContext[]): Promise<void> {
  for (let rounds = 0; rounds < 3; rounds++) {
    await machine.clock.advance(1_000); // notices of one moment have no order
    for (const side of sides) await run(pull, side, {});
    for (const side of sides) await run(push, side, {});
  }
}

async function paired(machine: Machine): Promise<readonly [ClientContext, ClientContext]> {
  const [ann, ben] = [inside(machine, "ann"), inside(machine, "ben")];
  const { invite_url } = await run(invite, ann, {});
  await run(accept, ben, { url: invite_url });
  await settle(machine, ann, ben);
  return [ann, ben];
}

/** After a pull: how often the peer's message stands in the inbox. */
async function heard(
  { files }: Machine,
  who: ClientContext,
  [peer, body]: readonly [string, string],
): Promise<number> {
  await run(pull, who, {});
  const text = await files.readText(`${who.home.file.inbox}/${peer}.jsonl`) ?? "";
  return text.split("\n").filter((line) => line.includes(`"body":"${body}"`)).length;
}

async function assertBoth(who: ClientContext, peer: ClientContext, name: string): Promise<void> {
  const routes = await routesTo(who, name);
  assert.deepEqual(routes.map(({ shownUrl }) => shownUrl), [LOCAL, FEDERATION], name);
  const own = ownRoutes(await peer.home.readRelayState());
  for (const { slotId, slotToken } of routes) {
    const mailbox = own.find((route) => route.slotId === slotId);
    assert.ok(mailbox !== undefined && mailbox.slotToken !== slotToken, "a grant, not the token");
  }
}

Deno.test("S15: an invite and its answer lead to both mailboxes on both sides, and mail goes by the local one", async () => {
  await using machine = await Machine.start();
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BOTH, name });
  const [ann, ben] = await paired(machine);
  await assertBoth(ann, ben, "ben");
  await assertBoth(ben, ann, "ann");
  await run(send, ann, { peer: "ben", kind: "claim", body: "hello" });
  const { pushed } = await run(push, ann, {});
  assert.deepEqual(pushed.map(({ scope }) => scope), ["local"]);
  assert.equal(await heard(machine, ben, ["ann", "hello"]), 1);
});

Deno.test("S14: peers from before learn of a local mailbox that is added, and it is no move", async () => {
  await using machine = await Machine.start();
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BARE, name });
  const [ann, ben] = await paired(machine);
  assert.deepEqual((await routesTo(ann, "ben")).map(({ shownUrl }) => shownUrl), [FEDERATION]);
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BOTH, name });
  await settle(machine, ann, ben);
  await assertBoth(ann, ben, "ben");
  await assertBoth(ben, ann, "ann");
  assert.doesNotMatch(machine.warnings.join("\n"), /has moved/);
});

Deno.test("S14: a peer that could not be given a local grant gets it by the next session new --with-local", async () => {
  await using machine = await Machine.start();
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BOTH, name });
  machine.net.fail(LOCAL, "connect");
  const [ann, ben] = await paired(machine);
  assert.deepEqual((await routesTo(ben, "ann")).map(({ shownUrl }) => shownUrl), [FEDERATION]);
  machine.net.fail(LOCAL, undefined);
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BOTH, name });
  await settle(machine, ann, ben);
  await assertBoth(ann, ben, "ben");
  await assertBoth(ben, ann, "ann");
});

Deno.test("a session without a local mailbox, as 0.5.19 makes it, talks with one that has both by the public relay", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/"), { ...BOTH, name: "ann" });
  await run(sessionNew, machine.context("/"), { ...BARE, name: "ben" });
  const [ann, ben] = await paired(machine);
  for (const [who, peer] of [[ann, "ben"], [ben, "ann"]] as const) {
    assert.deepEqual((await routesTo(who, peer)).map(({ shownUrl }) => shownUrl), [FEDERATION]);
    await run(send, who, { peer, kind: "claim", body: "hello" });
    assert.equal((await run(push, who, {})).pushed.length, 1);
  }
  assert.equal(await heard(machine, ben, ["ann", "hello"]), 1);
  assert.equal(await heard(machine, ann, ["ben", "hello"]), 1);
});

Deno.test("S15: an event that comes to both mailboxes is stored once, whichever is read first", async () => {
  await using machine = await Machine.start();
  for (const name of ["ann", "ben"]) await run(sessionNew, machine.context("/"), { ...BOTH, name });
  const [ann, ben] = await paired(machine);
  await run(send, ann, { peer: "ben", kind: "claim", body: "twice" });
  const outbox = await machine.files.readText(`${ROOT}/ann/state/wire/outbox/ben.jsonl`);
  const event = outbox?.trimEnd().split("\n").at(-1) ?? "";
  for (const { relayUrl, slotId, slotToken } of await routesTo(ann, "ben")) {
    await ann.relay(relayUrl).postEvent(slotId, slotToken, event);
  }
  assert.equal(await heard(machine, ben, ["ann", "twice"]), 1);
  assert.equal(await heard(machine, ben, ["ann", "twice"]), 1, "and not by the next pull");
});
