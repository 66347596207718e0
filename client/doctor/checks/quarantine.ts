/** What came and was not accepted. See docs/protocol/identity-and-events.md §13.4. */
import { Quarantine } from "../../../store/mail/quarantine.ts";
import type { Check } from "../check.ts";
import { counted, gathered, pass, warn } from "../finding.ts";

const MOST_REASONS = 10;

export const quarantine: Check = {
  id: "quarantine",
  about: "mail that was not accepted, and why",
  lessons: [2, 4],
  async look({ home }) {
    const { files, clock } = home.platform;
    const { stateRoot } = home.paths;
    const kept = new Quarantine({ files, clock, stateRoot });
    const [count, records, evicted] = await Promise.all([
      kept.count(),
      kept.list(),
      kept.evicted(),
    ]);
    const gone = evicted === 0 ? "" : `; ${evicted} more had no room and are gone`;
    if (count === 0) return pass(`empty${gone}`);
    const byReason = Map.groupBy(records, ({ record }) => record.reason);
    const reasons = [...byReason].sort(([, a], [, b]) => b.length - a.length);
    const look = "wire quarantine list";
    const found = reasons.slice(0, MOST_REASONS).map(([reason, of]) =>
      warn(
        `${counted(of.length, "event")}: ${reason}`,
        of.some(({ record }) => record.transient)
          ? "pin the sender if you know it, then: wire quarantine retry"
          : look,
      )
    );
    const unreadable = count - records.length;
    if (unreadable > 0) found.push(warn(`${counted(unreadable, "record")} cannot be read`, look));
    const all = gathered(found, "");
    return { ...all, detail: `${counted(count, "event")} not accepted${gone}: ${all.detail}` };
  },
};
