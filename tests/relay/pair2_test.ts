/** The rendezvous of pair/2: docs/protocol/extensions.md §10. */
import assert from "node:assert/strict";
import { type Answer, IS_SHARED, RelayWorld, shown } from "./relay_world.ts";

interface Seat {
  readonly nameplate: string;
  readonly pair_id: string;
  readonly side: string;
  readonly side_token: string;
  readonly expires_at: string;
}

class Pair2World extends RelayWorld {
  host(claim: string = "a".repeat(32), from: string = "192.0.2.1"): Promise<Answer> {
    return this.call("/v1/pair2", { body: { claim }, from });
  }

  guest(
    nameplate: string,
    claim: string = "b".repeat(32),
    from: string = "192.0.2.2",
  ): Promise<Answer> {
    return this.call(`/v1/pair2/${nameplate}`, { body: { claim }, from });
  }

  async seats(): Promise<{ host: Seat; guest: Seat }> {
    const host = seatOf(await this.host());
    return { host, guest: seatOf(await this.guest(host.nameplate)) };
  }

  put(seat: Seat, phase: string, body: string): Promise<Answer> {
    return this.call(`/v1/pair2/${seat.pair_id}/${phase}`, {
      method: "PUT",
      token: seat.side_token,
      body: { body },
    });
  }

  look(seat: Seat): Promise<Answer> {
    return this.call(`/v1/pair2/${seat.pair_id}`, { token: seat.side_token });
  }

  end(seat: Seat): Promise<Answer> {
    return this.call(`/v1/pair2/${seat.pair_id}`, { method: "DELETE", token: seat.side_token });
  }

  reopen(seat: Seat): Promise<Answer> {
    return this.call(`/v1/pair2/${seat.pair_id}/reopen`, {
      method: "POST",
      token: seat.side_token,
    });
  }
}

function seatOf(answer: Answer): Seat {
  assert.equal(answer.status, 201, answer.text);
  return JSON.parse(answer.text);
}

const closedOf = (answer: Answer): unknown => JSON.parse(answer.text).closed;
const CLOSED = '410 {"error":"pairing closed"}';

Deno.test("relay pair2: two sides claim, put each phase once, and see each other's", async () => {
  await using world = new Pair2World();
  const host = seatOf(await world.host());
  assert.match(host.nameplate, /^[0-9]{4}$/);
  assert.match(`${host.pair_id} ${host.side_token}`, /^[0-9a-f]{32} [0-9a-f]{32}$/);
  assert.equal(`${host.side} ${host.expires_at}`, "host 2026-11-21T05:10:00Z");
  assert.equal(
    shown(await world.look(host)),
    '200 {"closed":null,"expires_at":"2026-11-21T05:10:00Z","joined":false,"peer":{},"side":"host"}',
  );
  await world.clock.advance(60_000);
  const guest = seatOf(await world.guest(host.nameplate));
  assert.equal(guest.pair_id, host.pair_id);
  assert.notEqual(guest.side_token, host.side_token);
  assert.equal((await world.put(host, "commit", "aG9zdA==")).status, 201);
  assert.equal((await world.put(host, "commit", "aG9zdA==")).status, 200, "the same bytes");
  assert.equal((await world.put(host, "commit", "aG9zdB==")).status, 400, "not base64");
  assert.equal((await world.put(host, "commit", "b3RoZXI=")).status, 409);
  assert.equal((await world.put(host, "boast", "b3RoZXI=")).status, 404);
  assert.equal((await world.put(guest, "commit", "Z3Vlc3Q=")).status, 201);
  assert.equal(
    shown(await world.look(guest)),
    '200 {"closed":null,"expires_at":"2026-11-21T05:11:00Z","joined":true,' +
      '"peer":{"commit":"aG9zdA=="},"side":"guest"}',
  );
});

Deno.test("relay pair2: the same claim gets the same answer, and another guest 409", async () => {
  await using world = new Pair2World();
  const { host, guest } = await world.seats();
  assert.deepEqual(seatOf(await world.host()).pair_id, host.pair_id);
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(seatOf(await world.guest(host.nameplate)), guest, "and is not counted");
  }
  assert.equal(
    shown(await world.guest(host.nameplate, "c".repeat(32))),
    '409 {"error":"this code is already in use by two sides"}',
  );
  assert.equal((await world.host("no hex")).status, 422);
  const { status } = await world.guest(host.pair_id, "d".repeat(32), "192.0.2.9");
  assert.equal(status, 404, "a pair_id is no nameplate");
});

Deno.test("relay pair2: six guest posts in ten minutes and source, unknown codes counted", async () => {
  await using world = new Pair2World();
  const { nameplate } = seatOf(await world.host());
  const wrong = nameplate === "0000" ? "0001" : "0000";
  for (let i = 0; i < 6; i++) {
    assert.equal(shown(await world.guest(wrong)), '404 {"error":"unknown code"}');
  }
  const limited = await world.guest(nameplate);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("retry-after"), "600");
  assert.equal((await world.guest(nameplate, "c".repeat(32), "192.0.2.3")).status, 201);
  await world.clock.advance(599_999);
  assert.equal((await world.guest(wrong)).status, 429);
  await world.clock.advance(1);
  assert.equal((await world.guest(wrong)).status, 404);
});

Deno.test("relay pair2: tokens are asked for, and belong to one side of one meeting", async () => {
  await using world = new Pair2World();
  const { host } = await world.seats();
  const other = seatOf(await world.host("e".repeat(32)));
  const path = `/v1/pair2/${host.pair_id}`;
  assert.equal(shown(await world.call(path)), '401 {"error":"missing Bearer token"}');
  const bad = '403 {"error":"bad token"}';
  assert.equal(shown(await world.call(path, { token: other.side_token })), bad);
  assert.equal(shown(await world.call(path, { token: "x" })), bad);
  assert.equal(
    shown(await world.look({ ...host, pair_id: "0".repeat(32) })),
    '404 {"error":"unknown pair_id"}',
  );
  assert.equal((await world.call("/v1/pair2/4821")).status, 401);
});

Deno.test("relay pair2: closing is final, says done only if both did, and keeps the last word", async () => {
  await using world = new Pair2World();
  const { host, guest } = await world.seats();
  for (const seat of [host, guest]) await world.put(seat, "done", "ZG9uZQ==");
  assert.equal(closedOf(await world.end(guest)), "done");
  assert.equal(closedOf(await world.end(host)), "done");
  assert.match((await world.look(host)).text, /"peer":\{"done":"ZG9uZQ=="\}/);
  assert.equal(shown(await world.put(host, "card", "ZG9uZQ==")), CLOSED);
  assert.equal(shown(await world.reopen(host)), CLOSED);
  const abandoned = seatOf(await world.host("f".repeat(32)));
  await world.put(abandoned, "done", "ZG9uZQ==");
  assert.equal(closedOf(await world.end(abandoned)), "abandoned");
});

Deno.test("lesson 16: a pairing expires after 600 s, once more from the guest's arrival", async () => {
  await using world = new Pair2World();
  const { host, guest } = await world.seats();
  await world.clock.advance(599_000);
  seatOf(await world.guest(host.nameplate)); // a repetition extends nothing
  await world.clock.advance(1_000);
  assert.equal(closedOf(await world.look(guest)), "expired");
  assert.equal(shown(await world.put(guest, "commit", "Z3Vlc3Q=")), CLOSED);
  assert.equal(shown(await world.guest(host.nameplate, "c".repeat(32))).slice(0, 3), "404");
  await world.clock.advance(3_599_999);
  assert.equal((await world.look(host)).status, 200, "a nameplate rests for an hour");
  await world.clock.advance(60_001);
  assert.equal((await world.look(host)).status, 404);
});

Deno.test("relay pair2: the host opens a code anew, twice, under the same nameplate", async () => {
  await using world = new Pair2World();
  const { host, guest } = await world.seats();
  assert.equal((await world.reopen(guest)).status, 403);
  const second = seatOf(await world.reopen(host));
  assert.deepEqual(seatOf(await world.reopen(host)), second, "a lost answer is asked for again");
  assert.deepEqual(seatOf(await world.host()), second);
  assert.equal(second.nameplate, host.nameplate);
  assert.notEqual(second.pair_id, host.pair_id);
  assert.equal(closedOf(await world.look(guest)), "abandoned");
  assert.equal((await world.look({ ...second, side_token: host.side_token })).status, 403);
  assert.equal(seatOf(await world.guest(host.nameplate, "c".repeat(32))).pair_id, second.pair_id);
  const third = seatOf(await world.reopen(second));
  assert.equal(
    shown(await world.reopen(third)),
    '409 {"error":"this code was opened three times"}',
  );
  assert.equal(
    (await world.call(`/v1/pair2/${third.pair_id}/x`, { method: "POST", token: third.side_token }))
      .status,
    404,
  );
});

Deno.test("lesson 49: meetings and their bytes have ceilings, and names grow when many are used", {
  ignore: IS_SHARED,
}, async () => {
  await using world = new Pair2World({ maxPairSlots: 1_002, maxPairBytes: 100, perSecond: 1e6 });
  const seats: Seat[] = [];
  for (let i = 0; i < 1_002; i++) {
    seats.push(seatOf(await world.host(i.toString(16).padStart(32, "0"))));
  }
  assert.deepEqual([...new Set(seats.slice(0, 1_000).map((seat) => seat.nameplate.length))], [4]);
  assert.equal(seats[1_000]?.nameplate.length, 5);
  assert.equal(new Set(seats.map((seat) => seat.nameplate)).size, 1_002);
  assert.equal((await world.host()).status, 503);
  const [seat] = seats;
  assert.ok(seat);
  assert.equal((await world.put(seat, "card", "A".repeat(104))).status, 503);
  assert.equal((await world.put(seat, "card", "A".repeat(65_540))).status, 413);
});
