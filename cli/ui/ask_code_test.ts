import assert from "node:assert/strict";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { askForCode } from "./ask_code.ts";

function onTerminal(): FakeTerminal {
  const terminal = new FakeTerminal();
  terminal.stdin.isTerminal = true;
  terminal.stderr.isTerminal = true;
  return terminal;
}

Deno.test("through a pipe the code is the next line, and nothing is asked", async () => {
  const terminal = new FakeTerminal();
  terminal.stdin.type("4821-apple-river-stone\ny\n");
  assert.equal(await askForCode({ terminal }), "4821-apple-river-stone");
  assert.equal(await terminal.stdin.readLine(), "y");
  assert.equal(terminal.stderr.text, "");
});

Deno.test("no code at the end of input is a usage error", async () => {
  for (const terminal of [new FakeTerminal(), onTerminal()]) {
    terminal.stdin.end();
    await assert.rejects(askForCode({ terminal }), { code: "usage" });
  }
});

Deno.test("on a terminal a slip is said, and the line stays to be mended", async () => {
  const terminal = onTerminal();
  const asking = askForCode({ terminal });
  terminal.stdin.type("4821-apple-rivver-stone\r");
  await terminal.stderr.until(/word 2 is not in the list/);
  terminal.stdin.type("\u007f".repeat("ver-stone".length) + "er-stone\r");
  assert.equal(await asking, "4821-apple-river-stone");
});

Deno.test("on a terminal the words that Tab may mean are shown, and Ctrl-C ends it", async () => {
  const terminal = onTerminal();
  const asking = askForCode({ terminal });
  terminal.stdin.type("4821-abs\t");
  await terminal.stderr.until(/absent absorb abstract absurd/);
  terminal.stdin.type("u\t");
  await terminal.stderr.until(/4821-absurd-/);
  terminal.stdin.type("\u0003");
  await assert.rejects(asking, { code: "interrupted" });
});
