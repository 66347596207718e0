/**
 * A relay as a process of its own, for tests and benchmarks that kill or load it: the real server,
 * started without the command line. Prints its URL on stdout; ends when stdin does.
 */
import { realPlatform } from "../../platform/real.ts";
import { startRelay } from "../../relay/serve.ts";

if (import.meta.main) {
  const [dataDirectory = ""] = Deno.args;
  using platform = realPlatform();
  const relay = await startRelay(
    { bind: "127.0.0.1:0", localOnly: false, dataDirectory },
    platform,
  );
  await Deno.stdout.write(new TextEncoder().encode(`${relay.url}\n`));
  for await (const _ of Deno.stdin.readable);
  await relay.close();
}
