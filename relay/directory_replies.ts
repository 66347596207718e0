/** What the routes of the directory have in common: finding a nick, and how records are answered. */
import { bareHandle } from "../protocol/identity/did.ts";
import type { EpochMs } from "../protocol/ids.ts";
import { printJson } from "../protocol/json/print.ts";
import { quote } from "../protocol/json/quote.ts";
import type { Json } from "../protocol/json/value.ts";
import type { Directory, HandleRecord } from "../store/directory/directory.ts";
import { json, type RelayReply } from "./exchange.ts";
import { badQuery } from "./framework_errors.ts";
import type { Read } from "./read.ts";

/** 200, members sorted, numbers in the spelling of whoever wrote them. */
export const exactJson = (value: Json): RelayReply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: printJson(value),
});

export const notClaimed = (nick: string): RelayReply =>
  json(404, {
    error: `phyllis: that number's been disconnected — ${quote(nick)} isn't claimed on this ` +
      "switchboard",
  });

export function handleQuery(query: URLSearchParams): Read<string> {
  const value = query.get("handle");
  return value === null
    ? { ok: false, reply: badQuery("missing field `handle`") }
    : { ok: true, value };
}

/** @param handle a nick, or `nick@domain`, whose domain is not looked at */
export async function findHandle(
  directory: Directory,
  handle: string,
): Promise<Read<HandleRecord>> {
  const nick = bareHandle(handle);
  if (nick === "") return { ok: false, reply: json(400, { error: "handle missing nick" }) };
  const value = await directory.find(nick);
  return value === undefined ? { ok: false, reply: notClaimed(nick) } : { ok: true, value };
}

/** `2026-11-21T05:15:12Z`. */
export const rfc3339 = (at: EpochMs): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toString({ smallestUnit: "second" });
