import assert from "node:assert/strict";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { mailboxAddress, type NewMailbox, withMailbox } from "./mailbox.ts";

function mailbox(digit: string): NewMailbox {
  const relayUrl = parseRelayUrl("http://relay.test/");
  const slotId = digit.repeat(32);
  const slotToken = digit.repeat(64);
  assert.ok(relayUrl !== undefined && isSlotId(slotId) && isSlotToken(slotToken));
  return { relayUrl, slotId, slotToken };
}

const flat = (digit: string) => ({
  relay_url: "http://relay.test",
  slot_id: digit.repeat(32),
  slot_token: digit.repeat(64),
});

Deno.test("a first mailbox is written with the flat members that 0.5.19 writes", () => {
  assert.deepEqual(withMailbox({ self: null, peers: {} }, mailbox("a")), {
    self: flat("a"),
    peers: {},
  });
});

Deno.test("lesson 13: another mailbox keeps the local one, its cursor and unknown members", () => {
  const local = { ...flat("c"), scope: "local" };
  const state = {
    later: 1,
    peers: { bob: { slot_token: "t" } },
    self: {
      ...flat("b"),
      endpoints: [{ ...flat("b"), scope: "federation" }, local],
      last_pulled_event_id: "old",
      last_pulled_event_id_local: "kept",
      nostr_relays: ["n"],
    },
  };
  assert.deepEqual(withMailbox(state, mailbox("a")), {
    later: 1,
    peers: { bob: { slot_token: "t" } },
    self: {
      ...flat("a"),
      endpoints: [{ ...flat("a"), scope: "federation" }, local],
      last_pulled_event_id_local: "kept",
      nostr_relays: ["n"],
    },
  });
});

Deno.test("S3: a mailbox's address holds no token, and there is none without a mailbox", () => {
  const state = withMailbox({ self: null, peers: {} }, mailbox("a"));
  assert.equal(mailboxAddress(state), `http://relay.test/slot/${"a".repeat(32)}`);
  assert.equal(mailboxAddress({ self: null, peers: {} }), undefined);
  assert.equal(mailboxAddress({ self: { relay_url: "http://r" }, peers: {} }), undefined);
});
