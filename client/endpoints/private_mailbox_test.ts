/** A pinned peer whose mailbox is said to be in a private network: known, shown, and not called. */
import assert from "node:assert/strict";
import { eventFrom, MailWorld, type Party, RELAY_URL } from "../../tests/fault/mail_world.ts";
import { allowRelay } from "../operations/allow_relay.ts";
import { peers } from "../operations/peers.ts";
import { pull } from "../operations/pull.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";
import { status } from "../operations/status.ts";

const LAN = "http://10.0.0.5:8770";
const ALLOW = `wire allow-relay ${LAN}`;

interface Moved {
  readonly world: MailWorld;
  readonly bob: Party;
  /** Where alice says that she is now. */
  readonly slotId: string;
}

/** Alice has told bob that her mailboxes are at these addresses now; the same one on each. */
async function moved(...urls: readonly string[]): Promise<Moved> {
  const world = new MailWorld();
  world.net.serve(LAN, world.relay.handle);
  const { alice, bob } = await world.paired();
  const { slotId, slotToken } = world.relay.makeSlot(50);
  const at = (relay_url = "") => ({ relay_url, slot_id: slotId, slot_token: slotToken });
  const endpoints = urls.map((url) => ({ ...at(url), scope: "federation" }));
  const about = { type: "pair_drop_ack", kind: 1101, body: { ...at(urls[0]), endpoints } };
  world.relay.plant(bob.slotId, eventFrom(alice, bob, about).text);
  await pull.run(bob.context);
  bob.warnings.length = 0;
  await send.run(bob.context, { peer: "alice", kind: "claim", body: "found you" });
  return { world, bob, slotId };
}

const called = ({ net }: MailWorld): string[] =>
  net.requests.map(({ url }) => new URL(url).origin).filter((origin) => origin === LAN);

Deno.test("lesson 8: mail to a private address waits with a reason and the command, and goes once it is allowed", async () => {
  const { world, bob, slotId } = await moved(LAN);
  assert.match(bob.warnings.join("\n"), /^the message waits: .* to allow it: wire allow-relay /);
  const { pushed, skipped } = await push.run(bob.context, {});
  assert.deepEqual(pushed, []);
  assert.equal(
    skipped[0]?.reason,
    `no reachable endpoint pinned for peer: ${LAN} is in a private network, and neither ours nor ` +
      `allowed; to allow it: ${ALLOW}`,
  );
  const unused_endpoints = [{
    relay_url: LAN,
    reason: `${LAN} is in a private network, and neither ours nor allowed`,
    next: ALLOW,
  }];
  const [peer] = await peers.run(bob.context);
  assert.deepEqual(peer?.unused_endpoints, unused_endpoints);
  const home = await status.run(bob.context, {});
  assert.ok("peers" in home);
  assert.deepEqual(home.peers[0]?.unused_endpoints, unused_endpoints);
  await assert.rejects(status.run(bob.context, { peer: "alice" }), {
    code: "refused",
    hint: `if you know who runs a relay there: ${ALLOW}`,
  });
  assert.deepEqual(called(world), [], "nothing was called there");

  await allowRelay.run(bob.context, { url: LAN });
  assert.equal((await push.run(bob.context, {})).pushed.length, 1);
  assert.equal(world.relay.texts(slotId).length, 1);
  assert.equal((await peers.run(bob.context))[0]?.unused_endpoints, undefined);
});

Deno.test("a peer's public mailbox is used, and the private one beside it is not", async () => {
  const { world, bob, slotId } = await moved(LAN, RELAY_URL);
  assert.equal((await push.run(bob.context, {})).pushed.length, 1);
  assert.equal(world.relay.texts(slotId).length, 1);
  assert.deepEqual(called(world), []);
  assert.equal((await peers.run(bob.context))[0]?.unused_endpoints?.[0]?.relay_url, LAN);
});

Deno.test("a home whose own mailbox is on that very relay needs no consent", async () => {
  const { world, bob, slotId } = await moved(LAN);
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...state.self, relay_url: LAN },
  }));
  assert.equal((await push.run(bob.context, {})).pushed.length, 1);
  assert.equal(world.relay.texts(slotId).length, 1);
});
