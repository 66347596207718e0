/** What the process that is killed while it drops mail, and the test that kills it, agree on. */
import { createHash } from "node:crypto";
import { RealClock } from "../../platform/real/clock.ts";
import { type EpochMs, isSlotId, type SlotId } from "../../protocol/ids.ts";

const DAY_MS = 24 * 3_600_000;

export const RETAIN = { retainMs: 7 * DAY_MS };

export const SLOT: SlotId = slotId();

function slotId(): SlotId {
  const id = "a".repeat(32);
  if (!isSlotId(id)) throw new Error("not a slot id");
  return id;
}

export class ShiftedClock extends RealClock {
  constructor(public days: number) {
    super();
  }

  override now(): EpochMs {
    return super.now() + this.days * DAY_MS;
  }
}

/** Now and then one that takes several chunks. */
export function eventOf(n: number): { readonly id: string; readonly text: string } {
  const members = `"n":${n},"z":"${"x".repeat(n % 50 === 0 ? 90_000 : 200)}"`;
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}
