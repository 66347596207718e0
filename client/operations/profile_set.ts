/**
 * Changes what our card says, signs it anew and queues it for the peers; `profile clear` is the same
 * with nothing to set. See docs/protocol/cli.md §4 and §9 S26, docs/protocol/extensions.md §12.
 */
import { z } from "zod";
import {
  CAPABILITIES_FIELD,
  capabilityList,
  type CardField,
  cardField,
  profileOf,
  profileValue,
  withCapabilities,
  withProfileField,
} from "../../protocol/identity/profile.ts";
import { WireError } from "../../protocol/errors.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type Json, type JsonObject, plain } from "../../protocol/json/value.ts";
import { updateCard } from "../../store/home/own_card.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { queueCard } from "../queue_card.ts";

/** It must fit an event, a claim, and the sealed end of a pairing, with room to spare. */
const MAX_CARD_BYTES = 65_536;

const ProfileSetInput = z.object({
  field: z.string(),
  /** JSON, else the text itself; `null` removes the field. */
  value: z.string(),
});

const ProfileSetOutput = z.object({
  field: z.string(),
  profile: z.record(z.string(), z.unknown()),
  /** Of the field `capabilities`: all that the card says now. */
  capabilities: z.array(z.string()).optional(),
  /** Peers for whom the new card is queued. */
  queued_for: z.array(z.string()).optional(),
});

/** @throws {WireError} not_initialized; usage; unreadable; locked; write_failed */
export const profileSet = {
  input: ProfileSetInput,
  output: ProfileSetOutput,
  async run(context, { field: name, value }) {
    const field = cardField(name);
    return await changed(
      context,
      field,
      (card) =>
        field === CAPABILITIES_FIELD
          ? withCapabilities(card, capabilityList(value))
          : withProfileField(card, field, profileValue(field, value)),
    );
  },
} satisfies Operation<typeof ProfileSetInput, typeof ProfileSetOutput>;

const ProfileClearInput = z.object({ field: z.string() });

const ProfileClearOutput = ProfileSetOutput.extend({ cleared: z.literal([true]) });

/** @throws {WireError} not_initialized; usage; unreadable; locked; write_failed */
export const profileClear = {
  input: ProfileClearInput,
  output: ProfileClearOutput,
  async run(context, { field: name }) {
    const field = cardField(name);
    const output = await changed(
      context,
      field,
      (card) =>
        field === CAPABILITIES_FIELD
          ? withCapabilities(card, [])
          : withProfileField(card, field, null),
    );
    return { cleared: true as const, ...output };
  },
} satisfies Operation<typeof ProfileClearInput, typeof ProfileClearOutput>;

async function changed(
  context: ClientContext,
  field: CardField,
  change: (card: JsonObject) => JsonObject,
): Promise<z.output<typeof ProfileSetOutput>> {
  await context.home.readIdentity(); // before anything is made in a home that is none
  const identity = await updateCard(context.home, `wire profile, ${field}`, (card) => {
    const next = change(card);
    const bytes = utf8Length(printJson(next));
    if (bytes <= MAX_CARD_BYTES) return next;
    throw new WireError(
      "usage",
      `Cannot set ${field}: the card would have ${bytes} bytes, at most ${MAX_CARD_BYTES}`,
    );
  });
  const queued = await queueCard(context, identity);
  return {
    field,
    profile: record(profileOf(identity.card) ?? {}),
    ...(field === CAPABILITIES_FIELD ? { capabilities: [...identity.capabilities] } : {}),
    ...(queued.length > 0 ? { queued_for: queued } : {}),
  };
}

function record(value: Json): Record<string, unknown> {
  const object = plain(value);
  return typeof object === "object" && object !== null ? { ...object } : {};
}
