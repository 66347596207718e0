/**
 * A relay in a process of its own that says how much memory it takes. Arguments: its data
 * directory, and its options as JSON. Prints its URL; then for each line on stdin one line:
 * `memory` gives what it holds now and what it held at most since the line before, in bytes, and the
 * processor time that it has used.
 */
import { clearInterval, setInterval } from "node:timers";
import process from "node:process";
import { realPlatform } from "../../platform/real.ts";
import { startRelay } from "../../relay/serve.ts";

const SAMPLE_MS = 5;

if (import.meta.main) {
  const [dataDirectory = "", options = "{}"] = Deno.args;
  using platform = realPlatform();
  const relay = await startRelay(
    { bind: "127.0.0.1:0", localOnly: false, dataDirectory, ...JSON.parse(options) },
    platform,
  );
  const rss = (): number => process.memoryUsage.rss();
  let peak = 0;
  let sampling: ReturnType<typeof setInterval> | undefined;
  const say = (line: string): Promise<number> =>
    Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
  await say(relay.url);
  for await (const _ of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    sampling ??= setInterval(() => peak = Math.max(peak, rss()), SAMPLE_MS);
    const now = rss();
    const { user, system } = process.cpuUsage();
    await say(JSON.stringify({ now, peak: Math.max(peak, now), cpuMs: (user + system) / 1000 }));
    peak = 0;
  }
  clearInterval(sampling);
  await relay.close();
  Deno.exit(0); // without the timers that still wait for what has been done
}
