import assert from "node:assert/strict";
import type { RelayState } from "../protocol/schemas/relay_state.ts";
import { requestMembers } from "./consent/open_request.ts";
import { whyNoMailbox } from "./no_mailbox.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const RELAY = "https://r.example";
const SLOT_ID = "0123456789abcdef".repeat(2);

const known = (slotToken: string, more: Record<string, string> = {}): RelayState => ({
  self: null,
  peers: { bob: { relay_url: RELAY, slot_id: SLOT_ID, slot_token: slotToken, ...more } },
});

const why = (state: RelayState, peer = "bob") =>
  whyNoMailbox(state, peer, { own: "ida", now: NOW });

Deno.test("lesson 21: until a peer has answered, whoever writes to it is told whose turn it is", () => {
  const asked = known("", requestMembers(NOW - 1_000, 60, "bob@r.example"));
  assert.deepEqual(why(asked), {
    reason: "bob has not answered our request yet",
    next: "wire pair-accept ida, on their side",
  });
  const expired = known("", requestMembers(NOW - 61_000, 60, "bob@r.example"));
  assert.deepEqual(why(expired), {
    reason: "bob did not answer our request in time",
    next: "wire add bob@r.example",
  });
});

Deno.test("lesson 21: what is known of a peer decides the next command, and ourselves are no peer", () => {
  assert.equal(why(known("0123456789abcdef".repeat(4))), undefined);
  assert.match(why({ self: null, peers: {} })?.next ?? "", /wire pair-host/);
  assert.deepEqual(why({ self: null, peers: {} }, "ida"), {
    reason: "ida is this home itself, and gets no mail of its own",
  });
});
