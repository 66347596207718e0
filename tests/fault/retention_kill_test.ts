/**
 * P1 while mail is dropped: the process is killed with SIGKILL at random moments. Then whatever it
 * had not acked is there whole and in order, every id is remembered, and the store is sound.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { checkStore } from "../../store/admin/check_store.ts";
import { KvSlotStore } from "../../store/slots/kv_slot_store.ts";
import { openKv } from "../../store/slots/open_kv.ts";
import { crashRounds } from "../runs.ts";
import { eventOf, ShiftedClock, SLOT } from "./retaining.ts";

const PROGRAM = fileURLToPath(new URL("./retaining_process.ts", import.meta.url));
const ROUNDS = crashRounds(5);

/** @returns what it said before it was killed */
async function runAndKill(place: string, days: number): Promise<string> {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", "--unstable-kv", PROGRAM, place, String(days)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "";
  let isToBeKilled = false;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk);
    if (isToBeKilled || !said.includes("dropped")) continue;
    isToBeKilled = true;
    // At a moment that no schedule of ours decides; the test is right whatever it is.
    setTimeout(() => child.kill("SIGKILL"), Math.random() * 60);
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL");
  return said;
}

const last = (said: string, what: string): number =>
  Number([...said.matchAll(new RegExp(`^${what} (\\d+)\n`, "gm"))].at(-1)?.[1] ?? 0);

Deno.test(`P1: kill -9 while mail is dropped, ${ROUNDS} rounds, loses no mail and no id`, async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-retain-" });
  const place = `${directory}/relay.kv`;
  let days = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const said = await runAndKill(place, days);
      days = Math.max(days, last(said, "day"));
      await checkLeft(place, days, { stored: last(said, "stored"), acked: last(said, "acked") });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function checkLeft(
  place: string,
  days: number,
  told: { readonly stored: number; readonly acked: number },
): Promise<void> {
  const kv = await openKv({ place, name: place, mustExist: true, isChecked: true });
  const clock = new ShiftedClock(days);
  await using store = new KvSlotStore({
    kv,
    clock,
    isShared: false,
    maxSlots: 9,
    maxSlotBytes: 1e9,
  });
  const { problems } = await checkStore(kv, clock.now());
  assert.deepEqual(problems, []);
  const { events } = await store.totals(SLOT);
  assert.ok(events >= told.stored, "what was stored is there");
  const acked = await store.acked(SLOT);
  assert.ok(acked >= told.acked, "what was acked is acked");
  const texts: string[] = [];
  const decoder = new TextDecoder();
  const page = await store.list(SLOT, { since: undefined, limit: 1e6, maxBytes: 1e9 });
  for await (const bodies of page) texts.push(...bodies.map((body) => decoder.decode(body)));
  const first = events - texts.length;
  assert.ok(first > 0 && first <= acked, `dropped ${first} of ${acked} that were acked`);
  assert.deepEqual(texts, Array.from(texts, (_, i) => eventOf(first + i).text));
  for (let n = 0; n < events; n += 7) {
    assert.equal(await store.seqOf(SLOT, eventOf(n).id), n + 1);
  }
}
