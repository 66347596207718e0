/**
 * Files of a home that are nearly right: JSON with one value of another type, a member missing or
 * twice, a byte changed. Whatever a command makes of them, it is one line or its usual answer.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../runs.ts";
import { CONFIG, DamagedHome, fullHome, STATE } from "./hostile_home.ts";
import { LONG_TEXT, nearly, placesIn, replacedAt, WILD_TEXT } from "./hostile_json.ts";
import { assertDecent, assertOneLineError, loadEverything } from "./hostile_run.ts";
import { RELAY_URL } from "./mail_world.ts";

await loadEverything();
const full = await fullHome();
const { code, sas } = full;

const JSON_FILES = [
  `${CONFIG}/agent-card.json`,
  `${CONFIG}/trust.json`,
  `${CONFIG}/relay.json`,
  `${STATE}/pending-pair/${code}.json`,
  `${STATE}/delivery/bob.problems.json`,
  `${STATE}/delivery/bob.signing.json`,
  `${STATE}/daemon.pid`,
];
const LINE_FILES = [...full.contents.keys()].filter((file) => file.endsWith(".jsonl"));

const textOf = (file: string): string => new TextDecoder().decode(full.contents.get(file));

/** One line of the file is nearly right, the others stand. */
function nearlyLines(text: string): fc.Arbitrary<string> {
  const lines = text.split("\n");
  const whole = lines.keys().filter((at) => lines[at]?.startsWith("{")).toArray();
  return fc.constantFrom(...whole).chain((at) =>
    nearly(lines[at] ?? "").map((line) => lines.with(at, line).join("\n"))
  );
}

const damaged = fc.oneof(
  fc.constantFrom(...JSON_FILES).chain((file) =>
    nearly(textOf(file)).map((text) => ({ file, text }))
  ),
  fc.constantFrom(...LINE_FILES).chain((file) =>
    nearlyLines(textOf(file)).map((text) => ({ file, text }))
  ),
);

const COMMANDS: readonly (readonly string[])[] = [
  ["whoami"],
  ["peers"],
  ["status"],
  ["status", "--peer", "bob"],
  ["send", "bob", "claim", "something new"],
  ["push"],
  ["pull"],
  ["tail"],
  ["monitor", "--replay", "5"],
  ["daemon", "--once"],
  ["bind-relay", RELAY_URL, "--migrate-pinned"],
  ["pair-list"],
  ["pair-confirm", code, sas],
  ["pair-watch", code, "--timeout", "1"],
  ["pair-cancel", code],
  ["pair-join", code, "--relay", RELAY_URL, "--detach"],
];

/** Only where chance decides: each at each place would take long. */
const MORE_COMMANDS: readonly (readonly string[])[] = [
  ["here"],
  ["whois", "bob"],
  ["rotate-slot"],
  ["pair-list-inbound"],
  ["pair-accept", "bob"],
  ["outbox", "list"],
  ["quarantine", "list"],
  ["quarantine", "retry"],
  ["search", "one"],
  ["archive"],
  ["forget-peer", "bob"],
  ["block", "bob"],
  ["blocked"],
  ["profile", "get"],
  ["profile", "set", "motto", "x"],
  ["claim", "alice"],
  ["diag", "tail"],
  ["notify", "--once"],
  ["reactor", "--once", "--dry-run", "--on-event", "true"],
  ["session", "list"],
  ["up", `alice@${RELAY_URL}`],
  ["go-back"],
];

async function tryCommand(file: string, text: string, args: readonly string[]): Promise<void> {
  const home = await DamagedHome.of(full, file, new TextEncoder().encode(text));
  const ran = await home.run(args, { interrupt: "when idle" });
  assertDecent(ran, full.secrets);
  if (![0, 130].includes(ran.exitCode)) assertOneLineError(ran);
  for (const path of [`${CONFIG}/private.key`, `${CONFIG}/config.toml`]) {
    assert.deepEqual(await home.disk.readBytes(path), full.contents.get(path));
  }
}

async function everywhere(by: unknown): Promise<void> {
  for (const file of JSON_FILES) {
    const value: unknown = JSON.parse(textOf(file));
    for (const place of placesIn(value)) {
      const text = JSON.stringify(replacedAt(value, place, by));
      for (const args of COMMANDS) {
        try {
          await tryCommand(file, text, args);
        } catch (cause) {
          throw new Error(`${file} at ${place.join(".")}`, { cause });
        }
      }
    }
  }
}

Deno.test("P5: whatever stands in a file of a home, no command sends to a terminal what that would obey", async () => {
  await everywhere(WILD_TEXT);
  await everywhere({ [WILD_TEXT]: { [WILD_TEXT]: WILD_TEXT } });
});

Deno.test("P8: however long a text in a file of a home is, what a command says of it is cut", async () => {
  await everywhere(LONG_TEXT);
  await everywhere({ [LONG_TEXT]: {} });
});

Deno.test("P5, P7: a home in which one value is wrong: one line or the usual answer, no secret", async () => {
  await fc.assert(
    fc.asyncProperty(
      damaged,
      fc.constantFrom(...COMMANDS, ...MORE_COMMANDS),
      async ({ file, text }, args) => await tryCommand(file, text, args),
    ),
    { numRuns: testRuns(1_500) },
  );
});
