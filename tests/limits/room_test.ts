/**
 * What a command reads does not grow with what was sent and received before, nor how often it asks the
 * disk: both are counted, so that a busy machine changes nothing. What SQLite reads of its own indexes is
 * not counted.
 */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
import { archive } from "../../client/operations/archive.ts";
import { here } from "../../client/operations/here.ts";
import { monitor } from "../../client/operations/monitor.ts";
import { outboxList } from "../../client/operations/outbox_list.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { search } from "../../client/operations/search.ts";
import { send } from "../../client/operations/send.ts";
import { status } from "../../client/operations/status.ts";
import { tail } from "../../client/operations/tail.ts";
import { verify } from "../../client/operations/verify.ts";
import { type EventId, isEventId } from "../../protocol/ids.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, MailWorld, NEVER, type Party } from "../fault/mail_world.ts";
import { costOf, type DiskCost } from "../fault/read_bytes.ts";
import { isLongRun } from "../runs.ts";

const SIZES = isLongRun() ? [100, 10_000, 100_000] : [100, 2_500];
/** Of the largest home to the smallest. */
const MOST_GROWTH = 3;
const EVENT_FILE = "/alice/event.json";
/**
 * What may be read however much mail there is: the delivery journal's newest part, receipts that are
 * due, what is looked back at. Far less than the mail of the largest home.
 */
const FREE_BYTES = (isLongRun() ? 4 : 1) * 1024 * 1024;
const FREE_CALLS = 100;

/** Alice and bob after `messages` in each direction, every one of them delivered. */
async function homeAfter(
  messages: number,
): Promise<{ world: MailWorld; alice: Party; bob: Party; first: string }> {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { disk, context } = alice;
  const outbox = new Outbox({ files: disk, stateRoot: context.home.paths.stateRoot });
  const first = eventFrom(alice, bob, { body: "first" });
  await outbox.enqueue(bob.handle, first);
  const sent = Array.from(
    { length: messages - 1 },
    (_, number) => eventFrom(alice, bob, { body: `word ${number}` }),
  );
  const lines = sent.map(({ text }) => `${text}\n`).join("");
  await disk.append(outbox.path(bob.handle), lines, { point: "test" });
  await delivered(alice, bob, sent.flatMap(({ id }) => isEventId(id) ? [id] : []));
  await push.run(context, {});
  for (let number = 0; number < messages; number++) {
    world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: `word ${number}` }).text);
  }
  await pull.run(context);
  // Past the time in which a repeated message is the same one.
  await alice.clock.advance(600_000);
  const event = eventFrom(bob, alice, { body: "to be verified" });
  await disk.writeAtomic(EVENT_FILE, event.text, { point: "test" });
  return { world, alice, bob, first: first.id };
}

/** As whoever sends writes it down: some at a time. */
async function delivered(alice: Party, bob: Party, ids: readonly EventId[]): Promise<void> {
  const { disk: files, context: { home: { paths: { stateRoot } } } } = alice;
  const journal = new DeliveryJournal({ files, stateRoot });
  for (let from = 0; from < ids.length; from += 64) {
    const at = alice.clock.timestamp();
    const evidence = { relay: "http://relay.test", scope: "federation", status: "stored" };
    const entries = ids.slice(from, from + 64).map((event_id) => (
      { event_id, step: "stored", at, evidence } as const
    ));
    await journal.record(bob.handle, entries);
  }
}

/** Each as its users run it: in a process of its own, after one that has seen the same. */
type Run = (
  context: ClientContext,
  asked: {
    readonly round: string; /** The oldest message that alice sent. */
    readonly first: string;
  },
) => Promise<unknown>;
const COMMANDS: Readonly<Record<string, Run>> = {
  "here": (context) => here.run(context),
  "outbox list": (context) => outboxList.run(context, { limit: 0 }),
  "status MESSAGE": (context, { first }) =>
    status.run(context, status.input.parse({ message: first })),
  "monitor --replay": async (context) => {
    const stop = new AbortController();
    const input = monitor.input.parse({ replay: 20 });
    let shown = 0;
    for await (const _ of monitor.stream(context, input, stop.signal)) {
      if (++shown === 20) break;
    }
    stop.abort();
    assert.equal(shown, 20);
  },
  "send": (context, { round: n }) =>
    send.run(context, send.input.parse({ peer: "bob", body: `new ${n}` })),
  "push": (context) => push.run(context, {}),
  "pull": (context) => pull.run(context),
  "status": (context) => status.run(context, {}),
  "tail --limit": (context) => Array.fromAsync(tail.stream(context, { limit: 20 }, NEVER)),
  "search": (context) => search.run(context, search.input.parse({ text: "word" })),
  "verify": (context) => verify.run(context, verify.input.parse({ path: EVENT_FILE })),
};

Deno.test(`P8: no command reads more after ${SIZES.at(-1)} messages than after ${SIZES[0]}`, async (t) => {
  const costs = new Map<string, DiskCost[]>();
  for (const size of SIZES) {
    const { world, alice, bob, first } = await homeAfter(size);
    const all = async (box: string) => {
      for (const [name, run] of Object.entries(COMMANDS)) {
        for (const round of [`${box} 1`, `${box} 2`]) {
          if (name === "pull") {
            world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: `late ${round}` }).text);
          }
          const cost = await costOf(alice, (context) => run(context, { round, first }));
          if (round.endsWith("2")) costs.set(name, [...costs.get(name) ?? [], cost]);
        }
      }
    };
    await all("live");
    if (size !== SIZES.at(-1)) continue;
    // The same once that mail is archived.
    await alice.clock.advance(86_400_000);
    const input = archive.input.parse({ olderThan: "1h" });
    const { archived } = await archive.run(alice.context, input);
    assert.ok(archived.some(({ box, messages }) => box === "outbox" && messages >= size));
    for (let more = 0; more < 20; more++) {
      world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: `word late ${more}` }).text);
    }
    await pull.run(alice.context);
    await all("archived");
  }
  for (const [name, [smallest, ...larger]] of costs) {
    if (smallest === undefined) continue;
    const shown = [smallest, ...larger].map(({ bytesRead, calls }) => `${bytesRead} (${calls})`);
    await t.step(`wire ${name}: ${shown.join(", ")} bytes (calls)`, () => {
      const mostBytes = Math.max(smallest.bytesRead * MOST_GROWTH, FREE_BYTES);
      const mostCalls = smallest.calls * MOST_GROWTH + FREE_CALLS;
      for (const { bytesRead, calls } of larger) {
        assert.ok(bytesRead <= mostBytes, `${bytesRead} bytes, at most ${mostBytes}`);
        assert.ok(calls <= mostCalls, `${calls} calls, at most ${mostCalls}`);
      }
    });
  }
});
