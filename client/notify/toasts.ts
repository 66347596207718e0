/**
 * What a sweep of new messages comes to on a desktop: one notification, however many came and to
 * however many homes, with texts of peers made safe. Pure. See docs/protocol/cli.md §8.
 */
import type { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { visible } from "../../protocol/text/visible.ts";

export interface Toast {
  readonly title: string;
  readonly body: string;
}

/** What is remembered of one peer's new messages to one home. */
interface Share {
  readonly peer: string;
  /** Undefined for a user's own home. */
  readonly session: string | undefined;
  count: number;
  hasUnverified: boolean;
  last: InboxEvent;
}

const MOST_LINES = 5;
const LONGEST_NAME = 60;
const LONGEST_BODY = 200;
/** Where it shares the room with others. */
const LONGEST_LINE = 80;

export class Toasts {
  readonly #shares = new Map<string, Share>();

  /** @param session whose mail it is; undefined for a user's own home */
  add(event: InboxEvent, session: string | undefined): void {
    const { peer, verified } = event;
    const key = `${session ?? ""}/${peer}`;
    const share = this.#shares.get(key) ??
      { peer, session, count: 0, hasUnverified: false, last: event };
    share.count++;
    share.hasUnverified ||= !verified;
    share.last = event;
    this.#shares.set(key, share);
  }

  /** What has come together since the last time; undefined for nothing. */
  take(): Toast | undefined {
    const shares = [...this.#shares.values()];
    this.#shares.clear();
    const [first, ...others] = shares;
    if (first === undefined) return undefined;
    if (others.length === 0) {
      return { title: `wire ← ${nameOf(first)}`, body: newsOf(first, LONGEST_BODY) };
    }
    const body = shares.length > MOST_LINES
      ? crowd(shares)
      : shares.map((share) => `${nameOf(share)}: ${newsOf(share, LONGEST_LINE)}`).join("\n");
    return { title: titleOf(shares), body };
  }
}

const UNVERIFIED = " (UNVERIFIED)";

const nameOf = ({ peer, session, hasUnverified }: Share): string =>
  visible(peer) + (session === undefined ? "" : ` (session ${visible(session)})`) +
  (hasUnverified ? UNVERIFIED : "");

const newsOf = ({ count, last: { kind, body_preview } }: Share, maxLength: number): string =>
  (count === 1 ? "" : `${count} messages, the last: `) +
  `${visible(kind, { maxLength: LONGEST_NAME })}: ${visible(body_preview, { maxLength })}`;

function titleOf(shares: readonly Share[]): string {
  const [one = "", ...others] = new Set(shares.map(({ peer }) => peer));
  const who = others.length === 0 ? visible(one) : `${others.length + 1} peers`;
  return `wire ← ${who}${shares.some(({ hasUnverified }) => hasUnverified) ? UNVERIFIED : ""}`;
}

function crowd(shares: readonly Share[]): string {
  const counts = new Map<string, number>();
  for (const { peer, count } of shares) counts.set(peer, (counts.get(peer) ?? 0) + count);
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  const homes = new Set(shares.map(({ session }) => session)).size;
  const names = [...counts].slice(0, MOST_LINES).map(([peer, count]) =>
    visible(peer) + (count === 1 ? "" : ` (${count})`)
  );
  return `${total} messages${homes === 1 ? "" : ` in ${homes} homes`}, from ${names.join(", ")}` +
    (counts.size > MOST_LINES ? " and others" : "");
}
