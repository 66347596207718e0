import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { type Agent, PairWorld, pinned, RELAY, statusOf } from "../pairing/fake/pair_world.ts";
import { bindRelay } from "./bind_relay.ts";
import { pairAbandon } from "./pair_abandon.ts";
import { pairCancel } from "./pair_cancel.ts";
import { pairConfirm } from "./pair_confirm.ts";
import { pairHost } from "./pair_host.ts";
import { pairJoin } from "./pair_join.ts";
import { pairList } from "./pair_list.ts";
import { pairWatch } from "./pair_watch.ts";

const signal = new AbortController().signal;

async function ready() {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  const digits = (await bob.context.home.pendingPairs.read(code))?.sas ?? "";
  return { world, alice, bob, code, digits };
}

async function all<T>(stream: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of stream) items.push(item);
    return { items, error: undefined };
  } catch (error) {
    return { items, error };
  }
}

/** What is watched, while time goes on. */
async function watched(
  world: PairWorld,
  agent: Agent,
  input: Parameters<typeof pairWatch.stream>[1],
) {
  let result: Awaited<ReturnType<typeof all>> | undefined;
  void all(pairWatch.stream(agent.context, input, signal)).then((it) => void (result = it));
  await world.clock.settle();
  return async () => {
    await world.until(() => result !== undefined, 600_000);
    return result ?? assert.fail();
  };
}

Deno.test("no relay named: both sides meet on the relay of their mailbox", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  for (const { context } of [alice, bob]) await bindRelay.run(context, { url: RELAY });
  const options = { detach: true, compat: true };
  const { items: [host] } = await all(pairHost.stream(alice.context, options, signal));
  assert.ok(host && "state" in host);
  assert.equal(host.relay_url, RELAY);
  const input = { code: host.code_phrase, detach: true };
  const { items: [guest] } = await all(pairJoin.stream(bob.context, input, signal));
  assert.ok(guest && "state" in guest);
  assert.equal(guest.relay_url, RELAY);
});

Deno.test("no relay named and no mailbox: the command that gets one is named", async () => {
  const world = new PairWorld();
  const { context } = await world.agent("alice");
  const { error } = await all(pairHost.stream(context, {}, signal));
  assert.ok(error instanceof WireError && error.code === "usage");
  assert.match(error.hint ?? "", /wire bind-relay <url>/);
});

Deno.test("a queued pairing answers with what the other side needs, and with its end", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const options = { relay: `${RELAY}/`, detach: true, compat: true };
  const { items: [host] } = await all(pairHost.stream(alice.context, options, signal));
  assert.ok(host && "state" in host);
  assert.deepEqual(host, {
    code_phrase: host.code_phrase,
    daemon_spawned: false,
    expires_at: "2026-01-01T00:30:00Z",
    relay_url: RELAY,
    role: "host",
    state: "queued",
    form: "0.5.19",
  });
  const bob = await world.agent("bob");
  const join = { ...options, code: ` ${host.code_phrase}\n` };
  const { items: [guest] } = await all(pairJoin.stream(bob.context, join, signal));
  assert.ok(guest && "state" in guest);
  assert.deepEqual([guest.role, guest.code_phrase], ["guest", host.code_phrase]);
  assert.equal(await statusOf(bob, host.code_phrase), "request_guest");
  assert.deepEqual(world.relay.calls, [], "no relay contact");
});

Deno.test("queueing again is the same request; as the other role it is a conflict", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const code = await world.queueHost(alice);
  await assert.rejects(world.queueJoin(alice, code), { code: "conflict" });
  const bob = await world.agent("bob");
  await world.queueJoin(bob, code);
  const before = await bob.context.home.pendingPairs.read(code);
  await world.queueJoin(bob, code);
  assert.deepEqual(await bob.context.home.pendingPairs.read(code), before);
  await pairCancel.run(bob.context, { code });
  await world.queueJoin(bob, code);
  assert.equal(await statusOf(bob, code), "request_guest", "an ended one is begun anew");
});

Deno.test("pair-confirm checks in the order and with the words of 0.5.19", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const run = (code: string, digits: string) => pairConfirm.run(alice.context, { code, digits });
  await assert.rejects(run("x", "1"), { message: `code phrase missing '-' separator: "x"` });
  await assert.rejects(run("12-ABCDEF", "12345 "), {
    message: "expected 6 digits (got 5 after stripping non-digits)",
  });
  await assert.rejects(run("12-ABCDEF", "123456"), {
    message: "no pending pair found for code 12-ABCDEF",
  });
  const code = await world.queueHost(alice);
  await assert.rejects(run(code, "123456"), {
    message: `pair ${code} not in sas_ready state (current: request_host). ` +
      "Run `wire pair-list` to see what's going on.",
  });
});

Deno.test("pair-confirm needs no relay, and only digits from a terminal count as typed", async () => {
  const { world, alice, bob, code, digits } = await ready();
  alice.platform.terminal.stdin.isTerminal = true;
  world.net.fail(RELAY, "connect");
  for (const agent of [alice, bob]) {
    const dashed = `${digits.slice(0, 3)}-${digits.slice(3)}`;
    assert.deepEqual(await pairConfirm.run(agent.context, { code, digits: dashed }), {
      code_phrase: code,
      state: "confirmed",
      form: "0.5.19",
    });
  }
  world.net.fail(RELAY, undefined);
  await world.tick(alice, bob, alice);
  const proofs = [[alice, "bob"], [bob, "alice"]] as const;
  const told = await Promise.all(
    proofs.map(async ([agent, peer]) =>
      (await agent.context.home.readTrust()).agents.get(peer)?.value["sas_proof"]
    ),
  );
  assert.deepEqual(told, ["typed", "unproved"]);
});

Deno.test("a wrong count changes nothing; six wrong digits end it on both sides and stay nowhere", async () => {
  const { world, alice, bob, code, digits } = await ready();
  await assert.rejects(pairConfirm.run(alice.context, { code, digits: "12345" }), {
    code: "usage",
  });
  assert.equal(await statusOf(alice, code), "sas_ready");
  const wrong = String((Number(digits) + 1) % 1_000_000).padStart(6, "0");
  assert.deepEqual(await pairConfirm.run(alice.context, { code, digits: wrong }), {
    code_phrase: code,
    error: "digits mismatch",
    state: "aborted",
    form: "0.5.19",
  });
  const text = JSON.stringify(alice.platform.files.texts()) +
    JSON.stringify(alice.platform.notifier.shown.slice(1));
  assert.ok(!text.includes(digits) && !text.includes(wrong));
  await world.tick(bob);
  assert.equal(await statusOf(bob, code), "aborted");
  await assert.rejects(pairConfirm.run(alice.context, { code, digits }), { code: "conflict" });
});

Deno.test("the relay is told of a wrong digit later, if it cannot be told now", async () => {
  const { world, alice, code, digits } = await ready();
  world.net.fail(RELAY, "connect");
  const wrong = String((Number(digits) + 1) % 1_000_000).padStart(6, "0");
  await pairConfirm.run(alice.context, { code, digits: wrong });
  assert.equal(world.relay.slots.size, 1);
  world.net.fail(RELAY, undefined);
  await world.tick(alice, alice);
  assert.equal(world.relay.slots.size, 0);
  assert.equal(world.relay.count(/abandon/), 1, "and then not again");
});

Deno.test("P5: pair-list shows the record in its order, without seed and token", async () => {
  const { world, alice, code } = await ready();
  await world.clock.advance(10);
  const second = await world.queueHost(alice);
  const { items: [list] } = await all(pairList.stream(alice.context, {}, signal));
  assert.ok(Array.isArray(list));
  assert.deepEqual(list.map((it) => it.code), [code, second]);
  assert.deepEqual(Object.keys(list[0] ?? {}), [
    "code",
    "code_hash",
    "role",
    "relay_url",
    "status",
    "sas",
    "peer_did",
    "created_at",
    "last_error",
    "pair_id",
    "our_slot_id",
    "expires_at",
    "form",
    "waiting_for",
  ]);
  const record = await alice.context.home.pendingPairs.read(code);
  const shown = JSON.stringify(list);
  assert.ok(!shown.includes(record?.spake2_seed_b64 ?? "-"));
  assert.ok(!shown.includes(record?.our_slot_token ?? "-"));
  assert.equal(list[0]?.expires_at, "2026-01-01T00:30:00Z");
});

Deno.test("pair-list --watch tells each new record, each new status and each that went", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const first = await world.queueHost(alice);
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const it of pairList.stream(alice.context, { watch: true }, stop.signal)) {
      assert.ok(!Array.isArray(it));
      seen.push(`${"_synthetic" in it} ${it.code === first} ${it.status}`);
    }
  })();
  await world.until(() => seen.length === 1);
  await world.tick(alice);
  await world.until(() => seen.length === 2);
  await alice.context.home.pendingPairs.remove(first);
  await world.until(() => seen.length === 3);
  assert.deepEqual(seen, [
    "false true request_host",
    "false true polling",
    "true true removed",
  ]);
  stop.abort(new WireError("interrupted", "interrupted"));
  await assert.rejects(watching, { code: "interrupted" });
});

Deno.test("pair-watch ends when the status is reached", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.queueHost(alice);
  const watch = await watched(world, alice, { code });
  await world.queueJoin(bob, code);
  await world.tick(alice);
  await world.clock.advance(250);
  await world.tick(bob, alice);
  const { items, error } = await watch();
  assert.equal(error, undefined);
  const statuses = items.map((it) =>
    typeof it === "object" && it !== null && "status" in it && it.status
  );
  assert.deepEqual(statuses, ["request_host", "polling", "sas_ready"]);
});

Deno.test("P2: pair-watch says finalized only when the peer is pinned", async () => {
  const { world, alice, bob, code, digits } = await ready();
  const watch = await watched(world, alice, { code, status: "never" });
  for (const agent of [alice, bob]) await pairConfirm.run(agent.context, { code, digits });
  await world.tick(alice, bob, alice);
  const { items, error } = await watch();
  assert.equal(error, undefined);
  assert.deepEqual(items.at(-1), { code, state: "finalized", form: "0.5.19" });
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });

  const other = await ready();
  const vanished = await watched(other.world, other.alice, { code: other.code, status: "never" });
  await other.alice.context.home.pendingPairs.remove(other.code); // as 0.5.19 cancels
  const end = await vanished();
  assert.deepEqual(end.items.at(-1), { code: other.code, error: "no such pair" });
  assert.ok(end.error instanceof WireError && end.error.code === "not_found");
});

Deno.test("pair-cancel leaves aborted, and whoever watches hears it as a failure", async () => {
  const { world, alice, bob, code } = await ready();
  const watch = await watched(world, alice, { code, status: "confirmed" });
  assert.deepEqual(await pairCancel.run(alice.context, { code }), {
    code_phrase: code,
    state: "cancelled",
    form: "0.5.19",
  });
  const { error } = await watch();
  assert.ok(error instanceof WireError && error.code === "pairing_failed");
  assert.equal(error.message, `pair ${code} aborted: cancelled by operator`);
  await world.tick(bob);
  assert.equal(await statusOf(bob, code), "aborted");
  await assert.rejects(pairCancel.run(alice.context, { code: "12-ABCDEF" }), {
    code: "not_found",
    message: "no pending pair for code 12-ABCDEF",
  });
});

Deno.test("pair-watch of a code that never was, and one that takes too long", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const missing = await all(pairWatch.stream(alice.context, { code: "12-ABCDEF" }, signal));
  assert.deepEqual(missing.items, [{ code: "12-ABCDEF", error: "no such pair" }]);
  assert.ok(missing.error instanceof WireError && missing.error.code === "not_found");
  const code = await world.queueHost(alice);
  const watch = await watched(world, alice, { code, timeout: 3 });
  const { error } = await watch();
  assert.ok(error instanceof WireError && error.code === "timed_out");
  assert.equal(world.clock.monotonic(), 3_000);
});

Deno.test("pair-abandon frees a code on the relay, also one that nobody knows", async () => {
  const { world, alice, bob, code } = await ready();
  const answer = { code_phrase: code, relay_url: RELAY, form: "0.5.19" };
  assert.deepEqual(await pairAbandon.run(alice.context, { code, relay: `${RELAY}/` }), answer);
  assert.equal(world.relay.slots.size, 0);
  assert.deepEqual(await pairAbandon.run(alice.context, { code, relay: RELAY }), answer);
  await world.tick(bob);
  assert.equal(await statusOf(bob, code), "aborted");
  world.net.fail(RELAY, "timeout");
  await assert.rejects(pairAbandon.run(alice.context, { code, relay: RELAY }), {
    code: "unreachable",
  });
});
