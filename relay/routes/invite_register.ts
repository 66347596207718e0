import { INVITE_PREFIX } from "../../protocol/invite/invite_url.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { InviteRegisterRequest } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const TOKEN_BYTES = 8;
const DEFAULT_TTL_S = 86_400;
const MIN_TTL_S = 60;
const MAX_TTL_S = 604_800;
/** Nothing that a terminal or a shell script could trip over. */
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;

const posted = jsonBody(InviteRegisterRequest);

/** docs/protocol/relay.md §5.14, tokens as §15.7. What is not an invite finds no place here. */
export const inviteRegister: Route = publicRoute({
  method: "POST",
  path: "/v1/invite/register",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ directory, random, clock, limits }, { body }) {
    const { invite_url: url, ttl_seconds, uses } = body;
    if (url === "") return json(400, { error: "invite_url required" });
    const max = limits.maxInviteUrlBytes;
    if (utf8Length(url) > max) return json(413, { error: `invite_url > ${max / 1024} KiB` });
    if (!url.startsWith(INVITE_PREFIX) || !VISIBLE_ASCII.test(url)) {
      return json(400, { error: `invite_url must be a ${INVITE_PREFIX} URL` });
    }
    const now = Math.floor(clock.now() / 1000);
    const ttl = Math.min(Math.max(ttl_seconds ?? DEFAULT_TTL_S, MIN_TTL_S), MAX_TTL_S);
    const invite = {
      token: random.bytes(TOKEN_BYTES).toHex(),
      url,
      expiresUnix: now + ttl,
      uses: uses ?? null,
    };
    switch (await directory.registerInvite(invite, now)) {
      case "taken":
        return json(409, { error: "token collision, retry" });
      case "full":
        return json(503, { error: "relay invite capacity reached" });
      case "registered":
        return json(201, {
          expires_unix: invite.expiresUnix,
          path: `/i/${invite.token}`,
          token: invite.token,
          uses_remaining: invite.uses,
        });
    }
  },
});
