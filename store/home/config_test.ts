import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { readConfig } from "./config.ts";
import { type Home, openHome } from "./home.ts";

async function homeWith(text: string | undefined): Promise<Home> {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  const home = openHome(platform);
  if (text === undefined) return home;
  await home.ensureRoots();
  await platform.files.writeAtomic(home.file.config, text, { point: "test.config" });
  return home;
}

Deno.test("S11: no config.toml is an empty one, and none is made", async () => {
  const home = await homeWith(undefined);
  assert.deepEqual(await readConfig(home), { config: {}, warnings: [] });
  assert.equal(await home.platform.files.stat(home.file.config), undefined);
});

Deno.test("ruling 2: every key of config.toml", async () => {
  const home = await homeWith(`
relay_url = "https://relay.example.org/"
body_cap_kb = 32
[send]
require_sealed = true
retry_window_s = 60
[receipts]
read = true
[files]
group = "agents"
`);
  assert.deepEqual(await readConfig(home), {
    config: {
      relay_url: "https://relay.example.org",
      body_cap_kb: 32,
      send: { require_sealed: true, retry_window_s: 60 },
      receipts: { read: true },
      files: { group: "agents" },
    },
    warnings: [],
  });
});

Deno.test("ruling 2: unknown keys warn and the others hold", async () => {
  const home = await homeWith(
    `retry = 1\nbody_cap_kb = 8\n[send]\nretry_window = 5\n[later]\na = 1\n`,
  );
  const { config, warnings } = await readConfig(home);
  assert.equal(config.body_cap_kb, 8);
  assert.deepEqual(warnings, [
    `unknown key "retry" in "/h/config/wire/config.toml" is ignored`,
    `unknown key "send.retry_window" in "/h/config/wire/config.toml" is ignored`,
    `unknown key "later" in "/h/config/wire/config.toml" is ignored`,
  ]);
});

Deno.test("P8: an unknown key is told cut, and with nothing in it that a terminal obeys", async () => {
  const { warnings } = await readConfig(
    await homeWith(`"\u009b2J\u202e${"y".repeat(5_000)}" = 1\n`),
  );
  const [warning = ""] = warnings;
  assert.match(warning, /^unknown key "\\u\{9b\}2J\\u\{202e\}y{252}…" in /);
});

for (
  const text of [
    "relay_url = ",
    "[send",
    'body_cap_kb = "64"',
    "body_cap_kb = 0",
    'relay_url = "ftp://relay"',
    "send = 3",
    "[send]\nrequire_sealed = 1",
    "\0",
  ]
) {
  Deno.test(`ruling 2: config.toml ${JSON.stringify(text)} stops in one line`, async () => {
    const home = await homeWith(text);
    await assert.rejects(readConfig(home), (error) => {
      assert.ok(error instanceof WireError);
      assert.equal(error.code, "unreadable");
      assert.match(error.message, /^Cannot read "\/h\/config\/wire\/config\.toml": [^\n]+$/);
      return true;
    });
  });
}
