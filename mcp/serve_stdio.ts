/** `wire mcp`: one client on our standard streams, until it closes them. See docs/protocol/mcp.md §1. */
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { McpHost } from "./host.ts";
import { serverFor } from "./server.ts";
import { StdioTransport } from "./stdio_transport.ts";

/** For the answers of what was asked before the end of input; then whatever still runs is called off. */
const LAST_ANSWERS_MS = 600;

/** Ends at the end of input, or when the signal aborts. */
export async function serveOverStdio(host: McpHost, signal: AbortSignal): Promise<void> {
  const { clock, log, terminal } = host.platform;
  const transport = new StdioTransport(terminal);
  const handle = serveStdio(({ era }) => serverFor(host, { era, hears: true }), {
    transport,
    onerror: ({ message }) => log.debug("mcp", { problem: message }),
  });
  void host.changes.start();
  const stopped = Promise.withResolvers<void>();
  const stop = (): void => stopped.resolve();
  signal.addEventListener("abort", stop, { once: true });
  await Promise.race([transport.inputEnded, stopped.promise]);
  signal.removeEventListener("abort", stop);
  const over = new AbortController();
  // Called off as soon as everything is answered.
  const late = clock.sleep(LAST_ANSWERS_MS, over.signal).catch(() => undefined);
  if (!signal.aborted) await Promise.race([transport.answered(), late]);
  over.abort();
  await handle.close();
}
