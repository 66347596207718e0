/** Two relays over one KV server serve the same mailboxes: store, push, dedupe, revoke, retire. */
import assert from "node:assert/strict";
import { Cluster } from "./cluster.ts";
import { eventOf, type Node } from "./node.ts";

async function two(cluster: Cluster): Promise<readonly [Node, Node]> {
  return [await cluster.relay(), await cluster.relay()];
}

Deno.test("cluster: what one relay stores is pushed by the other, in slot order, once", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate();
  await using onA = await a.stream(slot);
  await using onB = await b.stream(slot);
  const count = 60;
  await Promise.all([a, b].map(async (node, side) => {
    for (let n = 0; n < count; n++) {
      assert.equal((await node.post(slot, eventOf(`side ${side}`, n))).status, 201);
    }
  }));
  const stored = (await b.stored(slot)).map(({ event_id }) => event_id);
  assert.equal(stored.length, 2 * count);
  for (const stream of [onA, onB]) {
    const pushed: string[] = [];
    while (pushed.length < 2 * count) pushed.push(JSON.parse(await stream.next() ?? "").event_id);
    assert.deepEqual(pushed, stored);
  }
});

Deno.test("P1: cluster: the same event to both relays at once is stored once", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slots = [await a.allocate(), await b.allocate()];
  const events = Array.from({ length: 100 }, (_, n) => eventOf("both", n));
  const statuses: number[] = [];
  for (const event of events) {
    const answers = await Promise.all(
      slots.flatMap((slot) => [a, b, a, b].map((node) => node.post(slot, event))),
    );
    statuses.push(...answers.map(({ status }) => status));
    for (const { status, text } of answers) {
      if (status === 200) assert.match(text, /"digest":"[0-9a-f]{32}"/);
    }
  }
  assert.equal(statuses.filter((status) => status === 201).length, 2 * events.length);
  assert.equal(statuses.filter((status) => status === 200).length, 6 * events.length);
  for (const slot of slots) {
    const ids = (await a.stored(slot)).map(({ event_id }) => event_id);
    assert.deepEqual(ids, events.map(({ id }) => id));
  }
});

Deno.test("cluster: a grant revoked on one relay is refused by the other within a second", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate({ grants: true });
  const path = `/v1/slot/${slot.slot_id}/grants`;
  const grant = await a.ok("POST", path, { token: slot.slot_token, body: {} });
  const { grant_id = "", token = "" } = grant;
  assert.equal((await b.post(slot, eventOf("guest", 0), token)).status, 201, "b knows it now");
  await a.ok("DELETE", `${path}/${grant_id}`, { token: slot.slot_token });
  const revoked = performance.now();
  const answers: { status: number; after: number }[] = [];
  for (let n = 1; answers.at(-1)?.status !== 403; n++) {
    const after = performance.now() - revoked;
    assert.ok(after < 20_000, "never refused");
    const { status } = await b.post(slot, eventOf("guest", n), token);
    answers.push({ status, after });
  }
  // Nothing lands after the revocation: its row is checked by the commit itself.
  const ids = (await a.stored(slot)).map(({ event_id }) => event_id);
  assert.deepEqual(ids, [eventOf("guest", 0).id]);
  assert.ok(answers.every(({ status, after }) => status === 403 || after < 1_000));
});

Deno.test("cluster: a mailbox retired on one relay ends the streams of the other", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate({ grants: true });
  await using stream = await b.stream(slot);
  await a.ok("DELETE", `/v1/slot/${slot.slot_id}`, { token: slot.slot_token });
  assert.equal(await stream.next(), undefined);
  assert.equal((await b.post(slot, eventOf("late", 0))).status, 410);
});

Deno.test("cluster: a server that does not take the token, or is not there, is said and exits 1", async () => {
  await using cluster = await Cluster.start();
  await using refused = cluster.startRelay("127.0.0.1:0", "another token");
  const { code, stderr } = await refused.finished();
  assert.equal(code, 1);
  assert.match(stderr, /Cannot open the relay's store http:\/\/127\.0\.0\.1:\d+: /);
  assert.doesNotMatch(stderr, /another token/);
});

Deno.test("cluster: a relay that is told to stop ends its streams and exits 0; the other goes on", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate();
  await using stream = await a.stream(slot);
  a.process.kill("SIGTERM");
  assert.equal(await stream.next(), undefined);
  assert.equal((await a.process.finished()).code, 0);
  assert.equal((await b.post(slot, eventOf("still", 0))).status, 201);
});

Deno.test("P8: cluster: while the KV server is away a post is answered 500 in time, and stored later", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate();
  const event = eventOf("patient", 0);
  await a.post(slot, eventOf("before", 0));
  await cluster.killServer();
  const { status } = await a.post(slot, event);
  assert.equal(status, 500);
  await cluster.startServer();
  const answer = await b.post(slot, event);
  assert.ok(answer.status === 201 || answer.status === 200, answer.text);
  const ids = (await a.stored(slot)).map(({ event_id }) => event_id);
  assert.deepEqual(ids, [eventOf("before", 0).id, event.id]);
});
