import assert from "node:assert/strict";
import { z } from "zod";
import { InboxEvent } from "./inbox_event.ts";
import {
  CodeHashSchema,
  PairIdSchema,
  RelayUrlSchema,
  SlotIdSchema,
  SlotTokenSchema,
} from "./ids.ts";
import { readPidFile } from "./pid_record.ts";
import * as relayApi from "./relay_api.ts";
import { emptyRelayState, endpointsIn, RelayState } from "./relay_state.ts";

const slotId = "0123456789abcdef".repeat(2);
const token = "0123456789abcdef".repeat(4);

Deno.test("identifiers are lower-case hex of their exact length", () => {
  assert.equal(SlotIdSchema.parse(slotId), slotId);
  assert.equal(PairIdSchema.parse(slotId), slotId);
  assert.equal(SlotTokenSchema.parse(token), token);
  assert.equal(CodeHashSchema.parse(token), token);
  for (const odd of ["", slotId.toUpperCase(), `${slotId}\n`, token + "0", "../../etc/passwd", 5]) {
    for (const schema of [SlotIdSchema, PairIdSchema, SlotTokenSchema, CodeHashSchema]) {
      assert.ok(!schema.safeParse(odd).success, String(odd));
    }
  }
});

Deno.test("a relay's URL is normalised or refused", () => {
  assert.equal(RelayUrlSchema.parse("http://127.0.0.1:8770//"), "http://127.0.0.1:8770");
  for (const odd of ["ftp://x", "http://u@x", "http://x?y", "x", ""]) {
    assert.ok(!RelayUrlSchema.safeParse(odd).success, odd);
  }
});

Deno.test("the relay's observed answers fit, with members of later versions kept", () => {
  const { AllocateReply, PostReply, SlotState, PairGetReply, RelayInfo } = relayApi;
  assert.ok(AllocateReply.safeParse({ slot_id: slotId, slot_token: token, x: 1 }).success);
  assert.deepEqual(PostReply.parse({ event_id: null, status: "stored", later: true }), {
    event_id: null,
    status: "stored",
    later: true,
  });
  assert.ok(
    SlotState.safeParse({
      event_count: 0,
      last_pull_at_unix: null,
      responder_health: { status: "online", set_at: "2026-01-01T00:00:00Z" },
      slot_id: slotId,
    }).success,
  );
  assert.ok(PairGetReply.safeParse({ peer_bootstrap: null, peer_msg: "U" }).success);
  assert.ok(
    RelayInfo.safeParse({
      name: "wire",
      version: "0.1.0",
      protocol: "wire/0.5",
      features: ["ws"],
      relay_key: null,
      limits: {
        max_event_bytes: 262144,
        max_slot_bytes: 67108864,
        max_batch: 256,
        max_frame_bytes: 1048576,
        retention_days: null,
      },
    }).success,
  );
});

Deno.test("a hostile relay's answers do not fit", () => {
  const { AllocateReply, PostReply, SlotState, PairOpenReply, ListReply } = relayApi;
  assert.ok(!AllocateReply.safeParse({ slot_id: "../x", slot_token: token }).success);
  assert.ok(!AllocateReply.safeParse({ slot_id: slotId }).success);
  assert.ok(!PostReply.safeParse({ event_id: 1, status: "stored" }).success);
  assert.ok(!PostReply.safeParse({ status: "stored", digest: "x" }).success);
  assert.ok(!SlotState.safeParse({ event_count: -1, slot_id: slotId }).success);
  assert.ok(!PairOpenReply.safeParse({ pair_id: "" }).success);
  assert.ok(!ListReply.safeParse(Array(1001).fill({})).success);
  assert.ok(!ListReply.safeParse({}).success);
});

Deno.test("every schema of the relay's routes can be printed for documents", () => {
  for (const [name, schema] of Object.entries(relayApi)) {
    assert.ok(z.toJSONSchema(schema, { io: "input" }), name);
  }
});

Deno.test("relay.json keeps what it does not know, and a missing one is empty", () => {
  const file = {
    self: { relay_url: "http://r", slot_id: slotId, slot_token: token, cursors: { x: "1" } },
    peers: {
      bob: { relay_url: "http://r", slot_id: slotId, slot_token: "", persona: { nickname: "b" } },
      carol: {
        endpoints: [{ scope: "uds", relay_url: "unix:///x", slot_id: "", slot_token: "" }, 7],
      },
    },
    nostr: true,
  };
  assert.deepEqual(RelayState.parse(file), file);
  const odd = JSON.parse('{"self":null,"peers":{"__proto__":{"slot_id":"a"},"toString":{}}}');
  assert.equal(JSON.stringify(RelayState.parse(odd)), JSON.stringify(odd), "no peer is dropped");
  assert.deepEqual(RelayState.parse({}), emptyRelayState());
  assert.ok(!RelayState.safeParse({ self: "x" }).success);
  assert.ok(!RelayState.safeParse({ peers: { bob: { slot_id: 5 } } }).success);
});

Deno.test("relay.json: what is null, or a list that is none, is as good as absent (§10.2)", () => {
  const flat = { relay_url: "http://r", slot_id: slotId, slot_token: token };
  const self = { ...flat, endpoints: null, last_pulled_event_id: null, toString: null };
  const peers = {
    bob: { ...flat, endpoints: "none" },
    carol: null,
    dora: { ...flat, slot_token: null },
  };
  assert.deepEqual(RelayState.parse({ self, peers }), {
    self: { ...flat, last_pulled_event_id: null, toString: null },
    peers: { bob: flat, carol: {}, dora: { relay_url: "http://r", slot_id: slotId } },
  });
  assert.deepEqual(RelayState.parse({ self: null, peers: null }), emptyRelayState());
});

Deno.test("endpoints are read element by element, unknown scopes included", () => {
  const good = { relay_url: "u", slot_id: "s", slot_token: "t", scope: "lan" };
  assert.deepEqual(endpointsIn([good, null, { ...good, scope: undefined }, 5]), [good]);
  assert.deepEqual(endpointsIn(undefined), []);
  assert.deepEqual(endpointsIn({ 0: good }), []);
});

Deno.test("a pid file is missing, a record, a bare number, or corrupt", () => {
  const record = {
    schema: "wire-daemon-pid-v1",
    pid: 12653,
    bin_path: "/usr/local/bin/wire",
    version: "0.5.19",
    started_at: "2026-11-21T05:11:28.054481288Z",
  };
  assert.deepEqual(readPidFile(JSON.stringify(record)), { tag: "record", record });
  assert.deepEqual(readPidFile(" 42\n"), { tag: "legacy", pid: 42 });
  for (const text of [undefined, "", " \n"]) {
    assert.deepEqual(readPidFile(text), { tag: "missing" });
  }
  for (const text of ["{", "{}", "0", "-1", "1.5", "x", JSON.stringify({ ...record, pid: -1 })]) {
    const file = readPidFile(text);
    assert.equal(file.tag, "corrupt", text);
    assert.ok(file.tag === "corrupt" && !file.detail.includes("\n"));
  }
});

Deno.test("an inbox line keeps its declared order", () => {
  const line = {
    raw: { a: 1 },
    timestamp: "",
    verified: true,
    body_preview: "null",
    kind: "",
    event_id: "",
    peer: "bob",
  };
  assert.deepEqual(Object.keys(InboxEvent.parse(line)), [
    "peer",
    "event_id",
    "kind",
    "body_preview",
    "verified",
    "timestamp",
    "raw",
  ]);
});
