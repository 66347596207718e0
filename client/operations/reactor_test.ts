import assert from "node:assert/strict";
import type { EventInput } from "../../protocol/event/event.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { ShellEnd } from "../../platform/shell.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, MailWorld, type Party, restarted } from "../../tests/fault/mail_world.ts";
import { reactor } from "./reactor.ts";

async function people() {
  const { alice, bob } = await new MailWorld().paired();
  const { context: { home }, platform: { databases, shell }, disk } = bob;
  const { stateRoot } = home.paths;
  const receive = async (input: Partial<EventInput> = {}) => {
    const event = eventFrom(alice, bob, input);
    await new InboxWriter({ files: disk, databases, stateRoot }).store(alice.handle, [event]);
    return event;
  };
  const send = async (input: Partial<EventInput> = {}) => {
    const event = eventFrom(bob, alice, input);
    await new Outbox({ files: disk, stateRoot }).enqueue(alice.handle, event);
    return event;
  };
  return { alice, bob, receive, send, shell };
}

const once = async (
  { context }: Pick<Party, "context">,
  input: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
) => {
  const asked = reactor.input.parse({ onEvent: "handle", once: true, ...input });
  return await Array.fromAsync(reactor.stream(context, asked, signal));
};

const ids = (runs: readonly { readonly env: Readonly<Record<string, string>> }[]) =>
  runs.map(({ env }) => env["WIRE_EVENT_ID"]);

Deno.test("P4: the message is on standard input, and nothing of it on the command line", async () => {
  const { bob, receive, shell } = await people();
  const event = await receive({ type: "x'; rm -rf ~ #\n", kind: 1, body: "$(reboot)" });
  const [done] = await once(bob, { onEvent: "cat > file" });
  assert.deepEqual(done, {
    event_id: event.id,
    peer: "alice",
    kind: "x'; rm -rf ~ # ",
    action: "ran",
    exit_code: 0,
  });
  const [run] = shell.runs;
  assert.equal(run?.command, "cat > file");
  assert.equal(run?.stdin, `${event.text}\n`);
  assert.deepEqual(run?.env, {
    WIRE_EVENT_PEER: "alice",
    WIRE_EVENT_ID: event.id,
    WIRE_EVENT_KIND: "x'; rm -rf ~ # ",
  });
  await once(bob);
  assert.equal(shell.runs.length, 1, "each message once");
});

Deno.test("P3: what does not verify, is of another kind or peer, or is noise runs nothing", async () => {
  const { bob, receive, shell } = await people();
  const event = await receive({ body: "good" });
  const forged = event.text.replace('"good"', '"evil"');
  const file = `${bob.context.home.file.inbox}/alice.jsonl`;
  await bob.disk.append(file, `${forged}\n`, { point: "test" });
  await receive({ type: "heartbeat", kind: 100 });
  await receive({ type: "pair_drop_ack", kind: 1101, body: { slot_token: "5".repeat(64) } });
  await receive({ type: "decision", kind: 1 });
  assert.deepEqual(await once(bob, { peer: "carol" }), []);
  const done = await once(bob, { kind: "claim" });
  assert.deepEqual(done.map(({ action }) => action).sort(), ["ran", "skipped"]);
  assert.match(bob.warnings.join("\n"), /does not verify/);
  assert.deepEqual(ids(shell.runs), [event.id]);
});

Deno.test("P5: a handler is never given the token of a mailbox", async () => {
  const { bob, receive, shell } = await people();
  const slot_token = "5".repeat(64);
  await receive({ type: "pair_drop_ack", kind: 1101, body: { slot_token } });
  await once(bob, { includeHandshake: true });
  assert.equal(shell.runs.length, 1);
  assert.ok(!JSON.stringify(shell.runs).includes(slot_token));
});

Deno.test("P8: no more than so many a minute and peer; who is passed over is told, and 0 is no limit", async () => {
  const { bob, receive, shell } = await people();
  for (let n = 0; n < 8; n++) await receive({ body: n });
  const done = await once(bob);
  assert.equal(done.filter(({ action }) => action === "ran").length, 6);
  assert.equal(done.filter(({ reason }) => /in a minute/.test(reason ?? "")).length, 2);
  assert.equal(shell.most, 4, "and never more than four at once");
  const free = await people();
  for (let n = 0; n < 8; n++) await free.receive({ body: n });
  await once(free.bob, { maxPerMinute: 0, maxRunning: 1 });
  assert.equal(free.shell.runs.length, 8);
  assert.equal(free.shell.most, 1);
});

Deno.test("an answer to what this home sent runs nothing, so that two reactors do not talk for ever", async () => {
  const { bob, receive, send, shell } = await people();
  const ours = await send({ body: "question" });
  await receive({ body: `done (re:${ours.id.slice(0, 12)})` });
  await receive({ body: { text: `done (re:${ours.id})` } });
  const other = await receive({ body: "(re:0000000000000000) and (re:) name nobody" });
  await once(bob);
  assert.deepEqual(ids(shell.runs), [other.id]);
  const answer = await receive({ body: `(re:${ours.id})` });
  await once(bob, { maxChainDepth: 0 });
  assert.deepEqual(ids(shell.runs), [other.id, answer.id]);
});

Deno.test("ours are remembered across restarts, at most 500 of them, the newest", async () => {
  const { bob, receive, send, shell } = await people();
  const first = await send({ body: "first" });
  await once(bob);
  for (let n = 0; n < 500; n++) await send({ body: n });
  const last = await send({ body: "last" });
  const file = `${bob.context.home.file.outbox}/alice.jsonl`;
  await once({ context: restarted(bob) });
  await bob.disk.remove(file, { point: "test" });
  await receive({ body: `(re:${last.id})` });
  const old = await receive({ body: `(re:${first.id})` });
  await once({ context: restarted(bob) });
  assert.deepEqual(ids(shell.runs), [old.id]);
  const log = bob.disk.texts()["/bob/state/wire/reactor-emitted.log"] ?? "";
  assert.equal(log.trimEnd().split("\n").length, 500);
});

Deno.test("a dry run prints the messages and runs nothing", async () => {
  const { bob, receive, shell } = await people();
  const event = await receive();
  const [would] = await once(bob, { dryRun: true });
  assert.equal(would?.action, "would_run");
  assert.deepEqual(would?.raw, event.value);
  assert.deepEqual(shell.runs, []);
});

Deno.test("P1: killed at any moment, no message is without its command, and only the last few have two", async () => {
  for (const point of ["reader.position", "reactor.emitted"]) {
    for (const moment of ["before", "after"] as const) {
      const { bob, receive, send, shell } = await people();
      await send();
      const events = [];
      for (let n = 0; n < 9; n++) events.push(await receive({ body: n }));
      const dying = new FaultFiles(bob.disk).crashAt({ point }, moment);
      const limits = { maxPerMinute: 0, maxRunning: 3 };
      await assert.rejects(once({ context: restarted(bob, dying) }, limits), point);
      await once({ context: restarted(bob) }, limits);
      const ran = ids(shell.runs);
      assert.deepEqual(new Set(ran), new Set(events.map(({ id }) => id)));
      assert.ok(ran.length <= 9 + 3, `${ran.length} runs`);
    }
  }
});

Deno.test("told to stop while commands run, they are ended, and run again the next time", async () => {
  const { bob, receive, shell } = await people();
  await receive();
  const stop = new AbortController();
  const running = Promise.withResolvers<void>();
  shell.onRun = ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<ShellEnd>();
    signal.addEventListener("abort", () => resolve({ tag: "stopped" }));
    running.resolve();
    return promise;
  };
  const stopped = once(bob, {}, stop.signal);
  await running.promise;
  await assert.rejects(once(bob), { code: "locked", message: /wire reactor/ });
  stop.abort();
  assert.deepEqual((await stopped).map(({ action }) => action), ["stopped"]);
  shell.onRun = () => ({ tag: "exited", code: 7 });
  assert.deepEqual((await once(bob)).map(({ exit_code }) => exit_code), [7]);
});

Deno.test("P8: a command that takes too long is told, and the reactor goes on", async () => {
  const { bob, receive, shell } = await people();
  await receive();
  shell.onRun = () => ({ tag: "timed_out" });
  assert.deepEqual((await once(bob, { timeout: 9 })).map(({ action }) => action), ["timed_out"]);
  assert.equal(shell.runs[0]?.deadlineMs, 9_000);
  assert.match(bob.warnings.join(), /took too long/);
});
