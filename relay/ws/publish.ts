/** A `publish` frame: every event as a POST of its own, all of them stored together. */
import type { TakenEvent } from "../../protocol/event/posted_reader.ts";
import type { PublishFrame, PublishResult } from "../../protocol/schemas/ws_frames.ts";
import type { AppendedOfMany, NewEvent } from "../../store/slots/slot_store.ts";
import type { Bearer } from "../auth.ts";
import type { RelayContext } from "../context.ts";
import { errorReply } from "../error_response.ts";
import type { RelayReply } from "../exchange.ts";
import { refused, replyTo } from "../posting.ts";
import { repeatedInEvent } from "../read.ts";
import { type SignReceipt, withReceipt } from "../receipts.ts";
import { tooMany } from "../source_limiter.ts";
import { failureOf, frame } from "./frames.ts";

type PublishContext = Pick<
  RelayContext,
  "store" | "clock" | "limits" | "grantLimiter" | "log" | "metrics" | "receipts"
>;

/**
 * Order as docs/protocol/extensions.md §2; the store decides from duplicate on in one step.
 * @param bearer has just shown its token
 * @returns the answer, once everything in it is durable
 */
export async function publish(
  context: PublishContext,
  { ref, receipt }: PublishFrame,
  { bearer, events }: { readonly bearer: Bearer; readonly events: readonly TakenEvent[] },
): Promise<string> {
  const results = events.map((taken) => refusalOf(context, bearer, taken));
  const waiting = events.filter((_, i) => results[i] === undefined).map(({ event }) => event);
  const answers = (await appended(context, bearer, waiting))[Symbol.iterator]();
  const ackedSeq = bearer.grant === undefined ? 0 : await context.store.acked(bearer.slot.id);
  const sign = receipt === undefined
    ? undefined
    : await context.receipts.signer(receipt, bearer.slot.id);
  return frame({
    op: "published",
    ref,
    results: events.map(({ event }, i) => {
      const { id } = event;
      const refusal = results[i];
      if (refusal !== undefined) return failed(id, refusal);
      const answer = answers.next();
      return answer.done === true
        ? failed(id, errorReply(new Error("an event was left unanswered"), context.log))
        : resultOf(context, { bearer, event, ackedSeq, answer: answer.value, sign });
    }),
  });
}

/** What is known before the store is asked. */
function refusalOf(
  { limits, grantLimiter }: PublishContext,
  { grant }: Bearer,
  { event, isRepeating }: TakenEvent,
): RelayReply | undefined {
  if (isRepeating) return repeatedInEvent();
  const refusal = refused(event, limits, grant);
  if (refusal !== undefined || grant === undefined) return refusal;
  const waitMs = grantLimiter.takeRequest(grant);
  return waitMs > 0 ? tooMany(waitMs) : undefined;
}

interface Answer {
  readonly answer: AppendedOfMany;
  /** Until a refused grant has room again. */
  readonly waitMs: number;
}

async function appended(
  { store, clock, grantLimiter }: PublishContext,
  { slot, grant }: Bearer,
  events: readonly { readonly text: string; readonly id: string | undefined }[],
): Promise<readonly Answer[]> {
  if (events.length === 0) return [];
  const posted = events.map(({ text, id }) => ({ text, id }));
  let waitMs = 0;
  const answers = grant === undefined
    ? await store.appendAll(slot.id, posted)
    : await store.appendAll(slot.id, posted, {
      grant: { id: grant.id, at: clock.now() },
      admit() {
        const wait = grantLimiter.takeEvent(grant);
        waitMs = Math.max(waitMs, wait);
        return wait === 0;
      },
    });
  return answers.map((answer) => ({ answer, waitMs }));
}

function resultOf(
  { limits, log, metrics }: PublishContext,
  { bearer: { grant }, event, ackedSeq, answer: { answer, waitMs }, sign }: {
    readonly bearer: Bearer;
    readonly event: NewEvent;
    readonly ackedSeq: number;
    readonly answer: Answer;
    readonly sign: SignReceipt | undefined;
  },
): PublishResult {
  const { id } = event;
  const event_id = id ?? null;
  // A grant is not told how much others have posted, but whether its own was read.
  const placeOf = (seq: number) => grant === undefined ? { seq } : { fetched: seq <= ackedSeq };
  const receipt = withReceipt(sign?.(event, answer));
  metrics.events.add({ outcome: outcomeOf(answer), via: "ws" });
  switch (answer.status) {
    case "stored":
      return { event_id, ...placeOf(answer.seq), ...receipt, status: "stored" };
    case "duplicate": {
      const { digest, seq } = answer;
      return { digest, event_id, ...placeOf(seq), ...receipt, status: "duplicate" };
    }
    case "failed":
      return failed(id, errorReply(answer.error, log));
    default:
      return failed(id, replyTo(answer, id, { limits, waitMs }));
  }
}

const outcomeOf = ({ status }: AppendedOfMany): string =>
  status === "stored" || status === "duplicate" ? status : "refused";

const failed = (id: string | undefined, reply: RelayReply): PublishResult => ({
  event_id: id ?? null,
  error: failureOf(reply),
});
