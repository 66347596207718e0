/** Mailboxes over the relay's routes: docs/protocol/relay.md §3.4, §5.2 to §5.6. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isSlotId } from "../../protocol/ids.ts";
import { WireError } from "../../protocol/errors.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import { RELAY_LIMITS } from "../../relay/options.ts";
import { eventOfBytes, hashed, RelayWorld, shown, type Slot } from "./relay_world.ts";

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32);

function relayTest(
  name: string,
  body: (world: RelayWorld, slot: Slot) => Promise<void>,
  limits: ConstructorParameters<typeof RelayWorld>[0] = {},
): void {
  Deno.test(`relay: ${name}`, async () => {
    await using world = new RelayWorld(limits);
    await body(world, await world.slot());
  });
}

relayTest("allocate gives an id, a token, and ignores the hint", async (world) => {
  for (const body of [{}, { handle: "alice" }, { handle: null }, { other: 1 }]) {
    const { status, text, headers } = await world.call("/v1/slot/allocate", { body });
    assert.equal(status, 201);
    assert.match(text, /^\{"slot_id":"[0-9a-f]{32}","slot_token":"[0-9a-f]{64}"\}$/);
    assert.equal(headers.get("content-type"), "application/json");
  }
  assert.equal((await world.call("/v1/slot/allocate", { body: { handle: 5 } })).status, 422);
});

relayTest("lesson 49: slots have a ceiling", async (world) => {
  assert.equal(
    shown(await world.call("/v1/slot/allocate", { body: {} })),
    '503 {"error":"relay slot capacity reached"}',
  );
}, { maxSlots: 1 });

relayTest("P5: the store never sees a token", async (world, slot) => {
  assert.ok(isSlotId(slot.id));
  const record = await world.store.find(slot.id);
  const hash = createHash("sha256").update(slot.token).digest("hex");
  assert.equal(record?.tokenHash.toHex(), hash);
});

relayTest("auth answers 401, 404, 403, in this order", async (world, slot) => {
  const path = `/v1/events/${slot.id}`;
  const missing = '401 {"error":"missing Bearer token"}';
  for (const authorization of ["", "Basic x", `bearer ${slot.token}`, "Bearer"]) {
    const headers = authorization === "" ? {} : { authorization };
    assert.equal(shown(await world.call(path, { headers })), missing);
    assert.equal(shown(await world.call("/v1/events/nope", { headers })), missing);
  }
  const unknown = '404 {"error":"unknown slot"}';
  assert.equal(shown(await world.call(`/v1/events/${"0".repeat(32)}`, { token: "x" })), unknown);
  assert.equal(shown(await world.call("/v1/events/nope", { token: slot.token })), unknown);
  const bad = '403 {"error":"bad token"}';
  for (const token of ["x", slot.token.toUpperCase(), ` ${slot.token}`, slot.token + "0"]) {
    assert.equal(shown(await world.call(path, { token })), bad);
  }
});

relayTest(
  "an event is stored once, and its duplicate names the bytes that are there",
  async (world, slot) => {
    const first = '{"a":2,"b":1,"event_id":"e1"}';
    assert.equal(shown(await world.post(slot, first)), '201 {"event_id":"e1","status":"stored"}');
    for (const again of [first, '{"event_id":"e1","other":true}']) {
      assert.equal(
        shown(await world.post(slot, again)),
        `200 {"digest":"${digest(first)}","event_id":"e1","status":"duplicate"}`,
      );
    }
    assert.equal(shown(await world.list(slot)), `200 [${first}]`);
  },
);

relayTest(
  "any JSON value is an event; without a string id none is a duplicate",
  async (world, slot) => {
    for (const event of ["null", '"text"', "{}", "[1]", '{"event_id":5}', "{}"]) {
      assert.equal(shown(await world.post(slot, event)), '201 {"event_id":null,"status":"stored"}');
    }
    assert.equal(shown(await world.list(slot)), '200 [null,"text",{},[1],{"event_id":5},{}]');
  },
);

relayTest("eight parallel duplicates: one is stored", async (world, slot) => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => world.post(slot, '{"event_id":"e"}')),
  );
  assert.deepEqual(
    answers.map(({ status }) => status).sort(),
    [200, 200, 200, 200, 200, 200, 200, 201],
  );
  assert.equal(shown(await world.list(slot)), '200 [{"event_id":"e"}]');
});

relayTest("numbers and strings come back as relay.md §3.4 wants them", async (world, slot) => {
  const numbers = [
    "18446744073709551615",
    "-9223372036854775808",
    "-0",
    "-0.0",
    "1.0",
    "1000.0",
    "1500000000000000.0",
    "0.00001",
    "1e+16",
    "1.5e+16",
    "1e-6",
    "5e-324",
    "1E5",
    "9007199254740993",
  ];
  assert.equal((await world.post(slot, `{"n":[${numbers}]}`)).status, 201);
  const messy = ' { "b" : "\\u0041\\/\\u001f\\u007f\u2028é" ,\n "a":\t{"z":1, "y":[ ]} } ';
  assert.equal((await world.post(slot, messy)).status, 201);
  assert.equal(
    (await world.list(slot)).text,
    `[{"n":[${numbers}]},{"a":{"y":[],"z":1},"b":"A/\\u001f\u007f\u2028é"}]`,
  );
});

relayTest("a repeated member is 400 in the event and 422 around it", async (world, slot) => {
  const repeated = '400 {"error":"event has a repeated member"}';
  assert.equal(shown(await world.post(slot, '{"a":1,"a":1}')), repeated);
  assert.equal(shown(await world.post(slot, '{"a":[{"b":1,"b":2}]}')), repeated);
  const { status, text } = await world.call(`/v1/events/${slot.id}`, {
    token: slot.token,
    body: '{"event":1,"event":2}',
  });
  assert.equal(status, 422);
  assert.match(text, /^Failed to deserialize the JSON body into the target type: /);
});

relayTest("262,144 bytes pass, in stored form; one more is 413", async (world, slot) => {
  assert.equal((await world.post(slot, ` ${eventOfBytes("a", 262_144)}\n `)).status, 201);
  assert.equal(
    shown(await world.post(slot, eventOfBytes("b", 262_145))),
    '413 {"error":"event exceeds 256 KiB","max_bytes":262144}',
  );
});

relayTest("2,097,152 bytes of body pass; one more is 413", async (world, slot) => {
  const body = (bytes: number) => `{"event":1,"pad":"${"x".repeat(bytes - 20)}"}`;
  for (const [bytes, status] of [[2_097_152, 201], [2_097_153, 413]] as const) {
    const text = body(bytes);
    assert.equal(text.length, bytes);
    const answer = await world.call(`/v1/events/${slot.id}`, { token: slot.token, body: text });
    assert.equal(answer.status, status);
    if (status === 413) {
      assert.equal(answer.text, "Failed to buffer the request body: length limit exceeded");
    }
  }
});

relayTest("a full slot answers 413, and duplicates still 200", async (world, slot) => {
  assert.equal((await world.post(slot, eventOfBytes("a", 500))).status, 201);
  assert.equal(
    shown(await world.post(slot, eventOfBytes("b", 501))),
    '413 {"error":"slot quota exceeded","remediation":"operator should `wire rotate-slot` to drain ' +
      'old slot","slot_bytes_max":1000,"slot_bytes_used":500}',
  );
  assert.equal((await world.post(slot, eventOfBytes("b", 500))).status, 201);
  assert.equal((await world.post(slot, eventOfBytes("a", 500))).status, 200);
  assert.equal((await world.post(slot, "1")).status, 413);
}, { maxSlotBytes: 1000 });

relayTest("a slot takes exactly 64 MiB", async (world, slot) => {
  for (let i = 0; i < 255; i++) {
    assert.equal((await world.post(slot, eventOfBytes(`e${i}`, 262_144))).status, 201);
  }
  assert.equal((await world.post(slot, eventOfBytes("f", 262_143))).status, 201);
  assert.equal((await world.post(slot, "10")).status, 413);
  assert.equal((await world.post(slot, "1")).status, 201);
  assert.equal((await world.post(slot, "1")).status, 413);
});

relayTest("an id of 64 hex digits must hash to its event", async (world, slot) => {
  const refused = '400 {"error":"event_id does not hash to the event"}';
  const plain = hashed('"n":1');
  const real = hashed('"n":1.50');
  assert.equal((await world.post(slot, plain.text)).status, 201);
  assert.equal((await world.post(slot, real.text)).status, 201, "its numbers as sent");
  const reprinted = hashed('"m":2.5');
  assert.equal(
    (await world.post(slot, reprinted.text.replace("2.5", "2.50"))).status,
    201,
    "its numbers as the reference reprints them",
  );
  for (const text of [plain.text.replace(":1", ":2"), `{"event_id":"${"a".repeat(64)}"}`]) {
    assert.equal(shown(await world.post(slot, text)), refused);
  }
  const upper = plain.text.replace(plain.id, plain.id.toUpperCase());
  assert.equal(shown(await world.post(slot, upper)), refused);
});

relayTest("other ids are of the safe alphabet, and not empty or long", async (world, slot) => {
  const refused = '400 {"error":"event_id not allowed"}';
  for (const id of ["", "a&limit=1", "a b", "é", "a/b", "a\\n", "x".repeat(129)]) {
    assert.equal(shown(await world.post(slot, `{"event_id":"${id}"}`)), refused);
  }
  for (const id of ["x".repeat(128), "A-Z.a_z~0", "f".repeat(63)]) {
    assert.equal((await world.post(slot, `{"event_id":"${id}"}`)).status, 201);
  }
});

relayTest("P1: an event that could not be put on the disk is answered 500", async () => {
  class FullDisk extends MemorySlotStore {
    override append(): Promise<never> {
      return Promise.reject(new WireError("write_failed", "Cannot store the event: disk full"));
    }
  }
  await using world = new RelayWorld({}, {
    store: new FullDisk({ ...RELAY_LIMITS, clock: new FakeClock() }),
  });
  const slot = await world.slot();
  assert.equal(
    shown(await world.post(slot, "1")),
    '500 {"error":"persist failed: Cannot store the event: disk full"}',
  );
});

relayTest("since and limit page through a slot", async (world, slot) => {
  for (let i = 1; i <= 3; i++) await world.post(slot, `{"event_id":"e${i}"}`);
  const [e1, e2, e3] = ["e1", "e2", "e3"].map((id) => `{"event_id":"${id}"}`);
  const pages: Readonly<Record<string, string>> = {
    "": `[${e1},${e2},${e3}]`,
    "?since=e1": `[${e2},${e3}]`,
    "?since=e3": "[]",
    "?since=never-seen&limit=2": `[${e1},${e2}]`,
    "?since=": `[${e1},${e2},${e3}]`,
    "?limit=0": "[]",
    "?limit=1001": `[${e1},${e2},${e3}]`,
    "?limit=18446744073709551615": `[${e1},${e2},${e3}]`,
    "?since=e1&limit=1&limit=2&since=e2": `[${e2},${e3}]`,
    "?unknown=1&since=e2": `[${e3}]`,
  };
  for (const [query, page] of Object.entries(pages)) {
    assert.equal(shown(await world.list(slot, query)), `200 ${page}`, query);
  }
  const wrong: Readonly<Record<string, string>> = {
    "?limit=": "cannot parse integer from empty string",
    "?limit=-1": "invalid digit found in string",
    "?limit=x": "invalid digit found in string",
    "?limit=18446744073709551616": "number too large to fit in target type",
  };
  for (const [query, detail] of Object.entries(wrong)) {
    assert.equal(
      shown(await world.list(slot, query)),
      `400 Failed to deserialize query string: ${detail}`,
    );
  }
  assert.equal((await world.call(`/v1/events/${slot.id}?limit=x`)).status, 400, "before auth");
});

relayTest("a page has 100 events unless asked, 1,000 at most", async (world, slot) => {
  for (let i = 0; i < 1005; i++) await world.post(slot, `${i}`);
  const length = async (query: string) => JSON.parse((await world.list(slot, query)).text).length;
  assert.equal(await length(""), 100);
  assert.equal(await length("?limit=1000"), 1000);
  assert.equal(await length("?limit=5000"), 1000);
});

relayTest(
  "lesson 46: a page is bounded in bytes, never before its first event",
  async (world, slot) => {
    for (const id of ["a", "b", "c"]) await world.post(slot, eventOfBytes(id, 400));
    assert.equal(JSON.parse((await world.list(slot)).text).length, 2);
    assert.equal(JSON.parse((await world.list(slot, "?since=b")).text).length, 1);
  },
  { maxPageBytes: 1000 },
);

relayTest("state counts events and tells the last page read", async (world, slot) => {
  const state = async () =>
    JSON.parse((await world.call(`/v1/slot/${slot.id}/state`, { token: slot.token })).text);
  await world.post(slot, "1");
  const before = {
    event_count: 1,
    last_pull_at_unix: null,
    responder_health: null,
    slot_id: slot.id,
  };
  assert.deepEqual(await state(), before);
  await world.call(`/v1/events/${slot.id}`, { token: "wrong" });
  await world.call(`/v1/events/${slot.id}?limit=x`, { token: slot.token });
  assert.deepEqual(await state(), before, "rejected requests leave no trace");
  await world.call(`/v1/events/${slot.id}?limit=0`, { token: slot.token, method: "HEAD" });
  assert.deepEqual(await state(), {
    ...before,
    last_pull_at_unix: Date.parse("2026-11-21T05:00:00Z") / 1000,
  });
});

relayTest("responder health keeps its order and drops what is unknown", async (world, slot) => {
  const path = `/v1/slot/${slot.id}/responder-health`;
  const full = { set_at: "s", extra: 1, last_success_at: "l", reason: "r", status: "online" };
  assert.equal(
    shown(await world.call(path, { token: slot.token, body: full })),
    '200 {"status":"online","reason":"r","last_success_at":"l","set_at":"s"}',
  );
  const least = { status: "degraded", set_at: "t", reason: null };
  assert.equal(
    shown(await world.call(path, { token: slot.token, body: least })),
    '200 {"status":"degraded","set_at":"t"}',
  );
  const { text } = await world.call(`/v1/slot/${slot.id}/state`, { token: slot.token });
  assert.deepEqual(JSON.parse(text).responder_health, { status: "degraded", set_at: "t" });
  assert.equal((await world.call(path, { body: least })).status, 401);
  assert.equal((await world.call(path, { token: slot.token, body: { status: 1 } })).status, 422);
  const large = { status: "x".repeat(20_000), set_at: "" };
  assert.equal((await world.call(path, { token: slot.token, body: large })).status, 413);
});
