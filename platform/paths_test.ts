import assert from "node:assert/strict";
import { WireError } from "../protocol/errors.ts";
import type { OperatingSystem } from "./env.ts";
import { FakeEnv, type FakeEnvOptions } from "./fake/env.ts";
import { homePaths } from "./paths.ts";

interface Expected {
  readonly config: string;
  readonly state: string;
  readonly sessions: string;
  readonly relay: string;
  readonly localRelay: string;
}

function paths(options: FakeEnvOptions): Expected {
  const found = homePaths(new FakeEnv(options));
  return {
    config: found.configRoot,
    state: found.stateRoot,
    sessions: found.sessionsRoots.join(" "),
    relay: found.relayRoot({ localOnly: false }),
    localRelay: found.relayRoot({ localOnly: true }),
  };
}

const LINUX_DEFAULTS: Expected = {
  config: "/home/tester/.config/wire",
  state: "/home/tester/.local/state/wire",
  sessions: "/home/tester/.local/state/wire/sessions",
  relay: "/home/tester/.local/state/wire-relay",
  localRelay: "/home/tester/.local/state/wire-relay/local",
};

Deno.test("paths: Linux and other Unix follow XDG with its defaults", () => {
  for (const os of ["linux", "other"] as const) {
    assert.deepEqual(paths({ os }), LINUX_DEFAULTS);
    const variables = { XDG_CONFIG_HOME: "/xdg/config", XDG_STATE_HOME: "/xdg/state" };
    assert.deepEqual(paths({ os, variables }), {
      config: "/xdg/config/wire",
      state: "/xdg/state/wire",
      sessions: "/xdg/state/wire/sessions",
      relay: "/xdg/state/wire-relay",
      localRelay: "/xdg/state/wire-relay/local",
    });
  }
});

Deno.test("paths: XDG variables count only when they hold an absolute path", () => {
  for (const value of ["", "relative/dir", "./x", "~/x"]) {
    const variables = { XDG_CONFIG_HOME: value, XDG_STATE_HOME: value };
    assert.deepEqual(paths({ variables }), LINUX_DEFAULTS, value);
  }
});

Deno.test("paths: S12: macOS keeps config and state in one directory and ignores XDG", () => {
  const variables = { XDG_CONFIG_HOME: "/xdg", XDG_STATE_HOME: "/xdg" };
  assert.deepEqual(paths({ os: "darwin", homeDirectory: "/Users/ann", variables }), {
    config: "/Users/ann/Library/Application Support/wire",
    state: "/Users/ann/Library/Application Support/wire",
    sessions: "/Users/ann/.local/state/wire/sessions " +
      "/Users/ann/Library/Application Support/wire/sessions",
    relay: "/Users/ann/Library/Application Support/wire-relay",
    localRelay: "/Users/ann/Library/Application Support/wire-relay/local",
  });
});

Deno.test("paths: Windows has roaming config and local state", () => {
  const expected: Expected = {
    config: "C:\\Users\\ann\\AppData\\Roaming\\wire",
    state: "C:\\Users\\ann\\AppData\\Local\\wire",
    sessions: "C:\\Users\\ann\\AppData\\Local\\wire\\sessions",
    relay: "C:\\Users\\ann\\AppData\\Local\\wire-relay",
    localRelay: "C:\\Users\\ann\\AppData\\Local\\wire-relay\\local",
  };
  const homeDirectory = "C:\\Users\\ann";
  assert.deepEqual(paths({ os: "windows", homeDirectory }), expected);
  const variables = {
    APPDATA: "C:\\Users\\ann\\AppData\\Roaming",
    LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local",
    XDG_CONFIG_HOME: "/xdg",
  };
  assert.deepEqual(paths({ os: "windows", homeDirectory: null, variables }), expected);
});

Deno.test("paths: WIRE_HOME moves everything below one directory, on every system", () => {
  const systems: readonly OperatingSystem[] = ["linux", "darwin", "other"];
  for (const os of systems) {
    const variables = { WIRE_HOME: "/w", XDG_CONFIG_HOME: "/xdg", XDG_STATE_HOME: "/xdg" };
    assert.deepEqual(paths({ os, variables, homeDirectory: null }), {
      config: "/w/config/wire",
      state: "/w/state/wire",
      sessions: "/w/sessions",
      relay: "/w/state/wire-relay",
      localRelay: "/w/state/wire-relay/local",
    });
  }
  const windows = paths({ os: "windows", variables: { WIRE_HOME: "D:\\w" } });
  assert.equal(windows.config, "D:\\w\\config\\wire");
  assert.equal(windows.sessions, "D:\\w\\sessions");
});

Deno.test("paths: a relative WIRE_HOME starts at the current directory; an empty one is unset", () => {
  const currentDirectory = "/projects/x";
  const relative = paths({ variables: { WIRE_HOME: "home/" }, currentDirectory });
  assert.equal(relative.config, "/projects/x/home/config/wire");
  assert.equal(relative.sessions, "/projects/x/home/sessions");
  assert.deepEqual(paths({ variables: { WIRE_HOME: "" }, currentDirectory }), LINUX_DEFAULTS);
});

Deno.test("lesson 30: a WIRE_HOME that nobody has expanded is refused, not shared by everybody", () => {
  for (
    const value of [
      "${WIRE_HOME}",
      "/home/${USER}/wire",
      "$HOME/wire",
      "~/wire",
      "~",
      "%APPDATA%\\wire",
      "$(pwd)/wire",
      "{{workspace}}/wire",
    ]
  ) {
    assert.throws(() => paths({ variables: { WIRE_HOME: value } }), {
      code: "usage",
      message: /^Cannot use WIRE_HOME=.*: nobody has expanded it$/,
    }, value);
  }
  for (const value of ["/srv/a~b", "/srv/100%", "/srv/$5", "C$/x"]) {
    assert.match(paths({ variables: { WIRE_HOME: value } }).config, /config\/wire$/, value);
  }
});

Deno.test("paths: without any home directory the error says what to set", () => {
  for (const os of ["linux", "darwin", "windows"] as const) {
    assert.throws(() => paths({ os, homeDirectory: null }), (error) => {
      assert.ok(error instanceof WireError);
      assert.equal(error.code, "usage");
      assert.match(error.hint ?? "", /WIRE_HOME/);
      return true;
    });
  }
});

Deno.test("paths: without a home directory the error names the variable, in the words of 0.5.19", () => {
  const env = (os: "linux" | "windows") => new FakeEnv({ homeDirectory: null, os });
  assert.throws(() => homePaths(env("linux")), /HOME env var unset/);
  assert.throws(() => homePaths(env("windows")), /USERPROFILE env var unset/);
});
