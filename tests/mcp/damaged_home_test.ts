/**
 * Tools over a home in which one value of one file is wrong: an answer or a refusal in words, never a
 * fault of the program, a secret, or what hides from whoever reads it.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import type { FakeClock } from "../../platform/fake/clock.ts";
import { DamagedHome, fullHome } from "../fault/hostile_home.ts";
import { nearly } from "../fault/hostile_json.ts";
import { loadEverything } from "../fault/hostile_run.ts";
import { RELAY_URL } from "../fault/mail_world.ts";
import { testRuns } from "../runs.ts";
import { served } from "./mcp_world.ts";
import { textOf } from "./raw_client.ts";
import { argumentsFor } from "./tool_arguments.ts";

await loadEverything();
await Promise.all(CATALOGUE.map(({ load }) => load()));
const full = await fullHome();

const textIn = (file: string): string => new TextDecoder().decode(full.contents.get(file));
const FILES = [...full.contents.keys()].filter((file) => /\.jsonl?$/.test(file));

/** Of a file of lines, one of them. */
const damaged = fc.constantFrom(...FILES).chain((file) => {
  const lines = file.endsWith(".jsonl") ? textIn(file).split("\n") : [textIn(file)];
  const whole = lines.keys().filter((at) => lines[at]?.startsWith("{")).toArray();
  if (whole.length === 0) return fc.constant({ file, text: "{" });
  return fc.constantFrom(...whole).chain((at) =>
    nearly(lines[at] ?? "").map((line) => ({ file, text: lines.with(at, line).join("\n") }))
  );
});

/** Of the home that is damaged, where there is something of that kind. */
function argumentsIn(tool: string): Record<string, unknown> {
  const { code, sas } = full;
  const own: Readonly<Record<string, Record<string, unknown>>> = {
    wire_send: { peer: "bob", kind: "claim", body: "hello" },
    wire_whois: { handle: "bob" },
    wire_pair_confirm_detached: { code_phrase: code, user_typed_digits: sas },
    wire_pair_cancel_pending: { code_phrase: code },
    wire_pair_join: { code_phrase: "42-K7QX2M", relay_url: RELAY_URL, max_wait_secs: 0 },
    wire_search: { text: "one" },
  };
  return own[tool] ?? argumentsFor(tool, RELAY_URL);
}

/** Time passes whenever it waits. */
async function inTime<T>(work: Promise<T>, clock: FakeClock): Promise<T> {
  let isDone = false;
  const ended = work.finally(() => isDone = true);
  ended.catch(() => undefined); // told where it is awaited
  const start = clock.monotonic();
  while (!isDone) {
    for (let turn = 0; turn < 4 && !isDone; turn++) await clock.settle();
    if (!isDone) await clock.advance(1_000);
    assert.ok(clock.monotonic() - start < 600_000, "it waits for ever");
  }
  return await ended;
}

const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const LONGEST_REFUSAL = 2_500;

Deno.test("P5, P7: tools over a home in which one value is wrong: an answer or a refusal, no secret", async () => {
  const tool = fc.constantFrom(...CATALOGUE.map(({ name }) => name));
  await fc.assert(
    fc.asyncProperty(damaged, tool, async ({ file, text }, name) => {
      const home = await DamagedHome.of(full, file, new TextEncoder().encode(text));
      const { platform } = home;
      const it = await served({ platform, handle: "alice" });
      await it.client.open();
      const { isError, ...result } = await inTime(
        it.client.tool(name, argumentsIn(name)),
        platform.clock,
      );
      await inTime(it.end(), platform.clock);
      const said = textOf(result);
      if (isError === true) assert.ok(said.length <= LONGEST_REFUSAL, `${name}: ${said.length}`);
      assert.doesNotMatch(said, HIDDEN, name);
      for (const secret of full.secrets) {
        assert.ok(!it.client.text.includes(secret), `${name} shows a secret`);
      }
    }),
    { numRuns: testRuns(200) },
  );
});
