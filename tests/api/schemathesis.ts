/**
 * `deno task schemathesis`: the API's document against a relay, by a tool that we did not write
 * (https://pypi.org/project/schemathesis). It makes requests that fit and that do not, follows the
 * links from one answer to the next request, and holds every answer to the document.
 */
import { realPlatform } from "../../platform/real.ts";
import { startRelay } from "../../relay/serve.ts";
import { makeKnownThings } from "./known_things.ts";

const PROGRAM = "schemathesis";
const HOOKS = new URL("./schemathesis_hooks.py", import.meta.url).pathname;
/** As 0.5.19's relay is, or because schema and meaning are not the same; each with its reason. */
const LEFT_OUT = [
  // Cards, introductions and event ids are signed or hashed: what only fits the schema is refused.
  "positive_data_acceptance",
  // 0.5.19's clients send members and spellings that a schema would call wrong, and are served.
  "negative_data_rejection",
];
/**
 * All but `validation_mismatch`, which says of claims, introductions and phases what stands above:
 * they are refused unless they are signed, or what the pairing expects next.
 */
const WARNINGS = ["missing_auth", "missing_test_data"];
/** Streams that do not end, and an upgrade. */
const PATHS = ["/v1/events/{slot_id}/stream", "/v1/ws"];

async function version(): Promise<string | undefined> {
  try {
    const { stdout, success } = await new Deno.Command(PROGRAM, { args: ["--version"] }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const say = (line: string): void =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

const found = await version();
if (found === undefined) {
  say(
    "schemathesis is not on PATH: install it with `pip install schemathesis`, then run this again",
  );
  Deno.exit(3);
}
say(found);
using platform = realPlatform();
const dataDirectory = await Deno.makeTempDir({ prefix: "wire-schemathesis-" });
const relay = await startRelay({
  bind: "127.0.0.1:0",
  localOnly: false,
  dataDirectory,
  limits: { burst: 1e9, perSecond: 1e9 },
}, platform);
const { code } = await new Deno.Command(PROGRAM, {
  args: [
    "run",
    `${relay.url}/openapi.json`,
    "--exclude-checks",
    LEFT_OUT.join(","),
    ...PATHS.flatMap((path) => ["--exclude-path", path]),
    "--phases",
    "examples,coverage,fuzzing,stateful",
    "--warnings",
    WARNINGS.join(","),
    "--request-timeout",
    "10",
    "--no-color",
    ...Deno.args,
  ],
  cwd: dataDirectory,
  env: {
    SCHEMATHESIS_HOOKS: HOOKS,
    WIRE_KNOWN: JSON.stringify(await makeKnownThings(relay.url)),
  },
}).spawn().status;
await relay.close();
await Deno.remove(dataDirectory, { recursive: true });
Deno.exit(code);
