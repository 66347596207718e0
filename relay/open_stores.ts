/** Where a relay keeps its things: a directory of its own, or a KV server that several share. */
import path from "node:path";
import type { Env } from "../platform/env.ts";
import { homePaths } from "../platform/paths.ts";
import type { Platform } from "../platform/platform.ts";
import { WireError } from "../protocol/errors.ts";
import type { Directory } from "../store/directory/directory.ts";
import { KvDirectory } from "../store/directory/kv_directory.ts";
import type { Documents } from "../store/pairings/documents.ts";
import { KvDocuments } from "../store/pairings/kv_documents.ts";
import { type DataDirectory, openDataDirectory } from "../store/slots/data_directory.ts";
import { KvSlotStore } from "../store/slots/kv_slot_store.ts";
import { openKv } from "../store/slots/open_kv.ts";
import { remoteKv } from "../store/slots/remote_kv.ts";
import { KvRelayKey } from "../store/relay_key/kv_relay_key.ts";
import type { RelayKey } from "../store/relay_key/relay_key.ts";
import type { StatsHistory } from "../store/stats/history.ts";
import { KvHistory } from "../store/stats/kv_history.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { PAIRING_SHARD } from "../store/slots/wake.ts";
import { WakeWatcher } from "../store/slots/wake_watcher.ts";
import { pairingLimits, type RelayLimits, type RelayOptions } from "./options.ts";

/** Told in which shards something was stored, by whomever. */
export type OnWake = (shards: ReadonlySet<number>) => void;

export interface Stores {
  /** Closed with the relay. */
  readonly store: SlotStore;
  readonly directory: Directory;
  readonly history: StatsHistory;
  readonly key: RelayKey;
  /** Where pairings meet, if not in the memory of this process. */
  readonly pairings?: Documents;
  /** Hears of other relays on the same store, if there can be any. */
  watch?(onWake: OnWake): AsyncDisposable;
}

export interface OpenedStores extends Stores {
  /** Held until the relay is closed. */
  readonly dataDirectory?: DataDirectory;
}

/** @throws {WireError} usage, locked, unreadable, write_failed */
export async function openStores(
  options: RelayOptions,
  limits: RelayLimits,
  platform: Platform,
): Promise<OpenedStores> {
  const { kvUrl } = options;
  if (kvUrl !== undefined) return await openShared(kvUrl, limits, platform);
  const { clock, env, files, random } = platform;
  const directory = options.dataDirectory ?? dataPlace(options, env);
  const dataDirectory = await openDataDirectory(files, directory);
  try {
    const { kvPath, hasStore } = dataDirectory;
    const kv = await openKv({ place: kvPath, name: kvPath, mustExist: hasStore, isChecked: true });
    const store = new KvSlotStore({ ...limits, kv, clock, isShared: false });
    const key = new KvRelayKey({ kv, randomBytes: (count) => random.bytes(count) });
    try {
      await dataDirectory.markMade();
      // In a file that nobody else can read by now.
      await key.load();
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
    const history = new KvHistory({ kv, relay: "" });
    return { store, directory: new KvDirectory({ ...limits, kv }), history, key, dataDirectory };
  } catch (error) {
    await dataDirectory[Symbol.asyncDispose]();
    throw error;
  }
}

/** A file would be written by several processes that do not wake each other. */
const SERVER_URL = /^https?:\/\/[^\s/]/;

async function openShared(
  url: string,
  limits: RelayLimits,
  { clock, log, random }: Platform,
): Promise<Stores> {
  if (!SERVER_URL.test(url)) {
    throw new WireError(
      "usage",
      `Cannot use the KV server ${JSON.stringify(url)}: expected http:// or https://`,
      { hint: "for a store of its own, name a directory with --data" },
    );
  }
  const place = { place: url, name: url, mustExist: false, isChecked: false };
  const over = (kv: Deno.Kv): Deno.Kv => remoteKv(kv, { clock });
  const kv = await openKv({ ...place, over });
  try {
    const watching = await openKv({ ...place, over });
    const stores = sharedStores({ kv, watching, limits, clock, log, random });
    try {
      await stores.key.load();
    } catch (error) {
      watching.close();
      throw error;
    }
    return stores;
  } catch (error) {
    kv.close();
    throw error;
  }
}

export interface SharedKv extends Pick<Platform, "clock" | "log" | "random"> {
  /** Closed with the store. */
  readonly kv: Deno.Kv;
  /** Another connection to the same: closed with the watch. */
  readonly watching: Deno.Kv;
  readonly limits: RelayLimits;
}

/** Stores that other relays write to as well. */
export function sharedStores({ kv, watching, limits, clock, log, random }: SharedKv): Stores {
  const pairings = new KvDocuments({ ...pairingLimits(limits), kv, clock });
  return {
    store: new KvSlotStore({ ...limits, kv, clock, isShared: true }),
    directory: new KvDirectory({ ...limits, kv }),
    history: new KvHistory({ kv, relay: random.bytes(8).toHex() }),
    key: new KvRelayKey({ kv, randomBytes: (count) => random.bytes(count) }),
    pairings,
    watch: (onWake) =>
      new WakeWatcher({
        kv: watching,
        clock,
        log,
        onWake(shards) {
          if (shards.has(PAIRING_SHARD)) pairings.woken();
          onWake(shards);
        },
      }),
  };
}

const dataPlace = (options: RelayOptions, env: Env): string =>
  options.unixSocket === undefined
    ? homePaths(env).relayRoot(options)
    : path.join(homePaths(env).relayRoot({ localOnly: false }), "uds");
