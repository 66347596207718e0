import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { openHome } from "./home.ts";

function world() {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  return { files: platform.files, home: openHome(platform) };
}

const record = (code: string, created_at = "2026-01-01T00:00:00Z"): PendingPair => ({
  status: "request_host",
  code,
  code_hash: "ab".repeat(32),
  relay_url: "http://relay.test",
  role: "host",
  sas: null,
  peer_did: null,
  created_at,
  last_error: null,
  pair_id: null,
  our_slot_id: null,
  our_slot_token: null,
  spake2_seed_b64: null,
});

Deno.test("a record is written in the order of 0.5.19, to a file named after its code", async () => {
  const { files, home } = world();
  await home.pendingPairs.create(record("72-FP25AS"));
  const text = await files.readText("/h/state/wire/pending-pair/72-FP25AS.json") ?? "";
  assert.deepEqual(
    [...text.matchAll(/^ {2}"(\w+)":/gm)].map((match) => match[1]),
    (
      "code code_hash role relay_url status sas peer_did created_at last_error pair_id " +
      "our_slot_id our_slot_token spake2_seed_b64"
    ).split(" "),
  );
  assert.equal((await files.stat("/h/state/wire/pending-pair/72-FP25AS.json"))?.mode, 0o600);
  assert.deepEqual(await home.pendingPairs.read("72-FP25AS"), record("72-FP25AS"));
});

Deno.test("a code cannot lead out of its directory", () => {
  const { home } = world();
  assert.equal(
    home.pendingPairs.path("../../x/72"),
    "/h/state/wire/pending-pair/______x_72.json",
  );
});

Deno.test("a second record of one code is refused, and the first stands", async () => {
  const { home } = world();
  await home.pendingPairs.create(record("72-FP25AS"));
  await assert.rejects(home.pendingPairs.create(record("72-FP25AS", "later")), {
    code: "conflict",
  });
  assert.deepEqual(await home.pendingPairs.read("72-FP25AS"), record("72-FP25AS"));
});

Deno.test("lesson 23: an update starts from what is on the disk", async () => {
  const { home } = world();
  await home.pendingPairs.create(record("72-FP25AS"));
  await Promise.all([
    home.pendingPairs.update("72-FP25AS", (pair) => ({ ...pair, status: "polling" })),
    home.pendingPairs.update("72-FP25AS", (pair) => ({ ...pair, pair_id: "p" })),
  ]);
  const pair = await home.pendingPairs.read("72-FP25AS");
  assert.equal(pair?.status, "polling");
  assert.equal(pair?.pair_id, "p");
});

Deno.test("an update of what is not there, or of nothing, writes nothing", async () => {
  const { files, home } = world();
  const never = (): PendingPair => assert.fail("there is nothing to change");
  assert.equal(await home.pendingPairs.update("72-FP25AS", never), undefined);
  await home.pendingPairs.create(record("72-FP25AS"));
  const before = files.texts();
  await home.pendingPairs.update("72-FP25AS", () => undefined);
  assert.deepEqual(files.texts(), before);
});

Deno.test("the list is the oldest first, and a broken record does not hide the others", async () => {
  const { files, home } = world();
  await home.pendingPairs.create(record("10-AAAAAA", "2026-01-02T00:00:00Z"));
  await home.pendingPairs.create(record("20-BBBBBB", "2026-01-01T00:00:00Z"));
  for (const [name, text] of [["30-C.json", '{"code":'], ["40-D.json", '{"code":"40-D"}']]) {
    await files.writeAtomic(`/h/state/wire/pending-pair/${name}`, text ?? "", { point: "t.p" });
  }
  const problems: string[] = [];
  const pairs = await home.pendingPairs.list((problem) => problems.push(problem.message));
  assert.deepEqual(pairs.map((pair) => pair.code), ["20-BBBBBB", "10-AAAAAA"]);
  assert.equal(problems.length, 2);
  for (const problem of problems) assert.match(problem, /^Cannot read "\/h\/[^\n]*\.json": /);
  await assert.rejects(home.pendingPairs.read("30-C"), WireError);
});

Deno.test("a record in another record's place, or with digits that are none, is unreadable", async () => {
  const { files, home } = world();
  await home.pendingPairs.create(record("72-FP25AS"));
  const path = home.pendingPairs.path("72-FP25AS");
  for (
    const wrong of [
      record("10-AAAAAA"),
      record("72\u001bFP25AS"),
      { ...record("72-FP25AS"), sas: "\u001b[2J" },
    ]
  ) {
    await files.writeAtomic(path, JSON.stringify(wrong), { point: "t.p" });
    await assert.rejects(home.pendingPairs.read("72-FP25AS"), {
      code: "unreadable",
      message: /^Cannot read "[^"]*72-FP25AS\.json": [ -~]+$/,
    });
  }
});

Deno.test("a removed record is gone, and removing it again says so", async () => {
  const { home } = world();
  await home.pendingPairs.create(record("72-FP25AS"));
  assert.ok(await home.pendingPairs.remove("72-FP25AS"));
  assert.ok(!await home.pendingPairs.remove("72-FP25AS"));
  assert.deepEqual(await home.pendingPairs.list(), []);
});
