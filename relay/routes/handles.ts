import type { PhonebookRequest } from "../../store/directory/directory.ts";
import { asciiLowerCase } from "../../store/directory/listing.ts";
import { exactJson, rfc3339 } from "../directory_replies.ts";
import { limitOf, noBody, type Read } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const MAX_LIMIT = 500;

/** The members of a listing that are asked for. */
export function phonebookQuery(query: URLSearchParams): Read<PhonebookRequest> {
  const limit = limitOf(query);
  if (!limit.ok) return limit;
  const vibe = query.get("vibe");
  return {
    ok: true,
    value: {
      after: query.get("cursor") ?? undefined,
      limit: Math.min(Math.max(limit.value, 1), MAX_LIMIT),
      vibe: vibe === null ? undefined : asciiLowerCase(vibe),
    },
  };
}

/**
 * docs/protocol/relay.md §5.13. A page may be shorter than its limit and still name a next one:
 * profiles are bounded in bytes, and a vibe that few have is not looked for everywhere at once.
 */
export const handles: Route = publicRoute({
  method: "GET",
  path: "/v1/handles",
  query: phonebookQuery,
  body: noBody,
  async run({ directory }, { query }) {
    const page = await directory.phonebook(query);
    return exactJson({
      handles: page.handles.map(({ nick, did, claimedAt, listing }) => ({
        claimed_at: rfc3339(claimedAt),
        did,
        nick,
        profile: { ...listing },
      })),
      next_cursor: page.next ?? null,
    });
  },
});
