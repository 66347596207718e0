/** What `wire status` says of this home. See docs/protocol/cli.md §4. */
import { z } from "zod";
import type { WireError } from "../protocol/errors.ts";
import { compareCodePoints } from "../protocol/json/print.ts";
import { isJsonObject, type JsonObject } from "../protocol/json/value.ts";
import { agentOf } from "../protocol/trust/trust.ts";
import { VERSION } from "../protocol/version.ts";
import { readBlocklist } from "../store/home/blocklist.ts";
import { type DaemonSnapshot, daemonSnapshot } from "../store/home/daemon_state.ts";
import type { Home } from "../store/home/home.ts";
import { isJson } from "../store/home/json_file.ts";
import { readTransports, TransportRecord } from "../store/home/transports.ts";
import { backlogs } from "../store/mail/backlog.ts";
import { countMail } from "../store/mail/kept_counts.ts";
import { OutboxProblems } from "../store/mail/outbox_problems.ts";
import { Quarantine } from "../store/mail/quarantine.ts";
import { expiredNote } from "./consent/open_request.ts";
import type { ClientContext } from "./context.ts";
import { UnusedEndpoint, unusedNote } from "./endpoints/unused_note.ts";
import { status2 } from "./pair2/listing.ts";
import { shownTier } from "./peer_view.ts";
import { withoutTokens } from "./redact_tokens.ts";
import { MailboxesStatus, statusOfMailboxes } from "./status_of_mailboxes.ts";

const MailCount = z.object({ events: z.int(), files: z.int() });
const Versions = z.object({ cli: z.string(), daemon: z.string() });

const DaemonStatus = z.object({
  running: z.boolean(),
  pid: z.int().nullable(),
  all_running_pids: z.array(z.int()),
  /** Live daemons of other programs beside ours. */
  orphans: z.array(z.int()),
  version: z.string().optional(),
  bin_path: z.string().optional(),
  did: z.string().nullable().optional(),
  relay_url: z.string().nullable().optional(),
  started_at: z.string().optional(),
  schema: z.string().optional(),
  version_mismatch: Versions.optional(),
  pidfile_form: z.literal("legacy-int").optional(),
  /** How a running one hears of mail, mailbox by mailbox, and why not by a WebSocket. */
  transports: z.array(TransportRecord).optional(),
});

const PendingPairsStatus = z.object({
  total: z.int(),
  by_status: z.record(z.string(), z.int()),
  inbound_count: z.int(),
  inbound_handles: z.array(z.string()),
});

export const HomeStatus = z.object({
  initialized: z.literal([true]),
  did: z.string(),
  handle: z.string(),
  fingerprint: z.string(),
  capabilities: z.array(z.string()),
  peers: z.array(z.object({
    handle: z.string(),
    tier: z.string(),
    /** Only where it is so: we hear nothing from it. */
    blocked: z.literal([true]).optional(),
    /** Our request had no answer in its time; `next` is the command that asks again. */
    request: z.literal("expired").optional(),
    next: z.string().optional(),
    /** Mailboxes of the peer that wait for consent (docs/protocol/extensions.md §9). */
    unused_endpoints: z.array(UnusedEndpoint).optional(),
  })),
  /** relay.json's `self` without any token. */
  self_relay: z.custom<JsonObject>(isJsonObject).nullable(),
  peer_slots_count: z.int(),
  ...MailboxesStatus.shape,
  /** Everything ever sent, as in 0.5.19; `waiting` is what no relay has stored yet. */
  outbox: MailCount.extend({ waiting: z.int() }),
  inbox: MailCount,
  daemon: DaemonStatus,
  pending_pairs: PendingPairsStatus,
  /** Received and not accepted; each has a file in state/wire/quarantine/. */
  quarantined: z.int(),
  /** How many records the bounds of the quarantine have cost since the home was made. */
  quarantine_evicted: z.int(),
  /** Lines of an outbox that can never be sent, with the byte at which they start. */
  outbox_problems: z.array(
    z.object({ peer: z.string(), offset: z.int(), problem: z.string() }),
  ),
});
export type HomeStatus = z.output<typeof HomeStatus>;

/** @throws {WireError} not_initialized; unreadable, naming the file */
export async function statusOfHome({ home, warn }: ClientContext): Promise<HomeStatus> {
  const { files, clock } = home.platform;
  const { stateRoot } = home.paths;
  const quarantine = new Quarantine({ files, clock, stateRoot });
  const [self, trust, state, blocked] = await Promise.all([
    home.readIdentity(),
    home.readTrust(),
    home.readRelayState(),
    readBlocklist(home),
  ]);
  const agents = [...trust.agents.values()]
    .filter((agent) => agent !== agentOf(trust, self.handle))
    .sort((a, b) => compareCodePoints(a.handle, b.handle));
  const relay: unknown = state.self;
  const mail = await countMail(files, stateRoot);
  return {
    initialized: true,
    did: self.did,
    handle: self.handle,
    fingerprint: self.fingerprint,
    capabilities: [...self.capabilities],
    peers: agents.map((agent) => ({
      handle: agent.handle,
      tier: shownTier(agent, state),
      ...(blocked.has(agent.did) ? { blocked: true as const } : {}),
      ...expiredNote(state, agent.handle, clock.now()),
      ...unusedNote(state, agent.handle),
    })),
    self_relay: isJsonObject(relay) && isJson(relay) ? withoutTokens(relay) : null,
    peer_slots_count: Object.keys(state.peers).length,
    ...await statusOfMailboxes(home),
    outbox: {
      ...mail.outbox,
      waiting: [...(await backlogs({ files, stateRoot })).values()].flat().length,
    },
    inbox: mail.inbox,
    daemon: await withTransports(home, daemonStatus(await daemonSnapshot(home))),
    pending_pairs: await pendingPairsStatus(home, warn),
    quarantined: await quarantine.count(),
    quarantine_evicted: await quarantine.evicted(),
    outbox_problems: await new OutboxProblems({ files, stateRoot }).all(),
  };
}

/** What a daemon that is gone left written says nothing. */
async function withTransports(
  home: Home,
  status: HomeStatus["daemon"],
): Promise<HomeStatus["daemon"]> {
  if (!status.running) return status;
  const transports = await readTransports(home);
  return transports.length === 0 ? status : { ...status, transports: [...transports] };
}

function daemonStatus(snapshot: DaemonSnapshot): HomeStatus["daemon"] {
  const { running, pid, foreign, pidFile } = snapshot;
  const pids = new Set([
    ...(running && pid !== null ? [pid] : []),
    ...foreign ? [foreign.pid] : [],
  ]);
  const status = {
    running,
    pid,
    all_running_pids: [...pids],
    orphans: [...pids].filter((other) => other !== pid),
  };
  if (pidFile.tag === "legacy") {
    const mismatch = { cli: VERSION, daemon: "<pre-0.5.11>" };
    return { ...status, pidfile_form: "legacy-int", version_mismatch: mismatch };
  }
  if (pidFile.tag !== "record") return status;
  const { version, bin_path, started_at, schema, did, relay_url } = pidFile.record;
  return {
    ...status,
    version,
    bin_path,
    did: did ?? null,
    relay_url: relay_url ?? null,
    started_at,
    schema,
    ...(version === VERSION ? {} : { version_mismatch: { cli: VERSION, daemon: version } }),
  };
}

async function pendingPairsStatus(
  home: Home,
  warn: ClientContext["warn"],
): Promise<HomeStatus["pending_pairs"]> {
  const onProblem = (problem: WireError): void => warn(problem.message);
  const ours = (await home.pair2.list(onProblem)).filter(({ state }) => state.tag !== "verified");
  const pairs = [
    ...(await home.pendingPairs.list(onProblem)).map(({ status }) => status),
    ...ours.map(({ state }) => status2(state)),
  ];
  const byStatus = new Map<string, number>();
  for (const status of pairs) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  const inbound = (await home.platform.files.list(home.file.pendingInbound))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));
  return {
    total: pairs.length,
    by_status: Object.fromEntries(byStatus),
    inbound_count: inbound.length,
    inbound_handles: inbound,
  };
}
