/**
 * What a command reads does not grow with what was sent and received before: bytes are counted, so
 * that a busy machine changes nothing. What SQLite reads of its own indexes is not counted.
 */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
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
import { readOf } from "../fault/read_bytes.ts";
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

/** Alice and bob after `messages` in each direction, every one of them delivered. */
async function homeAfter(
  messages: number,
): Promise<{ world: MailWorld; alice: Party; bob: Party }> {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { disk, context } = alice;
  const outbox = new Outbox({ files: disk, stateRoot: context.home.paths.stateRoot });
  await outbox.enqueue(bob.handle, eventFrom(alice, bob, { body: "first" }));
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
  return { world, alice, bob };
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
type Run = (context: ClientContext, round: number) => Promise<unknown>;
const COMMANDS: Readonly<Record<string, Run>> = {
  "send": (context, n) => send.run(context, send.input.parse({ peer: "bob", body: `new ${n}` })),
  "push": (context) => push.run(context, {}),
  "pull": (context) => pull.run(context),
  "status": (context) => status.run(context, {}),
  "tail --limit": (context) => Array.fromAsync(tail.stream(context, { limit: 20 }, NEVER)),
  "search": (context) => search.run(context, search.input.parse({ text: "word" })),
  "verify": (context) => verify.run(context, verify.input.parse({ path: EVENT_FILE })),
};

Deno.test(`P8: no command reads more after ${SIZES.at(-1)} messages than after ${SIZES[0]}`, async (t) => {
  const read = new Map<string, number[]>();
  for (const size of SIZES) {
    const { world, alice, bob } = await homeAfter(size);
    for (const [name, run] of Object.entries(COMMANDS)) {
      for (const round of [1, 2]) {
        if (name === "pull") {
          world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: `late ${round}` }).text);
        }
        const bytes = await readOf(alice, (context) => run(context, round));
        if (round === 2) read.set(name, [...read.get(name) ?? [], bytes]);
      }
    }
  }
  for (const [name, [smallest = 0, ...larger]] of read) {
    await t.step(`wire ${name}: ${[smallest, ...larger].join(", ")} bytes`, () => {
      const most = Math.max(smallest * MOST_GROWTH, FREE_BYTES);
      for (const bytes of larger) assert.ok(bytes <= most, `${bytes} bytes, at most ${most}`);
    });
  }
});
