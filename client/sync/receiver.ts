/**
 * Stores a page of received events: what is verified in the inbox, one fsync per sender; the rest
 * in quarantine. When `take` returns, every event of the page is on the disk, and only then may a
 * cursor move. The caller holds the home's daemon.lock.
 */
import { dropProblem } from "../../protocol/drop/drop_problem.ts";
import { eventFromJson, type WireEvent } from "../../protocol/event/event.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { isSelf, type TrustStore } from "../../protocol/trust/trust.ts";
import { printJson } from "../../protocol/json/print.ts";
import { isJsonObject, type Json, stringMember } from "../../protocol/json/value.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { recordPairRejection } from "../../store/home/pair_rejections.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { type KeyedRecord, Quarantine } from "../../store/mail/quarantine.ts";
import { bytesKey } from "../../store/mail/quarantine_record.ts";
import { hearPeers } from "../pair2/hear.ts";
import { type NotHandled, takePage } from "../consent/take_page.ts";
import { admitByInvite } from "../invite/admit_drop.ts";
import { explain } from "./explain.ts";
import { duplicateOf, judge } from "./judge.ts";
import type { PullTally, Rejected } from "./pull_report.ts";

interface Accepted {
  readonly sender: Handle;
  readonly event: WireEvent;
}

interface Refused {
  readonly key: string;
  readonly text: string;
  /** The claimed sender. */
  readonly from: string;
  readonly rejected: Rejected;
  /** Left out: it is none. */
  readonly event?: WireEvent;
}

export class Receiver {
  readonly #home: Home;
  readonly #identity: Identity;
  readonly #inbox: InboxWriter;
  readonly #quarantine: Quarantine;
  /** One page at a time: two mailboxes may bring the same event. */
  #turn: Promise<void> = Promise.resolve();
  /** What trust.json looked like when the quarantine was last examined. */
  #examined: string | undefined;

  constructor(home: Home, identity: Identity) {
    const { platform: { files, databases, clock }, paths: { stateRoot } } = home;
    this.#home = home;
    this.#identity = identity;
    this.#inbox = new InboxWriter({ files, databases, stateRoot });
    this.#quarantine = new Quarantine({ files, clock, stateRoot });
  }

  /**
   * @param items as a relay lists them: events, or whatever it sent instead
   * @returns the last of them that is what its id says: the cursor may pass it
   * @throws {WireError} unreadable trust.json, write_failed: the cursor must stay
   */
  take(items: readonly Json[], tally: PullTally): Promise<EventId | undefined> {
    return this.#inTurn(() => this.#take(items, tally));
  }

  /**
   * Looks again at what a new pin may explain, if trust.json has changed since the last time.
   * @returns how many of them went to the inbox
   */
  reexamine(tally: PullTally): Promise<number> {
    return this.#inTurn(() => this.#reexamine(tally));
  }

  async #take(items: readonly Json[], tally: PullTally): Promise<EventId | undefined> {
    let trust = await this.#home.readTrust();
    const accepted: Accepted[] = [];
    const refused: Refused[] = [];
    const uninvited: WireEvent[] = [];
    let lastIntact: EventId | undefined;
    for (const item of items) {
      const event = eventIn(item);
      if (event === undefined) {
        const text = printJson(item);
        refused.push({ key: bytesKey(text), text, from: "", rejected: NO_EVENT });
        continue;
      }
      // Before it is judged, so that what the sender wrote next in this page is read with its pin.
      if (await admitByInvite(this.#home, event, this.#identity)) {
        trust = await this.#home.readTrust();
      } else uninvited.push(event);
      const judged = judge(event, trust, this.#identity);
      const isIntact = judged.tag === "accepted" || judged.isIntact;
      if (isIntact && isEventId(event.id)) lastIntact = event.id;
      if (judged.tag === "accepted") accepted.push({ event, sender: judged.sender });
      else {
        const from = stringMember(event.value, "from") ?? "";
        const { rejected } = judged;
        refused.push({ key: bytesKey(event.text), text: event.text, from, rejected, event });
      }
    }
    const duplicates = await this.#store(accepted, tally);
    tally.rejected.push(...duplicates.map(duplicateOf));
    const fresh = await this.#isolate(refused, trust, tally);
    const seen = new Set(duplicates);
    await this.#noteProblems([
      ...accepted.map(({ event }) => event).filter((event) => !seen.has(event)),
      ...fresh,
    ]);
    // Whatever a request of a stranger is worth, the cursor goes on: it is in quarantine by now.
    const requests = await takePage(this.#home, this.#identity, { accepted, uninvited });
    await this.#isolate(requests.map(notHandled), trust, tally);
    await hearPeers(this.#home, uninvited);
    tally.totalSeen += items.length;
    return lastIntact;
  }

  /** @returns those that were in the inbox already */
  async #store(accepted: readonly Accepted[], tally: PullTally): Promise<WireEvent[]> {
    const known: WireEvent[] = [];
    for (const [sender, group] of Map.groupBy(accepted, (one) => one.sender)) {
      const events = group.map((one) => one.event);
      const { written, duplicates } = await this.#inbox.store(sender, events);
      tally.written.push(...written.map(({ id }) => ({ event_id: id, from: sender })));
      known.push(...duplicates);
    }
    return known;
  }

  /** Requests and answers that come to nothing are written down, each once. */
  async #noteProblems(events: readonly WireEvent[]): Promise<void> {
    for (const event of events) {
      const problem = dropProblem(event, this.#identity);
      if (problem === undefined) continue;
      const peer = displayHandle(stringMember(event.value, "from") ?? "");
      await recordPairRejection(this.#home, { ...problem, peer });
    }
  }

  /** @returns the events among them that came for the first time */
  async #isolate(
    refused: readonly Refused[],
    trust: TrustStore,
    tally: PullTally,
  ): Promise<WireEvent[]> {
    if (refused.length === 0) return [];
    const { clock } = this.#home.platform;
    const records = refused.map(({ key, text, from, rejected }): KeyedRecord => {
      const { event_id, reason, transient } = rejected;
      // Each a later one: by it they keep the order in which they came.
      const first_seen = clock.timestamp();
      return { key, record: { event_id, from, reason, transient, first_seen, text } };
    });
    const pinned = new Set(
      [...trust.agents.values()].filter((agent) => !isSelf(agent)).map(({ did }) => did),
    );
    const { added } = await this.#quarantine.put(records, (did) => pinned.has(did));
    // What no cursor can pass comes again with each page: it is told once.
    const fresh = new Set(added);
    return refused.flatMap(({ key, rejected, event }) => {
      if (!fresh.delete(key)) return [];
      tally.rejected.push(rejected);
      return event === undefined ? [] : [event];
    });
  }

  async #reexamine(tally: PullTally): Promise<number> {
    const stat = await this.#home.platform.files.stat(this.#home.file.trust);
    const look = stat === undefined ? "missing" : `${stat.size} ${stat.modifiedMs}`;
    if (look === this.#examined) return 0;
    const trust = await this.#home.readTrust();
    const explained: (Accepted & { readonly key: string })[] = [];
    for (const { key, record } of await this.#quarantine.list()) {
      if (!record.transient) continue;
      const now = explain(record.text, trust, this.#identity);
      if (now.tag === "accepted") explained.push({ key, event: now.event, sender: now.sender });
    }
    await this.#store(explained, tally);
    for (const { key } of explained) await this.#quarantine.remove(key);
    this.#examined = look;
    return explained.length;
  }

  /** A failed turn does not end the row. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(() => undefined, () => undefined);
    return result;
  }
}

/** What a relay sent in the place of an event; nothing will ever explain it. */
const NO_EVENT: Rejected = {
  blocks_cursor: false,
  event_id: "",
  reason: "not an event: expected a JSON object",
  transient: false,
};

/** Beside the record of the event itself, if there is one: it has a reason of its own. */
function notHandled({ event: { id, text, value }, why }: NotHandled): Refused {
  const reason = `request to pair not handled: ${why}`;
  const rejected = { blocks_cursor: false, event_id: id, reason, transient: true };
  const from = stringMember(value, "from") ?? "";
  return { key: bytesKey(`${reason}\n${text}`), text, from, rejected };
}

function eventIn(item: Json): WireEvent | undefined {
  return isJsonObject(item) ? eventFromJson(item) : undefined;
}
