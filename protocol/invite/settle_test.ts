import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { InviteAccount, PendingInvite } from "./invite_record.ts";
import { type InviteFiles, settle, withPin } from "./settle.ts";

const NONCE = "7f".repeat(32);
const EXP = 1_000;
const AT = "2026-01-01T00:00:00Z";
const did = (name: string): string => `did:wire:${name}-00000000`;

const issued = (uses: number): InviteFiles => ({
  pending: PendingInvite.parse({
    nonce: NONCE,
    exp: EXP,
    uses_remaining: uses,
    accepted_by: [],
    created_at: AT,
  }),
  account: InviteAccount.parse({ nonce: NONCE, exp: EXP, uses, accepted: [] }),
});

const by = (name: string, now = EXP) => ({ did: did(name), at: AT, now, isPinned: false });

Deno.test("a use is good through the last second, and not after it", () => {
  assert.equal(settle(issued(1), by("bob", EXP)).tag, "redeemed");
  const late = settle(issued(1), by("bob", EXP + 1));
  assert.equal(late.tag, "expired");
  assert.equal(late.pending, undefined);
  assert.equal(settle(late, by("bob", EXP + 2)).tag, "expired", "remembered, not forgotten");
});

Deno.test("the last use removes the file of 0.5.19 and leaves the account", () => {
  const once = settle(issued(2), by("bob"));
  assert.equal(once.pending?.uses_remaining, 1);
  assert.deepEqual(once.pending?.accepted_by, [did("bob")]);
  const twice = settle(once, by("carol"));
  assert.equal(twice.pending, undefined);
  assert.equal(settle(twice, by("mallory")).tag, "spent");
  assert.equal(settle(twice, by("bob")).tag, "repeat");
});

Deno.test("an invite of 0.5.19 is counted on from where it stands", () => {
  const { pending } = issued(2);
  assert.ok(pending);
  const used = { ...pending, uses_remaining: 1, accepted_by: [did("bob")] };
  assert.equal(settle({ pending: used, account: undefined }, by("bob")).tag, "repeat");
  const last = settle({ pending: used, account: undefined }, by("carol"));
  assert.equal(last.tag, "redeemed");
  assert.equal(settle(last, by("mallory")).tag, "spent");
});

Deno.test("uses that 0.5.19 gave away in between are gone, and a removed file takes the rest back", () => {
  const { pending, account } = issued(3);
  assert.ok(pending);
  const used = { ...pending, uses_remaining: 1, accepted_by: [did("bob"), did("bob")] };
  const third = settle({ pending: used, account }, by("carol"));
  assert.equal(third.tag, "redeemed");
  assert.equal(settle(third, by("mallory")).tag, "spent");
  assert.equal(settle({ pending: undefined, account }, by("carol")).tag, "spent");
});

Deno.test("P4: whoever was pinned and then forgotten does not come back with the same invite", () => {
  const once = settle(issued(3), by("bob"));
  assert.ok(once.account);
  const pinned = { ...once, account: withPin(once.account, did("bob")) };
  assert.equal(settle(pinned, { ...by("bob"), isPinned: true }).tag, "repeat");
  assert.equal(settle(pinned, by("bob")).tag, "spent");
  assert.equal(settle(once, by("bob")).tag, "repeat", "killed before the pin: it is still due");
  assert.equal(settle(pinned, by("carol")).tag, "redeemed");
  assert.equal(withPin(pinned.account, did("bob")), pinned.account);
  assert.equal(withPin(pinned.account, did("mallory")), pinned.account);
});

Deno.test("nothing is issued, nothing is earned", () => {
  const nothing = { pending: undefined, account: undefined };
  assert.deepEqual(settle(nothing, by("bob")), { ...nothing, tag: "unknown" });
});

Deno.test("however redemptions and crashes fall, at most `uses` DIDs are ever let in", () => {
  const step = fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e"),
    now: fc.constantFrom(EXP - 1, EXP, EXP + 1),
    /** What of the two writes reaches the disk. */
    reaches: fc.constantFrom("nothing", "account", "both"),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (uses, steps) => {
      let disk = issued(uses);
      const admitted = new Set<string>();
      for (const { name, now, reaches } of steps) {
        const after = settle(disk, by(name, now));
        if (reaches === "account") disk = { ...disk, account: after.account };
        if (reaches !== "both") continue;
        disk = { pending: after.pending, account: after.account };
        if (after.tag === "redeemed") assert.ok(!admitted.has(name), "one use for each DID");
        if (after.tag === "repeat") assert.ok(now <= EXP);
        if (after.tag === "redeemed" || after.tag === "repeat") admitted.add(name);
      }
      assert.ok(admitted.size <= uses);
      assert.ok((disk.account?.accepted.length ?? 0) <= uses);
    }),
    { numRuns: testRuns(300) },
  );
});
