/** `wire relay-admin check`: reads everything of a relay's store and reports damage, exit code 7. */
import { z } from "zod";
import type { Operation } from "../../client/operation.ts";
import { visible } from "../../protocol/text/visible.ts";
import { checkPlace } from "../../store/admin/check_place.ts";
import type { Command } from "../command.ts";
import { PLACE_OPTIONS, PlaceInput, placeOf } from "./relay_admin_place.ts";

const CheckOutput = z.object({
  damaged: z.boolean(),
  events: z.number(),
  grants: z.number(),
  handles: z.number(),
  invites: z.number(),
  problems: z.array(z.object({ place: z.string(), problem: z.string() })),
  problems_found: z.number(),
  slots: z.number(),
});

const relayAdminCheck = {
  input: PlaceInput,
  output: CheckOutput,
  async run(context, input) {
    const check = await checkPlace(placeOf(context, input), context.platform);
    return {
      damaged: check.problemsFound > 0,
      events: check.events,
      grants: check.grants,
      handles: check.handles,
      invites: check.invites,
      problems: [...check.problems],
      problems_found: check.problemsFound,
      slots: check.slots,
    };
  },
} satisfies Operation<typeof PlaceInput, typeof CheckOutput>;

export const command = {
  operation: relayAdminCheck,
  usage: "",
  options: PLACE_OPTIONS,
  examples: ["wire relay-admin check", "wire relay-admin check --data /var/lib/wire --json"],
  toInput: (_, options) => options,
  render(output, ui) {
    const { slots, events, grants, handles, invites, problems } = output;
    ui.line(
      `read ${events} events of ${slots} mailboxes, ${grants} grants, ${handles} nicks, ` +
        `${invites} invites`,
    );
    for (const { place, problem } of problems) ui.line(visible(`${place}: ${problem}`));
    if (!output.damaged) ui.line("all of it makes sense");
  },
} satisfies Command<typeof relayAdminCheck>;
