/** Damage of every kind that we can think of is found, and a sound store has none. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RealClock } from "../../platform/real/clock.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { KvDirectory } from "../directory/kv_directory.ts";
import { grantCountsKey, grantKey, grantOfKey } from "../slots/kv_grant_rows.ts";
import {
  countKey,
  formatKey,
  headKey,
  healthKey,
  intakeKey,
  introKey,
  segmentKey,
  slotKey,
} from "../slots/kv_rows.ts";
import { KvSlotStore } from "../slots/kv_slot_store.ts";
import { marksKey } from "../slots/marks.ts";
import { countKey as directoryCount } from "../directory/kv_rows.ts";
import { checkStore } from "./check_store.ts";

const DAY_MS = 24 * 3_600_000;
const GRANT = "0123456789abcdef";
const HASH = new Uint8Array(32).fill(1);

function idOf(text: string): SlotId {
  const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
  assert.ok(isSlotId(id));
  return id;
}

const DID = makeDid("al", HASH);
const ID = idOf("main");
const OTHER = idOf("other");

class Clock extends RealClock {
  shiftMs = 0;
  override now(): number {
    return super.now() + this.shiftMs;
  }
}

function event(n: number, bytes: number = 100): { readonly id: string; readonly text: string } {
  const members = `"n":${n},"z":"${"x".repeat(bytes)}"`;
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}

/** A store with something of everything: events 1 to 3 dropped, 4 and 5 under a grant, 6 large. */
async function withStore(body: (kv: Deno.Kv, now: number) => Promise<void>): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  const clock = new Clock();
  await kv.set(formatKey, 1);
  const limits = { maxSlots: 9, maxSlotBytes: 1e7 };
  await using store = new KvSlotStore({ ...limits, kv, clock, isShared: false });
  for (const id of [ID, OTHER]) {
    await store.create({ id, tokenHash: HASH, createdAt: 1, class: "owner" });
  }
  for (const n of [1, 2, 3]) await store.append(ID, event(n));
  await store.ack(ID, 3);
  await store.sweep({ retainMs: DAY_MS });
  clock.shiftMs = 2 * DAY_MS;
  await store.sweep({ retainMs: DAY_MS });
  const grant = { id: GRANT, at: clock.now() };
  await store.createGrant(ID, {
    id: GRANT,
    tokenHash: HASH,
    label: null,
    limits: { maxEventBytes: 1e6, maxEventsPerHour: 9, maxBytes: 1e6, expiresAt: null },
    createdAt: 1,
  });
  for (const n of [4, 5]) await store.append(ID, event(n), { grant });
  await store.append(ID, event(6, 150_000));
  await store.append(ID, event(7), { intro: { source: "somebody", at: clock.now() } });
  await store.append(ID, { text: "{}", id: undefined });
  await store.setHealth(ID, { status: "ok", set_at: "2026-11-21T05:00:00Z" });
  await store.append(OTHER, event(1));
  const directory = new KvDirectory({ kv, maxHandles: 9, maxInvites: 9 });
  await directory.registerInvite({ token: "aa", url: "x", expiresUnix: 9, uses: 1 }, 1);
  await directory.claim({
    nick: "al",
    did: DID,
    publicKey: HASH,
    card: "{}",
    slotId: ID,
    relayUrl: null,
    claimedAt: 1,
    isDiscoverable: true,
    listing: undefined,
    provedAt: undefined,
  });
  await body(kv, clock.now());
}

async function problemsAfter(
  damage: (kv: Deno.Kv) => Promise<unknown>,
): Promise<readonly string[]> {
  const problems: string[] = [];
  await withStore(async (kv, now) => {
    await damage(kv);
    const check = await checkStore(kv, now);
    problems.push(...check.problems.map(({ place, problem }) => `${place}: ${problem}`));
    assert.equal(check.problemsFound, problems.length);
  });
  return problems;
}

async function bytesAt(kv: Deno.Kv, key: Deno.KvKey): Promise<Uint8Array> {
  const { value } = await kv.get(key);
  assert.ok(value instanceof Uint8Array, `there is a value at ${JSON.stringify(key)}`);
  return value.slice();
}

/** Changes one byte, counted from the end if negative. */
async function flip(kv: Deno.Kv, key: Deno.KvKey, at: number): Promise<void> {
  const bytes = await bytesAt(kv, key);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  await kv.set(key, bytes);
}

async function change(kv: Deno.Kv, key: Deno.KvKey, members: object): Promise<void> {
  const { value } = await kv.get(key);
  assert.ok(typeof value === "object" && value !== null);
  await kv.set(key, { ...value, ...members });
}

type Damage = readonly [what: string, damage: (kv: Deno.Kv) => Promise<unknown>, said: RegExp];

const seg = (seq: number, chunk: number = 0): Deno.KvKey => segmentKey(ID, seq, chunk);

const DAMAGES: readonly Damage[] = [
  ["a segment lost", (kv) => kv.delete(seg(4)), /^slot .*: events 4 to 5 are missing/],
  ["the last segment lost", (kv) => kv.delete(seg(8)), /event 8 is missing/],
  ["a chunk lost", (kv) => kv.delete(seg(6, 1)), /segment at event 6: a chunk is missing/],
  ["the last chunk lost", (kv) => kv.delete(seg(6, 2)), /segment at event 6: its end is missing/],
  ["a body changed", (kv) => flip(kv, seg(4), -3), /event [45] has other bytes than were stored/],
  ["a digest changed", (kv) => flip(kv, seg(4), 9 + 1 + 8 + 32), /event 4 has other bytes/],
  ["an id changed", (kv) => flip(kv, seg(4), 9 + 1 + 8), /event 4 stands under another id/],
  ["a header changed", (kv) => flip(kv, seg(4), 0), /segment at event 4: .*wrong header/],
  ["a length changed", (kv) => flip(kv, seg(4), 4), /segment at event 4: /],
  ["a count changed", (kv) => flip(kv, seg(4), 8), /segment at event 4: .*wrong place/],
  ["a kind changed", (kv) => flip(kv, seg(8), 9), /segment at event 8: /],
  ["a segment that is text", (kv) => kv.set(seg(4), "text"), /segment at event 4: .*no bytes/],
  ["an empty segment", (kv) => kv.set(seg(4), new Uint8Array()), /segment at event 4: .*no header/],
  [
    "a segment that stands twice",
    async (kv) => await kv.set(seg(5), await bytesAt(kv, seg(4))),
    /event 5 has the id of event 4/,
  ],
  [
    "segments that overlap",
    async (kv) => await kv.set(seg(2), await bytesAt(kv, seg(4))),
    /events 2 to 3 are there twice/,
  ],
  [
    "an event beyond the end",
    async (kv) => await kv.set(seg(9), await bytesAt(kv, segmentKey(OTHER, 1, 0))),
    /event 9 is beyond its end/,
  ],
  ["the head lost", (kv) => kv.delete(headKey(ID)), /its head cannot be read/],
  ["a head of another form", (kv) => change(kv, headKey(ID), { next: "x" }), /its head cannot be/],
  ["bytes miscounted", (kv) => change(kv, headKey(ID), { bytes: 5 }), /its head says 5/],
  ["an ack of nothing", (kv) => change(kv, headKey(ID), { acked: 99 }), /event 99 was acked/],
  ["more dropped than acked", (kv) => change(kv, headKey(ID), { acked: 1 }), /never acked/],
  ["dropped without a word", (kv) => change(kv, headKey(ID), { dropped: 1 }), /none was dropped/],
  ["times of the future", (kv) => kv.set(marksKey(ID), [{ seq: 99, at: 1 }]), /its times name/],
  ["times of another form", (kv) => kv.set(marksKey(ID), 1), /its times cannot be read/],
  ["the slot lost", (kv) => kv.delete(slotKey(ID)), /it does not exist, and has a row "seg"/],
  ["a slot of another form", (kv) => kv.set(slotKey(ID), {}), /its record cannot be read/],
  ["a slot with a wrong name", (kv) => kv.set(["slot", "x"], {}), /store: a slot is called "x"/],
  ["health of another form", (kv) => kv.set(healthKey(ID), 1), /its health cannot be read/],
  ["an introduction lost", (kv) => kv.delete(introKey(ID, 7)), /introduction 7 has no body/],
  ["an introduction changed", (kv) => flip(kv, introKey(ID, 7), 5), /introduction 7 has other/],
  ["the intake lost", (kv) => kv.delete(intakeKey(ID)), /introduction 7 is not among/],
  ["the intake of another form", (kv) => kv.set(intakeKey(ID), 1), /its introductions cannot/],
  [
    "an intake of what is none",
    (kv) => kv.set(intakeKey(ID), [{ seq: 4, source: "x", at: 1 }]),
    /introduction 4 is none of its events/,
  ],
  ["a grant lost", (kv) => kv.delete(grantKey(ID, GRANT)), /a token leads to a grant that is not/],
  ["its token lost", (kv) => kv.delete(grantOfKey(ID, HASH)), /the token of grant .* nowhere/],
  ["a grant of another form", (kv) => kv.set(grantKey(ID, GRANT), {}), /grant .* cannot be read/],
  [
    "a grant miscounted",
    (kv) => change(kv, grantKey(ID, GRANT), { bytes: 1 }),
    /counts 2 events of/,
  ],
  ["grants miscounted", (kv) => kv.delete(grantCountsKey(ID)), /1 live and 0 revoked .* counts 0/],
  ["a dangling grant", (kv) => kv.set(grantKey(idOf("x"), GRANT), {}), /has a row "grant"/],
  ["slots miscounted", (kv) => kv.delete(countKey("slots")), /store: it has 2 slots, and counts 0/],
  [
    "nicks miscounted",
    (kv) => kv.set(directoryCount("handles"), new Deno.KvU64(2n)),
    /1 nicks, and/,
  ],
  ["an invite lost", (kv) => kv.delete(["invite", "aa"]), /store: an invite that is not there/],
  [
    "its end lost",
    (kv) => kv.delete(["invite_expiry", 9, "aa"]),
    /invite 1: .* never be forgotten/,
  ],
  ["an invite of another form", (kv) => kv.set(["invite", "aa"], 1), /invite 1: it cannot be read/],
  ["a nick of another form", (kv) => kv.set(["handle", "al"], 1), /nick al: it cannot be read/],
  ["a phonebook alone", (kv) => kv.set(["phonebook", "bo"], 1), /nick bo: the phonebook lists/],
  [
    "a nick of no slot",
    (kv) => change(kv, ["handle", "al"], { slot_id: idOf("x") }),
    /nick al: it stands for slot/,
  ],
];

Deno.test("check: a sound store with something of everything has no problem", async () => {
  await withStore(async (kv, now) => {
    const { problems, ...counts } = await checkStore(kv, now);
    assert.deepEqual(problems, []);
    assert.deepEqual(counts, {
      slots: 2,
      events: 9,
      grants: 1,
      handles: 1,
      invites: 1,
      problemsFound: 0,
    });
  });
});

for (const [what, damage, said] of DAMAGES) {
  Deno.test(`check: finds ${what}`, async () => {
    const problems = await problemsAfter(damage);
    assert.ok(problems.some((problem) => said.test(problem)), problems.join("\n") || "nothing");
    assert.ok(problems.every((problem) => !problem.includes("\n")));
  });
}

Deno.test("check: a store that a relay writes to meanwhile has no problem", async () => {
  await withStore(async (kv, now) => {
    const limits = { maxSlots: 9, maxSlotBytes: 1e7 };
    const relay = new KvSlotStore({ ...limits, kv, clock: new RealClock(), isShared: true });
    let isWriting = true;
    const writing = (async () => {
      for (let n = 100; isWriting; n++) await relay.append(ID, event(n));
      return (await relay.totals(ID)).events;
    })();
    const events = new Set<number>();
    const problems: unknown[] = [];
    for (let looks = 0; looks < 8; looks++) {
      const check = await checkStore(kv, now);
      problems.push(...check.problems);
      events.add(check.events);
    }
    isWriting = false;
    assert.ok(await writing > 9);
    assert.deepEqual(problems, []);
    assert.ok(events.size > 1, "it was written to");
  });
});
