/** The files that operators copy call the program as it is. */
import assert from "node:assert/strict";
import { longFlag } from "../../cli/options.ts";
import { command } from "../../cli/commands/relay_server.ts";
import { homePaths } from "../../platform/paths.ts";
import { FakeEnv } from "../../platform/fake/env.ts";

const read = (name: string): Promise<string> =>
  Deno.readTextFile(new URL(`../../packaging/${name}`, import.meta.url));

function checkFlags(words: readonly string[]): void {
  const known = Object.keys(command.options).map(longFlag);
  const flags = words.filter((word) => word.startsWith("--"));
  assert.ok(flags.length >= 4);
  for (const flag of flags) assert.ok(known.includes(flag), `${flag} is no option`);
}

Deno.test("packaging: the systemd unit starts a relay with options that exist", async () => {
  const unit = await read("wire-relay.service");
  const [, line = ""] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  const [program, name, ...words] = line.split(" ");
  assert.equal(program, "/usr/local/bin/wire");
  assert.equal(name, "relay-server");
  checkFlags(words);
  assert.match(unit, /^NoNewPrivileges=yes$/m);
  assert.match(unit, /^UMask=0077$/m);
  // Longer than the 5 s in which a relay stops by itself.
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > 5);
});

Deno.test("packaging: the container runs a relay as nobody, with its data in the volume", async () => {
  const text = await read("Containerfile");
  const of = (instruction: string): string[] =>
    JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(text)?.[1] ?? "[]");
  assert.deepEqual(of("ENTRYPOINT"), ["/usr/local/bin/wire", "relay-server"]);
  const words = of("CMD");
  checkFlags(words);
  assert.equal(words[words.indexOf("--data") + 1], "/data/relay");
  assert.match(text, /^FROM \S+:nonroot$/m);
  assert.match(text, /^ENV WIRE_HOME=\/data$/m);
  const env = new FakeEnv({ variables: { WIRE_HOME: "/data" } });
  assert.ok(homePaths(env).relayRoot({ localOnly: false }).startsWith("/data/"));
  const built = /^FROM \S+deno:(\S+) AS build$/m.exec(text)?.[1];
  assert.match(
    await Deno.readTextFile(new URL("../../README.md", import.meta.url)),
    new RegExp(`deno@${built}`),
  );
});
