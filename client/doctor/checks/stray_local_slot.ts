/** The file that 0.5.17 to 0.5.20 wrote and nobody read. See docs/protocol/identity-and-events.md §10.4. */
import path from "node:path";
import { endpointsIn, RelayState } from "../../../protocol/schemas/relay_state.ts";
import { readJsonObject } from "../../../store/home/json_file.ts";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";

export const strayLocalSlot: Check = {
  id: "stray_local_slot",
  about: "a local mailbox that was announced, and written where nobody reads it",
  lessons: [9],
  async look(scene) {
    const { home } = scene;
    const file = path.join(home.paths.configRoot, "relay-state.json");
    const stray = await readJsonObject(home.platform.files, file);
    if (stray === undefined) return pass("none");
    const parsed = RelayState.safeParse(stray);
    const listed = parsed.success ? endpointsIn(parsed.data.self?.endpoints) : [];
    const known = endpointsIn((await scene.relayState()).self?.endpoints);
    const unread = listed.filter(({ slot_id }) => !known.some((it) => it.slot_id === slot_id));
    if (unread.length === 0) return pass("relay.json has all of it");
    const where = unread.map(({ relay_url }) => relay_url).join(", ");
    return warn(`${file} names a mailbox at ${where} that is never read`, `rm ${shellWord(file)}`);
  },
};
