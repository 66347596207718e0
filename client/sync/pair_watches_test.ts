import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { type FakeSocket, FakeSockets } from "../../platform/fake/sockets.ts";
import { isPairId } from "../../protocol/ids.ts";
import { RELAY } from "../fake/world.ts";
import { relayUrlOf } from "../mailbox.ts";
import { SocketSession } from "../relay/socket_session.ts";
import { type PairPlace, PairWatches } from "./pair_watches.ts";

const URL = relayUrlOf(RELAY);

function place(digit: string, isBusy = true): PairPlace {
  const pairId = digit.repeat(32);
  assert.ok(isPairId(pairId));
  return { relayUrl: URL, seat: { pairId, token: "t".repeat(64) }, isBusy };
}

async function watching() {
  const clock = new FakeClock();
  const servers: FakeSocket[] = [];
  const sockets = new FakeSockets().serve(RELAY, (socket) => void servers.push(socket));
  const signal = new AbortController().signal;
  const session = await SocketSession.open(URL, { sockets, clock }, signal);
  const [server] = servers;
  assert.ok(server);
  let wakes = 0;
  const watches = new PairWatches(() => wakes++);
  const asked = () => server.received.map((text) => JSON.parse(text));
  const answer = async (at: number, more: object = {}) => {
    const { ref, pair_id } = asked()[at];
    await server.send(JSON.stringify({ op: "pair", ref, pair_id, ...more }));
    await clock.settle();
  };
  return { clock, server, session, watches, wakes: () => wakes, asked, answer };
}

Deno.test("a pairing is watched once the relay has said what there is, and each change wakes", async () => {
  const { watches, session, wakes, asked, answer, clock } = await watching();
  const places = [place("1")];
  const unwatched = () => watches.follow(places, () => session);
  assert.equal(unwatched().length, 1);
  await clock.settle();
  assert.equal(unwatched().length, 1, "nothing is known yet: somebody must ask");
  await answer(0);
  assert.deepEqual([unwatched().length, wakes(), asked().length], [0, 1, 1]);
  await answer(0, { joined: true });
  assert.equal(wakes(), 2);
  await answer(0, { closed: "gone" });
  assert.equal(wakes(), 3);
  assert.equal(unwatched().length, 1, "an end is looked at");
  await session.close();
});

Deno.test("what is refused, cut off or beyond eight is asked for as before", async () => {
  const { watches, session, server, asked, answer, clock } = await watching();
  const places = [..."123456789"].map((digit) => place(digit));
  watches.follow(places, () => session);
  await clock.settle();
  assert.equal(asked().length, 8);
  for (let at = 1; at < 8; at++) await answer(at);
  const { ref } = asked()[0];
  await server.send(
    JSON.stringify({ op: "error", ref, code: "not_found", message: "no", http: 404 }),
  );
  await clock.settle();
  const none = () => undefined;
  assert.deepEqual(watches.follow(places, none), [places[0], places[8]]);
  server.cut();
  await clock.settle();
  assert.equal(watches.follow(places, none).length, 9);
  assert.deepEqual(watches.follow([], none), []);
});

Deno.test("both forms are named as their routes name them", async () => {
  const { watches, session, asked, clock } = await watching();
  const { seat: { pairId } } = place("2");
  const old: PairPlace = { relayUrl: URL, seat: { pairId, asRole: "guest" }, isBusy: false };
  watches.follow([place("1"), old], () => session);
  await clock.settle();
  assert.deepEqual(asked(), [
    { op: "pair", pair_id: "1".repeat(32), token: "t".repeat(64), ref: 1 },
    { op: "pair", pair_id: "2".repeat(32), as_role: "guest", ref: 2 },
  ]);
  await session.close();
});
