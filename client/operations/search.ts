/**
 * Finds words in all mail of this home. The index follows inbox and outbox by itself; what is shown is
 * read from them.
 */
import { z } from "zod";
import type { Database } from "../../platform/databases.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { isKnownKind, kindOf } from "../../protocol/event/kinds.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { quote } from "../../protocol/json/quote.ts";
import { findMessages, type FoundMessage, type Wanted } from "../../store/search/find_messages.ts";
import { catchUp, forget, messageIndexAt } from "../../store/search/message_index.ts";
import { matchExpression } from "../../store/search/query.ts";
import { Rebuildable } from "../../store/search/rebuildable.ts";
import { searchSources, type Source } from "../../store/search/sources.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { showMessage, ShownMessage } from "../history/show_message.ts";
import { kindTextOf } from "../sync/inbox_event.ts";
import { sinceTime } from "../time_span.ts";

const SearchInput = z.object({
  /** Words that must all be there; `"as they stand"`; `beginn*`. */
  text: z.string().max(2_000).default(""),
  /** The message of this id, or of the one that begins so, as a whole, instead. */
  show: z.string().optional(),
  peer: z.string().optional(),
  /** `7d`, `2026-11-01`, or RFC 3339. */
  since: z.string().optional(),
  /** A kind's name or number, or the text of an event's `type`. */
  kind: z.string().optional(),
  limit: z.int().min(1).max(10_000).default(20),
}).refine(
  ({ text, show }) => (text === "") !== (show === undefined),
  "expected a text to look for, or --show and a message",
);

/** The snippet is the sender's own text around the words; raw is there where a message is shown as a whole. */
const Found = ShownMessage.partial({ raw: true });

const SearchOutput = z.object({
  /** Newest first. */
  messages: z.array(Found),
  /** Whether there are more than `limit`. */
  more: z.boolean(),
});

/**
 * @throws {WireError} usage, unreadable (trust.json, or mail), locked, write_failed (the index); with
 * `show` not_found, and conflict when several begin so
 */
export const search = {
  input: SearchInput,
  output: SearchOutput,
  async run(context, { text, show, peer, since, kind, limit }) {
    if (show !== undefined) return { messages: await showMessage(context, show), more: false };
    const { platform: { files, databases, clock }, home: { paths: { stateRoot } } } = context;
    const expression = matchExpression(text);
    if (expression === undefined) {
      throw new WireError("usage", `Cannot search for ${quote(text)}: expected a word`);
    }
    const only = peer === undefined ? undefined : peerKey(peer);
    const wanted = {
      expression,
      sinceMs: since === undefined ? undefined : sinceTime(since, clock.now()),
      kind: kind === undefined ? undefined : wantedKind(kind),
      limit: limit + 1,
    };
    const sources = await searchSources(files, stateRoot);
    const place = messageIndexAt(stateRoot);
    if (sources.length === 0) {
      // A home without mail stays, or is again, without an index.
      await databases.remove(place.path);
      return { messages: [], more: false };
    }
    const index = new Rebuildable(databases, files, place);
    const searched = sources.filter((source) => only === undefined || source.peer === only);
    const found = await index.use((database) =>
      upToDate(context, database, { sources, searched, wanted })
    );
    return { messages: found.slice(0, limit), more: found.length > limit };
  },
} satisfies Operation<typeof SearchInput, typeof SearchOutput>;

type Found = z.output<typeof Found>;

interface Search {
  readonly sources: readonly Source[];
  readonly searched: readonly Source[];
  readonly wanted: Omit<Wanted, "sources">;
}

/** Building an index of less is done before anybody wonders. */
const WORTH_A_WORD_BYTES = 8 * 1024 * 1024;
/** A file that is rewritten again and again is given up. */
const MOST_ATTEMPTS = 3;

async function upToDate(
  context: ClientContext,
  database: Database,
  { sources, searched, wanted }: Search,
): Promise<Found[]> {
  const { files, clock } = context.platform;
  const byName = new Map(searched.map((source) => [source.name, source]));
  let hasSaid = false;
  for (let attempt = 1;; attempt++) {
    await catchUp(database, sources, {
      files,
      nowMs: clock.now(),
      onProgress(done, total) {
        if (hasSaid || total - done < WORTH_A_WORD_BYTES) return;
        hasSaid = true;
        context.warn(`reading ${Math.ceil(total / 1_048_576)} MiB of mail into the search index`);
      },
    });
    const rows = findMessages(database, { ...wanted, sources: [...byName.keys()] });
    const shown = await read(context, rows, byName);
    if (shown.tag === "read") return shown.messages;
    // Somebody rewrote the file where its length does not show it.
    for (const name of shown.stale) forget(database, name);
    if (attempt === MOST_ATTEMPTS) {
      throw new WireError("conflict", `Cannot search ${shown.stale.join(", ")}: it is rewritten`);
    }
  }
}

type Read =
  | { readonly tag: "read"; readonly messages: Found[] }
  | { readonly tag: "stale"; readonly stale: readonly string[] };

async function read(
  { home, platform: { files } }: ClientContext,
  rows: readonly FoundMessage[],
  sources: ReadonlyMap<string, Source>,
): Promise<Read> {
  const trust = await home.readTrust();
  const self = await home.isInitialized() ? await home.readIdentity() : undefined;
  const messages: Found[] = [];
  const stale = new Set<string>();
  for (const { source, offset, length, eventId, snippet } of rows) {
    const place = sources.get(source);
    if (place === undefined) continue;
    const event = eventIn(await files.readAt(place.path, offset, length));
    if (event?.id !== eventId) {
      stale.add(source);
      continue;
    }
    const { peer, direction } = place;
    const recipient = direction === "in" ? self : undefined;
    messages.push({
      event_id: eventId,
      peer,
      direction,
      kind: kindTextOf(event.value),
      timestamp: stringMember(event.value, "timestamp") ?? "",
      snippet,
      verified: verifyEvent(event, trust, recipient).ok,
    });
  }
  return stale.size > 0 ? { tag: "stale", stale: [...stale] } : { tag: "read", messages };
}

function eventIn(bytes: Uint8Array): WireEvent | undefined {
  try {
    return parseEvent(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** `decision` is a kind, `note` is only what somebody put in `type`. */
function wantedKind(text: string): number | string {
  const number = kindOf(text);
  const isNumber = /^\d+$/.test(text);
  if (isNumber && !isKnownKind(number)) {
    throw new WireError("usage", `Cannot search for kind ${quote(text)}: there is none`);
  }
  return isNumber ? number : text;
}
