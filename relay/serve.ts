/** The relay as a server: store, lock, socket, shutdown. See docs/protocol/relay.md §2. */
import { homePaths } from "../platform/paths.ts";
import type { Platform } from "../platform/platform.ts";
import type { Directory } from "../store/directory/directory.ts";
import { KvDirectory } from "../store/directory/kv_directory.ts";
import { type DataDirectory, openDataDirectory } from "../store/slots/data_directory.ts";
import { KvSlotStore } from "../store/slots/kv_slot_store.ts";
import { openKv } from "../store/slots/open_kv.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { type Bind, hostPort, isLoopback, parseBind, requireLoopback } from "./bind.ts";
import { dropPermissions } from "./hardening.ts";
import { loopbackRules } from "./host_guard.ts";
import { listen, type ListeningServer } from "./http_server.ts";
import { RELAY_LIMITS, type RelayLimits, type RelayOptions } from "./options.ts";
import { createRelay, type Relay } from "./relay.ts";

export interface RunningRelay {
  /** `http://<host>:<port>`, with the port that was really bound. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
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
  options: RelayOptions,
  platform: Platform,
): Promise<RunningRelay> {
  const bind = parseBind(options.bind);
  if (options.localOnly) await requireLoopback(bind);
  const limits = { ...RELAY_LIMITS, ...options.limits };
  const { dataDirectory, ...stores } = await openStores(options, limits, platform);
  const relay = createRelay({
    platform,
    ...stores,
    isLocalOnly: options.localOnly,
    limits,
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
  });
  try {
    const { clock, log } = platform;
    const server = await listen(bind, { relay, clock, log, limits });
    if (options.dropPermissions === true) await dropPermissions();
    return running(options, bind, { relay, server, dataDirectory, limits });
  } catch (error) {
    await relay.close();
    await dataDirectory?.[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly relay: Relay;
  readonly server: ListeningServer;
  readonly dataDirectory: DataDirectory | undefined;
  readonly limits: RelayLimits;
}

function running(options: RelayOptions, bind: Bind, parts: Parts): RunningRelay {
  const { relay, server, dataDirectory, limits } = parts;
  const { port } = server;
  if (isLoopback(server.address)) {
    relay.guardLoopback(loopbackRules({
      host: bind.host,
      port,
      allowHosts: options.allowHosts ?? [],
      allowOrigins: options.allowOrigins ?? [],
    }));
  }
  const place = hostPort(bind.host, port);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    relay.endStreams();
    await server.close(limits.drainMs);
    await relay.close();
    await dataDirectory?.[Symbol.asyncDispose]();
  };
  return {
    url: `http://${place}`,
    host: bind.host,
    port,
    banner: options.localOnly
      ? `wire relay-server (LOCAL-ONLY) listening on ${place} — phonebook + well-known endpoints ` +
        "disabled"
      : `wire relay-server listening on ${place}`,
    close: () => closing ??= close(),
  };
}

interface Stores {
  readonly store: SlotStore;
  readonly directory: Directory;
  readonly dataDirectory: DataDirectory | undefined;
}

async function openStores(
  options: RelayOptions,
  limits: RelayLimits,
  { clock, env, files }: Platform,
): Promise<Stores> {
  const { kvUrl } = options;
  if (kvUrl !== undefined) {
    const kv = await openKv({ place: kvUrl, name: kvUrl, mustExist: false, isChecked: false });
    return {
      store: new KvSlotStore({ ...limits, kv, clock, isShared: true }),
      directory: new KvDirectory({ ...limits, kv }),
      dataDirectory: undefined,
    };
  }
  const path = options.dataDirectory ?? homePaths(env).relayRoot(options);
  const dataDirectory = await openDataDirectory(files, path);
  try {
    const { kvPath, hasStore } = dataDirectory;
    const kv = await openKv({ place: kvPath, name: kvPath, mustExist: hasStore, isChecked: true });
    const store = new KvSlotStore({ ...limits, kv, clock, isShared: false });
    await dataDirectory.markMade().catch(async (error: unknown) => {
      await store[Symbol.asyncDispose]();
      throw error;
    });
    return { store, directory: new KvDirectory({ ...limits, kv }), dataDirectory };
  } catch (error) {
    await dataDirectory[Symbol.asyncDispose]();
    throw error;
  }
}
