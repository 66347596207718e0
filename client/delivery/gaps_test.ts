import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { streamMembers } from "../../protocol/delivery/thread.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { withMembers } from "../../protocol/json/value.ts";
import { outcomeOf } from "../../cli/exit_code.ts";
import {
  MailWorld,
  NEVER,
  type Party,
  RELAY_URL,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { pull } from "../operations/pull.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";
import { tail } from "../operations/tail.ts";
import { verify } from "../operations/verify.ts";
import { JUDGED_AFTER_MS } from "./gaps.ts";
import { ReadMarks } from "../../store/mail/read_marks.ts";

const STREAM = "5".repeat(16);

interface Asked {
  readonly kind?: number;
  readonly voids?: readonly number[];
  readonly stream?: string;
}

/** Alice's message with that number to bob. */
function numbered(alice: Party, bob: Party, seq: number, asked: Asked = {}): WireEvent {
  const { kind = 1001, voids = [], stream = STREAM } = asked;
  const unsigned = buildEvent({
    from: alice.identity.did,
    to: bob.identity.did,
    type: "claim",
    kind: 1001,
    body: `message ${seq}`,
    timestamp: alice.clock.timestamp(),
  });
  const members = { ...streamMembers({ stream, seq, voids }), kind };
  return signEvent(withMembers(unsigned, members), alice.identity);
}

async function gaps(party: Party, peer?: string) {
  const output = await verify.run(party.context, {
    gaps: true,
    ...(peer === undefined ? {} : { peer }),
  });
  assert.ok("gaps" in output);
  return output;
}

const pulled = (party: Party) => pull.run(restarted(party));

/** They come, and everything is read to the end once more when it is time to judge. */
async function judged(world: MailWorld, bob: Party, events: readonly WireEvent[]) {
  for (const { text } of events) world.relay.plant(bob.slotId, text);
  await pulled(bob);
  await bob.clock.advance(JUDGED_AFTER_MS + 1);
  await pulled(bob);
  return await gaps(bob);
}

Deno.test("what is missing is told after all mailboxes were read to their ends 60 s later, not before", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  for (const seq of [1, 2, 6]) {
    world.relay.plant(bob.slotId, numbered(alice, bob, seq).text);
  }
  const noticed = bob.clock.timestamp().replace(/\.\d+Z$/, "Z"); // to the millisecond
  await pulled(bob);
  const early = await gaps(bob);
  assert.deepEqual([early.missing, early.gaps[0]?.too_early], [0, [{ from: 3, to: 5 }]]);
  assert.equal(outcomeOf("verify", early).exitCode, 0);
  await bob.clock.advance(JUDGED_AFTER_MS + 1);
  assert.equal((await gaps(bob)).missing, 0, "time alone is not enough");
  world.net.fail(RELAY_URL, "connect");
  await pulled(bob);
  assert.equal((await gaps(bob)).missing, 0, "nor is a mailbox that could not be read");
  world.net.fail(RELAY_URL, undefined);
  await pulled(bob);
  const late = await gaps(bob);
  assert.deepEqual(late, {
    verified: false,
    missing: 3,
    gaps: [{
      peer: "alice",
      stream: STREAM,
      missing: 3,
      since: noticed,
      ranges: [{ from: 3, to: 5 }],
      forgotten: 0,
      large_jumps: [],
      too_early: [],
    }],
  });
  assert.equal(outcomeOf("verify", late).exitCode, 1);
  for (const seq of [3, 4, 5]) world.relay.plant(bob.slotId, numbered(alice, bob, seq).text);
  await pulled(bob);
  assert.deepEqual(await gaps(bob), { verified: true, missing: 0, gaps: [] }, "late is not lost");
});

Deno.test("quarantined and voided numbers are no gap; a large jump is told and not counted", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const found = await judged(world, bob, [
    numbered(alice, bob, 1),
    numbered(alice, bob, 2, { kind: 7_777 }),
    numbered(alice, bob, 5, { voids: [3, 4] }),
    numbered(alice, bob, 7),
    numbered(alice, bob, 30_000),
  ]);
  assert.deepEqual([found.missing, found.gaps[0]?.ranges, found.gaps[0]?.large_jumps], [
    1,
    [{ from: 6, to: 6 }],
    [{ from: 8, to: 29_999 }],
  ]);
});

Deno.test("P8: a peer with streams and holes without end is remembered in bounds", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const events: WireEvent[] = [];
  for (let at = 0; at < 40; at++) {
    events.push(numbered(alice, bob, 2, { stream: at.toString(16).padStart(16, "0") }));
  }
  for (let at = 1; at <= 100; at++) events.push(numbered(alice, bob, 2 * at));
  const found = await judged(world, bob, events);
  assert.equal(found.gaps.length, 16);
  const last = found.gaps.find(({ stream }) => stream === STREAM);
  assert.equal(last?.missing, 100);
  assert.equal((last?.ranges.length ?? 0) + (last?.forgotten ?? 0), 100);
  const record = bob.disk.texts()["/bob/state/wire/delivery/alice.gaps.json"] ?? "";
  assert.ok(record.length < 8_000, `${record.length} bytes`);
});

Deno.test("messages that nobody numbered, and those of a conversation that is whole, are no gap", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  for (const body of ["one", "two", "three"]) {
    await send.run(alice.context, { peer: "bob", kind: "claim", body });
  }
  await push.run(restarted(alice), {});
  await pulled(bob);
  await bob.clock.advance(JUDGED_AFTER_MS + 1);
  await pulled(bob);
  assert.deepEqual(await gaps(bob), { verified: true, missing: 0, gaps: [] });
  assert.deepEqual(await gaps(bob, "alice"), { verified: true, missing: 0, gaps: [] });
  assert.ok(!NEVER.aborted);
});

Deno.test("P1: killed at any durable step (delivery.gaps, delivery.caught_up), what is missing is still told", async () => {
  for (let at = 0; at < 12; at++) {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    for (const seq of [1, 3]) world.relay.plant(bob.slotId, numbered(alice, bob, seq).text);
    const files = new FaultFiles(bob.disk).crashAt(at, at % 2 === 0 ? "before" : "after");
    for (const round of ["dies", "lives", "judges"]) {
      const context = restarted(bob, round === "dies" ? files : bob.disk);
      await pull.run(context).catch(() => assert.ok(files.crashed));
      await bob.clock.advance(JUDGED_AFTER_MS + 1);
    }
    assert.equal((await gaps(bob)).missing, 1, String(at));
  }
});

Deno.test("ruling 5: tail shows one thread; receipts only with --include-handshake", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { thread } = await send.run(alice.context, {
    peer: "bob",
    kind: "claim",
    body: "in it",
    thread: "new",
  });
  await send.run(alice.context, { peer: "bob", kind: "claim", body: "beside it" });
  await push.run(restarted(alice), {});
  await pulled(bob);
  await pulled(alice);
  const shown = async (party: Party, input: Partial<Parameters<typeof tail.stream>[1]>) => {
    const events = await Array.fromAsync(tail.stream(party.context, { limit: 0, ...input }, NEVER));
    return events.map(({ body, type }) => type === "receipt" ? type : body);
  };
  assert.deepEqual(await shown(bob, { thread }), ["in it"]);
  assert.deepEqual(await shown(bob, {}), ["in it", "beside it"]);
  assert.deepEqual(await shown(alice, {}), []);
  assert.deepEqual(await shown(alice, { includeHandshake: true }), ["receipt"]);
});

Deno.test("ruling 2: read is told only where config.toml says so, when tail showed the body", async () => {
  for (const isOn of [false, true]) {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    if (isOn) {
      const file = bob.context.home.file.config;
      await bob.disk.writeAtomic(file, "[receipts]\nread = true\n", { point: "test" });
    }
    const { event_id } = await send.run(alice.context, { peer: "bob", kind: "claim", body: "hi" });
    await push.run(restarted(alice), {});
    await pulled(bob);
    for (const _ of ["once", "again"]) {
      await Array.fromAsync(tail.stream(bob.context, { limit: 0 }, NEVER));
    }
    const marks = new ReadMarks({
      files: bob.disk,
      stateRoot: bob.context.home.paths.stateRoot,
    });
    const { messages } = await marks.since(alice.handle, { offset: 0, most: 10 });
    assert.deepEqual(messages.map(({ eventId }) => eventId), isOn ? [event_id] : []);
  }
});
