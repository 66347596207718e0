import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { notify } from "../../client/operations/notify.ts";
import { homeLockFile } from "../../client/notify/user_lock.ts";
import { sessionContext } from "../../client/sessions/session_context.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { isSessionName, type SessionName } from "../../store/sessions/session_name.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { eventFrom, handle, MailWorld, type Party, pin } from "../fault/mail_world.ts";

const LOOK_MS = 2_000;

function name(text: string): SessionName {
  assert.ok(isSessionName(text));
  return text;
}

/** Bob's home and his sessions, and alice, who writes to them. */
class Desk {
  readonly running: { stop: AbortController; ended: Promise<unknown> }[] = [];

  private constructor(
    readonly world: MailWorld,
    readonly alice: Party,
    readonly bob: Party,
    readonly sessions: Sessions,
  ) {}

  static async with(...names: readonly string[]): Promise<Desk> {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    const desk = new Desk(world, alice, bob, await Sessions.open(bob.platform));
    for (const text of names) await desk.session(text);
    return desk;
  }

  /** With an identity, made or made again. */
  async session(text: string): Promise<Party> {
    await this.sessions.reserve(`/projects/${text}`, name(text));
    const context = sessionContext(this.bob.context, await this.sessions.at(name(text)));
    const identity = await context.home.createIdentity({ handle: handle(text) });
    const party = { ...this.bob, handle: handle(text), identity, context };
    await pin(party, this.alice);
    return party;
  }

  async receive(to: string | undefined, body: string): Promise<void> {
    const { databases } = this.bob.platform;
    const { home } = to === undefined ? this.bob.context : await this.sessions.at(name(to));
    const identity = await home.readIdentity();
    const event = eventFrom(this.alice, { ...this.bob, identity }, { body });
    const { stateRoot } = home.paths;
    await new InboxWriter({ files: this.bob.disk, databases, stateRoot })
      .store(this.alice.handle, [event]);
  }

  /** A process in that session, on bob's disk. */
  context(session?: string, files: Files = this.bob.disk): ClientContext {
    const { bob: { platform, warnings }, sessions: { root } } = this;
    const WIRE_HOME = session === undefined ? "/bob" : `${root}/${session}`;
    const env = new FakeEnv({ variables: { WIRE_HOME } });
    const warn = (line: string): void => void warnings.push(line);
    return createContext({ ...platform, env, files }, { warn });
  }

  async once(context = this.context(), input: Record<string, unknown> = {}): Promise<unknown[]> {
    const { signal } = new AbortController();
    const parsed = notify.input.parse({ once: true, ...input });
    return await Array.fromAsync(notify.stream(context, parsed, signal));
  }

  /** Begins one that goes on, and waits for its first look. */
  async start(context = this.context()): Promise<void> {
    const stop = new AbortController();
    const ended = Array.fromAsync(notify.stream(context, notify.input.parse({}), stop.signal));
    this.running.push({ stop, ended });
    await this.bob.clock.settle();
  }

  /** Two intervals: the pause after a look, and the wait for the next. */
  async look(): Promise<void> {
    await this.bob.clock.advance(LOOK_MS);
    await this.bob.clock.advance(LOOK_MS);
    await this.bob.clock.settle();
  }

  async stop(): Promise<void> {
    for (const { stop, ended } of this.running.splice(0)) {
      stop.abort();
      await ended;
    }
  }

  /** What was shown since the last time. */
  shown(): string[] {
    return this.bob.platform.notifier.shown.splice(0)
      .map(({ title, body }) => `${title} | ${body}`);
  }
}

Deno.test("lesson 38: one notifier covers this home and every session, and a burst is one toast", async () => {
  const desk = await Desk.with("app", "web");
  await desk.receive(undefined, "to bob");
  await desk.receive("app", "first");
  await desk.receive("app", "second");
  await desk.receive("web", "to web");
  await desk.once();
  assert.deepEqual(desk.shown(), [
    "wire ← alice | alice: claim: to bob\n" +
    "alice (session app): 2 messages, the last: claim: second\n" +
    "alice (session web): claim: to web",
  ]);
  await desk.once();
  assert.deepEqual(desk.shown(), []);
});

Deno.test("lesson 38: a second one, from whichever home, names the holder and shows nothing", async () => {
  const desk = await Desk.with("app", "web");
  await desk.start(desk.context("app"));
  for (const session of [undefined, "app", "web"]) {
    for (const input of [{}, { once: false }, { peer: "alice" }]) {
      await assert.rejects(desk.once(desk.context(session), input), {
        code: "locked",
        message: /\/bob\/sessions\/\.notify\.lock": .*wire notify \(pid \d+\)/,
      });
    }
  }
  await desk.receive("web", "hello");
  await desk.look();
  await desk.stop();
  assert.deepEqual(desk.shown(), ["wire ← alice (session web) | claim: hello"]);
  await desk.once(desk.context("web"));
  assert.deepEqual(desk.shown(), []);
});

Deno.test("lesson 38: from within a session the user's own home and its sisters are covered, too", async () => {
  const desk = await Desk.with("app", "web");
  await desk.receive(undefined, "to bob");
  await desk.receive("web", "to web");
  await desk.once(desk.context("app"));
  assert.deepEqual(desk.shown(), [
    "wire ← alice | alice: claim: to bob\nalice (session web): claim: to web",
  ]);
});

Deno.test("a session that is made while the notifier runs is followed, also the user's first", async () => {
  const desk = await Desk.with();
  await desk.start();
  assert.equal(await desk.bob.disk.stat(desk.sessions.root), undefined, "looking makes no root");
  await desk.session("app");
  await desk.receive("app", "hello");
  await desk.look();
  assert.deepEqual(desk.shown(), ["wire ← alice (session app) | claim: hello"]);
  await assert.rejects(desk.once(desk.context("app")), {
    code: "locked",
    message: /\.notify\.lock/,
  });
  await desk.stop();
  await desk.once(desk.context("app"));
  assert.deepEqual(desk.shown(), []);
});

Deno.test("a session that is destroyed is let go and not made again, and its successor is told from its start", async () => {
  const desk = await Desk.with("app", "web");
  await desk.start();
  await desk.receive("app", "before, and rather long so that the new file is shorter");
  await desk.look();
  desk.shown();
  const { directory } = await desk.sessions.at(name("app"));
  const destroy = () => desk.bob.disk.removeTree(directory, { point: "test" });
  await destroy();
  await desk.session("app");
  await desk.receive("app", "after");
  await desk.look();
  assert.deepEqual(desk.shown(), ["wire ← alice (session app) | claim: after"]);
  await destroy();
  await desk.sessions.release(name("app"));
  await desk.receive("web", "still here");
  await desk.look();
  assert.deepEqual(desk.shown(), ["wire ← alice (session web) | claim: still here"]);
  assert.equal(await desk.bob.disk.stat(directory), undefined);
  await desk.stop();
  assert.deepEqual(desk.bob.warnings, []);
});

Deno.test("the session from which it was started may be destroyed: the others are told all the same", async () => {
  const desk = await Desk.with("app", "web");
  await desk.start(desk.context("app"));
  const { directory } = await desk.sessions.at(name("app"));
  await desk.bob.disk.removeTree(directory, { point: "test" });
  await desk.sessions.release(name("app"));
  await desk.receive("web", "hello");
  await desk.look();
  await desk.stop();
  assert.deepEqual(desk.shown(), ["wire ← alice (session web) | claim: hello"]);
  assert.equal(await desk.bob.disk.stat(directory), undefined);
  assert.deepEqual(desk.bob.warnings, []);
});

Deno.test("a session that is being destroyed is let go meanwhile, and taken up again if that comes to nothing", async () => {
  const desk = await Desk.with("app");
  await desk.receive("app", "hello");
  await desk.start();
  const { home } = await desk.sessions.at(name("app"));
  const isHeld = async () => await desk.bob.disk.lockHolder(homeLockFile(home)) !== undefined;
  assert.ok(await isHeld());
  const removing = await desk.sessions.lockToDestroy(name("app"));
  await desk.look();
  assert.ok(!await isHeld());
  await removing.release();
  await desk.look();
  assert.ok(await isHeld());
  await desk.stop();
  assert.ok(!await isHeld());
});

Deno.test("lesson 33: a session that goes between its toast and its place is not made again by the place", async () => {
  const desk = await Desk.with("app");
  await desk.receive("app", "hello");
  const { directory } = await desk.sessions.at(name("app"));
  const context = desk.context();
  const notifier = {
    notify: async () => void await desk.bob.disk.removeTree(directory, { point: "test" }),
  };
  await desk.once({ ...context, platform: { ...context.platform, notifier } });
  assert.equal(await desk.bob.disk.stat(directory), undefined);
});

Deno.test("a broken home stops no other, is said once, and is told when it is mended", async () => {
  const desk = await Desk.with("app", "web");
  const { home } = await desk.sessions.at(name("app"));
  const cursor = `${home.paths.stateRoot}/notify.cursor`;
  await desk.receive("app", "waits");
  await desk.bob.disk.ensureDirectory(cursor);
  await desk.start();
  for (const body of ["one", "two"]) {
    await desk.receive("web", body);
    await desk.look();
  }
  assert.deepEqual(desk.shown().map((line) => line.slice(-3)), ["one", "two"]);
  assert.equal(desk.bob.warnings.length, 1);
  assert.match(desk.bob.warnings[0] ?? "", /^notify: session app open error: .*notify\.cursor/);
  await desk.bob.disk.removeTree(cursor, { point: "test" });
  await desk.look();
  await desk.stop();
  assert.deepEqual(desk.shown(), ["wire ← alice (session app) | claim: waits"]);
});

Deno.test("P7: a registry that cannot be read stops neither this home nor what is covered", async () => {
  const desk = await Desk.with("app");
  const registry = `${desk.sessions.root}/registry.json`;
  await desk.receive("app", "first");
  await desk.start();
  assert.equal(desk.shown().length, 1);
  await desk.bob.disk.writeAtomic(registry, "{", { point: "test" });
  for (const to of [undefined, "app"]) {
    const stateRoot = to === undefined ? "/bob/state/wire" : "/bob/sessions/app/state/wire";
    const event = eventFrom(desk.alice, desk.bob, { body: "more" });
    await desk.bob.disk.ensureDirectory(`${stateRoot}/inbox`);
    await desk.bob.disk.append(`${stateRoot}/inbox/alice.jsonl`, `${event.text}\n`, {
      point: "test",
    });
  }
  await desk.look();
  await desk.look();
  await desk.stop();
  assert.equal(desk.shown().length, 1);
  assert.equal(desk.bob.warnings.filter((line) => line.includes("registry.json")).length, 1);
});

Deno.test("each home keeps its own place: over restarts nothing is told twice or lost", async () => {
  const desk = await Desk.with("app", "web");
  await desk.receive("app", "a1");
  await desk.start();
  await desk.stop();
  await desk.receive("app", "a2");
  await desk.receive("web", "w1");
  await desk.once(desk.context("web"));
  await desk.receive(undefined, "b1");
  await desk.start();
  await desk.stop();
  await desk.once();
  assert.deepEqual(desk.shown(), [
    "wire ← alice (session app) | claim: a1",
    "wire ← alice | alice (session web): claim: w1\nalice (session app): claim: a2",
    "wire ← alice | claim: b1",
  ]);
  const texts = desk.bob.disk.texts();
  for (const home of ["/bob", "/bob/sessions/app", "/bob/sessions/web"]) {
    assert.match(texts[`${home}/state/wire/notify.cursor`] ?? "", /^\{"alice":\d+\}$/, home);
  }
});

Deno.test("a place that cannot be saved costs the other homes nothing, and repeats only after a restart", async () => {
  const desk = await Desk.with("app", "web");
  await desk.receive("app", "a1");
  await desk.receive("web", "w1");
  const files = new FaultFiles(desk.bob.disk);
  const real = files.writeAtomic.bind(files);
  files.writeAtomic = async (file, data, options) => {
    if (file.includes("/app/") && file.endsWith("notify.cursor")) {
      return await real("/no/such/directory", data, options);
    }
    await real(file, data, options);
  };
  await desk.start(desk.context(undefined, files));
  await desk.look();
  await desk.stop();
  assert.equal(desk.shown().length, 1);
  assert.equal(desk.bob.warnings.length, 1);
  await desk.once();
  assert.deepEqual(desk.shown(), ["wire ← alice (session app) | claim: a1"]);
});

Deno.test("--json is this home's alone: its sisters' messages are neither printed nor passed over", async () => {
  const desk = await Desk.with("app", "web");
  await desk.receive("app", "a1");
  await desk.receive("web", "w1");
  assert.equal((await desk.once(desk.context("app"), { print: true })).length, 1);
  await desk.once();
  assert.deepEqual(desk.shown(), ["wire ← alice (session web) | claim: w1"]);
});
