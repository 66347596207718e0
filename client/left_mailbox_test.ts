/** A peer closes its mailbox and tells no other: what the operator is told, and until when. */
import assert from "node:assert/strict";
import type { EventInput } from "../protocol/event/event.ts";
import {
  eventFrom,
  MailWorld,
  type Party,
  received,
  RELAY_URL,
} from "../tests/fault/mail_world.ts";
import { peers } from "./operations/peers.ts";
import { pull } from "./operations/pull.ts";
import { status } from "./operations/status.ts";

const close = (from: Party, to: Party, newSlot: string, input: Partial<EventInput> = {}) =>
  eventFrom(from, to, {
    type: "wire_close",
    kind: 1201,
    body: {
      reason: "operator-initiated slot rotation",
      new_relay_url: RELAY_URL,
      new_slot_id: newSlot,
    },
    ...input,
  });

const NEW_SLOT = "d".repeat(32);

async function mailboxOf(party: Party, name: string): Promise<string | undefined> {
  const shown = await status.run(party.context, status.input.parse({}));
  const listed = (await peers.run(party.context)).find(({ handle }) => handle === name);
  const inStatus = "peers" in shown
    ? shown.peers.find(({ handle }) => handle === name)?.mailbox
    : undefined;
  assert.equal(inStatus, listed?.mailbox);
  return inStatus;
}

Deno.test("a peer that says wire_close has left: peers and status say so until it tells another mailbox", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await alice.clock.advance(60_000);
  assert.equal(await mailboxOf(bob, "alice"), undefined);
  const event = close(alice, bob, NEW_SLOT);
  world.relay.plant(bob.slotId, event.text);
  await pull.run(bob.context);
  assert.match(bob.warnings.join(), /alice has left the mailbox that we know/);
  assert.equal(received(bob, "alice").length, 1, "it is read like any other message");
  assert.equal(await mailboxOf(bob, "alice"), "left");

  await alice.clock.advance(1);
  const { slotId: slot_id, slotToken: slot_token } = world.relay.makeSlot(50);
  const there = { relay_url: RELAY_URL, slot_id, slot_token };
  const ack = eventFrom(alice, bob, { type: "pair_drop_ack", kind: 1101, body: there });
  world.relay.plant(bob.slotId, ack.text);
  await pull.run(bob.context);
  assert.equal(await mailboxOf(bob, "alice"), undefined);
});

Deno.test("a wire_close from before the pin, of the mailbox that we know, or without one, changes nothing", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await alice.clock.advance(60_000);
  const { peers: known } = await bob.context.home.readRelayState();
  for (
    const event of [
      close(alice, bob, NEW_SLOT, { timestamp: "2000-01-01T00:00:00Z" }),
      close(alice, bob, known["alice"]?.slot_id ?? ""),
      close(alice, bob, NEW_SLOT, { body: { slot_id: NEW_SLOT } }),
      close(alice, bob, NEW_SLOT, { body: null }),
      close(alice, bob, NEW_SLOT, { kind: 1 }),
    ]
  ) world.relay.plant(bob.slotId, event.text);
  await pull.run(bob.context);
  assert.equal(received(bob, "alice").length, 5);
  assert.equal(await mailboxOf(bob, "alice"), undefined);
});
