/** What two agents do when each knows another relay of the same cluster. */
import assert from "node:assert/strict";
import { agent } from "../relay/claims.ts";
import { Home } from "../e2e/world.ts";
import { Cluster } from "./cluster.ts";
import { eventOf, type Node, type Slot } from "./node.ts";
import { Wire } from "./wire_socket.ts";

const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;
const FORMS = [
  { name: "pair/2", extra: [], code: /^\s+(\d{4,5}(?:-[a-z]+){3})$/ },
  { name: "0.5.19's form", extra: ["--compat"], code: /^\s+(\S+-\S+)$/ },
] as const;

async function two(cluster: Cluster): Promise<readonly [Node, Node]> {
  return [await cluster.relay(), await cluster.relay()];
}

for (const { name, extra, code: codePattern } of FORMS) {
  Deno.test(`cluster: ${name}: host on one relay and guest on the other pair, and talk`, async () => {
    await using cluster = await Cluster.start();
    await using processes = new AsyncDisposableStack();
    const [a, b] = await two(cluster);
    const alice = new Home("alice", `${cluster.directory}/alice`, processes);
    const bob = new Home("bob", `${cluster.directory}/bob`, processes);
    await alice.ok(["init", "alice", "--relay", a.url]);
    await bob.ok(["init", "bob", "--relay", b.url]);
    await alice.ok(["allow-relay", b.url]);
    await bob.ok(["allow-relay", a.url]);
    const host = alice.start(["pair-host", "--relay", a.url, "--timeout", "300", ...extra]);
    const [, code = ""] = await host.line("stderr", codePattern);
    const guest = bob.start(["pair-join", code, "--relay", b.url, "--timeout", "300"]);
    const [[, left], [, right]] = await Promise.all([
      host.line("stderr", DIGITS),
      guest.line("stderr", DIGITS),
    ]);
    assert.equal(left, right);
    await Promise.all([host.write("y\n"), guest.write("y\n")]);
    for (const { code, stderr } of [await host.finished(), await guest.finished()]) {
      assert.equal(code, 0, stderr);
    }
    await Promise.all([alice.daemon(), bob.daemon()]);
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      const monitor = to.monitor();
      const { event_id } = await from.record(["send", to.name, "claim", "over there"]);
      await monitor.line("stdout", new RegExp(String(event_id)));
    }
  });
}

Deno.test("cluster: of one claim to both relays one wins, and either knows the nick", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot = await a.allocate();
  const answers = await Promise.all([a, b].map((node, i) =>
    node.call("POST", "/v1/handle/claim", {
      token: slot.slot_token,
      body: {
        nick: "willard",
        slot_id: slot.slot_id,
        relay_url: null,
        card: agent("willard", `seed ${i}`).card,
      },
    })
  ));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
  const seen = await Promise.all(
    [a, b].map((node) => node.call("GET", "/.well-known/wire/agent?handle=willard")),
  );
  assert.equal(seen[0]?.status, 200);
  assert.deepEqual(seen[0], seen[1]);
});

Deno.test("cluster: an invite for three is given out three times by both relays together", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const { token } = await a.ok("POST", "/v1/invite/register", {
    body: { invite_url: "wire://pair?v=1&inv=abc.def", uses: 3 },
  });
  const reads = await Promise.all(
    [a, b, a, b, a, b].map((node) => node.call("GET", `/i/${token}`)),
  );
  assert.equal(reads.filter(({ status }) => status === 200).length, 3);
});

Deno.test("cluster: a socket on one relay hears what is published to the other, backlog to live", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const slot: Slot = await a.allocate({ grants: true });
  for (let n = 0; n < 20; n++) await a.post(slot, eventOf("before", n));
  using onB = await Wire.connect(b);
  onB.send({ op: "open", ref: 1, slot: slot.slot_id, token: slot.slot_token, since: null });
  using onA = await Wire.connect(a);
  const events = Array.from({ length: 300 }, (_, n) => eventOf("socket", n));
  for (let at = 0; at < events.length; at += 50) {
    const batch = events.slice(at, at + 50).map(({ text }): unknown => JSON.parse(text));
    onA.send({ op: "publish", ref: at, slot: slot.slot_id, token: slot.slot_token, events: batch });
    await b.post(slot, eventOf("between", at));
  }
  const seqs: number[] = [];
  while (seqs.length < 20 + 300 + 6) {
    const frame = await onB.next("events");
    for (const { seq } of frame.events ?? []) seqs.push(seq);
  }
  assert.deepEqual(seqs, Array.from({ length: 326 }, (_, i) => i + 1));
});

Deno.test("cluster: a pairing watched on one relay shows what comes to the other", async () => {
  await using cluster = await Cluster.start();
  const [a, b] = await two(cluster);
  const host = await a.ok("POST", "/v1/pair2", { body: { claim: "a".repeat(32) } });
  using watching = await Wire.connect(a);
  watching.send({ op: "pair", ref: 1, pair_id: host["pair_id"], token: host["side_token"] });
  assert.ok(!(await watching.next("pair")).joined);
  const guest = await b.ok("POST", `/v1/pair2/${host["nameplate"]}`, {
    body: { claim: "b".repeat(32) },
  });
  assert.equal(guest["pair_id"], host["pair_id"]);
  assert.ok((await watching.next("pair")).joined);
  await b.ok("PUT", `/v1/pair2/${guest["pair_id"]}/commit`, {
    token: guest["side_token"] ?? "",
    body: { body: "Z3Vlc3Q=" },
  });
  assert.deepEqual((await watching.next("pair")).peer, { commit: "Z3Vlc3Q=" });
});
