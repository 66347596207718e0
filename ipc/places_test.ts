import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeEnv } from "../platform/fake/env.ts";
import { testRuns } from "../tests/runs.ts";
import { parseAddress, printAddress } from "./address.ts";
import { givenPath, socketPlaces } from "./places.ts";

const pathsOf = (env: FakeEnv, stateRoot: string): string[] =>
  socketPlaces(env, stateRoot).map(({ path }) => path);

Deno.test("a socket stands in the runtime directory, else in the home, else in the user's cache", () => {
  const env = new FakeEnv({ variables: { XDG_RUNTIME_DIR: "/run/user/7" } });
  assert.deepEqual(pathsOf(env, "/h/state/wire"), [
    "/run/user/7/wire/g-2fe27e07.sock",
    "/h/state/wire/guard.sock",
    "/home/tester/.cache/wire/g-2fe27e07.sock",
  ]);
  const other = socketPlaces(env, "/other/state/wire")[0]?.path;
  assert.notEqual(other, "/run/user/7/wire/g-2fe27e07.sock", "one for each home");
  const mac = new FakeEnv({ os: "darwin", homeDirectory: "/Users/t", variables: {} });
  assert.deepEqual(pathsOf(mac, "/h/state/wire"), [
    "/h/state/wire/guard.sock",
    "/Users/t/Library/Caches/wire/g-2fe27e07.sock",
  ]);
});

Deno.test("a path that a socket cannot have is no place", () => {
  const env = new FakeEnv({ variables: { XDG_RUNTIME_DIR: "relative", XDG_CACHE_HOME: "/c" } });
  assert.deepEqual(pathsOf(env, `/${"d".repeat(100)}`).length, 1);
  assert.deepEqual(pathsOf(new FakeEnv({ homeDirectory: null }), `/${"d".repeat(100)}`), []);
});

Deno.test("WIRE_GUARD_SOCKET names an absolute path that fits, or nothing", () => {
  const given = (value: string) =>
    givenPath(new FakeEnv({ variables: { WIRE_GUARD_SOCKET: value } }));
  assert.deepEqual(given("/run/w.sock"), { path: "/run/w.sock" });
  assert.deepEqual(given(""), {});
  for (const value of ["w.sock", `/${"x".repeat(100)}`, "/a\0b"]) {
    assert.equal(given(value).path, undefined);
    assert.notEqual(given(value).problem, undefined);
  }
});

Deno.test("an address is read as it was written; anything else is none", () => {
  for (
    const address of [
      { tag: "unix", path: "/run/user/7/wire/g.sock" },
      { tag: "loopback", port: 65_535 },
    ] as const
  ) assert.deepEqual(parseAddress(`${printAddress(address)}\n`), address);
  const others = [
    "",
    "unix:",
    "unix:relative",
    "unix:/a\0b",
    "tcp:127.0.0.1:0",
    "tcp:127.0.0.1:65536",
    "tcp:10.0.0.1:80",
    "http://127.0.0.1:80",
  ];
  for (const text of others) {
    assert.equal(parseAddress(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const address = parseAddress(text);
      if (address !== undefined) assert.equal(printAddress(address), text.trimEnd());
    }),
    { numRuns: testRuns(200) },
  );
});
