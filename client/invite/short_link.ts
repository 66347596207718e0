/**
 * Short links: `https://<relay>/i/<token>` in the place of an invite URL. Neither call carries a
 * token of ours, and what comes back is believed no more than a pasted URL.
 * See docs/protocol/pairing.md §14.3 and §14.4.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { INVITE_PREFIX } from "../../protocol/invite/invite_url.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import { plain } from "../../protocol/json/value.ts";
import { unixPathOf } from "../../protocol/unix_relay.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { ClientContext } from "../context.ts";
import { readBody } from "../relay/body.ts";
import { REQUEST_DEADLINE_MS } from "../relay/http.ts";
import { type Redirected, redirected } from "../relay/redirection.ts";

const MAX_REPLY_BYTES = 64 * 1024;
const REGISTER = "/v1/invite/register";

/** 201; a relay may make tokens of any length. */
const RegisterReply = z.looseObject({
  token: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  expires_unix: z.int().nonnegative(),
});

export interface ShareOptions {
  readonly ttlSeconds: number;
  /** How often the link may be fetched, or null for as often as wanted. */
  readonly uses: 1 | null;
}

export interface ShortLink {
  readonly token: string;
  readonly url: string;
  /** Unix seconds, as the relay says. */
  readonly expiresUnix: number;
}

/**
 * Lets a relay hold the invite, which it can read: only one that holds the mailbox anyway, or one
 * that the operator has named.
 * @throws {TransportError} unreachable; {WireError} relay_status, relay_garbage
 */
export async function registerInvite(
  context: Pick<ClientContext, "platform">,
  relay: RelayUrl,
  { inviteUrl, ttlSeconds, uses }: ShareOptions & { readonly inviteUrl: string },
): Promise<ShortLink> {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ invite_url: inviteUrl, ttl_seconds: ttlSeconds, uses }),
  } as const;
  const { status, text } = await exchange(context, relay + REGISTER, request);
  if (status < 200 || status > 299) {
    // A relay may repeat what it was sent, and that is the invite.
    const said = visible(text.replaceAll(inviteUrl, "[invite]").trim(), { maxLength: 300 });
    throw new WireError("relay_status", `relay ${status} on ${REGISTER}: ${said}`, {
      hint: "wire invite without --share gives a URL that needs no short link",
    });
  }
  const reply = RegisterReply.safeParse(jsonIn(text));
  if (!reply.success) {
    throw new WireError("relay_garbage", `${REGISTER} at ${relay}: bad reply: no short link in it`);
  }
  const { token, expires_unix: expiresUnix } = reply.data;
  return { token, url: `${relay}/i/${token}`, expiresUnix };
}

const LINK = /^https?:\/\//i;

export const isShortLink = (text: string): boolean =>
  LINK.test(text) && unixPathOf(text) === undefined; // a link must not lead to sockets of this machine

/**
 * The invite URL behind a short link.
 * @throws {TransportError} unreachable; {WireError} bad_input, relay_status, relay_garbage
 */
export async function resolveShortLink(
  context: Pick<ClientContext, "platform">,
  link: string,
): Promise<string> {
  const shown = visible(link, { maxLength: 200 });
  const url = urlOf(link);
  if (url === undefined) {
    throw new WireError("bad_input", `could not resolve short URL ${shown}: not a usable address`);
  }
  const { status, text, towards } = await exchange(context, url, { method: "GET" });
  if (status < 200 || status > 299) {
    const moved = towards === undefined ? "" : `, not followed to ${towards}`;
    throw new WireError(
      "relay_status",
      `could not resolve short URL ${shown} (HTTP ${status}${moved})`,
      { hint: "it may be used up or expired: ask for a new invite" },
    );
  }
  const invite = text.trim();
  if (invite.startsWith(INVITE_PREFIX)) return invite;
  throw new WireError(
    "relay_garbage",
    `short URL ${shown} did not resolve to a wire:// invite. (got: ${
      visible(invite, { maxLength: 80 })
    })`,
  );
}

/** With `format=url`, and nothing that a server could take for credentials. */
function urlOf(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  if (url.username !== "" || url.password !== "") return undefined;
  url.hash = "";
  url.search += `${url.search === "" ? "?" : "&"}format=url`;
  return url.href;
}

interface Reply extends Redirected {
  readonly status: number;
  readonly text: string;
}

async function exchange(
  { platform: { net, clock } }: Pick<ClientContext, "platform">,
  url: string,
  init: RequestInit,
): Promise<Reply> {
  const signal = clock.timeout(REQUEST_DEADLINE_MS);
  // What is in the link or the body is for this relay, not for wherever it points.
  const request = new Request(url, { ...init, signal, redirect: "manual" });
  const response = await net.fetch(request);
  const { bytes } = await readBody({ request, response, signal }, MAX_REPLY_BYTES);
  const text = new TextDecoder().decode(bytes);
  return { status: response.status, text, ...redirected(request, response) };
}

/** @returns undefined when it is not JSON */
function jsonIn(text: string): unknown {
  try {
    return plain(parseJson(text));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
