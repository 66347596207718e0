import assert from "node:assert/strict";
import fc from "fast-check";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { WireError } from "../../protocol/errors.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { testRuns } from "../../tests/runs.ts";
import { openHome } from "./home.ts";
import { failure } from "../../tests/failure.ts";

const CONFIG = "/h/config/wire";

// What 0.5.19 wrote (docs/protocol/identity-and-events.md §29), with our capabilities.
const ALICE_SEED = "df86940505f9591a9391a8723da5fb27266f8699611eb3de2fe3ce62421a3a25";
const ALICE_CARD = `{
  "capabilities": [
    "wire/v3.1",
    "wire/receipts-1",
    "wire/thread-1"
  ],
  "did": "did:wire:alice-5580ba5a",
  "handle": "alice",
  "name": "Alice",
  "policies": {
    "max_message_body_kb": 64
  },
  "schema_version": "v3.1",
  "signature": "hQPL97ml++9YrU3vsdG1g7P3C2kRhHwHY8wLr4a29/xbxjcWTSiDmMPZWY7GyUS6UmkMzaYy+xWLl/bGfo4YCA==",
  "verify_keys": {
    "ed25519:alice:5580ba5a": {
      "active": true,
      "alg": "ed25519",
      "key": "nASLwDzvGbwJS+7SQ1wv16rSFymrzeumL5xK6U2J2tg="
    }
  }
}`;

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

function freshHome() {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  return { platform, home: openHome(platform) };
}

async function initializedHome() {
  const made = freshHome();
  await made.home.createIdentity({ handle: handle("alice") });
  return made;
}

Deno.test("lesson 33: looking at an empty home creates nothing", async () => {
  const { platform, home } = freshHome();
  assert.ok(!await home.isInitialized());
  assert.equal((await failure(home.readIdentity())).code, "not_initialized");
  assert.deepEqual([...(await home.readTrust()).agents.keys()], []);
  assert.deepEqual(await home.readRelayState(), { self: null, peers: {} });
  assert.deepEqual(await home.pendingPairs.list(), []);
  assert.deepEqual(platform.files.texts(), {});
  assert.equal(await platform.files.stat("/h"), undefined);
});

Deno.test("init writes the key as raw bytes, and card and trust as 0.5.19 does", async () => {
  const { platform: { files }, home } = freshHome();
  await files.ensureDirectory(CONFIG);
  // An interrupted init leaves its key; the next attempt goes on with it.
  await files.createNew(home.file.privateKey, Uint8Array.fromHex(ALICE_SEED), {
    point: "test.key",
  });
  const identity = await home.createIdentity({ handle: handle("alice") });
  assert.equal(identity.did, "did:wire:alice-5580ba5a");
  assert.equal(identity.keyId, "alice:5580ba5a");
  assert.equal((await files.readBytes(home.file.privateKey))?.toHex(), ALICE_SEED);
  assert.equal(await files.readText(home.file.card), ALICE_CARD);
  assert.equal(
    await files.readText(home.file.trust),
    prettyJson({
      agents: {
        alice: {
          did: "did:wire:alice-5580ba5a",
          public_keys: [{
            active: true,
            added_at: "2026-01-01T00:00:00Z",
            key: "nASLwDzvGbwJS+7SQ1wv16rSFymrzeumL5xK6U2J2tg=",
            key_id: "alice:5580ba5a",
          }],
          tier: "ATTESTED",
        },
      },
      version: 1,
    }).replace("2026-01-01T00:00:00Z", addedAt(await files.readText(home.file.trust))),
  );
});

const addedAt = (trust: string | undefined): string =>
  trust?.match(/"added_at": "([^"]+)"/)?.[1] ?? "";

Deno.test("a home that 0.5.19 made is read as it is", async () => {
  const { platform: { files }, home } = freshHome();
  await files.ensureDirectory(CONFIG);
  await files.writeAtomic(home.file.privateKey, Uint8Array.fromHex(ALICE_SEED), { point: "t.k" });
  await files.writeAtomic(home.file.card, ALICE_CARD, { point: "t.c" });
  const identity = await home.readIdentity();
  assert.equal(identity.handle, "alice");
  assert.equal(identity.fingerprint, "5580ba5a");
  assert.deepEqual(identity.capabilities, ["wire/v3.1", "wire/receipts-1", "wire/thread-1"]);
});

Deno.test("lesson 18: every file of a home is 0600 and its roots 0700, also those made by others", async () => {
  const { platform: { files }, home } = freshHome();
  await files.ensureDirectory(CONFIG, 0o755);
  await files.ensureDirectory("/h/state/wire", 0o755);
  await home.createIdentity({ handle: handle("alice") });
  await home.updateRelayState("test", (state) => ({ ...state, peers: {} }));
  for (const root of [CONFIG, "/h/state/wire"]) {
    assert.equal((await files.stat(root))?.mode, 0o700, root);
  }
  const names = Object.keys(files.texts());
  assert.ok(names.length >= 4);
  for (const name of names) assert.equal((await files.stat(name))?.mode, 0o600, name);
});

Deno.test("S28: an identity survives by copying its home", async () => {
  const { platform, home } = await initializedHome();
  const env = new FakeEnv({ variables: { WIRE_HOME: "/copy" } });
  const copy = fakePlatform({ env });
  for (const [file, content] of Object.entries(platform.files.texts())) {
    const target = file.replace(/^\/h\//, "/copy/");
    await copy.files.ensureDirectory(target.slice(0, target.lastIndexOf("/")));
    const bytes = await platform.files.readBytes(file);
    await copy.files.writeAtomic(target, bytes ?? content, { point: "test" });
  }
  const [original, copied] = [await home.readIdentity(), await openHome(copy).readIdentity()];
  assert.equal(copied.did, original.did);
  assert.deepEqual(copied.keys.seed, original.keys.seed);
});

Deno.test("a second init is refused and changes nothing", async () => {
  const { platform: { files }, home } = await initializedHome();
  const before = files.texts();
  const error = await failure(home.createIdentity({ handle: handle("bob") }));
  assert.equal(error.code, "already_initialized");
  assert.match(error.message, /^already initialized/);
  assert.deepEqual(files.texts(), before);
});

Deno.test("two inits at once make one identity", async () => {
  const { home } = freshHome();
  const attempts = ["alice", "bob"].map((name) => home.createIdentity({ handle: handle(name) }));
  const results = await Promise.allSettled(attempts);
  assert.deepEqual(results.map((result) => result.status).sort(), ["fulfilled", "rejected"]);
  const made = results.find((result) => result.status === "fulfilled");
  assert.equal((await home.readIdentity()).did, made?.value.did);
});

Deno.test("lesson 13: a rewrite of relay.json keeps what this version does not know", async () => {
  const { platform: { files }, home } = await initializedHome();
  await files.writeAtomic(
    home.file.relayState,
    `{"later":{"n":1.0,"big":9007199254740993},"peers":{"bob":{"slot_token":"","nostr":[1e3]}},` +
      `"self":{"relay_url":"http://r","cursors":{"a":"b"},"slot_id":"x","slot_token":"y"}}`,
    { point: "t.r" },
  );
  await home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...state.self, last_pulled_event_id: "c" },
  }));
  assert.equal(
    await files.readText(home.file.relayState),
    `{
  "later": {
    "big": 9007199254740993,
    "n": 1.0
  },
  "peers": {
    "bob": {
      "nostr": [
        1e3
      ],
      "slot_token": ""
    }
  },
  "self": {
    "cursors": {
      "a": "b"
    },
    "last_pulled_event_id": "c",
    "relay_url": "http://r",
    "slot_id": "x",
    "slot_token": "y"
  }
}`,
  );
});

Deno.test("lesson 23: rewrites at once are all there", async () => {
  const { home } = await initializedHome();
  const names = Array.from({ length: 12 }, (_, i) => `peer${i}`);
  await Promise.all(names.map((name) =>
    home.updateRelayState(name, (state) => ({
      ...state,
      peers: { ...state.peers, [name]: { slot_token: "" } },
    }))
  ));
  assert.deepEqual(Object.keys((await home.readRelayState()).peers).sort(), names.sort());
});

Deno.test("lesson 43: a held lock is waited for ten seconds, and the error names its holder", async () => {
  const { platform: { files, clock }, home } = await initializedHome();
  await using _held = await files.lock(home.file.relayLock, { owner: "wire pull", deadlineMs: 0 });
  const waiting = failure(home.updateRelayState("test", (state) => state));
  await clock.advance(10_100);
  const error = await waiting;
  assert.equal(error.code, "locked");
  assert.match(error.message, /relay\.lock.*held by wire pull \(pid 4242\)/);
});

Deno.test("lesson 11: a broken trust.json stops, is named, and is not overwritten", async () => {
  const { platform: { files }, home } = await initializedHome();
  await files.writeAtomic(home.file.trust, '{"agents":{"bob"', { point: "t.t" });
  for (const work of [home.readTrust(), home.updateTrust("test", (store) => store)]) {
    const error = await failure(work);
    assert.equal(error.code, "unreadable");
    assert.match(error.message, /^Cannot read "\/h\/config\/wire\/trust\.json": /);
  }
  assert.equal(await files.readText(home.file.trust), '{"agents":{"bob"');
});

Deno.test("a state that is no relay.json is never written", async () => {
  const { platform: { files }, home } = await initializedHome();
  const error = await failure(
    home.updateRelayState("test", (state) => ({ ...state, later: () => 1 })),
  );
  assert.equal(error.code, "write_failed");
  assert.equal(await files.stat(home.file.relayState), undefined);
});

Deno.test("a card of another key, or with another key's DID, is not taken for ours", async () => {
  const { platform: { files }, home } = await initializedHome();
  const other = makeCard({ handle: "alice", keys: keyPairFromSeed(new Uint8Array(32).fill(7)) });
  await files.writeAtomic(home.file.card, prettyJson(other), { point: "t.c" });
  const error = await failure(home.readIdentity());
  assert.equal(error.code, "unreadable");
  assert.match(error.message, /agent-card\.json.*another key/);
});

Deno.test("a private key of another length is named, and init does not replace it", async () => {
  const { platform: { files }, home } = freshHome();
  await files.ensureDirectory(CONFIG);
  await files.writeAtomic(home.file.privateKey, new Uint8Array(31), { point: "t.k" });
  const error = await failure(home.createIdentity({ handle: handle("alice") }));
  assert.match(error.message, /private\.key": private key file has wrong length \(31 != 32\)/);
  assert.equal((await files.readBytes(home.file.privateKey))?.length, 31);
});

Deno.test("P7: a card without its private key stops init too, so that no dead key stays with the peers", async () => {
  const { platform: { files }, home } = await initializedHome();
  await files.remove(home.file.privateKey, { point: "test" });
  const before = files.texts();
  assert.match((await failure(home.readIdentity())).message, /not initialized.*private\.key/);
  const again = await failure(home.createIdentity({ handle: handle("alice") }));
  assert.equal(again.code, "not_initialized");
  assert.deepEqual(files.texts(), before);
});

Deno.test("any bytes in any file of a home: one line that names the file, and the bytes stay", async () => {
  const { platform: { files }, home } = await initializedHome();
  const good = await files.readText(home.file.card) ?? "";
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.nat(good.length - 1).map((length) => good.slice(0, length)),
    fc.constantFrom(
      "",
      "null",
      "[]",
      '{"agents":[]}',
      '{"peers":7}',
      "[".repeat(5_000),
      "\ufeff{}",
    ),
  );
  const readers = [
    { file: home.file.card, read: () => home.readIdentity() },
    { file: home.file.trust, read: () => home.updateTrust("test", (store) => store) },
    { file: home.file.relayState, read: () => home.updateRelayState("test", (state) => state) },
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...readers), texts, async ({ file, read }, text) => {
      const before = await files.readText(file);
      await files.writeAtomic(file, text, { point: "t.any" });
      try {
        await read();
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        assert.equal(error.code, "unreadable");
        assert.ok(error.message.startsWith(`Cannot read "${file}": `), error.message);
        assert.doesNotMatch(error.message, /\n/);
        assert.equal(await files.readText(file), text);
      }
      await files.writeAtomic(file, before ?? '{"self":null,"peers":{}}', { point: "t.back" });
    }),
    { numRuns: testRuns(200) },
  );
});
