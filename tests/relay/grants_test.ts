/** Grants, classes of slots and retired slots over HTTP: docs/protocol/extensions.md §2. */
import assert from "node:assert/strict";
import { GrantsReply } from "../../protocol/schemas/relay_api.ts";
import { type Answer, hashed, RelayWorld, shown, type Slot } from "./relay_world.ts";

interface GrantedSlot extends Slot {
  readonly grantId: string;
}

async function ownerSlot(world: RelayWorld): Promise<Slot> {
  const { text } = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: token } = JSON.parse(text);
  return { id, token };
}

const grantsOf = (slot: Slot): string => `/v1/slot/${slot.id}/grants`;

/** @returns the same slot with the grant's token */
async function granted(world: RelayWorld, owner: Slot, body: unknown = {}): Promise<GrantedSlot> {
  const { status, text } = await world.call(grantsOf(owner), { token: owner.token, body });
  assert.equal(status, 201, text);
  const { grant_id: grantId, token } = JSON.parse(text);
  return { id: owner.id, token, grantId };
}

async function rows(world: RelayWorld, owner: Slot): Promise<GrantsReply["grants"]> {
  const { text } = await world.call(grantsOf(owner), { token: owner.token });
  return GrantsReply.parse(JSON.parse(text)).grants;
}

const change = (
  world: RelayWorld,
  owner: Slot,
  { grantId }: GrantedSlot,
  body: unknown,
): Promise<Answer> =>
  world.call(`${grantsOf(owner)}/${grantId}`, { token: owner.token, method: "PATCH", body });

const revoke = (world: RelayWorld, owner: Slot, { grantId }: GrantedSlot): Promise<Answer> =>
  world.call(`${grantsOf(owner)}/${grantId}`, { token: owner.token, method: "DELETE" });

const retire = (world: RelayWorld, slot: Slot): Promise<Answer> =>
  world.call(`/v1/slot/${slot.id}`, { token: slot.token, method: "DELETE" });

const event = (n: number): string => hashed(`"n":${n}`).text;

function relayTest(
  name: string,
  body: (world: RelayWorld, owner: Slot) => Promise<void>,
): void {
  Deno.test(`grants: ${name}`, async () => {
    await using world = new RelayWorld();
    await body(world, await ownerSlot(world));
  });
}

const MAY_NOT_READ = '403 {"error":"token may not read this mailbox"}';
const SHARED = `403 {"error":"this mailbox's token is shared; allocate a new one"}`;

relayTest("the bodies are those of the specification", async (world, owner) => {
  const made = await world.call(grantsOf(owner), {
    token: owner.token,
    body: { label: "bob", can: ["post"], max_bytes: 100, expires_at: "2026-11-22T05:00:00+00:00" },
  });
  assert.match(
    shown(made),
    /^201 \{"can":\["post"\],"grant_id":"[0-9a-f]{16}","label":"bob","token":"[0-9a-f]{64}"\}$/,
  );
  const { grant_id: id, token } = JSON.parse(made.text);
  const row = (rest: string): string =>
    `"can":["post"],"created_at":"2026-11-21T05:00:00Z",${rest},` +
    '"limits":{"expires_at":"2026-11-22T05:00:00Z","max_bytes":100,"max_event_bytes":262144,' +
    '"max_events_per_hour":3600},"revoked_at":';
  const unused = row(`"events":0,"grant_id":"${id}","label":"bob","last_used_at":null`);
  assert.equal(
    shown(await world.call(grantsOf(owner), { token: owner.token })),
    `200 {"grants":[{"bytes":0,${unused}null}]}`,
  );
  const { text } = hashed('"n":1');
  await world.clock.advance(1_000);
  await world.post({ id: owner.id, token }, text);
  await world.clock.advance(1_000);
  const used = row(
    `"events":1,"grant_id":"${id}","label":"bob","last_used_at":"2026-11-21T05:00:01Z"`,
  );
  const revoked = `200 {"bytes":${text.length},${used}"2026-11-21T05:00:02Z"}`;
  assert.equal(shown(await revoke(world, owner, { ...owner, grantId: id })), revoked);
  await world.clock.advance(1_000);
  assert.equal(shown(await revoke(world, owner, { ...owner, grantId: id })), revoked);
});

relayTest("requests of the wrong shape are refused", async (world, owner) => {
  const wrong: unknown[] = [
    { label: "x".repeat(65) },
    { can: ["read"] },
    { can: [] },
    { can: ["post", "read"] },
    { max_bytes: -1 },
    { max_bytes: 1.5 },
    { max_events_per_hour: 0 },
    { expires_at: "tomorrow" },
    { max_event_bytes: "many" },
    [],
  ];
  for (const body of wrong) {
    const { status } = await world.call(grantsOf(owner), { token: owner.token, body });
    assert.equal(status, 422, JSON.stringify(body));
  }
  assert.deepEqual(await rows(world, owner), []);
  assert.equal((await granted(world, owner, { label: "😀".repeat(64) })).id, owner.id);
  const large = await granted(world, owner, { max_event_bytes: 1e9 });
  const found = (await rows(world, owner)).find((row) => row.grant_id === large.grantId);
  assert.equal(found?.limits.max_event_bytes, 262_144);
});

relayTest(
  "P5: a grant posts, sees its own counts and who picks up, and nothing else",
  async (world, owner) => {
    const bob = await granted(world, owner);
    await world.post(owner, event(1));
    const state = `/v1/slot/${owner.id}/state`;
    assert.match(
      shown(await world.call(state, { token: bob.token })),
      /"event_count":0,"last_pull_at_unix":null/,
    );
    await world.list(owner);
    const read = Math.floor(world.clock.now() / 1_000);
    await world.call(`/v1/slot/${owner.id}/responder-health`, {
      token: owner.token,
      body: { status: "online", set_at: "now" },
    });
    assert.equal((await world.post(bob, event(2))).status, 201);
    assert.equal((await world.post(bob, event(1))).status, 200);
    assert.equal(
      shown(await world.call(state, { token: bob.token })),
      `200 {"event_count":1,"last_pull_at_unix":${read},"responder_health":` +
        `{"status":"online","set_at":"now"},"slot_id":"${owner.id}"}`,
    );
    const others: readonly (readonly [string, string, unknown])[] = [
      ["GET", `/v1/events/${owner.id}`, undefined],
      ["HEAD", `/v1/events/${owner.id}`, undefined],
      ["GET", `/v1/events/${owner.id}/stream`, undefined],
      ["POST", `/v1/slot/${owner.id}/responder-health`, { status: "x", set_at: "y" }],
      ["POST", grantsOf(owner), {}],
      ["GET", grantsOf(owner), undefined],
      ["PATCH", `${grantsOf(owner)}/${bob.grantId}`, { max_bytes: 1e9 }],
      ["DELETE", `${grantsOf(owner)}/${bob.grantId}`, undefined],
      ["DELETE", `/v1/slot/${owner.id}`, undefined],
    ];
    for (const [method, path, body] of others) {
      const answer = await world.call(path, { method, token: bob.token, body });
      const expected = method === "HEAD" ? "403 " : MAY_NOT_READ;
      assert.equal(shown(answer), expected, `${method} ${path}`);
    }
  },
);

relayTest("a shared slot's token has exactly its old powers", async (world, owner) => {
  const shared = await world.slot();
  assert.equal((await world.post(shared, "1")).status, 201);
  assert.equal(shown(await world.list(shared)), "200 [1]");
  for (
    const [method, path, body] of [
      ["POST", grantsOf(shared), {}],
      ["GET", grantsOf(shared), undefined],
      ["PATCH", `${grantsOf(shared)}/0000000000000000`, {}],
      ["DELETE", `${grantsOf(shared)}/0000000000000000`, undefined],
      ["DELETE", `/v1/slot/${shared.id}`, undefined],
    ] as const
  ) {
    assert.equal(shown(await world.call(path, { method, token: shared.token, body })), SHARED);
  }
  const foreign = { id: owner.id, token: shared.token };
  assert.equal(shown(await retire(world, foreign)), '403 {"error":"bad token"}');
  const bob = await granted(world, owner);
  assert.equal(
    shown(await world.post({ id: shared.id, token: bob.token }, event(1))),
    '403 {"error":"bad token"}',
  );
});

relayTest("a grant posts only what carries its own hash", async (world, owner) => {
  const bob = await granted(world, owner);
  for (const text of ["1", "{}", '{"event_id":"abc"}', '{"event_id":7}', '{"event_id":null}']) {
    assert.equal(shown(await world.post(bob, text)), '400 {"error":"event_id missing"}', text);
  }
  assert.equal(
    shown(await world.post(bob, `{"event_id":"${"0".repeat(64)}"}`)),
    '400 {"error":"event_id does not hash to the event"}',
  );
  assert.equal(shown(await world.list(owner)), "200 []");
});

relayTest("revoked and expired tokens are told so; the others go on", async (world, owner) => {
  const bob = await granted(world, owner);
  const eve = await granted(world, owner, { expires_at: "2026-11-21T06:00:00Z" });
  await revoke(world, owner, bob);
  assert.equal(shown(await world.post(bob, event(1))), '403 {"error":"token revoked"}');
  assert.equal((await world.post(eve, event(1))).status, 201);
  await world.clock.advance(3_600_000);
  assert.equal(shown(await world.post(eve, event(1))), '403 {"error":"token expired"}');
  const state = await world.call(`/v1/slot/${owner.id}/state`, { token: eve.token });
  assert.equal(shown(state), '403 {"error":"token expired"}');
  assert.equal((await change(world, owner, eve, { expires_at: null })).status, 200);
  assert.equal((await world.post(eve, event(1))).status, 200);
  assert.equal(
    shown(await change(world, owner, bob, { max_bytes: 5 })),
    '409 {"error":"grant is revoked"}',
  );
  const unknown = { ...bob, grantId: "f".repeat(16) };
  assert.equal(shown(await change(world, owner, unknown, {})), '404 {"error":"unknown grant"}');
  assert.equal(shown(await revoke(world, owner, unknown)), '404 {"error":"unknown grant"}');
});

relayTest("size, duplicate, rate, grant bytes, slot bytes: in this order", async () => {
  const [first, second] = [event(1), event(2)];
  await using world = new RelayWorld({ maxSlotBytes: first.length + 10 });
  const owner = await ownerSlot(world);
  const bob = await granted(world, owner, {
    max_events_per_hour: 2,
    max_bytes: first.length,
    max_event_bytes: first.length,
  });
  assert.equal(
    shown(await world.post(bob, hashed(`"n":"${"x".repeat(50)}"`).text)),
    `413 {"error":"event exceeds the grant's limit","max_bytes":${first.length}}`,
  );
  assert.equal((await world.post(bob, first)).status, 201);
  assert.equal(
    shown(await world.post(bob, second)),
    `413 {"bytes_used":${first.length},"error":"grant quota exceeded","max_bytes":${first.length}}`,
  );
  const limited = await world.post(bob, second);
  assert.equal(shown(limited), "429 Too Many Requests! Wait for 1800s");
  assert.equal(limited.headers.get("x-ratelimit-after"), "1800");
  assert.equal(limited.headers.get("retry-after"), "1800");
  assert.equal((await world.post(bob, first)).status, 200, "duplicates are no events");
  await change(world, owner, bob, { max_bytes: 1e6, max_events_per_hour: 3600 });
  await world.clock.advance(3_600_000);
  const full = await world.post(bob, second);
  assert.deepEqual([full.status, JSON.parse(full.text).error], [413, "slot quota exceeded"]);
});

relayTest("a peer that posts its whole history again keeps its hour", async (world, owner) => {
  const bob = await granted(world, owner, { max_events_per_hour: 20 });
  for (let n = 0; n < 19; n++) assert.equal((await world.post(bob, event(n))).status, 201);
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < 19; n++) assert.equal((await world.post(bob, event(n))).status, 200);
    await world.clock.advance(5_000);
  }
  assert.equal((await world.post(bob, event(19))).status, 201);
});

Deno.test("P8: a grant has 200 requests a second, duplicates too, and others do not notice", async () => {
  await using world = new RelayWorld({ grantBurst: 3, grantPerSecond: 2 });
  const owner = await ownerSlot(world);
  const [bob, eve] = [await granted(world, owner), await granted(world, owner)];
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await world.post(bob, event(1))).status);
  assert.deepEqual(statuses, [201, 200, 200, 429, 429]);
  assert.equal((await world.post(eve, event(2))).status, 201);
  assert.equal((await world.post(owner, event(3))).status, 201);
  await world.clock.advance(500);
  assert.equal((await world.post(bob, event(1))).status, 200);
});

relayTest("what a grant posts goes to the owner's streams", async (world, owner) => {
  const bob = await granted(world, owner);
  const response = await world.response(`/v1/events/${owner.id}/stream`, { token: owner.token });
  const reader = response.body?.getReader();
  await world.post(bob, event(1));
  const read = await reader?.read();
  assert.equal(new TextDecoder().decode(read?.value), `data: ${event(1)}\n\n`);
  await reader?.cancel();
});

relayTest("lesson 6: a retired mailbox answers 410 to tokens that were valid", async (
  world,
  owner,
) => {
  const bob = await granted(world, owner);
  const eve = await granted(world, owner);
  await revoke(world, owner, eve);
  const stream = await world.response(`/v1/events/${owner.id}/stream`, { token: owner.token });
  assert.equal(
    shown(await retire(world, owner)),
    `200 {"slot_id":"${owner.id}","status":"retired"}`,
  );
  assert.equal(await stream.text(), "", "its streams have ended");
  const gone = '410 {"error":"mailbox moved or closed"}';
  for (const path of [`/v1/events/${owner.id}`, `/v1/slot/${owner.id}/state`, grantsOf(owner)]) {
    assert.equal(shown(await world.call(path, { token: owner.token })), gone, path);
  }
  assert.equal(shown(await world.post(owner, event(1))), gone);
  assert.equal(shown(await world.post(bob, event(1))), gone);
  assert.equal(shown(await retire(world, owner)), gone);
  assert.equal(shown(await world.post(eve, event(1))), '403 {"error":"token revoked"}');
  const stranger = { id: owner.id, token: "0".repeat(64) };
  assert.equal(shown(await world.post(stranger, event(1))), '403 {"error":"bad token"}');
  assert.equal((await world.call(`/v1/slot/${owner.id}/state`)).status, 401);
});

relayTest("allocate is no slot: DELETE on it is 405", async (world, owner) => {
  const answer = await world.call("/v1/slot/allocate", { method: "DELETE", token: owner.token });
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"]);
});

relayTest("an HTTP client of 0.5.19 never notices the class", async (world) => {
  for (const body of [{}, { handle: null }, { grants: false }, { grants: true, handle: "x" }]) {
    const { status, text } = await world.call("/v1/slot/allocate", { body });
    assert.equal(status, 201);
    assert.match(text, /^\{"slot_id":"[0-9a-f]{32}","slot_token":"[0-9a-f]{64}"\}$/);
  }
});
