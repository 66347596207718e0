/** Lines that agents append are numbered as what `send` sends, and can be taken back until they are signed. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { MailWorld, type Party, received, restarted } from "../../tests/fault/mail_world.ts";
import { THREAD_CAPABILITY } from "../../protocol/identity/capabilities.ts";
import { testRuns } from "../../tests/runs.ts";
import { outboxCancel } from "../operations/outbox_cancel.ts";
import { outboxList } from "../operations/outbox_list.ts";
import { pull } from "../operations/pull.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";
import { verify } from "../operations/verify.ts";
import { JUDGED_AFTER_MS } from "../delivery/gaps.ts";

const FILE = "/alice/state/wire/outbox/bob.jsonl";
/** Every write between an agent's line and its signed form. */
const POINTS = ["outbox.stream", "outbox.intent", "outbox.sign", "outbox.blank"];
const MOMENTS = ["before", "after"] as const;

async function pair() {
  const world = new MailWorld();
  return { world, ...await world.paired() };
}

const agent = ({ disk }: Party, body: unknown) =>
  disk.append(FILE, `${JSON.stringify({ kind: "claim", body })}\n`, { point: "test.agent" });
const say = (party: Party, body: string, files?: Files) =>
  send.run(restarted(party, files), send.input.parse({ peer: "bob", body, again: true }));
const pushed = (party: Party, files?: Files) => push.run(restarted(party, files), {});
const unsigned = async (party: Party) =>
  (await outboxList.run(restarted(party), { limit: 0 })).messages
    .filter(({ state }) => state === "not_signed");
const cancel = (party: Party, id: string, files?: Files) =>
  outboxCancel.run(restarted(party, files), outboxCancel.input.parse({ ids: [id] }));

interface Said {
  readonly event_id: string;
  readonly body: string;
  readonly stream: string;
  readonly seq: number;
  readonly prev?: string;
  readonly voids?: number[];
}

const arrived = (world: MailWorld, { slotId }: Party): Said[] =>
  world.relay.texts(slotId).map((text) => JSON.parse(text));

/** No number twice, none missing that nobody declared void, and each names the one before it. */
function checkStream(said: readonly Said[], context: string): void {
  const sorted = [...said].sort((a, b) => a.seq - b.seq);
  const streams = new Set(sorted.map(({ stream }) => stream));
  assert.equal(streams.size, 1, context);
  const voids = new Set(sorted.flatMap(({ voids = [] }) => voids));
  const seqs = sorted.map(({ seq }) => seq);
  assert.equal(new Set(seqs).size, seqs.length, `${context}: ${seqs}`);
  for (let seq = 1; seq < (seqs.at(-1) ?? 0); seq++) {
    assert.ok(
      seqs.includes(seq) !== voids.has(seq),
      `${context}: ${seq} of ${seqs}, ${[...voids]}`,
    );
  }
  const ids = new Map(sorted.map(({ event_id, seq }) => [event_id, seq]));
  for (const { prev, seq } of sorted) {
    if (prev !== undefined) assert.ok((ids.get(prev) ?? 0) < seq, `${context}: prev of ${seq}`);
  }
}

Deno.test("lines that agents append carry the next numbers, in one stream with what send sends", async () => {
  const { world, alice, bob } = await pair();
  await say(alice, "one");
  for (const body of ["two", "three"]) await agent(alice, body);
  await pushed(alice);
  await say(alice, "four");
  await agent(alice, "five");
  await pushed(alice);
  const said = arrived(world, bob);
  assert.deepEqual(said.map(({ body, seq }) => [body, seq]), [
    ["one", 1],
    ["two", 2],
    ["three", 3],
    ["four", 4],
    ["five", 5],
  ]);
  assert.deepEqual(
    said.slice(1).map(({ prev }) => prev),
    said.slice(0, -1).map((it) => it.event_id),
  );
  checkStream(said, "");
  await pull.run(restarted(bob));
  assert.deepEqual(received(bob, "alice"), said.map(({ body }) => body));
});

Deno.test("what a line says of numbers is not taken: only we number what we send", async () => {
  const { world, alice, bob } = await pair();
  const text = JSON.stringify({
    ...{ kind: "claim", body: "x", stream: "f".repeat(16), seq: 900, prev: "0".repeat(64) },
    voids: [1, 2],
  });
  await alice.disk.ensureDirectory("/alice/state/wire/outbox");
  await alice.disk.append(FILE, `${text}\n`, { point: "test.agent" });
  await pushed(alice);
  const [only] = arrived(world, bob);
  assert.deepEqual([only?.seq, only?.prev, only?.voids], [1, undefined, undefined]);
  assert.notEqual(only?.stream, "f".repeat(16));
});

Deno.test("a peer that looks at no numbers gets lines without, as from 0.5.19", async () => {
  const { world, alice, bob } = await pair();
  const { home } = alice.context;
  const text = await alice.disk.readText(home.file.trust) ?? "";
  const older = text.replaceAll(THREAD_CAPABILITY, "wire/other");
  assert.notEqual(older, text);
  await alice.disk.writeAtomic(home.file.trust, older, { point: "test" });
  await say(alice, "one");
  await agent(alice, "two");
  await pushed(alice);
  for (const said of arrived(world, bob)) assert.ok(!("seq" in said), said.body);
});

Deno.test("P1: killed at any step of signing (outbox.stream, outbox.intent), with a send before the next start, no number is used twice and none is missing", async () => {
  let deaths = 0;
  for (const point of POINTS) {
    for (const moment of MOMENTS) {
      for (const at of [0, 1]) {
        const { world, alice, bob } = await pair();
        if (at === 1) {
          await say(alice, "zero");
          await pushed(alice);
        }
        for (const body of ["one", "two"]) await agent(alice, body);
        const dying = new FaultFiles(alice.disk).crashAt({ point }, moment);
        try {
          await pushed(alice, dying);
        } catch (error) {
          assert.ok(error instanceof Crash);
          deaths++;
        }
        await say(alice, "meanwhile");
        // Past the time in which equal lines are one message.
        await alice.clock.advance(600_000);
        await pushed(alice);
        await say(alice, "last");
        await pushed(alice);
        const said = arrived(world, bob);
        const name = `${point} ${moment} ${at}`;
        const bodies = ["last", "meanwhile", "one", "two", ...(at === 1 ? ["zero"] : [])];
        assert.deepEqual(said.map(({ body }) => body).sort(), bodies, name);
        checkStream(said, name);
      }
    }
  }
  assert.ok(deaths >= 14, `${deaths}`);
});

Deno.test("a line that nobody has signed is listed by a name that stays, and taken back by it", async () => {
  const { world, alice, bob } = await pair();
  await say(alice, "one");
  for (const body of ["plan", "two", "plan"]) await agent(alice, body);
  const before = alice.disk.texts()[FILE] ?? "";
  const [plan, two, copy] = await unsigned(alice);
  assert.ok(plan?.line !== undefined && two?.line !== undefined);
  assert.equal(plan.kind, "claim");
  assert.equal(copy?.line, plan.line, "ruling 1: equal partial lines are one event");
  assert.deepEqual(await cancel(alice, plan.line.slice(0, 8)), {
    cancelled: [{ event_id: "", peer: "bob", line: plan.line }],
    refused: [],
  });
  const after = alice.disk.texts()[FILE] ?? "";
  assert.equal(after.length, before.length, "ruling 1: no other line moves");
  assert.ok(!after.includes("plan"));
  assert.deepEqual((await unsigned(alice)).map(({ line }) => line), [two.line]);
  const again = await cancel(alice, plan.line);
  assert.match(again.refused[0]?.reason ?? "", /no message of that id waits/);
  await pushed(alice);
  assert.deepEqual(arrived(world, bob).map(({ body, seq }) => [body, seq]), [["one", 1], [
    "two",
    2,
  ]]);
});

Deno.test("P2: a line that is taken back after a kill in the middle of signing is not sent, and its number is declared void", async () => {
  for (const point of POINTS) {
    for (const moment of MOMENTS) {
      const { world, alice, bob } = await pair();
      await say(alice, "one");
      await agent(alice, "plan");
      const dying = new FaultFiles(alice.disk).crashAt({ point }, moment);
      await assert.rejects(pushed(alice, dying), Crash).catch(() => undefined); // no place to write down
      const name = `${point} ${moment}`;
      const { messages } = await outboxList.run(restarted(alice), { limit: 0 });
      const plan = messages.find(({ body_preview }) => body_preview.includes("plan"));
      const gone = plan?.line ?? plan?.event_id ?? "";
      if (dying.crashed && gone !== "") {
        assert.deepEqual((await cancel(alice, gone)).refused, [], name);
        assert.ok(!(alice.disk.texts()[FILE] ?? "").includes("plan"), name);
      }
      await alice.clock.advance(600_000);
      await pushed(alice);
      await say(alice, "two");
      await pushed(alice);
      const said = arrived(world, bob);
      if (dying.crashed) assert.deepEqual(said.map(({ body }) => body), ["one", "two"], name);
      checkStream(said, name);
      await pull.run(restarted(bob));
      await bob.clock.advance(JUDGED_AFTER_MS + 1);
      await pull.run(restarted(bob));
      const gaps = await verify.run(restarted(bob), { gaps: true });
      assert.ok("missing" in gaps && gaps.missing === 0, name);
    }
  }
});

Deno.test("P1: killed while a line is taken back (outbox.cancel), it goes out or does not, once, and the others do", async () => {
  for (const at of [0, 1, 2]) {
    for (const moment of MOMENTS) {
      const { world, alice, bob } = await pair();
      for (const body of ["one", "plan", "two"]) await agent(alice, body);
      const signing = new FaultFiles(alice.disk).crashAt({ point: "outbox.blank" }, "before");
      await assert.rejects(pushed(alice, signing), Crash);
      const plan = (await unsigned(alice)).find(({ body_preview }) =>
        body_preview.includes("plan")
      );
      const dying = new FaultFiles(alice.disk).crashAt(at, moment);
      await assert.rejects(cancel(alice, plan?.line ?? "", dying), Crash);
      for (const _ of [1, 2]) await pushed(alice);
      await say(alice, "last");
      await pushed(alice);
      const said = arrived(world, bob);
      const others = said.map(({ body }) => body).filter((body) => body !== "plan");
      assert.deepEqual(others, ["one", "two", "last"], `${at} ${moment}`);
      checkStream(said, `${at} ${moment}`);
    }
  }
});

Deno.test("P1: a line that is taken back while it is about to be signed is not sent", async () => {
  const { world, alice, bob } = await pair();
  await agent(alice, "plan");
  const [plan] = await unsigned(alice);
  const { files } = alice.platform;
  // Between reading the lines and taking the lock.
  let isTaken = false;
  const racing = new Proxy(files, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const isLock = name === "lock" && String(args[0]).endsWith("outbox-bob.lock");
        if (isLock && !isTaken) {
          isTaken = true;
          await cancel(alice, plan?.line ?? "");
        }
        return await Reflect.apply(value, target, args);
      };
    },
  });
  await pushed(alice, racing);
  assert.ok(isTaken);
  assert.deepEqual(arrived(world, bob), []);
  assert.equal((alice.disk.texts()[FILE] ?? "").trim(), "");
});

Deno.test("S9, ruling 4: whatever agents append, send and take back, whoever dies, each message goes out once under its own number", async () => {
  const step = fc.record({
    what: fc.constantFrom("agent", "send", "push", "cancel", "die"),
    at: fc.nat(8),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const { world, alice, bob } = await pair();
      const expected = new Set<string>();
      const maybe = new Set<string>();
      let number = 0;
      for (const { what, at } of steps) {
        const body = `<${number++}>`;
        if (what === "agent") await agent(alice, body);
        if (what === "send") await say(alice, body);
        if (what === "agent" || what === "send") expected.add(body);
        if (what === "push") await pushed(alice);
        if (what === "die") {
          await pushed(alice, new FaultFiles(alice.disk).crashAt(at, "after")).catch(() =>
            undefined
          );
        }
        if (what === "cancel") {
          const { messages } = await outboxList.run(restarted(alice), { limit: 0 });
          const one = messages[at % Math.max(1, messages.length)];
          if (one === undefined) continue;
          const { cancelled } = await cancel(alice, one.line ?? one.event_id);
          const text = [...expected].find((it) => one.body_preview.includes(it)) ?? "";
          // What died on its way may have got there.
          if (cancelled.length > 0) maybe.add(text);
        }
        await alice.clock.advance(1);
      }
      await pushed(alice);
      await say(alice, "last");
      await pushed(alice);
      const said = arrived(world, bob);
      const bodies = said.map(({ body }) => body);
      assert.equal(new Set(bodies).size, bodies.length, "nothing twice");
      for (const body of expected) assert.ok(bodies.includes(body) || maybe.has(body), body);
      const sent = said.filter(({ body }) => !maybe.has(body) || bodies.includes(body));
      assert.equal(new Set(sent.map(({ seq }) => seq)).size, sent.length, "no number twice");
    }),
    { numRuns: testRuns(40) },
  );
});
