/** Serves the home's tools and resources to agents' hosts. See docs/protocol/mcp.md. */
import { z } from "zod";
import { OPEN_CONSENT } from "../client/consent_port.ts";
import type { StreamOperation } from "../client/operation.ts";
import { lazyDaemonLink } from "../daemon/lazy_link.ts";
import { McpHost } from "./host.ts";
import { Profile } from "./profile.ts";

const McpInput = z.object({
  profile: Profile.default("full"),
  /** Where to listen, instead of standard streams. */
  http: z.string().optional(),
  /** Web pages that may ask over HTTP. */
  allowOrigin: z.array(z.string()).default([]),
});

/** Over HTTP only: on standard streams nothing is said but the protocol. */
const McpOutput = z.object({
  url: z.string(),
  /** What the file holds goes into the header `authorization: Bearer …`. */
  token_file: z.string(),
});

const FOR_HOSTS =
  "wire mcp waits for JSON-RPC on standard input: it is started by an agent's host; " +
  "wire setup gives it to those of this machine. Ctrl-D ends it";

/** @throws {WireError} as serveOverHttp */
export const mcp = {
  input: McpInput,
  output: McpOutput,
  async *stream({ platform, warn }, { profile, http: bind, allowOrigin: origins }, signal) {
    await using host = new McpHost(platform, {
      consent: OPEN_CONSENT,
      profile,
      daemonOf: lazyDaemonLink,
    });
    // One that cannot tell whose it is does not begin; later each call looks again (lesson 34).
    await host.homeSource();
    if (bind === undefined) {
      // Whoever types it would look at an empty screen.
      if (platform.terminal.stdin.isTerminal) warn(FOR_HOSTS);
      const { serveOverStdio } = await import("./serve_stdio.ts");
      return await serveOverStdio(host, signal);
    }
    const { serveOverHttp } = await import("./http/serve.ts");
    await using face = await serveOverHttp(host, { bind, origins });
    yield { url: face.url, token_file: face.tokenFile };
    const stopped = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => stopped.resolve(), { once: true });
    if (!signal.aborted) await stopped.promise;
  },
} satisfies StreamOperation<typeof McpInput, typeof McpOutput>;
