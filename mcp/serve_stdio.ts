/** `wire mcp`: one client on our standard streams, until it closes them. See docs/protocol/mcp.md §1. */
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { McpHost } from "./host.ts";
import { serverFor } from "./server.ts";
import { StdioTransport } from "./stdio_transport.ts";

/** For the answers of what was asked before the end of input; then whatever still runs is called off. */
const LAST_ANSWERS_MS = 750;
/** For all that is done after it: with the way out of the process it ends within a second. */
const ENDING_MS = 850;

/**
 * Ends at the end of input, or when the signal aborts, and the host with it. Relays that could not be
 * told of the end of a pairing in time are told by the daemon.
 */
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
  // Both are called off as soon as nothing is waited for.
  const [late, tooLate] = [LAST_ANSWERS_MS, ENDING_MS].map((ms) =>
    clock.sleep(ms, over.signal).catch(() => undefined)
  );
  if (!signal.aborted) await Promise.race([transport.answered(), late]);
  // No more is said; what has been is on its way out, unless nobody reads it.
  await handle.close();
  await Promise.race([Promise.all([transport.said(), host[Symbol.asyncDispose]()]), tooLate]);
  over.abort();
}
