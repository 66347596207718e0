/** `wire profile get`: what our card says of us. */
import { profileGet } from "../../client/operations/profile_get.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { profileValue } from "./profile_text.ts";

export const command = {
  operation: profileGet,
  usage: "",
  options: {},
  examples: ["wire profile get", "wire profile get --json"],
  toInput: () => ({}),
  render({ did, profile }, ui) {
    ui.line(visible(did));
    for (const [name, value] of Object.entries(profile ?? {})) {
      if (name === "schema_version") continue;
      ui.field(visible(name), visibleWhole(profileValue(name, value)));
    }
  },
} satisfies Command<typeof profileGet>;
