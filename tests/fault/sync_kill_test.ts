/**
 * The process dies at every durable step of sending, posting, fetching and storing, is started
 * again, and nothing is lost or doubled. The steps are not listed here: they are what the source
 * names (`point: "…"`), and a point that no run reaches fails the last test.
 */
import assert from "node:assert/strict";
import type { CrashMoment } from "../../platform/fault_files.ts";
import { COVERED_ELSEWHERE } from "./points.ts";
import { scenario } from "./sync_scenario.ts";

const reached = new Set<string>();
const clean = await scenario();

for (const who of ["alice", "bob"] as const) {
  Deno.test(`P1: ${who} is killed at every durable step: nothing lost, nothing doubled`, async () => {
    for (const step of clean[who].allSteps()) {
      const tears = step.operation === "append" || step.operation === "overwrite";
      const moments: CrashMoment[] = tears ? ["before", "torn", "after"] : ["before", "after"];
      for (const moment of moments) {
        try {
          const { alice, bob } = await scenario({
            who,
            inject: (files) => void files.crashAt(step.index, moment),
          });
          for (const { point } of [...alice.allSteps(), ...bob.allSteps()]) reached.add(point);
        } catch (cause) {
          throw new Error(`killed ${moment} step ${step.index}, ${step.point}`, { cause });
        }
      }
    }
  });
}

Deno.test("P1: every durable step in store/, client/, ipc/, daemon/ and mcp/ has a kill case", async () => {
  const root = new URL("../../", import.meta.url);
  const points = new Map<string, string>();
  for (const folder of ["store/", "client/", "ipc/", "daemon/", "mcp/"]) {
    for await (const file of sources(new URL(folder, root))) {
      const text = await Deno.readTextFile(file);
      for (const [, point = ""] of text.matchAll(/\bpoint:\s*"([^"]+)"/g)) {
        const name = file.pathname.slice(root.pathname.length);
        const other = points.get(point);
        assert.ok(other === undefined || other === name, `${point} is in ${other} and ${name}`);
        points.set(point, name);
      }
    }
  }
  assert.ok(points.size > 10);
  const uncovered: string[] = [];
  for (const [point, file] of points) {
    const elsewhere = COVERED_ELSEWHERE[point];
    if (elsewhere === undefined) {
      if (!reached.has(point)) uncovered.push(`${point} (${file})`);
      continue;
    }
    assert.ok(!reached.has(point), `${point} is reached here: take it off the list`);
    const test = await Deno.readTextFile(new URL(elsewhere, root));
    assert.ok(test.includes(point), `${elsewhere} does not name ${point}`);
  }
  assert.deepEqual(uncovered, []);
  assert.deepEqual(Object.keys(COVERED_ELSEWHERE).filter((point) => !points.has(point)), []);
});

/** What ships: neither tests nor fakes, which only tests run. */
async function* sources(directory: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name === "fake") continue;
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), directory);
    if (entry.isDirectory) yield* sources(url);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts")) yield url;
  }
}
