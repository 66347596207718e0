/** The card of 0.5.19, or what `wire go-back` made smaller, whole. See docs/protocol/extensions.md §12. */
import type { ClientContext } from "../context.ts";
import { sendFullerCard } from "../go_back/card.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "card";

/** @returns undefined where the card says what this version can do */
export async function cardStep(context: ClientContext): Promise<UpStep | undefined> {
  try {
    const sent = await sendFullerCard(context);
    if (sent === undefined) return undefined;
    const { queuedFor } = sent;
    const whom = queuedFor.length === 0 ? "" : `; the card is queued for ${queuedFor.join(", ")}`;
    return { stage, detail: `the card says what this version can do${whom}`, status: "done" };
  } catch (error) {
    return warningOf(stage, error, "the card still says what 0.5.19 can do: ");
  }
}
