/** The names that a shell offers for a peer, a request, a pairing, a code or a session. */
import type { ClientContext } from "../../client/context.ts";
import { completions } from "../../protocol/pair2/words.ts";
import { PendingInbound } from "../../store/home/pending_inbound.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Asked } from "./values.ts";

/** bash expands the list that it is given: a name with `$(…)` in it would be run. */
const SAFE = /^[A-Za-z0-9_.@-]+$/;
const MAX_OFFERED = 200;
/** A nameplate and four words. */
const MAX_PARTS = 5;

/**
 * What can be read is offered; a home that cannot be read offers nothing.
 * @param typed the word so far; only codes depend on it
 */
export async function candidates(
  context: ClientContext,
  what: Asked,
  typed: string,
): Promise<readonly string[]> {
  return safe(what === "codes" ? codesFrom(typed) : await OFFERED[what](context));
}

/** Each once, and only what no shell would take for more than a word. */
export const safe = (names: readonly string[]): readonly string[] =>
  [...new Set(names)].filter((name) => SAFE.test(name)).slice(0, MAX_OFFERED);

const OFFERED: Readonly<
  Record<Exclude<Asked, "codes">, (context: ClientContext) => Promise<readonly string[]>>
> = {
  async peers({ home }) {
    if (!await home.isInitialized()) return [];
    const [{ handle: own }, { agents }] = await Promise.all([
      home.readIdentity(),
      home.readTrust(),
    ]);
    return [...agents.values()].map(({ handle }) => handle).filter((handle) => handle !== own)
      .sort();
  },
  async requests({ home }) {
    return (await new PendingInbound(home).list()).map(({ peer_handle }) => peer_handle);
  },
  async pairings(context) {
    const { pairList } = await import("../../client/operations/pair_list.ts");
    const codes: string[] = [];
    const stop = new AbortController();
    for await (const list of pairList.stream(context, {}, stop.signal)) {
      if (Array.isArray(list)) codes.push(...list.map(({ code }) => code));
    }
    return codes;
  },
  async sessions({ platform }) {
    return (await (await Sessions.open(platform)).list()).map(({ name }) => name);
  },
};

/** The code with its last word completed, for codes of the form `4821-apple-river-stone`. */
function codesFrom(typed: string): readonly string[] {
  const parts = typed.split("-");
  const last = parts.pop() ?? "";
  if (parts.length === 0 || parts.length >= MAX_PARTS || !/^\d{4,5}$/.test(parts[0] ?? "")) {
    return [];
  }
  return completions(last).map((word) => [...parts, word].join("-"));
}
