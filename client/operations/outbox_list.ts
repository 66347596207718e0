/** What stands in the outboxes and no relay has stored. */
import { z } from "zod";
import { backlogs, type Waiting } from "../../store/mail/backlog.ts";
import type { Handle } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { kindTextOf, preview } from "../sync/inbox_event.ts";

const OutboxListInput = z.object({
  peer: z.string().optional(),
  /** The newest so many of each peer; 0: all. */
  limit: z.int().nonnegative().default(0),
});

const QueuedMessage = z.object({
  /** "" while it is not signed: a line that an agent appended. */
  event_id: z.string(),
  /** Of one that is not signed: by what `outbox cancel` takes it back, too. */
  line: z.string().optional(),
  peer: z.string(),
  kind: z.string(),
  timestamp: z.string(),
  body_preview: z.string(),
  bytes: z.int(),
  state: z.enum(["waiting", "not_signed"]),
});

const OutboxListOutput = z.object({
  /** By peer, in the order in which they are sent. */
  messages: z.array(QueuedMessage),
  total: z.int(),
});

/** @throws {WireError} usage, unreadable */
export const outboxList = {
  input: OutboxListInput,
  output: OutboxListOutput,
  async run({ home: { platform: { files }, paths: { stateRoot } } }, { peer, limit }) {
    const only = peer === undefined ? undefined : peerKey(peer);
    const messages: z.output<typeof QueuedMessage>[] = [];
    let total = 0;
    for (const [name, waiting] of await backlogs({ files, stateRoot })) {
      if (only !== undefined && name !== only) continue;
      total += waiting.length;
      const newest = limit === 0 ? waiting : waiting.slice(-limit);
      messages.push(...newest.map((one) => queued(name, one)));
    }
    return { messages, total };
  },
} satisfies Operation<typeof OutboxListInput, typeof OutboxListOutput>;

function queued(peer: Handle, message: Waiting): z.output<typeof QueuedMessage> {
  const { id, line, timestamp, length, event: { value } } = message;
  return {
    event_id: id,
    ...(line === "" ? {} : { line }),
    peer,
    kind: (id === "" ? stringMember(value, "kind") : undefined) ?? kindTextOf(value),
    timestamp,
    body_preview: preview(value),
    bytes: length,
    state: id === "" ? "not_signed" : "waiting",
  };
}
