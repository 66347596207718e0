/**
 * A relay as a process of its own, for tests and benchmarks that kill or load it: the real server,
 * started without the command line. Prints its URL on stdout, and then the state of its permission
 * to start processes; ends when stdin does.
 */
import { realPlatform } from "../../platform/real.ts";
import { startRelay } from "../../relay/serve.ts";

if (import.meta.main) {
  const [dataDirectory = ""] = Deno.args;
  using platform = realPlatform();
  const relay = await startRelay(
    { bind: "127.0.0.1:0", localOnly: false, dataDirectory, dropPermissions: true },
    platform,
  );
  await Deno.stdout.write(new TextEncoder().encode(`${relay.url}\n`));
  const { state } = await Deno.permissions.query({ name: "run" });
  await Deno.stdout.write(new TextEncoder().encode(`run: ${state}\n`));
  for await (const _ of Deno.stdin.readable);
  await relay.close();
}
