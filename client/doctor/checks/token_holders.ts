/** Who can read our mailbox. See docs/protocol/extensions.md §2. */
import { counted, gathered, warn } from "../finding.ts";
import type { Check } from "../check.ts";
import { statusOfMailboxes } from "../../status_of_mailboxes.ts";

export const tokenHolders: Check = {
  id: "token_holders",
  about: "whether peers hold the token that reads our mailbox",
  lessons: [19, 26],
  async look({ home }) {
    const { mailboxes } = await statusOfMailboxes(home);
    const found = mailboxes
      .filter(({ token_holders, cost }) => token_holders.length > 0 && cost !== undefined)
      .map(({ relay_url, token_holders, cost, next }) =>
        warn(
          `${relay_url}: ${cost} (${counted(token_holders.length, "token holder")}: ` +
            `${token_holders.join(", ")})`,
          next ?? "wire bind-relay <the address of a relay with grants> --migrate-pinned",
        )
      );
    return gathered(found, "nobody but us can read what comes");
  },
};
