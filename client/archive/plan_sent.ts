/** Which lines of an outbox file may go: those that were delivered, and are old enough. */
import type { Files } from "../../platform/files.ts";
import { hex, sha256, sha256Hex } from "../../protocol/identity/keys.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { readLines } from "../../store/mail/jsonl.ts";
import { outboxLine } from "../../store/mail/outbox_line.ts";
import type { OutboxMove } from "../../store/mail/outbox_move.ts";
import { MOST_PENDING, type Place } from "../../store/mail/outbox_position.ts";
import type { SigningIntent } from "../../store/mail/signing_intents.ts";

export interface SentPlan {
  readonly kept: readonly [number, number][];
  /** Where the last whole line ends. */
  readonly end: number;
  /** The first message that goes; undefined when none does. */
  readonly witness: OutboxMove["witness"] | undefined;
  /** How many messages go. */
  readonly messages: number;
  /** Lines that are to be sent, as they will stand; undefined when all has to be read again. */
  readonly pending: readonly Place[] | undefined;
  /** Why some stay that would be old enough. */
  readonly held: "delivery" | "signing" | undefined;
}

export interface SentPlanOptions {
  /** What is older goes. */
  readonly beforeMs: EpochMs;
  /** Ids that a relay has stored, or that were taken back. */
  readonly delivered: ReadonlySet<string>;
  /** A line that is half signed must stay where it is. */
  readonly intents: readonly SigningIntent[];
}

/** The same with what was appended since, all of which stays. */
export async function withTail(files: Files, file: string, plan: SentPlan): Promise<SentPlan> {
  const options = { beforeMs: -Infinity, delivered: new Set<string>(), intents: [] };
  const tail = await planSent(files, file, options, plan.end);
  const shift = plan.kept.reduce((sum, [from, to]) => sum + to - from, 0);
  const pending = tail.pending?.map(({ offset, length }) => ({ offset: offset + shift, length }));
  const all = plan.pending === undefined || pending === undefined
    ? undefined
    : [...plan.pending, ...pending];
  return {
    ...plan,
    kept: [...plan.kept, ...tail.kept],
    end: tail.end,
    pending: all !== undefined && all.length > MOST_PENDING ? undefined : all,
  };
}

/** Blank lines go along with the messages. */
export async function planSent(
  files: Files,
  file: string,
  { beforeMs, delivered, intents }: SentPlanOptions,
  from = 0,
): Promise<SentPlan> {
  const kept: [number, number][] = [];
  let pending: Place[] | undefined = [];
  let [end, keptBytes, messages] = [from, 0, 0];
  let witness: SentPlan["witness"];
  let held: SentPlan["held"];
  for await (const line of readLines(files, file, from)) {
    const { offset, text = "" } = line;
    const length = line.end - offset - 1;
    end = line.end;
    const found = outboxLine(line);
    if (found.tag === "blank") continue;
    const isSigned = found.tag === "signed";
    const isOld = isSigned && timeOf(found.event.value) < beforeMs;
    const isDelivered = isSigned && delivered.has(found.event.id);
    if (isOld && isDelivered) {
      messages++;
      witness ??= { offset, length, sha256: hex(sha256(new TextEncoder().encode(text))) };
      continue;
    }
    if (isOld) held ??= "delivery";
    if (found.tag === "partial" && intents.some((it) => isOf(it, offset, found.event.text))) {
      held = "signing";
    }
    if (!isSigned) pending = undefined;
    else if (!isDelivered) pending?.push({ offset: keptBytes, length });
    const last = kept.at(-1);
    if (last?.[1] === offset) last[1] = line.end;
    else kept.push([offset, line.end]);
    keptBytes += length + 1;
  }
  if ((pending?.length ?? 0) > MOST_PENDING) pending = undefined;
  return { kept, end, witness, messages, pending, held };
}

/** What does not say when it was written is as old as can be. */
const timeOf = (value: Parameters<typeof stringMember>[0]): EpochMs =>
  instantMs(stringMember(value, "timestamp")) ?? 0;

const isOf = (intent: SigningIntent, offset: number, text: string): boolean =>
  intent.archived === undefined && intent.offset === offset && intent.partial === sha256Hex(text);
