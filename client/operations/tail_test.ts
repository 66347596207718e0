import assert from "node:assert/strict";
import type { z } from "zod";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { kindOf } from "../../protocol/event/kinds.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, stringMember, withMembers } from "../../protocol/json/value.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { livingWorld } from "../fake/world.ts";
import { tail } from "./tail.ts";

type Living = Awaited<ReturnType<typeof livingWorld>>;

interface Said {
  readonly body: string;
  /** Minutes after the start of 2025. */
  readonly minute?: number;
  readonly timestamp?: string;
  readonly type?: string;
}

function eventOf(peer: Living, { body, minute = 0, timestamp, type = "claim" }: Said): WireEvent {
  const at = timestamp ?? `2025-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
  return signEvent(
    buildEvent({
      from: peer.self.did,
      to: "did:wire:alice",
      type,
      kind: kindOf(type),
      body,
      timestamp: at,
    }),
    peer.self,
  );
}

/** Alice's home, with the inbox files of peers that are pinned there. */
async function inboxes(said: Readonly<Record<string, readonly (Said | string)[]>>) {
  const alice = await livingWorld("alice");
  const events: Record<string, WireEvent> = {};
  for (const [name, messages] of Object.entries(said)) {
    const peer = await livingWorld(name);
    const card = admitCard(peer.self.card);
    assert.ok(card.ok);
    await alice.home.updateTrust("test", (store) => {
      const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2025-01-01T00:00:00Z" });
      assert.ok(pinned.ok);
      return pinned.store;
    });
    for (const message of messages) {
      const event = typeof message === "string" ? undefined : eventOf(peer, message);
      if (event !== undefined && typeof message !== "string") events[message.body] = event;
      const file = `/alice/state/wire/inbox/${name}.jsonl`;
      const line = `${event?.text ?? message}\n`;
      await alice.platform.files.append(file, line, { point: "test.inbox" });
    }
  }
  return { alice, events };
}

async function tailed(world: Living, input: z.input<typeof tail.input> = {}) {
  const { signal } = new AbortController();
  const asked = tail.input.parse(input);
  const outputs: JsonObject[] = [];
  for await (const output of tail.stream(world.context, asked, signal)) outputs.push(output);
  return outputs;
}

const bodies = (outputs: readonly JsonObject[]): string =>
  outputs.map((output) => stringMember(output, "body")).join(" ");

Deno.test("tail --json, S5: the event as it was signed, and whether it verifies now", async () => {
  const { alice, events } = await inboxes({ bob: [{ body: "one" }] });
  const [output] = await tailed(alice);
  const event = events.one?.value ?? {};
  assert.equal(printJson(output ?? null), printJson(withMembers(event, { verified: true })));
});

Deno.test("S4: messages of several peers come in the order of their times", async () => {
  const { alice } = await inboxes({
    carol: [{ body: "b", minute: 2 }, { body: "d", minute: 4 }],
    bob: [{ body: "a", minute: 1 }, { body: "c", minute: 3 }, { body: "e", minute: 5 }],
  });
  assert.equal(bodies(await tailed(alice)), "a b c d e");
  assert.equal(bodies(await tailed(alice, { peer: "bob" })), "a c e");
  assert.equal(bodies(await tailed(alice, { peer: "bob@relay.example" })), "a c e");
});

Deno.test("ruling 5: --limit without --since is the newest, oldest first", async () => {
  const { alice } = await inboxes({
    bob: [{ body: "a", minute: 1 }, { body: "c", minute: 3 }],
    carol: [{ body: "b", minute: 2 }],
  });
  assert.equal(bodies(await tailed(alice, { limit: 2 })), "b c");
  assert.equal(bodies(await tailed(alice, { limit: 9 })), "a b c");
  assert.equal(bodies(await tailed(alice, { limit: 0 })), "a b c");
});

Deno.test("S4: --since is exclusive, with --limit the next ones; an unknown id is everything", async () => {
  const { alice, events } = await inboxes({
    bob: [{ body: "a", minute: 1 }, { body: "c", minute: 3 }],
    carol: [{ body: "b", minute: 2 }, { body: "d", minute: 4 }],
  });
  const since = events.a?.id ?? "";
  assert.equal(bodies(await tailed(alice, { since })), "b c d");
  assert.equal(bodies(await tailed(alice, { since, limit: 2 })), "b c");
  assert.equal(bodies(await tailed(alice, { since: events.d?.id ?? "" })), "");
  assert.equal(bodies(await tailed(alice, { since: "unknown" })), "a b c d");
  assert.equal(bodies(await tailed(alice, { since: "unknown", limit: 1 })), "a");
  const bob = { peer: "bob" };
  assert.equal(bodies(await tailed(alice, { ...bob, since })), "c");
  assert.equal(bodies(await tailed(alice, { ...bob, since: events.c?.id ?? "" })), "");
  assert.equal(bodies(await tailed(alice, { ...bob, since: events.b?.id ?? "" })), "a c");
  assert.equal(bodies(await tailed(alice, { ...bob, since: "unknown" })), "a c");
  const warned =
    /^none of these messages has the id "unknown": all of them are shown, the oldest first$/;
  assert.match(alice.warnings.at(-1) ?? "", warned);
});

Deno.test("a peer's own messages stay in the order in which they came, whatever times they claim", async () => {
  const { alice } = await inboxes({
    bob: [
      { body: "a", minute: 9 },
      { body: "b", timestamp: "0001-01-01T00:00:00Z" },
      { body: "c", timestamp: "not a time" },
      { body: "d", minute: 10 },
    ],
  });
  assert.equal(bodies(await tailed(alice)), "a b c d");
});

Deno.test("a time in the future does not hold the newest place for ever", async () => {
  const { alice } = await inboxes({
    bob: [{ body: "x", timestamp: "9999-01-01T00:00:00Z" }],
    carol: [{ body: "y", timestamp: "2026-06-01T00:00:00Z" }],
  });
  await alice.platform.clock.advance(1000);
  // Both count as now; the order of names decides.
  assert.equal(bodies(await tailed(alice)), "x y");
});

Deno.test("ruling 5: what programs say to each other is hidden unless asked for", async () => {
  const { alice } = await inboxes({
    bob: [
      { body: "a", type: "pair_drop_ack" },
      { body: "b", type: "heartbeat" },
      { body: "c", type: "agent_card" },
      { body: "d" },
    ],
  });
  assert.equal(bodies(await tailed(alice)), "d");
  assert.equal(bodies(await tailed(alice, { includeHandshake: true })), "a b c d");
});

Deno.test("a tampered line shows as not verified, a line that is no event is passed over and named", async () => {
  const bob = await livingWorld("bob");
  const { text } = eventOf(bob, { body: "good" });
  const { alice } = await inboxes({
    bob: [
      text,
      text.replace("good", "evil"),
      '{"torn":',
      "",
      "[1]",
      text.replace('"body"', '"b":1,"body"'),
    ],
  });
  const outputs = await tailed(alice);
  assert.deepEqual(outputs.map((output) => output.verified), [true, false, false]);
  assert.equal(alice.warnings.length, 1);
  assert.match(alice.warnings[0] ?? "", /bob's inbox/);
});

Deno.test("of one peer, nothing that stands before the message asked after is parsed", async () => {
  const { alice, events } = await inboxes({
    bob: ['{"torn":', { body: "a", minute: 1 }, { body: "b", minute: 2 }],
    carol: [{ body: "c", minute: 3 }],
  });
  const since = events.a?.id ?? "";
  assert.equal(bodies(await tailed(alice, { since, peer: "bob" })), "b");
  assert.deepEqual(alice.warnings, []);
  assert.equal(bodies(await tailed(alice, { since })), "b c");
  assert.match(alice.warnings.join(), /bob's inbox/);
});

Deno.test("a signed member called verified never passes for the mark", async () => {
  const bob = await livingWorld("bob");
  const unsigned = {
    ...buildEvent({
      from: "did:wire:mallory",
      to: "did:wire:alice",
      type: "claim",
      kind: 1001,
      body: "x",
      timestamp: "2025-01-01T00:00:00Z",
    }),
    verified: true,
  };
  const { alice } = await inboxes({ bob: [signEvent(unsigned, bob.self).text] });
  assert.deepEqual((await tailed(alice)).map((output) => output.verified), [false]);
});

Deno.test("no inbox, an unknown peer and no identity are no output, and create nothing", async () => {
  const alice = await livingWorld("alice");
  const before = alice.platform.files.texts();
  assert.deepEqual(await tailed(alice), []);
  assert.deepEqual(await tailed(alice, { peer: "nobody" }), []);
  assert.deepEqual(alice.warnings, []);
  assert.deepEqual(await tailed(alice, { noteEmpty: true }), []);
  assert.match(alice.warnings.join(), /^no inbox yet/, "for people");
  assert.deepEqual(alice.platform.files.texts(), before);
  await assert.rejects(tailed(alice, { peer: "../trust" }), { code: "usage" });
});
