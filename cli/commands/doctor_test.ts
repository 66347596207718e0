import assert from "node:assert/strict";
import { livingWorld } from "../../client/fake/world.ts";
import { runProgram } from "../program.ts";

async function said(args: readonly string[], relayState?: string): Promise<string> {
  const { platform, home } = await livingWorld();
  if (relayState !== undefined) {
    await platform.files.writeAtomic(home.file.relayState, relayState, { point: "test" });
  }
  assert.equal(await runProgram(["doctor", ...args], platform), 1, "something failed");
  return platform.terminal.stdout.text;
}

Deno.test("doctor: for people what fails comes with what mends it, and a count ends it", async () => {
  const text = await said([]);
  assert.match(text, /^wire doctor: \d+ checks\n {2}✗ \[FAIL\] daemon: nothing is running/);
  assert.match(text, /\n {6}fix: wire daemon\n/);
  assert.match(text, /\n1 FAIL, \d+ WARN\n$/);
  assert.doesNotMatch(text, /looks at:/);
  assert.match(await said(["--verbose"]), /\n {6}looks at: whether one daemon, and no more,/);
});

Deno.test("doctor: a file that hides the answers of many checks is told in one line", async () => {
  const text = await said([], "[]");
  const lines = text.split("\n").filter((line) => line.includes("could not be judged"));
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(
    lines[0] ?? "",
    /^ {2}! \[WARN\] cursor, .*, peers_reach: could not be judged: .*relay\.json/,
  );
  const { checks } = JSON.parse(await said(["--json"], "[]"));
  assert.ok(checks.length >= 35, "programs are told each by itself");
});
