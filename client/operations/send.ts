/**
 * Signs a message and queues it; delivery is the daemon's work, which is told at once, or `push`'s.
 * See docs/protocol/cli.md §4 and §9 S6–S7, docs/protocol/extensions.md §14 rulings 2 and 4.
 */
import { z } from "zod";
import { threadOf } from "../../protocol/delivery/thread.ts";
import { parseDeadline } from "../../protocol/event/deadline.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { DEFAULT_KIND_TEXT } from "../../protocol/event/kinds.ts";
import { legacyDid } from "../../protocol/identity/did.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { type Json, type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { type HomeConfig, readConfig } from "../../store/home/config.ts";
import { isJson } from "../../store/home/json_file.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { Outbox, type RepeatTest } from "../../store/mail/outbox.ts";
import { attentionNote } from "../attention.ts";
import type { ClientContext } from "../context.ts";
import { AWAITED_STEPS, checkCanProve } from "../delivery/can_prove.ts";
import { inStream, takesStreams } from "../delivery/in_stream.ts";
import { threadMembers } from "../delivery/thread_members.ts";
import { bodyOfArgument } from "../message_body.ts";
import type { Operation } from "../operation.ts";
import { peerToWriteTo } from "../peer_view.ts";
import { proveQueued } from "../prove_queued.ts";
import { repeatTest } from "../repeat.ts";
import { checkCapability, checkPolicy, knownKind, retryWindowMs } from "../send_policy.ts";

const WAIT_S = 30;
const LONGEST_WAIT_S = 86_400;

const SendInput = z.object({
  /** A handle, `handle@domain`, or a DID. */
  peer: z.string(),
  /** A kind's name or number; the text itself becomes the event's `type`. */
  kind: z.string().default(DEFAULT_KIND_TEXT),
  /** From a command line: `-`, `@file` or the text. Reads files, so never from an agent's tool. */
  body: z.string().optional(),
  /** The body itself, in place of `body`. */
  value: z.custom<Json>(isJson, "expected JSON").optional(),
  /** RFC 3339, or `30m`, `2h`, `1d` from now. */
  deadline: z.string().optional(),
  /** Another message, even if an equal one was just sent. */
  again: z.boolean().optional(),
  /** Only if the peer's pinned card advertises this capability. */
  checkCap: z.string().optional(),
  /** The thread that it belongs to, 32 hex digits, or `new`. */
  thread: z.string().optional(),
  /** The event that it answers: its id. */
  replyTo: z.string().optional(),
  /** Returns when there is evidence of that step, or in time. */
  wait: z.enum(AWAITED_STEPS, `expected ${AWAITED_STEPS.join(", ")}`).optional(),
  /** Seconds that it waits at most; 30 unless told. */
  timeout: z.int().nonnegative().max(LONGEST_WAIT_S).optional(),
}).refine(
  ({ body, value }) => (body === undefined) !== (value === undefined),
  "expected a body",
);

const SendOutput = z.object({
  event_id: z.string(),
  /** The file that the message stands in. */
  outbox: z.string(),
  peer: z.string(),
  status: z.enum(["queued", "already_queued"]),
  duplicate: z.literal([true]).optional(),
  /** Of an earlier equal message: the furthest step with evidence. */
  step: z.string().optional(),
  /** Where the message belongs to one. */
  thread: z.string().optional(),
  /** Of `wait`: what was waited for, and whether there is evidence of it; `step` is the furthest. */
  waited_for: z.enum(AWAITED_STEPS).optional(),
  reached: z.boolean().optional(),
});

/**
 * When this returns, the message is on the disk and was read back from there.
 * @throws {WireError} not_initialized; usage; refused (over the cap, sealing, capability);
 * unreadable (also of trust.json: nothing is sent to whom we cannot tell); locked; write_failed
 */
export const send = {
  input: SendInput,
  output: SendOutput,
  async run(context, input) {
    const { home, platform: { clock } } = context;
    const [self, trust, config] = await Promise.all([
      home.readIdentity(),
      home.readTrust(),
      configOf(context),
    ]);
    const peer = peerToWriteTo(input.peer, trust);
    const agent = agentOf(trust, peer);
    const kind = knownKind(input.kind);
    checkCapability(peer, agent, input.checkCap);
    if (input.wait !== undefined) checkCanProve(peer, agent, input.wait);
    const body = input.value ?? await bodyOfArgument(input.body ?? "", context.platform);
    checkPolicy(body, config);

    const now = clock.now();
    const members = await threadMembers(context, peer, input);
    const built = buildEvent({
      from: self.did,
      to: agent === undefined || agent.did === "" ? legacyDid(peer) : agent.did,
      type: input.kind,
      kind,
      body,
      timestamp: clock.timestamp(),
      ...(input.deadline === undefined ? {} : { deadline: parseDeadline(input.deadline, now) }),
    });
    const unsigned = withMembers(built, members);
    const windowMs = retryWindowMs(config);
    const isOnce = input.again !== true && windowMs > 0;
    const asked = { deadline: input.deadline, opensThread: input.thread === "new" };
    const repeat = { sinceMs: now - windowMs, isRepeat: repeatTest(unsigned, asked) };
    const output = await queued(context, {
      peer,
      // Refused here, and not under the lock, when it is too large.
      event: signEvent(unsigned, self),
      place: takesStreams(agent)
        ? async () => signEvent(await inStream(context, self, peer, unsigned), self)
        : undefined,
      repeat: isOnce ? repeat : undefined,
    });
    const { event_id: eventId } = output;
    if (input.wait === undefined || !isEventId(eventId)) return output;
    // Only who waits needs what sends and receives.
    const { waitForStep } = await import("../delivery/wait_for_step.ts");
    const timeoutMs = (input.timeout ?? WAIT_S) * 1000;
    const end = await waitForStep(context, { peer, eventId, step: input.wait, timeoutMs });
    return { ...output, waited_for: input.wait, ...end };
  },
} satisfies Operation<typeof SendInput, typeof SendOutput>;

interface Message {
  readonly peer: Handle;
  readonly event: WireEvent;
  /** The event with its place in a stream, when it is known; left out: it has none. */
  readonly place: (() => Promise<WireEvent>) | undefined;
  readonly repeat: RepeatTest | undefined;
}

/** Looks after the peer while the disk is busy. */
async function queued(
  context: ClientContext,
  { peer, event, place, repeat }: Message,
): Promise<z.output<typeof SendOutput>> {
  const { home, platform: { files } } = context;
  const { stateRoot } = home.paths;
  const looking = new AbortController();
  const note = attentionNote(context, peer, { signal: looking.signal });
  try {
    await home.ensureRoots();
    const result = await new Outbox({ files, stateRoot }).enqueue(peer, place ?? event, repeat);
    const outbox = result.path;
    if (result.tag === "already_queued") {
      const { id, value } = result.earlier;
      const journal = new DeliveryJournal({ files, stateRoot });
      const step = isEventId(id) ? await journal.furthestStep(peer, id) : undefined;
      const earlier = { event_id: id, outbox, peer, duplicate: true as const, ...inThread(value) };
      return { ...earlier, status: "already_queued", step: step ?? "queued" };
    }
    await proveQueued(files, result);
    // Where nobody answers, whoever watches the outbox finds it there.
    const [line] = await Promise.all([note, context.daemon.nudge()]);
    if (line !== undefined) context.warn(line);
    const { id, value } = result.event;
    return { event_id: id, outbox, peer, status: "queued", ...inThread(value) };
  } finally {
    looking.abort();
    await note;
  }
}

function inThread(event: JsonObject): { readonly thread?: string } {
  const thread = threadOf(event);
  return thread === undefined ? {} : { thread };
}

async function configOf(context: ClientContext): Promise<HomeConfig> {
  const { config, warnings } = await readConfig(context.home);
  for (const warning of warnings) context.warn(warning);
  return config;
}
