import assert from "node:assert/strict";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { archivedMonths, monthsOf } from "../../store/mail/archived_months.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { readGaps, writeGaps } from "../../store/mail/gap_record.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { countMail } from "../../store/mail/kept_counts.ts";
import { readReceiptState, writeReceiptState } from "../../store/mail/receipt_state.ts";
import { eventFrom, MailWorld, type Party, restarted } from "../../tests/fault/mail_world.ts";
import type { ClientContext } from "../context.ts";
import { InboxWatcher } from "../sync/inbox_watcher.ts";
import { archive } from "./archive.ts";
import { notify } from "./notify.ts";
import { reactor } from "./reactor.ts";
import { search } from "./search.ts";

const DAY = 86_400_000;
const ROOT = "/bob/state/wire";
const LIVE = `${ROOT}/inbox/alice.jsonl`;
const NEVER = new AbortController().signal;

/** Alice's messages of 90, 60, 59, 10 and 1 days ago are in bob's inbox; the last two are unread. */
async function people() {
  const { alice, bob } = await new MailWorld().paired();
  const events: WireEvent[] = [];
  for (const [n, days] of [90, 60, 59, 10, 1].entries()) {
    const at = Temporal.Instant.fromEpochMilliseconds(bob.clock.now() - days * DAY);
    const input = { body: `message ${n}`, timestamp: at.toString() };
    events.push(eventFrom(alice, bob, input));
  }
  const [early, late] = [events.slice(0, 3), events.slice(3)];
  await store(bob.context, alice, early);
  await react(bob.context);
  await told(bob.context);
  const offset = await lengthOf(bob.disk);
  await store(bob.context, alice, late);
  const state = { offset, reads: 0, ignored: 0, rejected: [] };
  await writeReceiptState({ files: bob.disk, stateRoot: ROOT }, alice.handle, state);
  return { alice, bob, events };
}

const store = (
  { platform: { files, databases } }: ClientContext,
  { handle }: Party,
  events: readonly WireEvent[],
) => new InboxWriter({ files, databases, stateRoot: ROOT }).store(handle, events);

const lengthOf = async (disk: MemoryFiles) => (await disk.stat(LIVE))?.size ?? 0;

const run = (context: ClientContext, input: Record<string, unknown> = {}) =>
  archive.run(context, archive.input.parse(input));

const react = async (context: ClientContext): Promise<string[]> => {
  const input = reactor.input.parse({ onEvent: "true", once: true });
  const done = await Array.fromAsync(reactor.stream(context, input, NEVER));
  return done.map(({ event_id }) => event_id);
};

const told = async (context: ClientContext): Promise<string[]> => {
  const input = notify.input.parse({ print: true, once: true });
  return (await Array.fromAsync(notify.stream(context, input, NEVER))).map(({ event_id }) =>
    event_id
  );
};

const found = async (context: ClientContext) =>
  (await search.run(context, search.input.parse({ text: "message" }))).messages;

const idsIn = (text: string | undefined): string[] =>
  (text ?? "").split("\n").flatMap((line) => {
    try {
      return [String(JSON.parse(line).event_id)];
    } catch {
      return []; // a line that was torn, which every reader passes over
    }
  });

/** Archive and inbox, in the order of reading. */
async function allIds(disk: MemoryFiles, { handle }: Party): Promise<string[]> {
  const months = await monthsOf({ files: disk, stateRoot: ROOT }, handle);
  const texts = [...months.map(({ path }) => disk.texts()[path]), disk.texts()[LIVE]];
  return texts.flatMap(idsIn);
}

Deno.test("ruling 1: what is older goes to files by month, and the rest stays as it stood", async () => {
  const { alice, bob, events } = await people();
  const before = bob.disk.texts()[LIVE] ?? "";
  const { archived, held } = await run(bob.context);
  const after = bob.disk.texts()[LIVE] ?? "";
  assert.ok(before.endsWith(after));
  assert.deepEqual(idsIn(after), events.slice(3).map(({ id }) => id));
  assert.deepEqual(archived.map(({ peer, messages, bytes }) => ({ peer, messages, bytes })), [
    { peer: "alice", messages: 3, bytes: before.length - after.length },
  ]);
  assert.deepEqual(held, []);
  assert.equal(await allIds(bob.disk, alice).then((ids) => ids.length), 5);
  for (const file of archived[0]?.files ?? []) {
    assert.equal((await bob.disk.stat(file))?.mode, 0o600);
    assert.match(file, /\/archive\/inbox\/alice-\d{4}-\d{2}\.jsonl$/);
  }
  assert.deepEqual((await run(bob.context)).archived, [], "nothing is left to do");
});

Deno.test("P1: archived messages still count as received, are found, and are counted", async () => {
  const { alice, bob, events } = await people();
  assert.equal((await found(bob.context)).length, 5);
  await run(bob.context);
  const { written, duplicates } = await store(bob.context, alice, events);
  assert.deepEqual([written.length, duplicates.length], [0, 5]);
  assert.deepEqual(
    (await found(bob.context)).map(({ event_id }) => event_id).sort(),
    events.map(({ id }) => id).sort(),
  );
  assert.equal((await countMail(bob.disk, ROOT)).inbox.events, 5);
});

Deno.test("places go back with the file: reactor, receipts and the record of gaps go on where they were", async () => {
  const { alice, bob, events } = await people();
  const deps = { files: bob.disk, stateRoot: ROOT };
  const list = [{ from: 1, to: 3, at: 0 }];
  const streams = [{ stream: "0123456789abcdef", list, forgotten: 0 }];
  await writeGaps(deps, alice.handle, { offset: await lengthOf(bob.disk), streams });
  await run(bob.context);
  const gaps = await readGaps(deps, alice.handle);
  assert.deepEqual(gaps, { offset: await lengthOf(bob.disk), streams });
  const state = await readReceiptState({ files: bob.disk, stateRoot: ROOT }, alice.handle);
  assert.equal(state?.offset, 0);
  assert.deepEqual(await react(bob.context), events.slice(3).map(({ id }) => id));
});

Deno.test("what somebody has still to read stays, and is named", async () => {
  const { alice, bob, events } = await people();
  const { archived, held } = await run(bob.context, { olderThan: "0d" });
  assert.equal(archived[0]?.messages, 3);
  assert.equal(held.length, 1);
  assert.equal(held[0]?.peer, "alice");
  assert.deepEqual(idsIn(bob.disk.texts()[LIVE]), events.slice(3).map(({ id }) => id));
  await react(bob.context);
  await told(bob.context);
  const deps = { files: bob.disk, stateRoot: ROOT };
  const offset = await lengthOf(bob.disk);
  await writeReceiptState(deps, alice.handle, { offset, reads: 0, ignored: 0, rejected: [] });
  assert.equal((await run(bob.context, { olderThan: "0d" })).archived[0]?.messages, 2);
  assert.equal(bob.disk.texts()[LIVE], "");
  const last = eventFrom(alice, bob, { body: "after it" });
  await store(bob.context, alice, [last]);
  assert.deepEqual(await react(bob.context), [last.id]);
});

Deno.test("a claim to be of the future holds nothing back, and a torn or blank line goes along", async () => {
  const { alice, bob } = await new MailWorld().paired();
  const at = (days: number) =>
    Temporal.Instant.fromEpochMilliseconds(bob.clock.now() + days * DAY).toString();
  const old = eventFrom(alice, bob, { timestamp: at(-50) });
  const liar = eventFrom(alice, bob, { timestamp: at(5_000) });
  const older = eventFrom(alice, bob, { timestamp: at(-70) });
  const young = eventFrom(alice, bob, { timestamp: at(-1) });
  await store(bob.context, alice, [old, liar]);
  await bob.disk.append(LIVE, '\n{"torn\n', { point: "test" });
  await store(bob.context, alice, [older, young]);
  assert.equal((await run(bob.context)).archived[0]?.messages, 3);
  assert.deepEqual(idsIn(bob.disk.texts()[LIVE]), [young.id]);
});

Deno.test("it refuses while a daemon, notify or reactor works on the home, and a peer without an inbox", async () => {
  const { bob } = await people();
  const { files } = bob.platform;
  const before = bob.disk.texts()[LIVE];
  const locks = [
    ["daemon.lock", `${DAEMON_OWNER} (pid 7)`],
    ["reactor.lock", "wire reactor"],
    ["notify.lock", "wire notify"],
  ] as const;
  for (const [name, owner] of locks) {
    await using _lock = await files.lock(`${ROOT}/${name}`, { owner, deadlineMs: 0 });
    await assert.rejects(run(bob.context), {
      code: "locked",
      message: new RegExp(owner.slice(0, 8)),
    });
    assert.equal(bob.disk.texts()[LIVE], before);
  }
  await assert.rejects(run(bob.context, { peer: "carol" }), { code: "not_found" });
  await assert.rejects(run(bob.context, { olderThan: "soon" }), { code: "usage" });
});

Deno.test("a watcher that runs meanwhile shows nothing twice, and what comes after", async () => {
  const { alice, bob, events } = await people();
  const { platform: { files, databases } } = bob.context;
  const watcher = new InboxWatcher(
    files,
    new InboxWriter({ files, databases, stateRoot: ROOT }),
  );
  const fresh = async () => (await Array.fromAsync(watcher.fresh())).map(({ event }) => event.id);
  assert.deepEqual(await fresh(), events.map(({ id }) => id));
  await run(bob.context);
  assert.deepEqual(await fresh(), []);
  const last = eventFrom(alice, bob, { body: "after it" });
  await store(bob.context, alice, [last]);
  assert.deepEqual(await fresh(), [last.id]);
});

Deno.test("P1: killed at any step, it loses and doubles nothing, for the next archive and for everybody else", async () => {
  const reached = new Set<string>();
  for (const moment of ["before", "torn", "after"] satisfies CrashMoment[]) {
    for (const isArchivedAgain of ["at once", "after a message"] as const) {
      for (let step = 0;; step++) {
        const { alice, bob, events } = await people();
        const dying = new FaultFiles(bob.disk).crashAt(step, moment);
        const outcome = await run(restarted(bob, dying)).catch((error) => error);
        for (const { point } of dying.steps) reached.add(point);
        if (!(outcome instanceof Crash)) {
          assert.ok(step >= 7, "every step had its turn");
          break;
        }
        const context = restarted(bob);
        const where = `${moment} step ${step}, archived again ${isArchivedAgain}`;
        // While it is unfinished, a search shows nothing twice.
        const shown = (await found(context)).map(({ event_id }) => event_id);
        assert.equal(new Set(shown).size, shown.length, where);
        const all = [...events];
        if (isArchivedAgain === "after a message") {
          const last = eventFrom(alice, bob, { body: "message in between" });
          await using _lock = await context.home.lockDaemon("test", { deadlineMs: 0 });
          const { duplicates } = await store(context, alice, [...events, last]);
          assert.equal(duplicates.length, 5, where);
          all.push(last);
        }
        const unread = all.slice(3).map(({ id }) => id);
        // Whichever comes first ends what was left.
        const first = step % 2 === 0 ? react : told;
        const second = first === react ? told : react;
        assert.deepEqual(await first(context), unread, where);
        assert.deepEqual(await second(context), unread, where);
        await run(context);
        const ids = all.map(({ id }) => id);
        assert.deepEqual(await allIds(bob.disk, alice), ids, where);
        assert.deepEqual(idsIn(bob.disk.texts()[LIVE]), ids.slice(3), where);
        assert.equal((await found(context)).length, ids.length, where);
        const state = await readReceiptState({ files: bob.disk, stateRoot: ROOT }, alice.handle);
        assert.equal(state?.offset, 0, where);
        assert.deepEqual(await react(context), [], where);
      }
    }
  }
  assert.deepEqual([...reached].sort(), [
    "archive.append",
    "archive.end",
    "archive.place",
    "archive.record",
    "archive.shorten",
  ]);
});

Deno.test("P1: a full disk at any step loses and doubles nothing", async () => {
  for (let step = 0;; step++) {
    const { alice, bob, events } = await people();
    const full = new FaultFiles(bob.disk).diskFullAt(step);
    const outcome = await run(restarted(bob, full)).catch((error) => error);
    if (!(outcome instanceof Error)) break;
    await run(restarted(bob));
    assert.deepEqual(await allIds(bob.disk, alice), events.map(({ id }) => id), `step ${step}`);
    const months = await archivedMonths({ files: bob.disk, stateRoot: ROOT });
    assert.ok(months.length >= 2);
  }
});
