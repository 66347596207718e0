/** How far the mailbox was read. See docs/protocol/identity-and-events.md §13.4. */
import { isEventId } from "../../../protocol/ids.ts";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";

const SHOWN = 16;

export const cursor: Check = {
  id: "cursor",
  about: "the place up to which the mailbox was read",
  lessons: [1, 2],
  async look(scene) {
    const { self } = await scene.relayState();
    const cursors = [self?.last_pulled_event_id, self?.last_pulled_event_id_local];
    const odd = cursors.find((value) => typeof value === "string" && !isEventId(value));
    if (odd !== undefined && odd !== null) {
      return warn(
        `the cursor is ${JSON.stringify(odd.slice(0, SHOWN))}, which is no event: ` +
          "the whole mailbox is fetched each time",
        "wire pull",
      );
    }
    return pass(self?.last_pulled_event_id?.slice(0, SHOWN) ?? "<none>");
  },
};
