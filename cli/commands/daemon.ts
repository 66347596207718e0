/** `wire daemon`: keeps this home in step with its mailbox, and its detached pairings going. */
import type { StreamOperation } from "../../client/operation.ts";
import { tickPairings } from "../../client/pairing/both_forms.ts";
import { recoverPairs } from "../../client/pairing/pair_tick.ts";
import type { CycleReport } from "../../daemon/cycle_report.ts";
import { daemonWith } from "../../daemon/daemon.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

const served = daemonWith({
  recover: async (context) => void await recoverPairs(context),
  tick: tickPairings,
});

/** Says when a first round is over: from then on whatever is queued or arrives is dealt with. */
const daemon = {
  ...served,
  async *stream(context, input, signal) {
    const greeted = new Set<string | undefined>();
    for await (const report of served.stream(context, input, signal)) {
      const { session } = report;
      if (input.once !== true && !greeted.has(session)) {
        const whom = session === undefined
          ? (await context.home.readIdentity()).handle
          : `session ${session}`;
        context.warn(`wire daemon: up for ${whom}; sending and receiving until Ctrl-C`);
      }
      greeted.add(session);
      yield report;
    }
  },
} satisfies StreamOperation<typeof served.input, typeof served.output>;

export const command = {
  operation: daemon,
  usage: "",
  options: {
    interval: integer("seconds", "longest time between two full rounds (5)", { floor: 1 }),
    once: flag("one round, then end"),
    allSessions: flag("this home and all sessions of this user, in one process"),
  },
  examples: [
    "wire daemon",
    "wire daemon &",
    "wire daemon --all-sessions",
    "wire daemon --once --json",
  ],
  toInput: (_, { interval, once, allSessions }) => ({ interval, once, allSessions }),
  render(report, ui) {
    const { push, pull, pairs, session } = report;
    const whose = session === undefined ? "" : ` ${session}:`;
    const { transitions } = pairs;
    const counts = [push.pushed.length, pull.written.length, pull.rejected.length];
    if (transitions.length > 0 || counts.some((count) => count > 0)) {
      const [pushed, pulled, rejected] = counts;
      ui.note(
        `daemon:${whose} pushed=${pushed} pulled=${pulled} rejected=${rejected} ` +
          `pair-transitions=${transitions.length}`,
      );
    }
    for (const step of transitions) renderTransition(step, ui);
  },
} satisfies Command<typeof daemon>;

function renderTransition(step: CycleReport["pairs"]["transitions"][number], ui: Ui): void {
  const { code, from, to, sas, peer_did } = step;
  const whom = to === "gone" && peer_did !== null ? ` (paired with ${visible(peer_did)})` : "";
  ui.note(`  pair ${code} : ${from} → ${to}${whom}`);
  if (to !== "sas_ready" || sas === null) return;
  ui.note(`    SAS digits: ${displaySas(sas)}`);
  ui.note(`    Compare them with your peer, then: wire pair-confirm ${code} <the peer's digits>`);
}
