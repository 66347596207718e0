import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { Platform } from "../../platform/platform.ts";
import { isHandle } from "../../protocol/ids.ts";
import { removeSession } from "./remove_session.ts";
import { isSessionName, type SessionName } from "./session_name.ts";
import { Sessions } from "./sessions.ts";

const ROOT = "/home/tester/.local/state/wire/sessions";
const point = { point: "test.write" };

function name(text: string): SessionName {
  assert.ok(isSessionName(text));
  return text;
}

async function withIdentity(sessions: Sessions, text: string): Promise<void> {
  const { home } = await sessions.at(name(text));
  assert.ok(isHandle(text));
  await home.createIdentity({ handle: text });
}

const names = async (sessions: Sessions): Promise<string[]> =>
  (await sessions.list()).map((session) => session.name);

Deno.test("lesson 33: looking for sessions creates nothing", async () => {
  const platform = fakePlatform();
  const sessions = await Sessions.open(platform);
  assert.equal(sessions.root, ROOT);
  assert.deepEqual(await sessions.list(), []);
  assert.equal(await sessions.nameFor("/p/app"), undefined);
  assert.equal(await sessions.find(name("app")), undefined);
  assert.deepEqual(platform.files.texts(), {});
});

Deno.test("S19: the same directory keeps its session, another one of that name gets its own", async () => {
  const platform = fakePlatform();
  const sessions = await Sessions.open(platform);
  assert.equal((await sessions.reserve("/a/app", undefined)).name, "app");
  assert.equal((await sessions.reserve("/a/app", undefined)).name, "app");
  const second = await sessions.reserve("/b/app", undefined);
  assert.match(second.name, /^app-[0-9a-f]{4}$/);
  assert.deepEqual(second.sharedWith, []);
  assert.equal(
    await platform.files.readText(`${ROOT}/registry.json`),
    `{\n  "by_cwd": {\n    "/a/app": "app",\n    "/b/app": "${second.name}"\n  }\n}`,
    "as 0.5.19 writes it",
  );
});

Deno.test("S19: a home that no directory names any more is nobody's by itself", async () => {
  const sessions = await Sessions.open(fakePlatform());
  await sessions.reserve("/a/app", undefined);
  await withIdentity(sessions, "app");
  const { replaced } = await sessions.reserve("/a/app", name("other"));
  assert.equal(replaced, "app");
  const later = await sessions.reserve("/b/app", undefined);
  assert.notEqual(later.name, "app");
  assert.deepEqual(later.passedOver, ["app"]);
  const asked = await sessions.reserve("/c/app", name("other"));
  assert.deepEqual(asked.sharedWith, ["/a/app"], "asked for by name it is shared, and said");
});

Deno.test("two directories of one name that ask at once get two sessions", async () => {
  const sessions = await Sessions.open(fakePlatform());
  const got = await Promise.all(
    ["/a/app", "/b/app", "/c/app"].map((cwd) => sessions.reserve(cwd, undefined)),
  );
  assert.equal(new Set(got.map((it) => it.name)).size, 3);
});

Deno.test("P7: a broken registry is never taken for an empty one", async () => {
  for (const text of ["", "[]", "{", '{"by_cwd": []}', '{"by_cwd": 1}', "\u0000"]) {
    const platform = fakePlatform();
    await platform.files.ensureDirectory(ROOT);
    await platform.files.writeAtomic(`${ROOT}/registry.json`, text, point);
    const sessions = await Sessions.open(platform);
    for (
      const attempt of [sessions.list(), sessions.nameFor("/a"), sessions.reserve("/a", undefined)]
    ) {
      const told = { code: "unreadable", message: /registry\.json/, hint: /WIRE_HOME/ };
      await assert.rejects(attempt, told, text);
    }
    assert.equal(await platform.files.readText(`${ROOT}/registry.json`), text);
  }
});

Deno.test("P3: names in a registry that would leave the root are no sessions, and stay where they are", async () => {
  const platform = fakePlatform();
  await platform.files.ensureDirectory("/elsewhere/config/wire");
  await platform.files.ensureDirectory(ROOT);
  const hostile = {
    "/a": "../../../elsewhere",
    "/b": "/elsewhere",
    "/c": "",
    "/d": ".",
    "/e": 7,
    "/f": "A",
    "__proto__": "x",
    "constructor": "y",
  };
  const text = JSON.stringify({ by_cwd: hostile, later: { kept: 1.0 } });
  await platform.files.writeAtomic(`${ROOT}/registry.json`, text, point);
  const sessions = await Sessions.open(platform);
  assert.deepEqual(await sessions.list(), []);
  for (const cwd of Object.keys(hostile).slice(0, 6)) {
    assert.equal(await sessions.nameFor(cwd), undefined, cwd);
  }
  assert.equal(await sessions.nameFor("toString"), undefined);
  await sessions.reserve("/new", undefined);
  const kept = JSON.parse(await platform.files.readText(`${ROOT}/registry.json`) ?? "");
  assert.deepEqual(kept, { by_cwd: { ...hostile, "/new": "new" }, later: { kept: 1 } });
});

Deno.test("listed are homes and what was promised to a directory; not files, not stray directories", async () => {
  const platform = fakePlatform();
  const sessions = await Sessions.open(platform);
  await withIdentity(sessions, "zeta");
  await sessions.reserve("/p/alpha", undefined);
  await sessions.reserve("/p/gone", undefined);
  await platform.files.ensureDirectory(`${ROOT}/alpha`);
  await platform.files.ensureDirectory(`${ROOT}/stray/src`);
  await platform.files.ensureDirectory(`${ROOT}/by-key/0123456789abcdef/config/wire`);
  await platform.files.ensureDirectory(`${ROOT}/Not A Name/config/wire`);
  assert.deepEqual(await names(sessions), ["alpha", "zeta"]);
  const [alpha] = await sessions.list();
  assert.deepEqual(alpha?.cwds, ["/p/alpha"]);
  assert.equal(alpha?.home.paths.configRoot, `${ROOT}/alpha/config/wire`);
});

Deno.test("S17: inside an activated session its sisters are found, and nothing nests", async () => {
  const platform = fakePlatform();
  const outside = await Sessions.open(platform);
  await outside.reserve("/p/app", undefined);
  await withIdentity(outside, "app");
  const inside = (WIRE_HOME: string): Promise<Sessions> =>
    Sessions.open({ ...platform, env: new FakeEnv({ variables: { WIRE_HOME } }) });
  assert.deepEqual(await names(await inside(`${ROOT}/app`)), ["app"]);
  assert.equal((await inside(`${ROOT}/app/`)).root, ROOT);
  const keyed = "/srv/state/sessions/key-0123456789abcdef";
  assert.equal(
    (await inside(keyed)).root,
    "/srv/state/sessions",
    "also before there is a registry",
  );
  assert.equal((await inside("/srv/own")).root, "/srv/own/sessions");
});

Deno.test("S12: on macOS both roots are found, the documented one first", async () => {
  const env = new FakeEnv({ os: "darwin", homeDirectory: "/Users/ann" });
  const platform = fakePlatform({ env });
  const documented = "/Users/ann/.local/state/wire/sessions";
  const later = "/Users/ann/Library/Application Support/wire/sessions";
  assert.equal((await Sessions.open(platform)).root, documented);
  await platform.files.ensureDirectory(later);
  assert.equal((await Sessions.open(platform)).root, later);
  await platform.files.ensureDirectory(documented);
  assert.equal((await Sessions.open(platform)).root, documented);
});

Deno.test("a session that another command works on is waited for, and the holder named", async () => {
  const platform = fakePlatform();
  const sessions = await Sessions.open(platform);
  await using _held = await sessions.lock(name("app"), "wire session new app");
  const second = sessions.lock(name("app"), "wire session destroy app");
  const refused = assert.rejects(second, { code: "locked", message: /wire session new app/ });
  await platform.clock.advance(61_000);
  await refused;
});

Deno.test("a session that is being destroyed is listed no more, and is again if that comes to nothing", async () => {
  const sessions = await Sessions.open(fakePlatform());
  await withIdentity(sessions, "app");
  await withIdentity(sessions, "other");
  const lock = await sessions.lockToDestroy(name("app"));
  assert.deepEqual(await names(sessions), ["other"]);
  await lock.release();
  assert.deepEqual(await names(sessions), ["app", "other"]);
  await using _making = await sessions.lock(name("app"), "wire session new app");
  assert.deepEqual(await names(sessions), ["app", "other"]);
});

async function prepared(): Promise<{ platform: FakePlatform; sessions: Sessions }> {
  const platform = fakePlatform();
  const sessions = await Sessions.open(platform);
  await sessions.reserve("/p/app", undefined);
  await sessions.reserve("/q/app", name("app"));
  await withIdentity(sessions, "app");
  return { platform, sessions };
}

async function destroy(platform: Platform, sessions: Sessions): Promise<void> {
  const session = await sessions.find(name("app"));
  if (session !== undefined) await removeSession(platform.files, sessions, session);
  else await sessions.release(name("app"));
}

Deno.test("a removed session leaves neither files nor directories that name it", async () => {
  const { platform, sessions } = await prepared();
  await sessions.reserve("/p/other", undefined);
  await destroy(platform, sessions);
  assert.deepEqual(await names(sessions), []);
  assert.equal(await sessions.nameFor("/p/app"), undefined);
  assert.equal(await sessions.nameFor("/q/app"), undefined);
  assert.equal(await sessions.nameFor("/p/other"), "other");
  assert.ok(Object.keys(platform.files.texts()).every((file) => !file.startsWith(`${ROOT}/app/`)));
});

Deno.test("what is not the session's is never removed", async () => {
  for (
    const stranger of [
      "notes.txt",
      "src/main.ts",
      "config/other/x",
      "state/wire-relay/relay.kv",
      "sessions/in/x",
    ]
  ) {
    const { platform, sessions } = await prepared();
    const file = `${ROOT}/app/${stranger}`;
    await platform.files.ensureDirectory(file.slice(0, file.lastIndexOf("/")));
    await platform.files.writeAtomic(file, "precious", point);
    const before = platform.files.texts();
    await assert.rejects(destroy(platform, sessions), {
      code: "refused",
      message: /holds what is not the session's/,
    }, stranger);
    assert.deepEqual(platform.files.texts(), before);
  }
});

for (const at of ["sessions.destroyed", "sessions.registry"]) {
  Deno.test(`P1: destroy killed at ${at}, again ends as it would have`, async () => {
    for (const moment of ["before", "after"] as const) {
      const { platform, sessions } = await prepared();
      const files = new FaultFiles(platform.files).crashAt({ point: at }, moment);
      const dying = { ...platform, files };
      await assert.rejects(destroy(dying, new Sessions(dying, ROOT)), { name: "Crash" });
      const seen = await names(sessions);
      assert.ok(seen.length === 0 || await (await sessions.at(name("app"))).home.isInitialized());
      await destroy(platform, sessions);
      assert.deepEqual(await names(sessions), [], moment);
      assert.equal(await sessions.nameFor("/p/app"), undefined);
    }
  });
}

Deno.test("P1: killed while a directory gets its session, again gives it one", async () => {
  for (const moment of ["before", "after"] as const) {
    const platform = fakePlatform();
    const files = new FaultFiles(platform.files).crashAt({ point: "sessions.registry" }, moment);
    const dying = new Sessions({ ...platform, files }, ROOT);
    await assert.rejects(dying.reserve("/p/app", undefined), { name: "Crash" });
    const { name: got, passedOver } = await new Sessions(platform, ROOT).reserve(
      "/p/app",
      undefined,
    );
    assert.deepEqual([got, passedOver], ["app", []], moment);
  }
});

Deno.test("P1: what a killed removal left aside goes with the next one", async () => {
  for (const moment of ["before", "after"] as const) {
    const { platform, sessions } = await prepared();
    const aside = `${ROOT}/.old.01234567-89ab-cdef-0123-456789abcdef.tmp`;
    await platform.files.ensureDirectory(`${aside}/config/wire`);
    await platform.files.writeAtomic(`${aside}/config/wire/private.key`, "secret", point);
    const files = new FaultFiles(platform.files).crashAt({ point: "sessions.swept" }, moment);
    const dying = { ...platform, files };
    await assert.rejects(destroy(dying, new Sessions(dying, ROOT)), { name: "Crash" });
    await withIdentity(sessions, "app");
    await destroy(platform, sessions);
    assert.equal(await platform.files.stat(aside), undefined, moment);
  }
});

Deno.test("S19: a session may be called registry, and its lock is not the registry's", async () => {
  const sessions = await Sessions.open(fakePlatform());
  await using _held = await sessions.lock(name("registry"), "wire session new");
  assert.equal((await sessions.reserve("/a/registry", undefined)).name, "registry");
});
