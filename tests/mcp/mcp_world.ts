/** `wire mcp` in a world of fakes, with a client on its streams. */
import { type Consent, OPEN_CONSENT } from "../../client/consent_port.ts";
import { type DaemonLink, NO_DAEMON } from "../../client/daemon_link.ts";
import { McpHost } from "../../mcp/host.ts";
import type { Profile } from "../../mcp/profile.ts";
import { serveOverStdio } from "../../mcp/serve_stdio.ts";
import type { Env } from "../../platform/env.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import type { Platform } from "../../platform/platform.ts";
import { RawClient } from "./raw_client.ts";

export interface Served extends AsyncDisposable {
  readonly client: RawClient;
  readonly host: McpHost;
  /** Closes standard input, and waits until it has ended. */
  end(): Promise<void>;
}

export interface ServeOptions {
  readonly consent?: Consent;
  readonly profile?: Profile;
  readonly daemon?: DaemonLink;
  /** Left out: tools find that one runs. */
  readonly mayStartDaemon?: boolean;
  /** In place of one in which WIRE_HOME names the handle's. */
  readonly env?: Env;
}

/** No daemon is started: the other sides of these worlds are told by their tests. */
export async function served(
  { platform, handle }: { readonly platform: Platform; readonly handle: string },
  {
    consent = OPEN_CONSENT,
    profile = "full",
    daemon = NO_DAEMON,
    mayStartDaemon = false,
    env,
  }: ServeOptions = {},
): Promise<Served> {
  const { stdin, stderr } = new FakeTerminal();
  const client = new RawClient((line) => stdin.type(line));
  const variables = {
    WIRE_HOME: `/${handle}`,
    ...(mayStartDaemon ? {} : { WIRE_MCP_SKIP_AUTO_UP: "1" }),
  };
  const world: Platform = {
    ...platform,
    env: env ?? new FakeEnv({ variables }),
    terminal: { stdin, stdout: client, stderr, colour: () => false },
  };
  const host = new McpHost(world, { consent, profile, daemonOf: () => daemon });
  await host.changes.start();
  const { signal } = new AbortController();
  const running = serveOverStdio(host, signal);
  const end = async (): Promise<void> => {
    stdin.end();
    await running;
    await host[Symbol.asyncDispose]();
  };
  return { client, host, end, [Symbol.asyncDispose]: end };
}
