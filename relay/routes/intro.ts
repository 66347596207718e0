import { checkIntro, type IntroCheck, MAX_INTRO_BYTES } from "../../protocol/event/intro.ts";
import { sha256Hex } from "../../protocol/identity/encoding.ts";
import { quote } from "../../protocol/json/quote.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { retired } from "../auth.ts";
import { notClaimed } from "../directory_replies.ts";
import { json, type RelayReply } from "../exchange.ts";
import type { IntroTaken } from "../intro_limiter.ts";
import type { RelayLimits } from "../options.ts";
import { eventBody, noQuery, repeatedInEvent } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** Of a hash that tells sources apart within an intake. */
const SOURCE_DIGITS = 16;

/**
 * docs/protocol/relay.md §5.10 and §15, docs/protocol/extensions.md §11: the one way in without a
 * token. What is kept lies in a small intake apart from the mailbox.
 */
export const intro: Route = publicRoute({
  method: "POST",
  path: "/v1/handle/intro/:nick",
  query: noQuery,
  body: eventBody,
  async run(context, { params, source, body }) {
    const { directory, store, clock, introLimiter, limits, metrics } = context;
    const nick = params["nick"] ?? "";
    const holder = await directory.find(nick);
    const slot = holder === undefined ? undefined : await store.find(holder.slotId);
    if (slot === undefined) return notClaimed(nick);
    if (slot.isRetired) return retired();
    if (body === "repeated_member") return repeatedInEvent();
    const check = checkIntro(body, utf8Length(body.text));
    if (!check.ok) return refusal(check);
    const rate: { taken: IntroTaken } = { taken: "taken" };
    const appended = await store.append(slot.id, { text: body.text, id: check.id }, {
      intro: { source: sha256Hex(source).slice(0, SOURCE_DIGITS), at: clock.now() },
      admit: () => (rate.taken = introLimiter.take(nick, source)) === "taken",
    });
    metrics.arrived("intro", appended.status);
    switch (appended.status) {
      case "stored":
        return json(201, { event_id: check.id, status: "dropped", to_nick: nick });
      case "duplicate":
        return json(200, { digest: appended.digest, event_id: check.id, status: "duplicate" });
      case "retired":
        return retired();
      default:
        return tooManyIntros(rate.taken, nick, limits);
    }
  },
});

function refusal(check: Exclude<IntroCheck, { readonly ok: true }>): RelayReply {
  switch (check.reason) {
    case "wrong_kind":
      return json(400, {
        error: "intro endpoint only accepts kind=1100 pair_drop / agent_card events",
        got_kind: check.kind,
        got_type: check.type,
      });
    case "no_card":
      return json(400, { error: "intro event body must embed 'card' field" });
    case "bad_card":
      return json(400, { error: `embedded card signature invalid: ${check.text}` });
    case "too_large":
      return json(413, { error: "intro event too large", max_bytes: MAX_INTRO_BYTES });
    case "does_not_fit":
      return json(400, { error: `intro event ${check.text}` });
  }
}

function tooManyIntros(taken: IntroTaken, nick: string, limits: RelayLimits): RelayReply {
  const { introWindowMs, maxIntrosPerNick, maxIntrosPerSource } = limits;
  const seconds = introWindowMs / 1000;
  const [whose, most] = taken === "source_limited"
    ? ["from your address", maxIntrosPerSource]
    : [`to ${quote(nick)}`, maxIntrosPerNick];
  return json(429, {
    error: `too many pair-intros ${whose} — rate limited (${most} per ${seconds}s). Try again ` +
      "shortly.",
  });
}
