/** `wire send`: signs a message and queues it. */
import { send } from "../../client/operations/send.ts";
import type { Command } from "../command.ts";
import { flag, integer, text } from "../options.ts";

export const command = {
  operation: send,
  usage: "<peer> <kind-or-body> [body]",
  options: {
    deadline: text("when", "RFC 3339, or from now as in 30m, 2h, 1d"),
    again: flag("send it although an equal message was just sent"),
    checkCap: text("capability", "only if the peer's card advertises this capability"),
    thread: text("thread", "the thread that it belongs to, or new"),
    wait: text("step", "until there is evidence: stored, fetched, received, read or answered"),
    timeout: integer("seconds", "how long --wait waits (30)", { max: 86_400 }),
    replyTo: text("event-id", "the event that it answers, in whose thread it then is"),
  },
  examples: [
    'wire send bob "the build is green"',
    "wire send bob decision 'ship it' --deadline 2h",
    "wire send bob claim @plan.json",
    "git diff | wire send bob claim -",
    'wire send bob "are you there?" --wait received --timeout 60',
    'wire send bob "shall we?" --thread new',
  ],
  toInput: ([peer, ...rest], { deadline, again, checkCap, thread, replyTo, wait, timeout }) => ({
    peer,
    ...(rest.length > 1 ? { kind: rest[0], body: rest[1] } : { body: rest[0] }),
    deadline,
    again,
    checkCap,
    thread,
    replyTo,
    wait,
    timeout,
  }),
  render(output, ui) {
    if (output.thread !== undefined) ui.note(`  thread ${output.thread}`);
    if (output.reached === true) {
      return ui.line(`${output.step} ${output.event_id} for ${output.peer}`);
    }
    if (output.status === "queued") {
      ui.line(`queued ${output.event_id} for ${output.peer}; the daemon sends it, or wire push`);
    } else {
      const step = output.step === undefined ? "" : ` (${output.step})`;
      ui.line(`already queued ${output.event_id} for ${output.peer}${step}`);
      ui.note("  an equal message was just sent; --again sends another one");
    }
  },
} satisfies Command<typeof send>;
