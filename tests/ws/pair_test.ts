/** Pairings watched over the WebSocket, of both forms. */
import assert from "node:assert/strict";
import { type Client, type Frame, SocketWorld } from "./socket_world.ts";

const CODE = "a".repeat(64);

/** @returns the pair id */
async function openPair(world: SocketWorld, role: string, msg: string): Promise<string> {
  const { text } = await world.call("/v1/pair", { body: { code_hash: CODE, msg, role } });
  return JSON.parse(text).pair_id;
}

const seal = (world: SocketWorld, id: string, role: string, sealed: string) =>
  world.call(`/v1/pair/${id}/bootstrap`, { body: { role, sealed } });

async function claim(world: SocketWorld, path: string, claim: string): Promise<Frame> {
  const { text } = await world.call(path, { body: { claim: claim.repeat(32) } });
  return JSON.parse(text);
}

const put = (world: SocketWorld, seat: Frame, phase: string, body: string) =>
  world.call(`/v1/pair2/${seat["pair_id"]}/${phase}`, {
    token: String(seat["side_token"]),
    method: "PUT",
    body: { body },
  });

/** Until so many frames of pairings have come. */
async function pairFrames(client: Client, count: number): Promise<Frame[]> {
  const frames = () => client.frames.filter(({ op }) => op === "pair");
  while (frames().length < count) await client.socket.more();
  return frames();
}

Deno.test("ws pair: what the other side leaves comes at once, and the end too", async () => {
  await using world = new SocketWorld();
  const id = await openPair(world, "host", "H");
  const client = world.connect();
  const first = await client.ask({ op: "pair", pair_id: id, as_role: "host" });
  const about = { op: "pair", ref: 1, pair_id: id };
  assert.deepEqual(first, { ...about, peer_bootstrap: null, peer_msg: null });
  await openPair(world, "guest", "G");
  await pairFrames(client, 2);
  await seal(world, id, "guest", "S");
  await pairFrames(client, 3);
  await world.call("/v1/pair/abandon", { body: { code_hash: CODE } });
  assert.deepEqual((await pairFrames(client, 4)).slice(1), [
    { ...about, peer_bootstrap: null, peer_msg: "G" },
    { ...about, peer_bootstrap: "S", peer_msg: "G" },
    { ...about, closed: "gone" },
  ]);
  await world.clock.advance(20_000);
  assert.equal((await pairFrames(client, 4)).length, 4, "nothing follows the end");
});

Deno.test("ws pair: watching keeps no pairing alive, and its expiry is told", async () => {
  await using world = new SocketWorld();
  const id = await openPair(world, "host", "H");
  const client = world.connect();
  await client.ask({ op: "pair", pair_id: id, as_role: "guest" });
  for (let n = 0; n < 11; n++) {
    await world.clock.advance(28_000);
    client.events.heard();
  }
  const frames = await pairFrames(client, 2);
  assert.deepEqual(frames.map(({ closed }) => closed), [undefined, "gone"]);
  assert.equal(client.socket.closed, undefined, "it counts as an operation with a good token");
});

Deno.test("ws pair: pair/2 needs the token of a side and shows the body of GET", async () => {
  await using world = new SocketWorld();
  const host = await claim(world, "/v1/pair2", "a");
  const client = world.connect();
  const ask = (token: unknown) => client.ask({ op: "pair", pair_id: host["pair_id"], token });
  assert.deepEqual([(await ask("x"))["http"], (await ask(""))["http"]], [403, 403]);
  const unknown = await client.ask({ op: "pair", pair_id: "0".repeat(32), token: "x" });
  assert.deepEqual([unknown["http"], unknown["code"]], [404, "not_found"]);
  const first = await ask(host["side_token"]);
  assert.deepEqual([first["side"], first["joined"], first["closed"]], ["host", false, null]);
  const guest = await claim(world, `/v1/pair2/${host["nameplate"]}`, "b");
  await put(world, guest, "commit", "AAAA");
  await put(world, host, "commit", "BBBB");
  await world.clock.settle();
  const { text } = await world.call(`/v1/pair2/${host["pair_id"]}`, {
    token: String(host["side_token"]),
  });
  const { op: _op, ref: _ref, pair_id: _id, ...members } = client.frames.at(-1) ?? {};
  assert.deepEqual(members, JSON.parse(text));
  assert.deepEqual(members["peer"], { commit: "AAAA" });
  await world.call(`/v1/pair2/${host["pair_id"]}`, {
    token: String(guest["side_token"]),
    method: "DELETE",
  });
  await client.until(({ op, closed }) => op === "pair" && closed === "abandoned");
});

Deno.test("ws pair: what is no pairing is refused, and shows no token", async () => {
  await using world = new SocketWorld();
  const client = world.connect();
  const refused = await client.ask({ op: "pair", pair_id: "x", as_role: "host" });
  assert.deepEqual(refused, {
    op: "error",
    ref: 1,
    code: "not_found",
    message: "unknown pair_id",
    http: 404,
  });
  await world.clock.advance(10_000);
  assert.equal(client.socket.closed?.code, 1008);
});

Deno.test("P8: ws pair: eight on a connection, and a place is free when one is over", async () => {
  await using world = new SocketWorld();
  const id = await openPair(world, "host", "H");
  const client = world.connect();
  for (let n = 0; n < 8; n++) {
    assert.equal((await client.ask({ op: "pair", pair_id: id, as_role: "host" }))["op"], "pair");
  }
  const ninth = await client.ask({ op: "pair", pair_id: id, as_role: "host" });
  assert.deepEqual([ninth["op"], ninth["code"]], ["error", "busy"]);
  await world.call("/v1/pair/abandon", { body: { code_hash: CODE } });
  await pairFrames(client, 16);
  await world.clock.settle();
  const next = await openPair(world, "host", "H");
  assert.equal((await client.ask({ op: "pair", pair_id: next, as_role: "host" }))["op"], "pair");
  client.events.closed(1006);
});
