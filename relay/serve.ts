/** The relay as a server: store, lock, socket, shutdown. See docs/protocol/relay.md §2. */
import type { Platform } from "../platform/platform.ts";
import { type Bind, hostPort, isLoopback, parseBind, requireLoopback } from "./bind.ts";
import { connectionsThatFit } from "./descriptor_limit.ts";
import { dropPermissions } from "./hardening.ts";
import { type HostRules, loopbackRules } from "./host_guard.ts";
import { listen, type ListeningServer } from "./http_server.ts";
import { RelayMetrics } from "./metrics.ts";
import { MetricsApp } from "./metrics_server.ts";
import type { BridgeDeps } from "./node_bridge.ts";
import { openStores } from "./open_stores.ts";
import { RELAY_LIMITS, type RelayLimits, type RelayOptions } from "./options.ts";
import { Readiness } from "./readiness.ts";
import { createRelay } from "./relay.ts";
import { makeWay, parseUnixPath, privately, type UnixPlace } from "./unix_socket.ts";

export interface RunningRelay {
  /** `http://<host>:<port>`, with the port that was really bound; or `unix://<path>`. */
  readonly url: string;
  /** Or the path of its Unix socket, whose port is 0. */
  readonly host: string;
  readonly port: number;
  /** Where Prometheus looks, if anywhere. */
  readonly metricsUrl?: string;
  /** What is printed once it listens, without line feed. */
  readonly banner: string;
  /** Stops accepting, ends streams, answers what is open, puts everything on disk; within 5 s. */
  close(): Promise<void>;
}

/**
 * @throws {WireError} usage (a bad or refused bind), locked (another relay holds the directory),
 * unreadable (a damaged store), write_failed, internal (the address cannot be bound)
 */
export async function startRelay(
  asked: RelayOptions,
  platform: Platform,
): Promise<RunningRelay> {
  const options = asked.unixSocket === undefined ? asked : { ...asked, localOnly: true };
  const place = await placeOf(options, platform);
  const metricsBind = options.metricsBind === undefined
    ? undefined
    : parseBind(options.metricsBind);
  const { trustProxy } = options;
  const asLimits = { ...RELAY_LIMITS, ...options.limits };
  const maxConnections = await connectionsThatFit(platform.files, asLimits.maxConnections);
  const limits = { ...asLimits, maxConnections };
  const { clock, log } = platform;
  const { dataDirectory, ...stores } = await openStores(options, limits, platform);
  const metrics = new RelayMetrics();
  const readiness = new Readiness({ clock, log, probe: () => stores.store.counters() });
  const relay = createRelay({
    platform,
    ...stores,
    isLocalOnly: options.localOnly,
    limits,
    metrics,
    readiness,
    ...(trustProxy === undefined ? {} : { trustProxy }),
  });
  const open: ListeningServer[] = [];
  const stop = async (): Promise<void> => {
    readiness.stop();
    relay.endStreams();
    // Whoever watches sees it stop: the metrics go last.
    for (const [i, server] of open.entries()) {
      await server.close(i === 0 ? limits.drainMs : SIDE_DRAIN_MS);
    }
    await relay.close();
    await dataDirectory?.[Symbol.asyncDispose]();
  };
  try {
    const deps = { clock, log, limits };
    const guard = {
      onLimited: () => metrics.limited.add({ limit: "connections" }),
      ...(trustProxy === undefined ? {} : { trustProxy: trustProxy.toLowerCase() }),
    };
    const server = await bound(place, { ...deps, relay, guard });
    open.push(server);
    if (isLoopback(server.address)) relay.guardLoopback(guardOf(options, place, server));
    let metricsUrl: string | undefined;
    if (metricsBind !== undefined) {
      const app = new MetricsApp({ metrics, readiness });
      const side = await listen(metricsBind, { ...deps, relay: app, limits: sideLimits(limits) });
      open.push(side);
      if (isLoopback(side.address)) app.guardLoopback(guardOf(options, metricsBind, side));
      metricsUrl = `http://${hostPort(metricsBind.host, side.port)}/metrics`;
    }
    if (options.dropPermissions === true) await dropPermissions();
    return running(options, place, { server, stop, metricsUrl });
  } catch (error) {
    await stop();
    throw error;
  }
}

type Place = Bind | UnixPlace;

async function placeOf(options: RelayOptions, { env }: Platform): Promise<Place> {
  if (options.unixSocket !== undefined) {
    return parseUnixPath(options.unixSocket, env.currentDirectory);
  }
  const bind = parseBind(options.bind);
  if (options.localOnly) await requireLoopback(bind);
  return bind;
}

async function bound(place: Place, deps: BridgeDeps): Promise<ListeningServer> {
  if (!("path" in place)) return await listen(place, deps);
  await makeWay(place);
  return await privately(() => listen(place, { ...deps, isUnchunked: true }));
}

const guardOf = (options: RelayOptions, place: Place, { port }: ListeningServer): HostRules =>
  loopbackRules({
    host: "path" in place ? "localhost" : place.host,
    port,
    allowHosts: options.allowHosts ?? [],
    allowOrigins: options.allowOrigins ?? [],
  });

const SIDE_DRAIN_MS = 250;

/** Few look at the metrics, and they must not take the room of those who use the relay. */
const sideLimits = (limits: RelayLimits): RelayLimits => ({ ...limits, maxConnections: 32 });

interface Parts {
  readonly server: ListeningServer;
  readonly metricsUrl: string | undefined;
  stop(): Promise<void>;
}

function running(options: RelayOptions, place: Place, parts: Parts): RunningRelay {
  const { server: { port }, metricsUrl, stop } = parts;
  let closing: Promise<void> | undefined;
  const common = {
    port,
    ...(metricsUrl === undefined ? {} : { metricsUrl }),
    close: () => closing ??= stop(),
  };
  if ("path" in place) {
    return {
      ...common,
      url: `unix://${place.path}`,
      host: place.path,
      banner: `wire relay-server (LOCAL-ONLY) listening on unix://${place.path}`,
    };
  }
  const where = hostPort(place.host, port);
  return {
    ...common,
    url: `http://${where}`,
    host: place.host,
    banner: options.localOnly
      ? `wire relay-server (LOCAL-ONLY) listening on ${where} — phonebook + well-known endpoints ` +
        "disabled"
      : `wire relay-server listening on ${where}`,
  };
}
