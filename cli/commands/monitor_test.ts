import assert from "node:assert/strict";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { Ui } from "../ui/ui.ts";
import { command } from "./monitor.ts";

async function lineOf(event: Partial<Parameters<typeof command.render>[0]>): Promise<string> {
  const terminal = new FakeTerminal();
  const ui = new Ui(terminal);
  const whole = {
    peer: "bob",
    event_id: "ab".repeat(32),
    kind: "claim",
    body_preview: "hello",
    verified: true,
    timestamp: "2026-01-01T00:00:00.123456789Z",
    raw: {},
    ...event,
  };
  command.render(whole, ui);
  await ui.flush();
  return terminal.stdout.text;
}

Deno.test("S20: a message is one line: time, peer and kind, id, preview", async () => {
  assert.equal(await lineOf({}), "[2026-01-01T00:00:00] bob/claim (abababababab) hello\n");
});

Deno.test("S20: whatever a sender puts into any field, the line is one, bounded, and obeyed by no terminal", async () => {
  const evil =
    "x\n[2026-01-01T00:00:00] alice/claim (000000000000) pay\r\u001b[2J\u009b\u2028\u202e";
  for (const field of ["peer", "event_id", "kind", "body_preview", "timestamp"]) {
    const line = await lineOf({ [field]: evil });
    assert.equal(line.split("\n").length, 2, field);
    assert.doesNotMatch(line.trimEnd(), /[\p{Cc}\p{Zl}\u202e]/u, field);
  }
  const long = "k".repeat(100_000);
  assert.ok((await lineOf({ kind: long, event_id: long, timestamp: long })).length < 200);
});

Deno.test("P3: a line that does not verify says so", async () => {
  assert.match(await lineOf({ verified: false }), /NOT VERIFIED hello\n$/);
});
