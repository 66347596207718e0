import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../platform/fake/clock.ts";
import { type FakeSocket, FakeSockets } from "../../platform/fake/sockets.ts";
import { TransportError } from "../../platform/transport_error.ts";
import { isSlotId, isSlotToken, type SlotId, type SlotToken } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json/value.ts";
import { printJson } from "../../protocol/json/print.ts";
import { failure } from "../../tests/failure.ts";
import { testRuns } from "../../tests/runs.ts";
import { RELAY } from "../fake/world.ts";
import { relayUrlOf } from "../mailbox.ts";
import { SocketSession } from "./socket_session.ts";
import type { SlotOpening } from "./socket_slots.ts";
import { RelayStatusError } from "./status_error.ts";

const SLOT = slotOf("1");
const OTHER = slotOf("2");
const TOKEN = tokenOf("a");

function slotOf(digit: string): SlotId {
  const id = digit.repeat(32);
  assert.ok(isSlotId(id));
  return id;
}

function tokenOf(digit: string): SlotToken {
  const token = digit.repeat(64);
  assert.ok(isSlotToken(token));
  return token;
}

const NOTHING: SlotOpening = {
  token: TOKEN,
  since: undefined,
  take: () => Promise.resolve(),
  onClosed: () => {},
};

async function connected() {
  const clock = new FakeClock();
  const servers: FakeSocket[] = [];
  const sockets = new FakeSockets().serve(RELAY, (socket) => void servers.push(socket));
  const signal = new AbortController().signal;
  const session = await SocketSession.open(relayUrlOf(RELAY), { sockets, clock }, signal);
  const [server] = servers;
  assert.ok(server);
  const say = async (frame: unknown) => {
    await server.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    await clock.settle();
  };
  const asked = () => server.received.map((text) => JSON.parse(text));
  return { clock, server, session, say, asked };
}

async function opened(take: (events: readonly Json[]) => Promise<void> = () => Promise.resolve()) {
  const world = await connected();
  const closed: RelayStatusError[] = [];
  const opening = world.session.openSlot(SLOT, {
    ...NOTHING,
    take,
    onClosed: (error) => void closed.push(error),
  });
  await world.clock.settle();
  await world.say({ op: "opened", ref: 1, slot: SLOT, count: 0 });
  await opening;
  return { ...world, closed };
}

const events = (slot: string, ...places: number[]) =>
  `{"op":"events","slot":"${slot}","events":[${
    places.map((seq) => `{"event":{"n":1.0,"at":${seq}},"seq":${seq},"via":null}`).join(",")
  }]}`;

Deno.test("events are handed on with their numbers as they were sent, in order, and then acked", async () => {
  const taken: string[] = [];
  const hold = Promise.withResolvers<void>();
  const { session, say, asked } = await opened(async (items) => {
    taken.push(items.map(printJson).join(" "));
    await hold.promise;
  });
  for (const seq of [1, 2, 3]) await say(events(SLOT, seq));
  assert.deepEqual(taken, ['{"at":1,"n":1.0}']);
  assert.equal(asked().length, 1, "nothing is acked that is not stored");
  hold.resolve();
  await say({ op: "live", slot: SLOT });
  assert.deepEqual(taken, ['{"at":1,"n":1.0}', '{"at":2,"n":1.0} {"at":3,"n":1.0}']);
  assert.deepEqual(asked().slice(1).map(({ op, seq }) => [op, seq]), [["ack", 1], ["ack", 3]]);
  await session.close();
});

Deno.test("what was not opened or not asked for is dropped and counted", async () => {
  const { session, say } = await opened(() => assert.fail("taken"));
  await say(events(OTHER, 1, 2));
  await say({ op: "pong", ref: 99 });
  await say({ op: "error", code: "bad_frame", message: "x", http: 400 });
  await say({ op: "error", slot: OTHER, code: "not_found", message: "x", http: 410 });
  await say({ op: "what a newer relay may say", slot: SLOT });
  assert.equal(session.strays, 6);
  assert.ok(!session.isOver);
  await session.close();
});

Deno.test("receipts of a batch are asked for by the relay's URL, and else not at all", async () => {
  const { session, say, asked, clock } = await connected();
  const publishing = [
    session.publish(SLOT, TOKEN, ["{}"]),
    session.publish(SLOT, TOKEN, ["{}"], { wantsReceipts: true }),
  ];
  await clock.settle();
  assert.deepEqual(asked().map(({ receipt }) => receipt), [undefined, RELAY]);
  for (const [at, receipt] of [undefined, { any: "thing" }].entries()) {
    const results = [{ event_id: "e", status: "stored", receipt }];
    await say({ op: "published", ref: at + 1, results });
    const stored = { tag: "stored", digest: undefined, fetched: undefined, receipt };
    assert.deepEqual(await publishing[at], [stored]);
  }
  await session.close();
});

Deno.test("a mailbox that the relay closes is told, and the connection stays", async () => {
  const { session, say, closed } = await opened();
  await say({ op: "error", slot: SLOT, code: "not_found", message: "moved", http: 410 });
  assert.deepEqual(closed.map(({ status, said }) => [status, said]), [[410, "moved"]]);
  await say(events(SLOT, 1));
  assert.deepEqual([session.isOver, session.strays], [false, 1]);
  await session.close();
});

const WRONG: readonly (readonly [string, string])[] = [
  ["a place twice", events(SLOT, 1, 1)],
  ["a place out of order", events(SLOT, 2, 1)],
  ["no JSON", "{"],
  ["no frame", "[]"],
  ["a frame without a kind", '{"op":7}'],
  ["events without places", `{"op":"events","slot":"${SLOT}","events":[{"event":{}}]}`],
  ["an answer of another kind", `{"op":"published","ref":2,"results":[]}`],
];

for (const [what, text] of WRONG) {
  Deno.test(`P8: ${what} ends the connection, with a reason and without a rejection lost`, async () => {
    const { session, say, clock } = await opened();
    const closing = what.startsWith("an answer")
      ? failure(session.publish(SLOT, TOKEN, ['{"a":1}', '{"a":2}']))
      : undefined;
    await clock.settle();
    await say(text);
    const { why, error } = await session.ended;
    assert.ok(error !== undefined && /bad frame/.test(why), why);
    assert.ok(closing === undefined || await closing instanceof TransportError);
    assert.ok(await failure(session.openSlot(SLOT, NOTHING)) instanceof TransportError);
  });
}

Deno.test("P8: a relay that sends more than its window is left", async () => {
  const { session, say } = await opened(() => new Promise(() => {}));
  for (let first = 1; !session.isOver; first += 256) {
    assert.ok(first < 4_000, "it took everything");
    await say(events(SLOT, ...Array.from({ length: 256 }, (_, at) => first + at)));
  }
  assert.match((await session.ended).why, /window/);
});

Deno.test("P8: an event as deep as a request may bring one ends nothing", async () => {
  const taken: Json[] = [];
  const { session, say } = await opened((items) => Promise.resolve(void taken.push(...items)));
  const deep = "[".repeat(125) + "]".repeat(125);
  await say(
    `{"op":"events","slot":"${SLOT}","events":[{"event":{"d":${deep}},"seq":1,"via":null}]}`,
  );
  assert.deepEqual([taken.length, session.isOver], [1, false]);
  await session.close();
});

Deno.test("P8: every request has a deadline, also where pings are answered", async () => {
  const { session, clock } = await connected();
  const late = failure(session.openSlot(SLOT, NOTHING));
  await clock.advance(30_000);
  assert.match((await late).message, /no answer to event_stream/);
  assert.ok(session.isOver);
});

Deno.test("the end rejects whatever waits, and what could not be stored is its reason", async () => {
  const full = new Error("disk full");
  const { session, say, clock } = await opened(() => Promise.reject(full));
  const waiting = failure(session.publish(SLOT, TOKEN, ["{}"]));
  await clock.settle();
  await say(events(SLOT, 1));
  assert.equal((await session.ended).error, full);
  assert.match((await waiting).message, /disk full/);
});

Deno.test("a refused request is the status that HTTP would have", async () => {
  const { session, say, clock } = await connected();
  const refused = failure(session.openSlot(SLOT, NOTHING));
  await clock.settle();
  await say({ op: "error", ref: 1, code: "forbidden", message: "token revoked", http: 403 });
  const error = await refused;
  assert.ok(error instanceof RelayStatusError);
  assert.equal(error.message, "event_stream failed: 403 Forbidden: token revoked");
  await session.close();
});

Deno.test("P5, P8: no text of a relay makes it throw, take what is no event list, or show a token", async () => {
  const frame = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({
      op: fc.constantFrom("opened", "events", "live", "published", "pair", "closed", "error"),
      ref: fc.oneof(fc.nat(3), fc.jsonValue()),
      slot: fc.oneof(fc.constant(SLOT), fc.jsonValue()),
      events: fc.oneof(
        fc.array(fc.record({ event: fc.jsonValue(), seq: fc.nat(9) })),
        fc.jsonValue(),
      ),
      results: fc.jsonValue(),
      message: fc.string(),
      http: fc.oneof(fc.nat(700), fc.jsonValue()),
    }, { requiredKeys: ["op"] }).map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (texts) => {
      const { session, say } = await opened((items) =>
        Promise.resolve(assert.ok(items.length > 0))
      );
      for (const text of texts) await say(text);
      if (session.isOver) assert.ok(!(await session.ended).why.includes(TOKEN));
      else await session.close();
    }),
    { numRuns: testRuns(100) },
  );
});
