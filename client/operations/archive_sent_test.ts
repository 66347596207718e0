/** `wire archive` and the outbox, to which agents append without a lock. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { archivedOutboxes } from "../../store/mail/outbox_archive.ts";
import { countMail } from "../../store/mail/kept_counts.ts";
import { MailWorld, type Party, restarted } from "../../tests/fault/mail_world.ts";
import { isLongRun, testRuns } from "../../tests/runs.ts";
import { messageStatus } from "../delivery/message_status.ts";
import { archive } from "./archive.ts";
import { outboxCancel } from "./outbox_cancel.ts";
import { outboxList } from "./outbox_list.ts";
import { push } from "./push.ts";
import { search } from "./search.ts";
import { send } from "./send.ts";
import { thread } from "./thread.ts";

const DAY = 86_400_000;
const ROOT = "/alice/state/wire";
const LIVE = `${ROOT}/outbox/bob.jsonl`;

const say = async (party: Party, body: string) => {
  const input = send.input.parse({ peer: "bob", body, again: true });
  return (await send.run(restarted(party), input)).event_id;
};
const lineOf = (body: string) => `${JSON.stringify({ kind: "claim", body })}\n`;
const agent = ({ disk }: Party, body: string) =>
  disk.append(LIVE, lineOf(body), { point: "test.agent" });
const pushed = (party: Party) => push.run(restarted(party), {});
const run = (party: Party, files?: Files, input: Record<string, unknown> = {}) =>
  archive.run(restarted(party, files), archive.input.parse(input));
const waiting = async (party: Party) =>
  (await outboxList.run(restarted(party), { limit: 0 })).messages;
const found = async (party: Party) =>
  (await search.run(restarted(party), search.input.parse({ text: "word", limit: 100 }))).messages;

/** Two old messages that bob has, one old one that nobody has, and a young one that bob has. */
async function people() {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const old = [await say(alice, "word 0"), await say(alice, "word 1")];
  await pushed(alice);
  const stuck = await say(alice, "word 2");
  await alice.clock.advance(60 * DAY);
  const young = await say(alice, "word 3");
  return { world, alice, bob, old, stuck, young };
}

const arrived = (
  world: MailWorld,
  { slotId }: Party,
): { body: string; seq: number; prev?: string }[] =>
  world.relay.texts(slotId).map((text) => JSON.parse(text));

/** Every signed line that stands anywhere, by its body. */
async function standing({ disk }: Party): Promise<string[]> {
  const places = await archivedOutboxes({ files: disk, stateRoot: ROOT });
  const texts = [...places.map(({ path }) => disk.texts()[path] ?? ""), disk.texts()[LIVE] ?? ""];
  return texts.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "")
    .map((line) => String(JSON.parse(line).body));
}

Deno.test("ruling 1: what is delivered and old leaves the outbox; what waits, is young or is not signed stays as it stood", async () => {
  const { world, alice, bob, old, stuck, young } = await people();
  await agent(alice, "word 4");
  const before = alice.disk.texts()[LIVE] ?? "";
  const { archived, held } = await run(alice);
  const after = alice.disk.texts()[LIVE] ?? "";
  assert.ok(before.endsWith(after));
  assert.deepEqual(archived.map(({ peer, box, messages, bytes }) => [peer, box, messages, bytes]), [
    ["bob", "outbox", 2, before.length - after.length],
  ]);
  assert.deepEqual(held, [{ peer: "bob", by: "delivery" }]);
  assert.deepEqual((await waiting(alice)).map(({ event_id }) => event_id), [stuck, young, ""]);
  const [file = ""] = archived[0]?.files ?? [];
  assert.match(file, /\/archive\/outbox\/bob-000001\.jsonl$/);
  assert.equal((await alice.disk.stat(file))?.mode, 0o600);
  const text = alice.disk.texts()[file] ?? "";
  assert.equal(text.length, before.length);
  assert.deepEqual(
    text.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line).event_id),
    old,
  );
  await pushed(alice);
  assert.deepEqual(
    arrived(world, bob).map(({ body }) => body),
    [0, 1, 2, 3, 4].map((n) => `word ${n}`),
  );
  assert.deepEqual((await run(alice)).archived.length, 1, "what was stuck is delivered now");
  assert.deepEqual((await run(alice)).archived, [], "nothing is left to do");
});

Deno.test("P2: archived messages are found by status and search, are counted, and are not sent again", async () => {
  const { world, alice, bob, old } = await people();
  await pushed(alice);
  const before = await countMail(alice.disk, ROOT);
  await run(alice);
  assert.equal((await countMail(alice.disk, ROOT)).outbox.events, before.outbox.events);
  for (const id of old) {
    assert.equal((await messageStatus(restarted(alice), id)).step, "stored");
    const input = search.input.parse({ show: id });
    assert.equal((await search.run(restarted(alice), input)).messages[0]?.event_id, id);
  }
  assert.equal((await found(alice)).length, 4);
  assert.deepEqual(await waiting(alice), []);
  const { refused } = await outboxCancel.run(restarted(alice), { ids: [old[0] ?? ""] });
  assert.match(refused[0]?.reason ?? "", /is stored already/);
  await pushed(alice);
  await pushed(alice);
  assert.equal(arrived(world, bob).length, 4);
});

Deno.test("§7: numbers go on after archiving, and what is young enough to be repeated stays", async () => {
  const { world, alice, bob } = await people();
  await pushed(alice);
  assert.deepEqual((await run(alice, undefined, { olderThan: "0d" })).archived[0]?.messages, 3);
  const again = await send.run(restarted(alice), send.input.parse({ peer: "bob", body: "word 3" }));
  assert.equal(again.status, "already_queued");
  await alice.clock.advance(DAY);
  await run(alice, undefined, { olderThan: "0d" });
  assert.equal(alice.disk.texts()[LIVE], "");
  await say(alice, "word 5");
  await agent(alice, "word 6");
  await pushed(alice);
  assert.deepEqual(arrived(world, bob).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
});

Deno.test("an agent's line at the place of an older one, equal to it, is another message", async () => {
  const { alice, bob, ...rest } = await new MailWorld().paired();
  assert.deepEqual(rest, {});
  await alice.disk.ensureDirectory(`${ROOT}/outbox`);
  const input = { olderThan: "0d" };
  for (const count of [1, 2]) {
    await agent(alice, "word");
    const { pushed: items } = await pushed(alice);
    assert.equal(items.length, 1, `${count}`);
    await alice.clock.advance(DAY);
    await run(alice, undefined, input);
    assert.equal(alice.disk.texts()[LIVE], "");
  }
  assert.ok(bob);
});

Deno.test("ruling 1: whoever has the file open meanwhile loses nothing, and each line goes out once", async () => {
  const { world, alice, bob } = await people();
  const held = alice.disk.opened(LIVE);
  held('{"kind":"claim","bo');
  await run(alice);
  held('dy":"word 4"}\n');
  held(lineOf("word 5"));
  held('no json\n{"kind":"claim","to":"carol"}\n');
  await agent(alice, "word 6");
  await pushed(alice);
  held(lineOf("word 7"));
  await alice.clock.advance(600_000);
  await pushed(alice);
  const bodies = arrived(world, bob).map(({ body }) => body);
  assert.deepEqual(bodies.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `word ${n}`));
  assert.ok(
    (alice.disk.texts()[LIVE] ?? "").includes("no json"),
    "status shows what cannot be sent",
  );
  assert.ok((alice.disk.texts()[LIVE] ?? "").includes("carol"));
  assert.equal((await run(alice)).archived[0]?.messages, 1);
  await alice.clock.advance(60 * DAY);
  await run(alice);
  held(lineOf("word 8"));
  await pushed(alice);
  assert.equal(arrived(world, bob).at(-1)?.body, "word 8");
  assert.deepEqual(arrived(world, bob).map(({ seq }) => seq).toSorted((a, b) => a - b), [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9],
  ]);
});

Deno.test("what is appended late is listed, and taken back by its name, until it is taken over", async () => {
  const { world, alice, bob } = await people();
  await pushed(alice);
  await alice.clock.advance(60 * DAY);
  const held = alice.disk.opened(LIVE);
  await run(alice);
  const copied = await say(alice, "word 4");
  held(`${lineOf("plan")}${lineOf("word 5")}${alice.disk.texts()[LIVE]}`);
  const late = await waiting(alice);
  assert.deepEqual(late.map(({ body_preview }) => body_preview), [
    ...["word 4", "plan", "word 5", "word 4"],
  ]);
  const ids = [late[1]?.line ?? "", copied];
  const { cancelled } = await outboxCancel.run(restarted(alice), { ids });
  assert.equal(cancelled.length, 2);
  assert.deepEqual((await waiting(alice)).map(({ body_preview }) => body_preview), ["word 5"]);
  await pushed(alice);
  assert.deepEqual(arrived(world, bob).map(({ body }) => body), [
    ...["word 0", "word 1", "word 2", "word 3", "word 5"],
  ]);
});

Deno.test("an answer to an archived message of ours is in its thread", async () => {
  const { alice } = await people();
  const opened = await send.run(
    restarted(alice),
    send.input.parse({ peer: "bob", body: "topic", thread: "new" }),
  );
  await pushed(alice);
  await alice.clock.advance(60 * DAY);
  await run(alice);
  assert.ok(!(alice.disk.texts()[LIVE] ?? "").includes("topic"));
  const input = { peer: "bob", body: "more of it", replyTo: opened.event_id };
  assert.equal((await send.run(restarted(alice), send.input.parse(input))).thread, opened.thread);
  const asked = thread.input.parse({ thread: opened.thread });
  const { messages } = await thread.run(restarted(alice), asked);
  assert.deepEqual(messages.map(({ raw }) => raw?.body), ["topic", "more of it"]);
});

const POINTS = [
  ...["sent.forget_position", "outbox.stream", "outbox.intent", "sent.record", "sent.keep"],
  ...["sent.shorten", "sent.position", "sent.blank", "sent.taken", "sent.end"],
];

Deno.test("P1: killed at any step (sent.undo among them), with agents and a send in between, nothing is lost, doubled or sent twice", async () => {
  const reached = new Set<string>();
  const moments = ["before", "torn", "after"] satisfies CrashMoment[];
  const betweens = ["nothing", "a send", "lines of agents", "a cancel"] as const;
  for (const [m, moment] of moments.entries()) {
    for (const [b, between] of betweens.entries()) {
      // Every other one; all of them in the long run.
      const pace = isLongRun() ? 1 : 2;
      for (let step = (m + b) % pace;; step += pace) {
        const { world, alice, bob, stuck } = await people();
        const held = alice.disk.opened(LIVE);
        const dying = new FaultFiles(alice.disk).crashAt(step, moment);
        const outcome = await run(alice, dying).catch((error) => error);
        for (const { point } of dying.steps) reached.add(point);
        if (!(outcome instanceof Crash)) {
          assert.ok(step >= 9, "every step had its turn");
          break;
        }
        const where = `${moment} step ${step} ${dying.steps.at(-1)?.point}, then ${between}`;
        const expected = [0, 1, 2, 3].map((n) => `word ${n}`);
        const shown = (await found(alice)).map(({ event_id }) => event_id);
        assert.equal(new Set(shown).size, shown.length, where);
        const there = (await waiting(alice)).map(({ event_id }) => event_id);
        assert.equal(there.length, 2, where);
        if (between === "a send") {
          await say(alice, "word 4");
          expected.push("word 4");
        }
        if (between === "lines of agents") {
          await agent(alice, "word 4");
          held(lineOf("word 5"));
          expected.push("word 4", "word 5");
        }
        if (between === "a cancel") {
          const { cancelled } = await outboxCancel.run(restarted(alice), { ids: [stuck] });
          assert.equal(cancelled.length, 1, where);
          expected.splice(2, 1);
        }
        if (step % 2 === 0) await run(alice);
        await alice.clock.advance(600_000);
        for (const _ of [1, 2]) await pushed(alice);
        const got = arrived(world, bob);
        assert.deepEqual(got.map(({ body }) => body).toSorted(), expected, where);
        assert.equal(new Set(got.map(({ seq }) => seq)).size, got.length, where);
        await run(alice);
        assert.deepEqual((await standing(alice)).toSorted(), expected, where);
        const { outbox } = await countMail(alice.disk, ROOT);
        assert.equal(outbox.events, expected.length, where);
        assert.equal((await found(alice)).length, expected.length, where);
        assert.deepEqual(await waiting(alice), [], where);
      }
    }
  }
  for (const point of POINTS) assert.ok(reached.has(point), point);
});

Deno.test("P1: killed while a killed archive is undone (sent.undo, sent.end) or ended, it is done by the next one", async () => {
  for (const first of ["sent.record", "sent.keep", "sent.shorten"]) {
    sweep: for (let step = 0;; step++) {
      for (const moment of ["before", "after"] as const) {
        const { world, alice, bob } = await people();
        const dying = new FaultFiles(alice.disk).crashAt({ point: first }, "after");
        await assert.rejects(run(alice, dying), Crash);
        const again = new FaultFiles(alice.disk).crashAt(step, moment);
        const outcome = await push.run(restarted(alice, again), {}).catch((error) => error);
        await pushed(alice);
        const where = `${first}, then ${moment} step ${step} ${again.steps.at(-1)?.point}`;
        const bodies = [0, 1, 2, 3].map((n) => `word ${n}`);
        assert.deepEqual(arrived(world, bob).map(({ body }) => body), bodies, where);
        await run(alice);
        assert.deepEqual((await standing(alice)).toSorted(), bodies, where);
        if (!(outcome instanceof Crash)) break sweep;
      }
    }
  }
});

Deno.test("P1: killed at any step while late lines are taken up (sent.late), each goes out once", async () => {
  const reached = new Set<string>();
  for (const moment of ["before", "torn", "after"] satisfies CrashMoment[]) {
    for (let step = 0;; step++) {
      const { world, alice, bob } = await people();
      const held = alice.disk.opened(LIVE);
      await run(alice);
      const [signed = ""] = (alice.disk.texts()[LIVE] ?? "").split("\n").slice(-2);
      held(`${signed}\n${lineOf("word 4")}`);
      held(`no json\n${lineOf("word 5")}`);
      const dying = new FaultFiles(alice.disk).crashAt(step, moment);
      const outcome = await push.run(restarted(alice, dying), {}).catch((error) => error);
      for (const { point } of dying.steps) reached.add(point);
      await alice.clock.advance(600_000);
      for (const _ of [1, 2]) await pushed(alice);
      const got = arrived(world, bob);
      const where = `${moment} step ${step}`;
      const bodies = [0, 1, 2, 3, 4, 5].map((n) => `word ${n}`);
      assert.deepEqual(got.map(({ body }) => body).toSorted(), bodies, where);
      assert.deepEqual(got.map(({ seq }) => seq).toSorted(), [1, 2, 3, 4, 5, 6], where);
      if (!(outcome instanceof Crash)) break;
    }
  }
  assert.ok(reached.has("sent.late") && reached.has("sent.taken"));
});

Deno.test("P1: a full disk at any step loses and doubles nothing, and the next archive does it", async () => {
  for (let step = 0;; step++) {
    const { world, alice, bob } = await people();
    const full = new FaultFiles(alice.disk).diskFullAt(step);
    const outcome = await run(alice, full).catch((error) => error);
    const before = await standing(alice);
    assert.equal(new Set(before).size, before.length);
    await run(alice);
    await pushed(alice);
    const bodies = [0, 1, 2, 3].map((n) => `word ${n}`);
    assert.deepEqual((await standing(alice)).toSorted(), bodies, `step ${step}`);
    assert.deepEqual(arrived(world, bob).map(({ body }) => body), bodies, `step ${step}`);
    if (!(outcome instanceof Error)) break;
  }
});

Deno.test("a line that was half signed stays where it is until it is signed", async () => {
  const { world, alice, bob } = await people();
  await agent(alice, "word 4");
  const dying = new FaultFiles(alice.disk).crashAt({ point: "outbox.sign" }, "after");
  await assert.rejects(push.run(restarted(alice, dying), {}), Crash);
  const { archived, held } = await run(alice);
  assert.deepEqual([archived.length, held], [0, [{ peer: "bob", by: "signing" }]]);
  await alice.clock.advance(600_000);
  await pushed(alice);
  assert.equal((await run(alice)).archived.length, 1);
  assert.equal(arrived(world, bob).length, 5);
});

/** What the others do between two file operations of whoever archives. */
interface Other {
  readonly who: "agent" | "holder" | "sender";
  /** After so many operations. */
  readonly at: number;
}

Deno.test("S27, ruling 1: whoever appends at whatever moment of archiving, each line goes out once, under its own number", async () => {
  const other: fc.Arbitrary<Other> = fc.record({
    who: fc.constantFrom("agent", "holder", "sender"),
    at: fc.nat(60),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(other, { minLength: 1, maxLength: 8 }), async (others) => {
      const { world, alice, bob } = await people();
      const held = alice.disk.opened(LIVE);
      const expected = [0, 1, 2, 3].map((n) => `word ${n}`);
      const sends: Promise<unknown>[] = [];
      const due = [...others];
      let operations = 0;
      const step = async () => {
        operations++;
        for (const one of due.filter(({ at }) => at === operations)) {
          const body = `word ${expected.length}`;
          expected.push(body);
          if (one.who === "agent") await agent(alice, body);
          else if (one.who === "holder") held(lineOf(body));
          else sends.push(say(alice, body)); // waits for the lock
        }
      };
      const racing = new Proxy<Files>(alice.disk, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return async (...args: unknown[]) => {
            await step();
            return await Reflect.apply(value, target, args);
          };
        },
      });
      const archiving = run(alice, racing);
      await archiving;
      // Those who waited for a lock look again.
      for (let tick = 0; tick < 20 && sends.length > 0; tick++) await alice.clock.advance(100);
      await Promise.all(sends);
      await pushed(alice);
      const got = arrived(world, bob);
      assert.deepEqual(got.map(({ body }) => body).toSorted(), expected.toSorted());
      const seqs = got.map(({ seq }) => seq).toSorted((a, b) => a - b);
      assert.deepEqual(seqs, expected.map((_, at) => at + 1));
      assert.deepEqual((await standing(alice)).toSorted(), expected.toSorted());
    }),
    { numRuns: testRuns(40) },
  );
});
