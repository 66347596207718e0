/** Opening a slot: docs/protocol/extensions.md §3, from the backlog to what has just been stored. */
import assert from "node:assert/strict";
import { isSlotId } from "../../protocol/ids.ts";
import { hashed, type Slot } from "../relay/relay_world.ts";
import { SocketWorld } from "./socket_world.ts";

const event = (n: number) => hashed(`"n":${n}`);

/** A world with a slot in which events 1 to `count` lie. */
async function filled(count: number): Promise<{ world: SocketWorld; slot: Slot }> {
  const world = new SocketWorld();
  const slot = await world.ownedSlot();
  for (let n = 1; n <= count; n++) await world.post(slot, event(n).text);
  return { world, slot };
}

const seqs = (count: number, first: number = 1): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

Deno.test("ws open: the backlog, then live, then what comes, each event once and in order", async () => {
  const { world, slot } = await filled(3);
  await using _ = world;
  const client = world.connect();
  const opened = await client.open(slot, { since: null });
  assert.deepEqual(opened, { op: "opened", ref: 1, slot: slot.id, count: 3 });
  await client.until(({ op }) => op === "live");
  await world.post(slot, event(4).text);
  await world.post(slot, event(4).text);
  const got = await client.untilEvents(4);
  assert.deepEqual(got.map(({ seq }) => seq), seqs(4));
  assert.deepEqual(
    got.map(({ event }) => event),
    [1, 2, 3, 4].map((n) => JSON.parse(event(n).text)),
  );
  assert.deepEqual(client.ops, ["opened", "events", "live", "events"]);
  assert.ok(got.every(({ via }) => via === null));
});

Deno.test("ws open: the stored bytes come as they are, numbers too", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  await world.post(slot, '{"b":1.0, "a":"é😀\\u2028", "c":123456789012345678901234567890}');
  const client = world.connect();
  const sent: string[] = [];
  const { socket } = client;
  const send = socket.send.bind(socket);
  socket.send = (frame) => {
    sent.push(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
    send(frame);
  };
  await client.open(slot);
  await client.untilEvents(1);
  assert.ok(
    sent.some((text) =>
      text.includes('{"a":"é😀\u2028","b":1.0,"c":123456789012345678901234567890}')
    ),
    sent.join("\n"),
  );
});

Deno.test("ws open: since is exclusive and wins; since_seq is for what has no id", async () => {
  const { world, slot } = await filled(4);
  await using _ = world;
  const cases = [
    { more: { since: event(2).id }, count: 2, first: 3 },
    { more: { since: event(2).id, since_seq: 1 }, count: 2, first: 3 },
    { more: { since: null, since_seq: 3 }, count: 1, first: 4 },
    { more: { since_seq: 0 }, count: 4, first: 1 },
    { more: {}, count: 4, first: 1 },
    { more: { since: event(4).id }, count: 0, first: 5 },
    { more: { since_seq: 4 }, count: 0, first: 5 },
  ];
  for (const { more, count, first } of cases) {
    const client = world.connect();
    const opened = await client.open(slot, more);
    assert.deepEqual(opened, { op: "opened", ref: 1, slot: slot.id, count }, JSON.stringify(more));
    await client.until(({ op }) => op === "live");
    assert.deepEqual(client.got().map(({ seq }) => seq), seqs(count, first));
  }
});

Deno.test("ws open: a place that is not known is told, and everything comes", async () => {
  const { world, slot } = await filled(2);
  await using _ = world;
  for (
    const more of [{ since: event(9).id }, { since: "" }, { since_seq: 3 }, {
      since: event(9).id,
      since_seq: 1,
    }]
  ) {
    const client = world.connect();
    const opened = await client.open(slot, more);
    assert.deepEqual(opened, { op: "opened", ref: 1, slot: slot.id, count: 2, reset: true });
    assert.deepEqual((await client.untilEvents(2)).map(({ seq }) => seq), [1, 2]);
  }
});

Deno.test("ws open: only a token that may read opens, and each refusal is what HTTP answers", async () => {
  await using world = new SocketWorld();
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot);
  const retired = await world.ownedSlot();
  await world.call(`/v1/slot/${retired.id}`, { token: retired.token, method: "DELETE" });
  const cases = [
    [{ ...slot, token: "no" }, "forbidden", 403, "bad token"],
    [{ ...slot, id: "0".repeat(32) }, "not_found", 404, "unknown slot"],
    [{ ...slot, id: "../x" }, "not_found", 404, "unknown slot"],
    [grant, "forbidden", 403, "token may not read this mailbox"],
    [retired, "not_found", 410, "mailbox moved or closed"],
    [{ ...slot, token: "é" }, "unauthorized", 401, "missing Bearer token"],
  ] as const;
  for (const [asked, code, http, message] of cases) {
    const client = world.connect();
    assert.deepEqual(await client.open(asked), { op: "error", ref: 1, code, http, message });
  }
  const client = world.connect();
  assert.deepEqual(await client.ask({ op: "open", slot: slot.id }), {
    op: "error",
    ref: 1,
    code: "unauthorized",
    http: 401,
    message: "missing Bearer token",
  });
});

Deno.test("ws open: several slots share a connection; one is open once and closed for itself", async () => {
  await using world = new SocketWorld();
  const [a, b] = [await world.slot(), await world.slot()];
  const client = world.connect();
  await client.open(a);
  await client.open(b);
  const again = await client.open(a);
  assert.deepEqual([again["op"], again["code"], again["http"]], ["error", "bad_frame", 400]);
  const closed = await client.ask({ op: "close", slot: a.id });
  assert.deepEqual(closed, { op: "closed", ref: 4, slot: a.id });
  await world.post(a, '{"event_id":"a1"}');
  await world.post(b, '{"event_id":"b1"}');
  await client.untilEvents(1, b.id);
  assert.deepEqual(client.got(a.id), []);
  assert.equal((await client.open(a))["count"], 1, "it can be opened again");
  assert.equal((await client.ask({ op: "close", slot: "x" }))["code"], "bad_frame");
});

Deno.test("ws open: a retired slot ends its subscriptions with one error, the connection stays", async () => {
  await using world = new SocketWorld();
  const [slot, other] = [await world.ownedSlot(), await world.ownedSlot()];
  const client = world.connect();
  await client.open(slot);
  await client.open(other);
  await world.post(slot, '{"event_id":"e1"}');
  await client.untilEvents(1);
  await world.call(`/v1/slot/${slot.id}`, { token: slot.token, method: "DELETE" });
  const errors = client.frames.filter(({ op }) => op === "error");
  assert.deepEqual(errors, [{
    op: "error",
    slot: slot.id,
    code: "not_found",
    message: "mailbox moved or closed",
    http: 410,
  }]);
  client.ack(slot, 1);
  await world.post(other, '{"event_id":"e2"}');
  await client.untilEvents(1, other.id);
  assert.equal(
    client.frames.filter(({ op }) => op === "error").length,
    1,
    "a late ack is no fault",
  );
  assert.equal(client.socket.closed, undefined);
});

Deno.test("ws open: who listens counts as pulling, for peers on old versions", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  await world.connect().open(slot);
  await world.clock.advance(60_000);
  const { text } = await world.call(`/v1/slot/${slot.id}/state`, { token: slot.token });
  const now = Math.floor(world.clock.now() / 1000);
  assert.equal(JSON.parse(text).last_pull_at_unix, now);
});

Deno.test("ws open: introductions come with their places, and gone ones leave gaps", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  assert.ok(isSlotId(slot.id));
  for (let n = 1; n <= 6; n++) {
    await world.store.append(slot.id, event(n), {
      intro: { source: "one", at: world.clock.now() },
    });
  }
  const client = world.connect();
  await client.open(slot);
  await client.until(({ op }) => op === "live");
  assert.deepEqual(client.got().map(({ seq }) => seq), [3, 4, 5, 6], "four of one source are kept");
  await world.post(slot, event(7).text);
  assert.deepEqual((await client.untilEvents(5)).map(({ seq }) => seq), [3, 4, 5, 6, 7]);
});
