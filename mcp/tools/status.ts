import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { DaemonStatus } from "../../client/daemon_status.ts";
import { MessageStatus } from "../../client/delivery/message_status.ts";
import { status } from "../../client/operations/status.ts";
import { VERSION } from "../../protocol/version.ts";
import { defineTool, READS } from "../tool.ts";

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

/** P2: no step without evidence. */
export const tool = defineTool({
  name: "wire_status",
  title: "How far is it",
  description:
    "How far a message has come, each step with evidence: queued (on our disk), stored (at the relay), fetched, " +
    "received, read, answered. Without event_id: this home, its daemon, and what waits.",
  input: z.object({
    event_id: z.string().optional().describe("Of wire_send, or its first digits"),
  }),
  output: z.union([MessageStatus, Home]),
  effects: READS,
  async run({ context }, { event_id }) {
    if (event_id === undefined) return await ofHome(context);
    return MessageStatus.parse(await status.run(context, { message: event_id }));
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
