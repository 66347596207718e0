import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { withProgress } from "./progress.ts";
import { BrokenPipe, Ui } from "./ui.ts";

function terminalOf(columns: number): FakeTerminal {
  const terminal = new FakeTerminal();
  for (const stream of [terminal.stdout, terminal.stderr]) {
    stream.isTerminal = true;
    stream.columns = columns;
  }
  return terminal;
}

Deno.test("ui: results go to stdout, everything else to stderr, piped without colour or cuts", async () => {
  const terminal = new FakeTerminal();
  const ui = new Ui(terminal);
  ui.table(["A"], [["x".repeat(200)]]);
  ui.note("a note ".repeat(40));
  ui.field("did", "did:wire:bob");
  await ui.flush();
  assert.equal(terminal.stdout.text, `A\n${"x".repeat(200)}\ndid:            did:wire:bob\n`);
  assert.equal(terminal.stderr.text, `${"a note ".repeat(40)}\n`);
});

Deno.test("ui: on a terminal of 60 columns nothing is wider, and colour is the terminal's choice", async () => {
  const terminal = terminalOf(60);
  const ui = new Ui(terminal);
  ui.table(["A", "B"], [["x".repeat(50), "y".repeat(50)]]);
  ui.note("word ".repeat(30).trim());
  await ui.flush();
  for (const line of (terminal.stdout.text + terminal.stderr.text).split("\n")) {
    assert.ok(line.length <= 60, line);
  }
  assert.ok(!terminal.stdout.text.includes("\u001b"));
  terminal.coloured = true;
  assert.ok(ui.style("red", "x").startsWith("\u001b[31mx"));
});

Deno.test("ui: a closed pipe is told once, and the other stream still works", async () => {
  const terminal = new FakeTerminal();
  terminal.stdout.closed = true;
  const ui = new Ui(terminal);
  ui.line("lost");
  await assert.rejects(ui.flush(), BrokenPipe);
  ui.line("lost too");
  ui.error("error: heard");
  await ui.flush();
  assert.equal(terminal.stderr.text, "error: heard\n");
});

Deno.test("ui: a full disk behind stdout is an error, not a closed pipe", async () => {
  const terminal = new FakeTerminal();
  terminal.stdout.write = () =>
    Promise.reject(new WireError("write_failed", "Cannot write output"));
  const ui = new Ui(terminal);
  ui.line("lost");
  await assert.rejects(ui.flush(), { code: "write_failed" });
});

Deno.test("ui: what takes more than a second says so on a terminal, and leaves no trace", async () => {
  const terminal = terminalOf(80);
  const clock = new FakeClock();
  const ui = new Ui(terminal);
  const work = Promise.withResolvers<number>();
  const waiting = withProgress(work.promise, { ui, clock, label: "push" });
  await clock.advance(900);
  await ui.flush();
  assert.equal(terminal.stderr.text, "");
  await clock.advance(1_200);
  await ui.flush();
  assert.match(terminal.stderr.text, /push \(1 s\).*push \(2 s\)/s);
  work.resolve(7);
  assert.equal(await waiting, 7);
  await ui.flush();
  assert.ok(terminal.stderr.text.endsWith("\r\u001b[2K"));
  assert.equal(terminal.stdout.text, "");
});

Deno.test("ui: where stderr is no terminal nothing spins", async () => {
  const terminal = new FakeTerminal();
  const clock = new FakeClock();
  const ui = new Ui(terminal);
  const work = Promise.withResolvers<void>();
  const waiting = withProgress(work.promise, { ui, clock, label: "push" });
  await clock.advance(5_000);
  work.resolve();
  await waiting;
  await ui.flush();
  assert.equal(terminal.stderr.text, "");
});
