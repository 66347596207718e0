/**
 * What a sweep of new messages comes to on a desktop: few notifications, however many came, with
 * texts of peers made safe. Pure. See docs/protocol/cli.md §8.
 */
import type { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { visible } from "../../protocol/text/visible.ts";

export interface Toast {
  readonly title: string;
  readonly body: string;
}

/** What is remembered of one peer's new messages. */
interface Share {
  count: number;
  hasUnverified: boolean;
  last: InboxEvent;
}

const MOST_PEERS = 5;
const LONGEST_NAME = 60;
const LONGEST_BODY = 200;

export class Toasts {
  readonly #byPeer = new Map<string, Share>();

  add(event: InboxEvent): void {
    const share = this.#byPeer.get(event.peer);
    const hasUnverified = !event.verified || share?.hasUnverified === true;
    this.#byPeer.set(event.peer, { count: (share?.count ?? 0) + 1, hasUnverified, last: event });
  }

  /** What has come together since the last time. */
  take(): Toast[] {
    const shares = [...this.#byPeer];
    this.#byPeer.clear();
    if (shares.length > MOST_PEERS) return [crowd(shares)];
    return shares.map(([peer, { count, hasUnverified, last }]) => ({
      title: `wire ← ${visible(peer)}${hasUnverified ? " (UNVERIFIED)" : ""}`,
      body: (count === 1 ? "" : `${count} messages, the last: `) + textOf(last),
    }));
  }
}

const textOf = ({ kind, body_preview }: InboxEvent): string =>
  `${visible(kind, { maxLength: LONGEST_NAME })}: ${
    visible(body_preview, { maxLength: LONGEST_BODY })
  }`;

function crowd(shares: readonly (readonly [string, Share])[]): Toast {
  const count = shares.reduce((sum, [, share]) => sum + share.count, 0);
  const hasUnverified = shares.some(([, share]) => share.hasUnverified);
  const names = shares.slice(0, MOST_PEERS).map(([peer]) => visible(peer)).join(", ");
  return {
    title: `wire ← ${shares.length} peers${hasUnverified ? " (UNVERIFIED)" : ""}`,
    body: `${count} messages, from ${names} and others`,
  };
}
