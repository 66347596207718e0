/** `wire profile set`: one field of our card. */
import { profileSet } from "../../client/operations/profile_set.ts";
import type { Command } from "../command.ts";
import { profileLines } from "./profile_text.ts";

export const command = {
  operation: profileSet,
  usage: "<field> <value>",
  options: {},
  examples: [
    'wire profile set motto "ship it"',
    `wire profile set vibe '["calm","terse"]'`,
    "wire profile set handle alice@relay.example.org",
    "wire profile set capabilities markdown/v1,diff/v2",
  ],
  toInput: ([field, value]) => ({ field, value }),
  render: (output, ui) => profileLines(output, ui, "set"),
} satisfies Command<typeof profileSet>;
