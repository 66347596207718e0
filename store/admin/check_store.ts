/**
 * Reads everything of a relay's store and says what does not make sense. Changes nothing. What other
 * parts keep there for a while (pairings, statistics, wakes) is theirs to judge.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { isSlotId } from "../../protocol/ids.ts";
import { countKey as directoryCount } from "../directory/kv_rows.ts";
import { readKeyRow, relayKeyKey } from "../relay_key/kv_relay_key.ts";
import { countKey, readCount, slotKey } from "../slots/kv_rows.ts";
import { checkDirectory } from "./check_directory.ts";
import { checkSlot } from "./check_slot.ts";
import { told } from "./problem.ts";

export interface Problem {
  /** `store`, `slot <id>`, `nick <nick>` … */
  readonly place: string;
  readonly problem: string;
}

export interface StoreCheck {
  readonly slots: number;
  readonly events: number;
  readonly grants: number;
  readonly handles: number;
  readonly invites: number;
  /** The first ones of them. */
  readonly problems: readonly Problem[];
  readonly problemsFound: number;
}

/** Named one by one; the others are counted. */
const MAX_PROBLEMS = 1_000;
/** Rows that belong to a slot. */
const OF_SLOTS = [
  "seg",
  "intake",
  "intro",
  "health",
  "marks",
  "grant",
  "grant_of",
  "grants",
  "seen",
];

export async function checkStore(kv: Deno.Kv, now: EpochMs): Promise<StoreCheck> {
  return await new StoreChecker(kv, now).run();
}

class StoreChecker {
  readonly #problems: Problem[] = [];
  readonly #slots = new Set<SlotId>();
  #found = 0;
  #events = 0;
  #grants = 0;

  constructor(readonly kv: Deno.Kv, readonly now: EpochMs) {}

  async run(): Promise<StoreCheck> {
    const directory = { handles: 0, invites: 0 };
    await this.#looking("store", async () => {
      const counts = await this.#counts();
      await this.#looking("the relay's key", () => this.#key());
      await this.#eachSlot();
      for (const kind of ["head", ...OF_SLOTS]) await this.#strays(kind);
      const { handles, invites, problems } = await checkDirectory(this.kv, this.#slots);
      for (const { place, problem } of problems) this.#say(place, problem);
      Object.assign(directory, { handles, invites });
      if (counts === await this.#counts()) await this.#count({ handles, invites });
    });
    return {
      slots: this.#slots.size,
      events: this.#events,
      grants: this.#grants,
      ...directory,
      problems: this.#problems,
      problemsFound: this.#found,
    };
  }

  #say(place: string, problem: string): void {
    this.#found += 1;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ place, problem });
  }

  /** A store whose file is damaged fails while it is read. */
  async #looking(place: string, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.#say(place, `cannot be read: ${told(error)}`);
    }
  }

  /** A relay may make slots, nicks and invites while we look: then their numbers say nothing. */
  async #counts(): Promise<string> {
    const rows = await Array.fromAsync(this.kv.list({ prefix: ["count"] }));
    return rows.map(({ versionstamp }) => versionstamp).join();
  }

  /** A store that no relay of this version has served has none yet. */
  async #key(): Promise<void> {
    const { value } = await this.kv.get(relayKeyKey);
    if (value !== null) readKeyRow(value);
  }

  async #eachSlot(): Promise<void> {
    for await (const { key } of this.kv.list({ prefix: ["slot"] }, { batchSize: 500 })) {
      const [, id] = key;
      if (typeof id !== "string" || !isSlotId(id)) {
        this.#say("store", `a slot is called ${JSON.stringify(String(id))}`);
        continue;
      }
      this.#slots.add(id);
      await this.#looking(`slot ${id}`, async () => {
        const { events, grants, problems } = await checkSlot(this.kv, id, this.now);
        this.#events += events;
        this.#grants += grants;
        for (const problem of problems) this.#say(`slot ${id}`, problem);
      });
    }
  }

  /** Looks at the first row of each slot that has rows of this kind. */
  async #strays(kind: string): Promise<void> {
    for (let start: Deno.KvKey = [kind];;) {
      const key = await firstKey(this.kv, { start, end: [`${kind}\u0000`] });
      if (key === undefined) return;
      const [, id] = key;
      const isKnown = typeof id === "string" && isSlotId(id) &&
        (this.#slots.has(id) || (await this.kv.get(slotKey(id))).value !== null);
      if (!isKnown) this.#say(`slot ${String(id)}`, `it does not exist, and has a row "${kind}"`);
      start = typeof id === "string" ? [kind, `${id}\u0000`] : [...key, ""];
    }
  }

  async #count(there: { readonly handles: number; readonly invites: number }): Promise<void> {
    for (
      const [what, found, key] of [
        ["slots", this.#slots.size, countKey("slots")],
        ["nicks", there.handles, directoryCount("handles")],
        ["invites", there.invites, directoryCount("invites")],
      ] as const
    ) {
      const counted = readCount((await this.kv.get(key)).value);
      if (counted !== found) this.#say("store", `it has ${found} ${what}, and counts ${counted}`);
    }
  }
}

async function firstKey(
  kv: Deno.Kv,
  selector: { readonly start: Deno.KvKey; readonly end: Deno.KvKey },
): Promise<Deno.KvKey | undefined> {
  for await (const { key } of kv.list(selector, { limit: 1 })) return key;
  return undefined;
}
