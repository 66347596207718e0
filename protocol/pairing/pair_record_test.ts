import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { about, sampleStates, SEED } from "./machine_samples.ts";
import { newRequest, pairOf, recordOf } from "./pair_record.ts";
import { PAIR_STATUSES, PendingPair } from "./pending_pair.ts";

const request = (role: "host" | "guest"): PendingPair =>
  newRequest(about(role), { seed: SEED, createdAt: "2026-01-01T00:00:00Z" });

/** As §24 of docs/protocol/pairing.md shows it, written by 0.5.19. */
const recorded = {
  code: "66-63SGK3",
  code_hash: "eaa0bfb573d9baa84cf698e7ca7a7f2aeb73d1c003055c926812bba156146e84",
  role: "host",
  relay_url: "http://127.0.0.1:18912",
  status: "polling",
  sas: null,
  peer_did: null,
  created_at: "2026-11-21T05:13:14.864944526Z",
  last_error: null,
  pair_id: "82737e0df9d4d30a9fba7d5249c8bcd6",
  our_slot_id: "49e42c19823e21e9c0f049e19b206b48",
  our_slot_token: "0fc1a4694b305cf0b1d2e75bf3a2986394acd9c8efe03878c65f04bd8dc8a4b1",
  spake2_seed_b64: "vbLAxrJleNtTuOviG/3gKsLezayjz3Y/KhkkmfkZh90=",
};

Deno.test("a file of 0.5.19 is gone on with, and written back as it was", () => {
  const record = PendingPair.parse(recorded);
  const read = pairOf(record);
  assert.ok(read.ok && read.state.tag === "polling");
  assert.equal(
    JSON.stringify(PendingPair.parse(recordOf(read.state, record))),
    JSON.stringify(recorded),
  );
});

Deno.test("members that 0.5.19 left out are null; unknown ones are passed over", () => {
  const { sas: _sas, last_error: _error, ...rest } = recorded;
  const record = PendingPair.parse({ ...rest, future: { x: 1 } });
  assert.equal(record.sas, null);
  assert.deepEqual(Object.keys(record), Object.keys(recorded));
});

for (const role of ["host", "guest"] as const) {
  Deno.test(`every state of a ${role} survives the file`, () => {
    for (const state of sampleStates(role)) {
      if (state.tag === "paired" || state.tag === "stranded") continue;
      const text = JSON.stringify(recordOf(state, request(role)));
      const read = pairOf(PendingPair.parse(JSON.parse(text)));
      assert.ok(read.ok);
      assert.deepEqual(read.state, state);
    }
  });
}

Deno.test("lesson 18: what ended keeps neither seed nor token nor digits", () => {
  const live = sampleStates("host").find((state) => state.tag === "confirmed");
  assert.ok(live?.tag === "confirmed");
  const before = recordOf(live, request("host"));
  const ended = { tag: "aborted", about: live.about, error: "no", abandonDue: true } as const;
  const after = JSON.stringify(recordOf(ended, before));
  for (const secret of [SEED, live.slotToken, live.sas, live.peerMsg ?? "none"]) {
    assert.ok(!after.includes(secret));
  }
});

Deno.test("a live record without the means to go on is stranded, one that says nothing is damaged", () => {
  const stranded: readonly Partial<PendingPair>[] = [
    { spake2_seed_b64: null },
    { spake2_seed_b64: "AAAA" },
    { pair_id: null },
    { pair_id: "../x" },
    { status: "sas_ready", sas: null },
    { status: "confirmed", sas: null },
  ];
  for (const change of stranded) {
    const read = pairOf(PendingPair.parse({ ...recorded, ...change }));
    assert.ok(read.ok && read.state.tag === "stranded", JSON.stringify(change));
  }
  const damaged: readonly Partial<PendingPair>[] = [
    { code: "66-63SGK4" },
    { code: "x" },
    { relay_url: "file:///etc/passwd" },
    { created_at: "yesterday" },
  ];
  for (const change of damaged) {
    const read = pairOf(PendingPair.parse({ ...recorded, ...change }));
    assert.ok(
      !read.ok && /^pending file is damaged: \w+$/.test(read.error),
      JSON.stringify(change),
    );
  }
});

Deno.test("what is shown to people cannot be anything but a code and digits", () => {
  for (
    const change of [{ code: "66-63SGK3\u001b[2J" }, { code: "" }, { sas: "12345" }, { sas: "\n" }]
  ) {
    assert.ok(!PendingPair.safeParse({ ...recorded, ...change }).success, JSON.stringify(change));
  }
});

Deno.test("reading never throws, whatever a record says", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom(...Object.values(recorded).map(String)));
  const nullable = fc.option(text);
  const record = fc.record({
    code: text,
    code_hash: text,
    role: fc.constantFrom("host" as const, "guest" as const),
    relay_url: text,
    status: fc.constantFrom(...PAIR_STATUSES),
    sas: nullable,
    peer_did: nullable,
    created_at: text,
    last_error: nullable,
    pair_id: nullable,
    our_slot_id: nullable,
    our_slot_token: nullable,
    spake2_seed_b64: nullable,
  });
  fc.assert(
    fc.property(record, (it) => {
      const read = pairOf(it);
      assert.equal(typeof read.ok, "boolean");
    }),
    { numRuns: testRuns(300) },
  );
});
