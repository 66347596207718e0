/** Every argument of every tool with what nobody expects there: an error to mend, and no fault of ours. */
import assert from "node:assert/strict";
import { z } from "zod";
import { listedTools } from "../../mcp/catalogue.ts";
import { RELAY_URL } from "../fault/mail_world.ts";
import { ToolResult } from "./raw_client.ts";
import { scene } from "./scene.ts";
import { argumentsFor } from "./tool_arguments.ts";

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  9_007_199_254_740_993,
  0.5,
  "",
  " ",
  "0",
  "../../etc/passwd",
  "\u0000\u202e\ud800",
  "__proto__",
  "x".repeat(70_000),
  "wire://pair?v=1&inv=" + "A".repeat(9_000),
  "http://127.0.0.1:1/\r\nx: y",
  "file:///etc/passwd",
  "f".repeat(64),
  [],
  ["x"],
  {},
  { toString: 1 },
];

/** Of a failure, which is read: no controls but the ends of its lines, nothing that reorders. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}]/u;
/** What a schema says of a value that does not fit. */
const PAGES = /ZodError|"code":/;

const Properties = z.record(z.string(), z.unknown());

for (const { name, inputSchema } of await listedTools("full")) {
  Deno.test(`mcp P8: ${name} answers whatever stands in its arguments, and never with a fault of ours`, async () => {
    await using it = await scene();
    const { client } = it.process;
    const args = Object.keys(Properties.parse(inputSchema["properties"] ?? {}));
    const whole = argumentsFor(name, RELAY_URL);
    for (const arg of args) {
      for (const value of [undefined, ...HOSTILE]) {
        // That is the default: to wait, by a clock that stands still.
        if (arg === "timeout_secs" && (value ?? null) === null) continue;
        const asked = { ...whole, [arg]: value };
        const call = { name, arguments: asked };
        const { result, error } = await client.answer(await client.ask("tools/call", call));
        const what = `${arg} = ${JSON.stringify(value)?.slice(0, 60)}`;
        assert.equal(error, undefined, `${what}: ${error?.message}`);
        const { content: [first], isError } = ToolResult.parse(result);
        assert.ok(first !== undefined && first.text.length < 20_000, what);
        if (isError === true) assert.ok(!UNSEEN.test(first.text) && !PAGES.test(first.text), what);
      }
    }
  });
}
