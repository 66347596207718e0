import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { type InviteNonce, isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { openHome } from "./home.ts";
import { type NewInvite, PendingInvites } from "./pending_invites.ts";

const DAY_S = 24 * 3600;
const NOW = 1_800_000_000;

const invitesOn = (files: Files): PendingInvites => {
  const env = new FakeEnv({ variables: { WIRE_HOME: "/h" } });
  return new PendingInvites(openHome(fakePlatform({ files, env })));
};

function nonce(byte: string): InviteNonce {
  const text = byte.repeat(32);
  assert.ok(isInviteNonce(text));
  return text;
}

const invite = (about: Partial<NewInvite> = {}): NewInvite => ({
  nonce: nonce("0a"),
  exp: NOW + DAY_S,
  uses: 1,
  createdAt: "2026-11-21T05:15:36.847555997Z",
  ...about,
});

const PENDING = `/h/state/wire/pending-invites/${"0a".repeat(32)}.json`;

Deno.test("an invite is written in the order of 0.5.19, for the owner only", async () => {
  const files = new MemoryFiles();
  await invitesOn(files).create(invite({ uses: 0 }), NOW);
  assert.equal(
    await files.readText(PENDING),
    JSON.stringify(
      {
        nonce: "0a".repeat(32),
        exp: NOW + DAY_S,
        uses_remaining: 1,
        accepted_by: [],
        created_at: "2026-11-21T05:15:36.847555997Z",
      },
      null,
      2,
    ),
  );
  assert.equal((await files.stat(PENDING))?.mode, 0o600);
  assert.equal((await files.stat("/h/state/wire/pending-invites"))?.mode, 0o700);
});

Deno.test("what another version keeps in its file survives a use", async () => {
  const files = new MemoryFiles();
  await invitesOn(files).create(invite({ uses: 2 }), NOW);
  const text = await files.readText(PENDING) ?? "";
  await files.writeAtomic(PENDING, text.replace("{", '{"later":1,'), { point: "t.p" });
  const redeemer = {
    did: "did:wire:bob-11111111",
    at: "2026-11-21T05:16:00Z",
    now: NOW,
    isPinned: false,
  };
  assert.equal(await invitesOn(files).settle(nonce("0a"), redeemer), "redeemed");
  assert.deepEqual(JSON.parse(await files.readText(PENDING) ?? ""), {
    nonce: "0a".repeat(32),
    exp: NOW + DAY_S,
    uses_remaining: 1,
    accepted_by: ["did:wire:bob-11111111"],
    created_at: "2026-11-21T05:15:36.847555997Z",
    later: 1,
  });
});

Deno.test("a nonce is issued once", async () => {
  const invites = invitesOn(new MemoryFiles());
  await invites.create(invite(), NOW);
  await assert.rejects(invites.create(invite({ uses: 5 }), NOW), { code: "conflict" });
  assert.equal((await invites.read(nonce("0a"))).pending?.uses_remaining, 1);
});

Deno.test("P8: what ended a month ago is thrown away with the next invite, and nothing younger", async () => {
  const files = new MemoryFiles();
  const invites = invitesOn(files);
  await invites.create(invite({ nonce: nonce("01"), exp: NOW }), NOW);
  await invites.create(invite({ nonce: nonce("02"), exp: NOW + 1 }), NOW);
  await invites.create(invite({ nonce: nonce("03") }), NOW + 30 * DAY_S + 1);
  const names = await files.list("/h/state/wire/pending-invites");
  assert.deepEqual(names, ["02", "03"].map((byte) => `${byte.repeat(32)}.json`));
  assert.deepEqual(await invites.read(nonce("01")), { pending: undefined, account: undefined });
});

Deno.test("a broken file does not stop the next invite, and is named to whoever asks for it", async () => {
  const files = new MemoryFiles();
  const invites = invitesOn(files);
  await invites.create(invite(), NOW);
  for (const text of ["{", "[]", '{"nonce":"x"}', JSON.stringify(invite({ nonce: nonce("0b") }))]) {
    await files.writeAtomic(PENDING, text, { point: "t.p" });
    await assert.rejects(invites.read(nonce("0a")), { code: "unreadable" });
  }
  await invites.create(invite({ nonce: nonce("0c") }), NOW);
});

for (const point of ["invite.account", "invite.create"]) {
  Deno.test(`P1: killed at ${point}, an invite that nobody was shown lets nobody in`, async () => {
    for (const moment of ["before", "after"] as const) {
      const disk = new MemoryFiles();
      const dying = invitesOn(new FaultFiles(disk).crashAt({ point }, moment));
      await assert.rejects(dying.create(invite(), NOW), { name: "Crash" });
      const { pending, account } = await invitesOn(disk).read(nonce("0a"));
      assert.equal(pending !== undefined, point === "invite.create" && moment === "after");
      assert.equal(account !== undefined, point === "invite.create" || moment === "after");
      await invitesOn(disk).create(invite({ nonce: nonce("0b") }), NOW);
    }
  });
}

for (const point of ["invite.forget_pending", "invite.forget_account"]) {
  Deno.test(`P1: killed at ${point}, an old invite is spent or gone, never good again`, async () => {
    for (const moment of ["before", "after"] as const) {
      const disk = new MemoryFiles();
      await invitesOn(disk).create(invite({ exp: NOW }), NOW);
      const later = NOW + 31 * DAY_S;
      const dying = invitesOn(new FaultFiles(disk).crashAt({ point }, moment));
      const next = invite({ nonce: nonce("0b"), exp: later });
      await assert.rejects(dying.create(next, later), { name: "Crash" });
      const redeemer = {
        did: "did:wire:bob-11111111",
        at: "2026-12-31T00:00:00Z",
        now: later,
        isPinned: false,
      };
      const tag = await invitesOn(disk).settle(nonce("0a"), redeemer);
      const isGone = point === "invite.forget_account" && moment === "after";
      assert.equal(tag, isGone ? "unknown" : "expired");
      await invitesOn(disk).create(next, later);
    }
  });
}
