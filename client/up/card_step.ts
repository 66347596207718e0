/** The card that `wire go-back` made smaller, whole again. See docs/protocol/extensions.md §12. */
import type { ClientContext } from "../context.ts";
import { sendFullerCard } from "../go_back/card.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "card";

/** @returns undefined on a home that did not go back */
export async function cardStep(context: ClientContext): Promise<UpStep | undefined> {
  try {
    const sent = await sendFullerCard(context);
    if (sent === undefined) return undefined;
    const { queuedFor } = sent;
    const whom = queuedFor.length === 0 ? "" : `; the card is queued for ${queuedFor.join(", ")}`;
    return { stage, detail: `this home is ours again${whom}`, status: "done" };
  } catch (error) {
    return warningOf(stage, error, "the card still says what 0.5.19 can do: ");
  }
}
