/**
 * The way of an append into the durable store: what is new and has room is queued for a commit, in
 * one step, so that nobody comes between.
 */
import { WireError } from "../../protocol/errors.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { Arrival, duplicateOf, grantFull, isUsable } from "./arrival.ts";
import type { Waiting } from "./batch.ts";
import type { Committers } from "./committers.ts";
import type { KvGrants } from "./kv_grants.ts";
import type { LogCache } from "./log_cache.ts";
import type { Appended, AppendedOfMany, AppendOptions, NewEvent } from "./slot_store.ts";

export interface AppenderDeps {
  readonly logs: LogCache;
  readonly grants: KvGrants;
  readonly committer: Pick<Committers, "addAll">;
  readonly maxSlotBytes: number;
  readonly maxSlotIds: number;
}

export class Appender {
  constructor(readonly deps: AppenderDeps) {}

  async append(id: SlotId, event: NewEvent, options: AppendOptions): Promise<Appended> {
    const [answer] = await this.appendAll(id, [event], options);
    return singleAnswer(answer);
  }

  async appendAll(
    id: SlotId,
    events: readonly NewEvent[],
    options: AppendOptions,
  ): Promise<readonly AppendedOfMany[]> {
    const { logs, grants, committer, maxSlotBytes, maxSlotIds } = this.deps;
    const grant = options.grant === undefined
      ? undefined
      : await grants.state(id, options.grant.id);
    // Nothing waits from here until the events are queued.
    const log = logs.ready(id) ?? await logs.load(id);
    const arrival = new Arrival({ log, grant, options, maxSlotBytes, maxSlotIds });
    for (const event of events) arrival.take(event);
    committer.addAll(arrival.queued);
    await arrival.settled;
    // Equal ones were on their way. They are answered only after those commits: else we would name
    // an event that a crash loses. Where the other failed, this one is stored instead.
    for (const [place, other] of arrival.others) {
      await other;
      const [again] = await this.appendAll(id, events.slice(place, place + 1), options);
      arrival.answers[place] = again;
    }
    return arrival.answers.map((answer) => answer ?? { status: "failed", error: unanswered() });
  }

  /** Looks at an append anew after other processes wrote; undefined: it still is to be stored. */
  recheck({ log, key, bodyBytes, grant }: Waiting): Appended | undefined {
    if (log.isRetired) return { status: "retired" };
    if (grant !== undefined && !isUsable(grant.state)) return { status: "revoked" };
    const known = key === undefined ? undefined : duplicateOf(log, key);
    if (known !== undefined) return known;
    const overGrant = grant === undefined ? undefined : grantFull(grant.state, bodyBytes);
    if (overGrant !== undefined) return overGrant;
    if (bodyBytes > 0 && log.bytes + bodyBytes > this.deps.maxSlotBytes) {
      return { status: "full", bytesUsed: log.bytes };
    }
    return undefined;
  }
}

/** @throws what the event could not be stored for */
export function singleAnswer(answer: AppendedOfMany | undefined): Appended {
  if (answer === undefined) throw unanswered();
  if (answer.status === "failed") throw answer.error;
  return answer;
}

const unanswered = (): WireError =>
  new WireError("internal", "Cannot store the event: the store gave no answer");
