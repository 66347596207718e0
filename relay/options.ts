/** How a relay is started, and its bounds. See docs/protocol/relay.md §2 and §6. */
import { WS_LIMITS, type WsLimits } from "./ws/limits.ts";

export interface RelayOptions {
  /** `ADDR:PORT`; port 0 takes a free one. */
  readonly bind: string;
  /** A Unix socket's path instead of `bind`; always local only, with a store of its own. */
  readonly unixSocket?: string;
  /** `ADDR:PORT` where `/metrics` is answered; nowhere unless given. */
  readonly metricsBind?: string;
  /** Only the routes for one machine, and only loopback binds. */
  readonly localOnly: boolean;
  /** Where the embedded store lives; the platform's place for relays unless given. */
  readonly dataDirectory?: string;
  /** A KV Connect server instead of the embedded store. */
  readonly kvUrl?: string;
  /** Further `Host` values taken on a loopback bind. */
  readonly allowHosts?: readonly string[];
  /** `Origin` values taken on a loopback bind; none unless given. */
  readonly allowOrigins?: readonly string[];
  /** The header whose last entry is the source address, set by the proxy in front. */
  readonly trustProxy?: string;
  /** Gives up what a relay needs no permission for; for the whole process, and for good. */
  readonly dropPermissions?: boolean;
  readonly limits?: Partial<RelayLimits>;
}

/** Every bound of the relay; tests lower them. */
export interface RelayLimits extends WsLimits {
  /** Bytes of a request body. */
  readonly maxBodyBytes: number;
  /** Bytes of request bodies in memory, of all requests together. */
  readonly maxBodyBytesAtOnce: number;
  /** Bytes of an event in its stored form. */
  readonly maxEventBytes: number;
  /** Bytes of all events of one slot. */
  readonly maxSlotBytes: number;
  /** Days after which mail that was acked loses its body; null: it never does. */
  readonly retentionDays: number | null;
  /** Days after which a mailbox goes that was never used for anything, nor looked into since. */
  readonly unusedSlotDays: number;
  /** Bytes of one page of events; never stops before the first event. */
  readonly maxPageBytes: number;
  readonly maxSlots: number;
  /** Nicks in the directory. */
  readonly maxHandles: number;
  /** Bytes of a claimed card in its stored form. */
  readonly maxCardBytes: number;
  /** Short invites that have not been forgotten. */
  readonly maxInvites: number;
  /** Bytes of the URL behind a short invite. */
  readonly maxInviteUrlBytes: number;
  readonly maxPairSlots: number;
  /** Bytes of all strings of all pair slots. */
  readonly maxPairBytes: number;
  readonly pairTtlMs: number;
  readonly maxPairMessageBytes: number;
  readonly maxPairSealedBytes: number;
  readonly maxHealthBytes: number;
  readonly maxStreams: number;
  readonly maxStreamsPerSlot: number;
  /** Bytes waiting for one slow stream before it is cut. */
  readonly maxStreamQueueBytes: number;
  readonly keepaliveMs: number;
  /** Creating requests of one source: at once, and then per second. */
  readonly burst: number;
  readonly perSecond: number;
  /** Sources remembered by the limiter. */
  readonly maxSources: number;
  /** Requests under one grant: at once, and then per second. */
  readonly grantBurst: number;
  readonly grantPerSecond: number;
  /** Valid introductions within the window. */
  readonly introWindowMs: number;
  readonly maxIntrosPerNick: number;
  readonly maxIntrosPerSource: number;
  /** Fewer where the system allows fewer open files. */
  readonly maxConnections: number;
  /** Of one source; behind a proxy, requests of one source at once. */
  readonly maxConnectionsPerSource: number;
  /** Requests of one connection that wait for their answers; more cut it. */
  readonly maxPipelined: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  /** Until the last header byte, and until the last body byte, from the start of a request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a connection may lie idle between requests. */
  readonly idleTimeoutMs: number;
  /** How often node:http looks for what is too slow. */
  readonly timeoutCheckMs: number;
  /** A connection on which no byte has moved for so long is cut. */
  readonly silenceMs: number;
  /** A reader that takes nothing for so long is cut. */
  readonly writeTimeoutMs: number;
  /** How long open requests may go on after the relay was told to stop. */
  readonly drainMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const RELAY_LIMITS: RelayLimits = {
  ...WS_LIMITS,
  maxBodyBytes: 2 * MIB,
  maxBodyBytesAtOnce: 256 * MIB,
  maxEventBytes: 256 * KIB,
  maxSlotBytes: 64 * MIB,
  retentionDays: null,
  unusedSlotDays: 90,
  maxPageBytes: 16 * MIB,
  maxSlots: 200_000,
  maxHandles: 100_000,
  maxCardBytes: 32 * KIB,
  maxInvites: 50_000,
  maxInviteUrlBytes: 8 * KIB,
  maxPairSlots: 50_000,
  maxPairBytes: 128 * MIB,
  pairTtlMs: 300_000,
  maxPairMessageBytes: 4 * KIB,
  maxPairSealedBytes: 64 * KIB,
  maxHealthBytes: 16 * KIB,
  maxStreams: 10_000,
  maxStreamsPerSlot: 256,
  maxStreamQueueBytes: MIB,
  keepaliveMs: 30_000,
  burst: 50,
  perSecond: 10,
  maxSources: 50_000,
  grantBurst: 2_000,
  grantPerSecond: 200,
  introWindowMs: 300_000,
  maxIntrosPerNick: 5,
  maxIntrosPerSource: 30,
  maxConnections: 20_000,
  maxConnectionsPerSource: 1_024,
  maxPipelined: 32,
  maxHeaderBytes: 16 * KIB,
  maxHeaders: 100,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
  timeoutCheckMs: 2_000,
  silenceMs: 120_000,
  writeTimeoutMs: 60_000,
  drainMs: 3_000,
};

/** The bounds of both forms of pairings together. */
export const pairingLimits = (
  { maxPairSlots, maxPairBytes }: RelayLimits,
): { readonly maxDocuments: number; readonly maxBytes: number } => ({
  maxDocuments: maxPairSlots,
  maxBytes: maxPairBytes,
});
