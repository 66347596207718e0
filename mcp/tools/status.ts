import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { DaemonStatus } from "../../client/daemon_status.ts";
import { status } from "../../client/operations/status.ts";
import { peerKey } from "../../client/peer_view.ts";
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { isSelf } from "../../protocol/trust/trust.ts";
import { VERSION } from "../../protocol/version.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { defineTool, READS } from "../tool.ts";

const Message = z.object({
  event_id: z.string(),
  peer: z.string(),
  /** The furthest step that is proved. */
  step: z.string(),
  steps: z.array(z.object({ step: z.string(), at: z.string() })),
});

const Home = z.object({
  initialized: z.boolean(),
  version: z.string(),
  did: z.string().optional(),
  handle: z.string().optional(),
  waiting: z.int().optional(),
  quarantined: z.int().optional(),
  inbound_requests: z.int().optional(),
  daemon: DaemonStatus.optional(),
});

const MIN_PREFIX = 8;

/** P2: no step without evidence. */
export const tool = defineTool({
  name: "wire_status",
  title: "How far is it",
  description:
    "How far a message has come, each step with evidence: queued (on our disk), stored (at the relay), fetched, " +
    "received, read, answered. Without event_id: this home, its daemon, and what waits.",
  input: z.object({
    event_id: z.string().optional().describe("Of wire_send, or its first 8 digits or more"),
    peer: z.string().optional().describe("Whom it was sent to"),
  }),
  output: z.union([Message, Home]),
  effects: READS,
  async run({ context }, { event_id, peer }) {
    return event_id === undefined
      ? await ofHome(context)
      : await ofMessage(context, event_id, peer === undefined ? undefined : peerKey(peer));
  },
});

async function ofHome(context: ClientContext): Promise<z.output<typeof Home>> {
  const home = await status.run(context, {});
  if (!("daemon" in home)) return { initialized: false, version: VERSION };
  const { did, handle, outbox, quarantined, pending_pairs, daemon } = home;
  return {
    initialized: true,
    version: VERSION,
    did,
    handle,
    waiting: outbox.waiting,
    quarantined,
    inbound_requests: pending_pairs.inbound_count,
    daemon,
  };
}

async function ofMessage(
  context: ClientContext,
  prefix: string,
  peer: Handle | undefined,
): Promise<z.output<typeof Message>> {
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < MIN_PREFIX) {
    throw new WireError("usage", `event_id: expected ${MIN_PREFIX} hex digits or more`);
  }
  const { home, platform: { files } } = context;
  const journal = new DeliveryJournal({ files, stateRoot: home.paths.stateRoot });
  const found: z.output<typeof Message>[] = [];
  for (const one of peer === undefined ? await peersOf(context) : [peer]) {
    for (const [event_id, entries] of await journal.find(one, prefix)) {
      const steps = entries.map(({ step, at }) => ({ step, at }));
      const step = await journal.furthestStep(one, event_id) ?? "queued";
      found.push({ event_id, peer: one, step, steps });
    }
  }
  const [only, ...more] = found;
  if (only === undefined) throw notSent(prefix);
  if (more.length === 0) return only;
  throw new WireError("conflict", `event_id: ${found.length} messages begin with ${prefix}`);
}

const notSent = (prefix: string): WireError =>
  new WireError("not_found", `nothing is known of a message ${quote(prefix)} that we sent`);

async function peersOf({ home }: ClientContext): Promise<Handle[]> {
  const { agents } = await home.readTrust();
  return [...agents.values()].flatMap((agent) =>
    !isSelf(agent) && isHandle(agent.handle) ? [agent.handle] : []
  );
}
