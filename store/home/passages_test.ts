import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { openHome } from "./home.ts";
import { lastPassages, MAX_PASSAGES_BYTES, recordPassage } from "./passages.ts";

const FILE = "/h/state/wire/passages.jsonl";
const fresh = () => fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
const about = (subject: string) =>
  ({ op: "pair_accept", face: "mcp", proof: "unproved", subject }) as const;

Deno.test("P4: passages are told newest first, closed to others, and lines that are none are counted", async () => {
  const platform = fresh();
  const home = openHome(platform);
  assert.deepEqual(await lastPassages(home, 5), { passages: [], unreadable: 0 });
  await recordPassage(home, about("did:wire:one"));
  for (const line of ['{"op":"x"}', "nonsense", '{"torn']) {
    await platform.files.append(FILE, line + (line.endsWith("n") ? "" : "\n"), { point: "test" });
  }
  await recordPassage(home, about("did:wire:two"));
  const { passages, unreadable } = await lastPassages(home, 10);
  assert.deepEqual(passages.map(({ subject }) => subject), ["did:wire:two", "did:wire:one"]);
  assert.equal(unreadable, 3);
  assert.equal((await lastPassages(home, 1)).passages.length, 1);
  assert.equal((await platform.files.stat(FILE))?.mode, 0o600);
});

Deno.test("P4: what is no line of text is not recorded, so nobody passes under it", async () => {
  const home = openHome(fresh());
  for (const subject of ["", "a\nb", "\u001b[2J", "x".repeat(257)]) {
    await assert.rejects(recordPassage(home, about(subject)));
  }
  assert.deepEqual((await lastPassages(home, 5)).passages, []);
});

Deno.test("P8: passages are two files of bounded size, and the newest are never the ones that go", async () => {
  const platform = fresh();
  const home = openHome(platform);
  await recordPassage(home, about("did:wire:old"));
  const [line = ""] = (await platform.files.readText(FILE) ?? "").split("\n");
  const many = `${line}\n`.repeat(Math.ceil(MAX_PASSAGES_BYTES / line.length));
  await platform.files.append(FILE, many, { point: "test" });
  await recordPassage(home, about("did:wire:new"));
  assert.ok(((await platform.files.stat(FILE))?.size ?? 0) < 1_000);
  assert.ok(((await platform.files.stat(`${FILE}.1`))?.size ?? 0) <= 2 * MAX_PASSAGES_BYTES);
  const { passages } = await lastPassages(home, 2);
  assert.deepEqual(passages.map(({ subject }) => subject), ["did:wire:new", "did:wire:old"]);
});

Deno.test("P1: killed at home.passage, the line is there or not, and the others are", async () => {
  for (const moment of ["before", "after"] as const) {
    const platform = fresh();
    await recordPassage(openHome(platform), about("did:wire:one"));
    const files = new FaultFiles(platform.files).crashAt({ point: "home.passage" }, moment);
    const dying = openHome({ ...platform, files });
    await assert.rejects(recordPassage(dying, about("did:wire:two")), Crash);
    const { passages } = await lastPassages(openHome(platform), 5);
    assert.equal(passages.length, moment === "after" ? 2 : 1);
  }
});
