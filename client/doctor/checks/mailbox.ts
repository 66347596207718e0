/** Our own mailboxes, asked for with our own tokens. */
import { WireError } from "../../../protocol/errors.ts";
import type { NewMailbox } from "../../../store/home/mailbox.ts";
import { RelayStatusError } from "../../relay/status_error.ts";
import { ownRoutes } from "../../sync/routes.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass } from "../finding.ts";
import type { Scene } from "../scene.ts";

/** The relay knows the mailbox no more, or our token to it. */
const LOST: ReadonlySet<number> = new Set([401, 403, 404, 410]);

export const mailbox: Check = {
  id: "mailbox",
  about: "whether the relay still has our mailbox, and takes our token",
  lessons: [6],
  async look(scene) {
    const routes = ownRoutes(await scene.relayState());
    const found = await Promise.all(routes.map((route) => ask(scene, route)));
    return gathered(found, found.map(({ detail }) => detail).join(", ") || "none is bound");
  },
};

async function ask(scene: Scene, { relayUrl, slotId, slotToken }: NewMailbox): Promise<Finding> {
  try {
    const relay = scene.context.relay(relayUrl);
    const { event_count } = await relay.slotState(slotId, slotToken, scene.soon());
    return pass(`${slotId.slice(0, 8)}… at ${relayUrl} holds ${event_count}`);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (!(error instanceof RelayStatusError) || !LOST.has(error.status)) {
      return pass(`${relayUrl} does not say`); // the check of relays says why
    }
    return fail(
      `${relayUrl} does not know our mailbox ${slotId.slice(0, 8)}… any more: ${error.message}`,
      `wire bind-relay ${relayUrl} --migrate-pinned`,
    );
  }
}
