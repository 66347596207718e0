/** Looks again at quarantined events: what now verifies goes to the inbox. */
import { z } from "zod";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { type KeyedRecord, Quarantine } from "../../store/mail/quarantine.ts";
import { Written } from "../sync/pull_report.ts";
import type { Operation } from "../operation.ts";
import { findRecord } from "../quarantine/find_records.ts";
import { ShownRecord, shownRecord } from "../quarantine/shown_record.ts";
import { explain, type Explained } from "../sync/explain.ts";
import { withRoundLock } from "../sync/round_lock.ts";

const QuarantineRetryInput = z.object({
  /** Everything when there is none. */
  keys: z.array(z.string()),
});

const QuarantineRetryOutput = z.object({
  /** Verified now, and in the inbox. */
  written: z.array(Written),
  /** Still not accepted, with the reason of now. */
  kept: z.array(ShownRecord),
});

/**
 * Without a daemon only: a daemon looks again by itself whenever trust.json changes.
 * @throws {WireError} not_initialized, usage, not_found, locked, unreadable, write_failed
 */
export const quarantineRetry = {
  input: QuarantineRetryInput,
  output: QuarantineRetryOutput,
  async run(context, { keys }) {
    const { home } = context;
    const { platform: { files, databases, clock }, paths: { stateRoot } } = home;
    const identity = await home.readIdentity();
    return await withRoundLock(context, "wire quarantine retry", async () => {
      const quarantine = new Quarantine({ files, clock, stateRoot });
      const records = await quarantine.list();
      const chosen = keys.length === 0
        ? records
        : [...new Set(keys.map((key) => findRecord(records, key)))];
      const trust = await home.readTrust();
      const looked = chosen.map((keyed) => ({
        keyed,
        now: explain(keyed.record.text, trust, identity),
      }));
      const written = await store(new InboxWriter({ files, databases, stateRoot }), looked);
      for (const { keyed, now } of looked) {
        if (now.tag === "accepted") await quarantine.remove(keyed.key);
      }
      return { written, kept: looked.flatMap(keptRecord) };
    });
  },
} satisfies Operation<typeof QuarantineRetryInput, typeof QuarantineRetryOutput>;

interface Looked {
  readonly keyed: KeyedRecord;
  readonly now: Explained;
}

/** What stands in the inbox already counts as written: it need not be kept. */
async function store(inbox: InboxWriter, looked: readonly Looked[]): Promise<Written[]> {
  const accepted = looked.flatMap(({ now }) => now.tag === "accepted" ? [now] : []);
  const written: Written[] = [];
  for (const [sender, group] of Map.groupBy(accepted, (one) => one.sender)) {
    await inbox.store(sender, group.map(({ event }) => event));
    written.push(...group.map(({ event }) => ({ event_id: event.id, from: sender })));
  }
  return written;
}

function keptRecord({ keyed, now }: Looked): ShownRecord[] {
  return now.tag === "accepted" ? [] : [{ ...shownRecord(keyed), reason: now.reason }];
}
