/** Units as text, compared with tests/golden/service/; WIRE_UPDATE_GOLDEN=1 writes them anew. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import type { SelfCommand } from "../../platform/processes.ts";
import { homePaths } from "../../platform/paths.ts";
import { isOurPlist, launchdPlist } from "./launchd_plist.ts";
import { isOurUnit, systemdUnit } from "./systemd_unit.ts";
import { daemonUnit, localRelayUnit } from "./unit.ts";

const GOLDEN = new URL("../../tests/golden/service/", import.meta.url);
const PLAIN: SelfCommand = { executable: "/usr/bin/wire", prefix: [], env: {} };
/** Everything that a unit could take for its own. */
const ODD = {
  executable: "/opt/a b%c$d/deno",
  prefix: ["run", "-A", "/opt/<x>&\\y'z/main.ts"],
  env: { DENO_DIR: "/var/a b%h$HOME" },
};

async function golden(name: string, text: string): Promise<void> {
  const file = new URL(name, GOLDEN);
  if (Deno.env.get("WIRE_UPDATE_GOLDEN") !== undefined) await Deno.writeTextFile(file, text);
  assert.equal(text, await Deno.readTextFile(file), name);
}

const unitWith = (variables: Readonly<Record<string, string>>, self = PLAIN) => {
  const env = new FakeEnv({ variables });
  const { configRoot } = homePaths(env);
  return daemonUnit(fakePlatform({ env }), self, { configRoot, allSessions: false });
};

Deno.test("service: the units are these", async () => {
  const secret = { https_proxy: "http://user:secret@proxy", WIRE_TOKEN: "secret" };
  const unit = unitWith(secret);
  await golden("wire-daemon.service", systemdUnit(unit));
  await golden("sh.slancha.wire.daemon.plist", launchdPlist(unit));
  await golden("wire-local-relay.service", systemdUnit(localRelayUnit(PLAIN)));
  const odd = unitWith({ WIRE_HOME: "/homes/b ob%s$HOME" }, ODD);
  await golden("odd.service", systemdUnit(odd));
  await golden("odd.plist", launchdPlist(odd));
  for (const text of [systemdUnit(unit), launchdPlist(unit)]) assert.doesNotMatch(text, /secret/);
});

Deno.test("lesson 36: each home of its own has a unit of its own, and names it", () => {
  const [standard, one, other] = [{}, { WIRE_HOME: "/a" }, { WIRE_HOME: "/b" }].map((variables) =>
    unitWith(variables)
  );
  assert.equal(standard?.name, "wire-daemon");
  assert.match(one?.name ?? "", /^wire-daemon-[0-9a-f]{8}$/);
  assert.notEqual(one?.name, other?.name);
  assert.deepEqual(one?.env, { WIRE_HOME: "/a" });
  const moved = unitWith({ XDG_STATE_HOME: "/state", XDG_CONFIG_HOME: "relative" });
  assert.deepEqual(moved.env, { XDG_STATE_HOME: "/state" });
});

Deno.test("service: a path that would break out of its line is refused", () => {
  const self = { executable: "/opt/wire\nExecStartPre=/bin/sh", prefix: [], env: {} };
  assert.throws(() => localRelayUnit(self), /Cannot write a service with "\/opt\/wire\\nExec/);
  const quote = { executable: `/opt/"wire"`, prefix: [], env: {} };
  assert.throws(() => systemdUnit(localRelayUnit(quote)), /systemd takes no quote/);
});

Deno.test("service: ours and that of 0.5.19 may be written over, nobody else's", () => {
  assert.ok(isOurUnit(systemdUnit(unitWith({}))));
  assert.ok(isOurUnit("[Service]\nExecStart=/usr/bin/wire daemon --interval 5\n"));
  assert.ok(!isOurUnit("[Service]\nExecStart=/usr/bin/wire daemon --interval 5 --verbose\n"));
  assert.ok(isOurPlist(launchdPlist(unitWith({}))));
  assert.ok(isOurPlist("<key>Label</key><string>sh.slancha.wire.daemon</string>"));
  assert.ok(!isOurPlist("<plist/>"));
});

const hasAnalyze = await hasProgram("systemd-analyze");
const hasPlutil = await hasProgram("plutil");

Deno.test({
  name: "lesson 40: systemd's own check takes the unit, with every odd character in its paths",
  ignore: !hasAnalyze,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "wire-unit-" });
    try {
      const place = `${directory}/a b%c$d&;`;
      await Deno.mkdir(place, { recursive: true });
      await Deno.writeTextFile(`${place}/deno`, "#!/bin/sh\n", { mode: 0o755 });
      const self = {
        executable: `${place}/deno`,
        prefix: ["$HOME", "%h", "\\n", "\"q'"],
        env: ODD.env,
      };
      const verdict = async (text: string): Promise<string> => {
        const file = `${directory}/wire-local-relay.service`;
        await Deno.writeTextFile(file, text);
        const { code, stderr } = await new Deno.Command("systemd-analyze", {
          args: ["--user", "verify", file],
          env: { XDG_RUNTIME_DIR: directory, LC_ALL: "C" },
        }).output();
        return code === 0 ? "" : new TextDecoder().decode(stderr);
      };
      assert.equal(await verdict(systemdUnit(localRelayUnit(self))), "");
      // The check is one: it finds a program that is not there.
      const gone = { ...self, executable: `${place}/none` };
      assert.match(await verdict(systemdUnit(localRelayUnit(gone))), /none is not executable/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: "service: the plist is one for macOS's own check",
  ignore: !hasPlutil,
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".plist" });
    await Deno.writeTextFile(file, launchdPlist(unitWith({ WIRE_HOME: "/a & b" }, ODD)));
    const { success } = await new Deno.Command("plutil", { args: ["-lint", file] }).output();
    await Deno.remove(file);
    assert.ok(success);
  },
});

async function hasProgram(name: string): Promise<boolean> {
  try {
    await new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false; // then the test that needs it is shown as ignored
  }
}
