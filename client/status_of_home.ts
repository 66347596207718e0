/** What `wire status` says of this home. See docs/protocol/cli.md §4. */
import { z } from "zod";
import type { WireError } from "../protocol/errors.ts";
import { compareCodePoints } from "../protocol/json/print.ts";
import { isJsonObject, type JsonObject } from "../protocol/json/value.ts";
import { agentOf } from "../protocol/trust/trust.ts";
import { readBlocklist } from "../store/home/blocklist.ts";
import type { Home } from "../store/home/home.ts";
import { isJson } from "../store/home/json_file.ts";
import { countMail } from "../store/mail/kept_counts.ts";
import { OutboxProblems } from "../store/mail/outbox_problems.ts";
import { Quarantine } from "../store/mail/quarantine.ts";
import { expiredNote } from "./consent/open_request.ts";
import { BacklogStatus, backlogStatus } from "./delivery/backlog_status.ts";
import { ignoredReceipts } from "./delivery/ignored_receipts.ts";
import type { ClientContext } from "./context.ts";
import { DaemonStatus, daemonStatus } from "./daemon_status.ts";
import { UnusedEndpoint, unusedNote } from "./endpoints/unused_note.ts";
import { status2 } from "./pair2/listing.ts";
import { leftNote } from "./left_mailbox.ts";
import { shownTier } from "./peer_view.ts";
import { withoutTokens } from "./redact_tokens.ts";
import { MailboxesStatus, statusOfMailboxes } from "./status_of_mailboxes.ts";

const MailCount = z.object({ events: z.int(), files: z.int() });
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
    /** It has left the mailbox that we know, and did not tell us another. */
    mailbox: z.literal("left").optional(),
    /** Mailboxes of the peer that wait for consent (docs/protocol/extensions.md §9). */
    unused_endpoints: z.array(UnusedEndpoint).optional(),
    /** Entries of its receipts that named no message of ours to it, where there were any. */
    receipts_ignored: z.int().optional(),
  })),
  /** relay.json's `self` without any token. */
  self_relay: z.custom<JsonObject>(isJsonObject).nullable(),
  peer_slots_count: z.int(),
  ...MailboxesStatus.shape,
  /** Everything ever sent, as in 0.5.19; `waiting` is what no relay has stored yet. */
  outbox: MailCount.extend({ waiting: z.int() }),
  /** Peers for whom messages wait, and why. */
  backlog: BacklogStatus,
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
export async function statusOfHome(context: ClientContext): Promise<HomeStatus> {
  const { home, warn } = context;
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
  const backlog = await backlogStatus(context);
  const ignored = await ignoredReceipts({ files, stateRoot }, agents.map(({ handle }) => handle));
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
      ...leftNote(state, agent.handle),
      ...unusedNote(state, agent.handle),
      ...ignoredNote(ignored.get(agent.handle)),
    })),
    self_relay: isJsonObject(relay) && isJson(relay) ? withoutTokens(relay) : null,
    peer_slots_count: Object.keys(state.peers).length,
    ...await statusOfMailboxes(home),
    outbox: { ...mail.outbox, waiting: backlog.reduce((sum, { waiting }) => sum + waiting, 0) },
    backlog,
    inbox: mail.inbox,
    daemon: await daemonStatus(context),
    pending_pairs: await pendingPairsStatus(home, warn),
    quarantined: await quarantine.count(),
    quarantine_evicted: await quarantine.evicted(),
    outbox_problems: await new OutboxProblems({ files, stateRoot }).all(),
  };
}

const ignoredNote = (count: number | undefined): { readonly receipts_ignored?: number } =>
  count === undefined ? {} : { receipts_ignored: count };

/** Kept to be looked at; nothing of them waits. */
export const endedPairs = ({ by_status: count }: HomeStatus["pending_pairs"]): number =>
  (count["aborted"] ?? 0) + (count["aborted_restart"] ?? 0);

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
