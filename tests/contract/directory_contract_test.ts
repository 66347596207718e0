/** The directory's contract, held by each adapter; and what two relays on one store do. */
import assert from "node:assert/strict";
import path from "node:path";
import { makeDid } from "../../protocol/identity/did.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId } from "../../protocol/ids.ts";
import type { Claim } from "../../store/directory/directory.ts";
import { KvDirectory } from "../../store/directory/kv_directory.ts";
import { readListing } from "../../store/directory/listing.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { openKv } from "../../store/slots/open_kv.ts";
import { directoryContract } from "./directory_contract.ts";

directoryContract("memory", (options) => {
  const directory = new MemoryDirectory(options);
  // Its memory is all it has: a restart is nothing.
  return Promise.resolve({
    directory,
    restart: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

const openIn = (directory: string): Promise<Deno.Kv> =>
  openKv({
    place: path.join(directory, "relay.kv"),
    name: directory,
    mustExist: false,
    isChecked: true,
  });

directoryContract("kv", async (options) => {
  const place = await Deno.makeTempDir({ prefix: "wire-directory-" });
  let kv = await openIn(place);
  let directory = new KvDirectory({ ...options, kv });
  return {
    get directory() {
      return directory;
    },
    async restart() {
      kv.close();
      kv = await openIn(place);
      directory = new KvDirectory({ ...options, kv });
    },
    async [Symbol.asyncDispose]() {
      kv.close();
      await Deno.remove(place, { recursive: true });
    },
  };
});

const OPTIONS = { maxHandles: 3, maxInvites: 3 };

function claimOf(nick: string, first: number): Claim {
  const publicKey = new Uint8Array(32).fill(first);
  const slotId = "0".repeat(32);
  assert.ok(isSlotId(slotId));
  return {
    nick,
    did: makeDid(`agent${first}`, publicKey),
    publicKey,
    card: "{}",
    slotId,
    relayUrl: null,
    claimedAt: 1000,
    isDiscoverable: undefined,
    provedAt: undefined,
    listing: readListing(undefined),
  };
}

Deno.test("kv: two relays on one store agree on who was first, on ceilings and on uses", async () => {
  using kv = await Deno.openKv(":memory:");
  const relays = [0, 1].map(() => new KvDirectory({ ...OPTIONS, kv }));
  const one = await Promise.all(
    relays.flatMap((relay, i) =>
      [0, 1, 2, 3].map((n) => relay.claim(claimOf("alice", 10 * i + n)))
    ),
  );
  assert.equal(one.filter(({ status }) => status === "claimed").length, 1);
  assert.equal(one.filter(({ status }) => status === "taken").length, 7);
  const many = await Promise.all(
    relays.flatMap((relay, i) => [0, 1, 2].map((n) => relay.claim(claimOf(`n${i}${n}`, i + n)))),
  );
  assert.equal(many.filter(({ status }) => status === "claimed").length, 2);
  const [first, second] = relays;
  assert.ok(first !== undefined && second !== undefined);
  const invite = { token: "t", url: "wire://pair?x", expiresUnix: 100, uses: 3 };
  assert.equal(await first.registerInvite(invite, 0), "registered");
  const reads = await Promise.all(
    relays.flatMap((relay) =>
      Array.from({ length: 4 }, () => relay.readInvite("t", { nowUnix: 1, isUse: true }))
    ),
  );
  assert.equal(reads.filter(({ status }) => status === "found").length, 3);
});

Deno.test("kv: a row that makes no sense is told, not served", async () => {
  using kv = await Deno.openKv(":memory:");
  const directory = new KvDirectory({ ...OPTIONS, kv });
  await directory.claim(claimOf("alice", 1));
  await kv.set(["handle", "alice"], { did: "did:wire:alice-00000000" });
  await kv.set(["invite", "t"], 5);
  const isUnreadable = (error: unknown): boolean =>
    error instanceof WireError && error.code === "unreadable";
  await assert.rejects(directory.find("alice"), isUnreadable);
  await assert.rejects(directory.claim(claimOf("alice", 1)), isUnreadable);
  await assert.rejects(directory.readInvite("t", { nowUnix: 1, isUse: true }), isUnreadable);
  assert.deepEqual(await directory.claim(claimOf("bob", 2)), { status: "claimed" });
});

Deno.test("kv: what could not be written is said, and the next claim goes on", async () => {
  using kv = await Deno.openKv(":memory:");
  let isFull = true;
  const failing = new Proxy(kv, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name === "atomic" && isFull) throw new Error("disk full");
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const directory = new KvDirectory({ ...OPTIONS, kv: failing });
  await assert.rejects(directory.claim(claimOf("alice", 1)), /disk full/);
  isFull = false;
  assert.deepEqual(await directory.claim(claimOf("alice", 1)), { status: "claimed" });
});
