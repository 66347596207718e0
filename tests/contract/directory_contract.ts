/** What every Directory does, whatever it is made of: run against the memory and the KV adapter. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { makeDid } from "../../protocol/identity/did.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { printJson } from "../../protocol/json/print.ts";
import { JsonNumber } from "../../protocol/json/value.ts";
import {
  type Claim,
  type Directory,
  type DirectoryOptions,
  INVITE_MEMORY_SECONDS,
  type PhonebookRequest,
} from "../../store/directory/directory.ts";
import { type Listing, readListing } from "../../store/directory/listing.ts";
import { testRuns } from "../runs.ts";

/** A directory that a test may restart: close it and open what it left. */
export interface OpenedDirectory extends AsyncDisposable {
  readonly directory: Directory;
  restart(): Promise<void>;
}

export type OpenDirectory = (options: DirectoryOptions) => Promise<OpenedDirectory>;

const OPTIONS: DirectoryOptions = { maxHandles: 1_000, maxInvites: 1_000 };
const NOW = 1_795_238_112;
const URL = "wire://pair?v=1&inv=abc";

const hash = (text: string): Uint8Array =>
  Uint8Array.from(createHash("sha256").update(text).digest());

function slotId(text: string): SlotId {
  const id = hash(text).toHex().slice(0, 32);
  if (!isSlotId(id)) throw new Error("not a slot id");
  return id;
}

const EMPTY: Listing = readListing(undefined);

function claimOf(nick: string, who: string, changes: Partial<Claim> = {}): Claim {
  const publicKey = hash(who);
  return {
    nick,
    did: makeDid(who, publicKey),
    publicKey,
    card: `{"card":"of ${who} é"}`,
    slotId: slotId(who),
    relayUrl: null,
    claimedAt: NOW * 1000,
    isDiscoverable: undefined,
    provedAt: undefined,
    listing: EMPTY,
    ...changes,
  };
}

const PAGE: PhonebookRequest = { after: undefined, limit: 100, vibe: undefined };

async function nicks(directory: Directory, request: Partial<PhonebookRequest> = {}) {
  const page = await directory.phonebook({ ...PAGE, ...request });
  return { nicks: page.handles.map(({ nick }) => nick), next: page.next };
}

export function directoryContract(name: string, open: OpenDirectory): void {
  const test = (
    what: string,
    body: (opened: OpenedDirectory) => Promise<void>,
    options: Partial<DirectoryOptions> = {},
  ): void => {
    Deno.test(`${name}: ${what}`, async () => {
      await using opened = await open({ ...OPTIONS, ...options });
      await body(opened);
    });
  };

  test("a claim is found as it was made, also after a restart", async (opened) => {
    const claim = claimOf("alice", "alice", { relayUrl: "https://r.example/x" });
    assert.deepEqual(await opened.directory.claim(claim), { status: "claimed" });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const { listing: _, ...expected } = claim;
      assert.deepEqual(await opened.directory.find("alice"), { ...expected, isDiscoverable: true });
      for (const other of ["Alice", "alic", "alice2", "", "a\0", "x".repeat(5000)]) {
        assert.equal(await opened.directory.find(other), undefined);
      }
    }
  });

  test("a card of 32 KiB in any script fits", async ({ directory }) => {
    const card = `{"a":"${"é😀".repeat(5460)}"}`;
    const listing = { ...EMPTY, motto: "é😀".repeat(5400) };
    await directory.claim(claimOf("alice", "alice", { card, listing }));
    assert.equal((await directory.find("alice"))?.card, card);
    const { handles } = await directory.phonebook(PAGE);
    assert.equal(handles[0]?.listing.motto, listing.motto);
  });

  test("a re-claim replaces everything but what it leaves out of discoverable", async (opened) => {
    const { directory } = opened;
    await directory.claim(claimOf("bob", "bob", { isDiscoverable: false, relayUrl: "https://a" }));
    assert.deepEqual(
      await directory.claim(
        claimOf("bob", "bob", { card: '{"new":1}', slotId: slotId("other"), claimedAt: 5000 }),
      ),
      { status: "re-claimed" },
    );
    await opened.restart();
    const found = await opened.directory.find("bob");
    assert.equal(found?.card, '{"new":1}');
    assert.equal(found?.slotId, slotId("other"));
    assert.equal(found?.relayUrl, null);
    assert.equal(found?.claimedAt, 5000);
    assert.ok(found?.isDiscoverable === false);
    assert.deepEqual((await nicks(opened.directory)).nicks, []);
    await opened.directory.claim(claimOf("bob", "bob", { isDiscoverable: true }));
    assert.deepEqual((await nicks(opened.directory)).nicks, ["bob"]);
    await opened.directory.claim(claimOf("bob", "bob"));
    assert.deepEqual((await nicks(opened.directory)).nicks, ["bob"]);
  });

  test("lesson 24: a nick stays with its key: neither the same DID nor the same key is enough", async (opened) => {
    const { directory } = opened;
    const alice = claimOf("alice", "alice");
    await directory.claim(alice);
    const thieves = [
      claimOf("alice", "mallory"),
      { ...claimOf("alice", "mallory"), did: alice.did }, // a fingerprint has only 32 bits
      { ...alice, did: claimOf("x", "other").did },
    ];
    for (const thief of thieves) {
      assert.deepEqual(await directory.claim(thief), { status: "taken", did: alice.did });
    }
    assert.deepEqual((await directory.find("alice"))?.publicKey, alice.publicKey);
    assert.equal((await directory.counts()).handle_claims_total, 1);
  });

  test("P6: a nick whose key signs where it points moves only with a later proof", async (opened) => {
    const { directory } = opened;
    const first = claimOf("alice", "alice", { provedAt: 1_000 });
    assert.deepEqual(await directory.claim(first), { status: "claimed" });
    const elsewhere: readonly Partial<Claim>[] = [
      { slotId: slotId("other") },
      { relayUrl: "https://other.example" },
    ];
    for (const changes of elsewhere) {
      for (const provedAt of [undefined, 999, 1_000]) {
        const claimed = await directory.claim({ ...first, ...changes, provedAt });
        assert.deepEqual(claimed, { status: "unproved" });
      }
    }
    assert.equal((await directory.find("alice"))?.slotId, first.slotId);
    // Where it points already anybody with the mailbox's token may say again, and it stays proved.
    const again = await directory.claim({ ...first, card: '{"new":1}', provedAt: undefined });
    assert.deepEqual(again, { status: "re-claimed" });
    await opened.restart();
    assert.equal((await opened.directory.find("alice"))?.provedAt, 1_000);
    const moved = { ...first, slotId: slotId("other"), provedAt: 1_001 };
    assert.deepEqual(await opened.directory.claim(moved), { status: "re-claimed" });
    assert.equal((await opened.directory.find("alice"))?.slotId, moved.slotId);
  });

  test("of eight first claims of one nick at once one wins", async (opened) => {
    const { directory } = opened;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => directory.claim(claimOf("alice", `agent${i}`))),
    );
    const winner = answers.findIndex(({ status }) => status === "claimed");
    const { did } = claimOf("alice", `agent${winner}`);
    answers.forEach((answer, i) => {
      if (i !== winner) assert.deepEqual(answer, { status: "taken", did });
    });
    await opened.restart();
    assert.equal((await opened.directory.find("alice"))?.did, did);
    assert.equal((await opened.directory.counts()).handles_active, 1);
  });

  test("lesson 49: handles have a ceiling that concurrent claims do not pass", async (opened) => {
    const { directory } = opened;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => directory.claim(claimOf(`nick${i}`, `agent${i}`))),
    );
    assert.equal(answers.filter(({ status }) => status === "claimed").length, 3);
    assert.equal(answers.filter(({ status }) => status === "full").length, 5);
    const claimed = answers.findIndex(({ status }) => status === "claimed");
    const again = claimOf(`nick${claimed}`, `agent${claimed}`);
    assert.deepEqual(await directory.claim(again), { status: "re-claimed" });
    await opened.restart();
    assert.deepEqual(await opened.directory.claim(claimOf("zoe", "zoe")), { status: "full" });
    assert.ok(await opened.directory.unclaim(again.nick, again.slotId));
    assert.deepEqual(await opened.directory.claim(claimOf("zoe", "zoe")), { status: "claimed" });
  }, { maxHandles: 3 });

  test("an unclaimed nick is free for anyone at once, and only its own slot unclaims it", async (opened) => {
    const { directory } = opened;
    await directory.claim(claimOf("alice", "alice"));
    assert.ok(!await directory.unclaim("alice", slotId("other")));
    assert.ok(!await directory.unclaim("nobody", slotId("alice")));
    assert.ok(await directory.unclaim("alice", slotId("alice")));
    assert.ok(!await directory.unclaim("alice", slotId("alice")));
    await opened.restart();
    assert.equal(await opened.directory.find("alice"), undefined);
    assert.deepEqual((await nicks(opened.directory)).nicks, []);
    assert.deepEqual(await opened.directory.claim(claimOf("alice", "bob")), { status: "claimed" });
    assert.deepEqual(await opened.directory.counts(), {
      handles_active: 1,
      handle_claims_total: 2,
      handle_first_claims_total: 2,
    });
  });

  test("the phonebook is sorted by bytes and leaves out whoever is not for show", async (opened) => {
    const { directory } = opened;
    for (const nick of ["b", "a_", "a-", "a0", "zz", "test-x", "demo-x", "demon", "hidden"]) {
      const isDiscoverable = nick !== "hidden";
      await directory.claim(claimOf(nick, `of-${nick}`, { isDiscoverable }));
    }
    await directory.claim(claimOf("unlisted", "unlisted", { listing: undefined }));
    await opened.restart();
    const all = ["a-", "a0", "a_", "b", "demon", "zz"];
    assert.deepEqual(await nicks(opened.directory), { nicks: all, next: undefined });
    for (const [after, from] of [["", 0], ["a-", 1], ["a1", 2], ["A", 0], ["zz", 6], ["é", 6]]) {
      assert.deepEqual(
        (await nicks(opened.directory, { after: `${after}` })).nicks,
        all.slice(Number(from)),
      );
    }
    const long = { after: `a0${"x".repeat(9000)}` };
    assert.deepEqual((await nicks(opened.directory, long)).nicks, all.slice(2));
    assert.deepEqual((await nicks(opened.directory, { after: "😀".repeat(40) })).nicks, []);
  });

  test("a page says where to go on only if more follows", async ({ directory }) => {
    for (const nick of ["aa", "bb", "cc", "demo-x"]) await directory.claim(claimOf(nick, nick));
    assert.deepEqual(await nicks(directory, { limit: 2 }), { nicks: ["aa", "bb"], next: "bb" });
    const rest = { nicks: ["cc"], next: undefined };
    assert.deepEqual(await nicks(directory, { limit: 2, after: "bb" }), rest);
    assert.equal((await nicks(directory, { limit: 3 })).next, undefined);
  });

  test("a vibe is one string of the list, in any case of ASCII letters", async ({ directory }) => {
    const listing = (vibe: Listing["vibe"]): Listing => ({ ...EMPTY, vibe });
    const vibes = {
      aa: ["Nocturnal", new JsonNumber("5")],
      bb: "nocturnal",
      cc: ["day", "NOCTURNAL"],
    };
    for (const [nick, vibe] of Object.entries(vibes)) {
      await directory.claim(claimOf(nick, nick, { listing: listing(vibe) }));
    }
    assert.deepEqual((await nicks(directory, { vibe: "nocturnal" })).nicks, ["aa", "cc"]);
    assert.deepEqual(await nicks(directory, { vibe: "nocturnal", limit: 1 }), {
      nicks: ["aa"],
      next: "aa",
    });
    assert.deepEqual(await nicks(directory, { vibe: "", limit: 1 }), {
      nicks: [],
      next: undefined,
    });
  });

  test("profiles come back verbatim, numbers too, and large ones make short pages", async (opened) => {
    const { directory } = opened;
    const listing = { ...EMPTY, now: { n: new JsonNumber("1.50") }, motto: "x".repeat(30_000) };
    for (let i = 100; i < 180; i++) await directory.claim(claimOf(`n${i}`, `a${i}`, { listing }));
    await opened.restart();
    const page = await opened.directory.phonebook({ ...PAGE, limit: 500 });
    assert.equal(printJson({ ...page.handles[0]?.listing }), printJson(listing));
    assert.ok(page.handles.length > 60 && page.handles.length < 80);
    assert.equal(page.next, page.handles.at(-1)?.nick);
    const rest = await nicks(opened.directory, { limit: 500, after: page.next });
    assert.equal(page.handles.length + rest.nicks.length, 80);
  });

  const invite = (token: string, uses: number | null, expiresUnix = NOW + 60) => ({
    token,
    url: URL,
    expiresUnix,
    uses,
  });
  const use = { nowUnix: NOW, isUse: true };

  test("an invite's uses are spent once each, whatever happens in between", async (opened) => {
    assert.equal(await opened.directory.registerInvite(invite("t", 3), NOW), "registered");
    assert.equal(await opened.directory.registerInvite(invite("t", 9), NOW), "taken");
    const look = { nowUnix: NOW, isUse: false };
    assert.deepEqual(await opened.directory.readInvite("t", look), { status: "found", url: URL });
    assert.equal((await opened.directory.readInvite("t", use)).status, "found");
    await opened.restart();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => opened.directory.readInvite("t", use)),
    );
    assert.equal(answers.filter(({ status }) => status === "found").length, 2);
    assert.equal(answers.filter(({ status }) => status === "used_up").length, 6);
    await opened.restart();
    assert.deepEqual(await opened.directory.readInvite("t", look), { status: "used_up" });
    assert.deepEqual(await opened.directory.readInvite("u", use), { status: "unknown" });
  });

  test("uses may be none, or without end", async ({ directory }) => {
    await directory.registerInvite(invite("none", 0), NOW);
    await directory.registerInvite(invite("any", null), NOW);
    assert.deepEqual(await directory.readInvite("none", use), { status: "used_up" });
    for (let i = 0; i < 5; i++) {
      assert.equal((await directory.readInvite("any", use)).status, "found");
    }
  });

  test("an invite ends in its last second, and is forgotten a day later", async (opened) => {
    await opened.directory.registerInvite(invite("t", 0), NOW);
    await opened.restart();
    const at = async (nowUnix: number) =>
      (await opened.directory.readInvite("t", { nowUnix, isUse: true })).status;
    assert.equal(await at(NOW + 59), "used_up");
    assert.equal(await at(NOW + 60), "expired");
    await opened.directory.sweepInvites(NOW + 59 + INVITE_MEMORY_SECONDS);
    assert.equal(await at(NOW + 60), "expired");
    await opened.directory.sweepInvites(NOW + 60 + INVITE_MEMORY_SECONDS);
    assert.equal(await at(NOW + 60), "unknown");
  });

  test("lesson 49: invites have a ceiling, and the expired make room", async (opened) => {
    const { directory } = opened;
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, i) => directory.registerInvite(invite(`t${i}`, 1), NOW)),
    );
    assert.equal(answers.filter((answer) => answer === "registered").length, 120);
    assert.equal(answers.filter((answer) => answer === "full").length, 30);
    await opened.restart();
    const register = (token: string, now: number) =>
      opened.directory.registerInvite(invite(token, 1, NOW + 200), now);
    assert.equal(await register("x", NOW + 59), "full");
    for (let i = 0; i < 120; i++) assert.equal(await register(`y${i}`, NOW + 60), "registered");
    assert.equal(await register("z", NOW + 60), "full");
  }, { maxInvites: 120 });

  Deno.test(`${name}: P1: any history of claims, unclaims and restarts behaves as a map`, async () => {
    const nick = fc.constantFrom("aa", "bb", "cc");
    const who = fc.constantFrom("ann", "ben");
    const step = fc.oneof(
      fc.record({ tag: fc.constant("claim"), nick, who }),
      fc.record({ tag: fc.constant("unclaim"), nick, who }),
      fc.record({ tag: fc.constant("restart"), nick, who }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using opened = await open({ maxHandles: 2, maxInvites: 1 });
        const model = new Map<string, string>();
        for (const { tag, nick, who } of steps) {
          if (tag === "restart") await opened.restart();
          else if (tag === "unclaim") {
            const isTheirs = model.get(nick) === who;
            assert.equal(await opened.directory.unclaim(nick, slotId(who)), isTheirs);
            if (isTheirs) model.delete(nick);
          } else {
            const holder = model.get(nick);
            const { status } = await opened.directory.claim(claimOf(nick, who));
            if (holder !== undefined) assert.equal(status, holder === who ? "re-claimed" : "taken");
            else assert.equal(status, model.size < 2 ? "claimed" : "full");
            if (status === "claimed") model.set(nick, who);
          }
          assert.deepEqual((await nicks(opened.directory)).nicks, [...model.keys()].sort());
          assert.equal((await opened.directory.counts()).handles_active, model.size);
        }
      }),
      { numRuns: testRuns(10) },
    );
  });
}
