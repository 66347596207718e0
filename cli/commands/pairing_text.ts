/** How a pairing reads, in a terminal and detached. See docs/protocol/pairing.md §10 and §11.3. */
import type { PairOutput, PairProgress, PairQueued } from "../../client/pairing/pair_progress.ts";
import type { PairListing } from "../../client/pairing/pair_listing.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Ui } from "../ui/ui.ts";

/** What a command line names a pairing by: the number alone says nothing to who reads it. */
export const shownName = (code: string, form: PairListing["form"]): string =>
  form === "pair/2" ? code.split("-")[0] ?? code : code;

/** Progress goes to stderr; the result is one JSON line on stdout, as in 0.5.19 without `--json`. */
export function renderPairing(output: PairOutput, ui: Ui): void {
  if ("progress" in output) renderProgress(output, ui);
  else if ("state" in output) renderQueued(output, ui);
  else ui.json(output, { ordered: false });
}

function renderProgress(step: PairProgress, ui: Ui): void {
  switch (step.progress) {
    case "hosting":
      ui.note();
      ui.note("share this code phrase with your peer:");
      ui.note();
      ui.note(`    ${ui.style("bold", step.code_phrase, "stderr")}`);
      ui.note();
      ui.note("waiting for peer to run");
      ui.error(`    wire pair-join ${step.code_phrase} --relay ${step.relay_url}`);
      ui.note(`until ${timeOfDay(step.expires_at)} ...`);
      return;
    case "joining":
      ui.note();
      ui.note(
        step.form === "pair/2"
          ? `joined ${step.relay_url} — waiting for the host`
          : `joined pair-slot on ${step.relay_url} — waiting for host's SPAKE2 message`,
      );
      ui.note(`until ${timeOfDay(step.expires_at)} ...`);
      return;
    case "waiting": {
      const problem = step.problem === null ? "" : `: ${visible(step.problem)}`;
      if (step.waiting_for === "finish" && step.elapsed_s === 0) {
        ui.note("waiting for the other side to finish");
        return;
      }
      if (step.waiting_for === "relay") {
        ui.note(`the relay asks for patience${problem}`);
        return;
      }
      ui.note(`  ... still waiting (${step.elapsed_s}s / ${step.timeout_s}s)${problem}`);
      return;
    }
    case "reopened":
      ui.note("somebody came and did not go on: the same code is open again");
      return;
    case "digits":
      ui.note();
      ui.note("your screen's digits, to read out to your peer:");
      ui.note();
      ui.note(`    ${ui.style("bold", step.sas, "stderr")}`);
      ui.note();
      return;
    case "confirm":
      ui.prompt(
        step.wants === "digits"
          ? "type the six digits of the OTHER screen: "
          : "does this match your peer's terminal? [y/N]: ",
      );
      return;
    case "unanswered":
      ui.endPrompt();
      return;
    case "again":
      ui.note(visible(step.why));
      return;
    case "confirmed":
      ui.note(step.sas_proof === "typed" ? "digits match" : "confirmed, without typed digits");
      return;
    case "paired":
      renderPaired(step, ui);
      return;
    case "given_up":
      // Why is told by the error that follows.
      ui.note(
        step.relay_told
          ? "the relay was told: the pairing is over on both sides"
          : "the relay could not be told: your peer waits until its time-out",
      );
      return;
  }
}

function renderPaired(step: Extract<PairProgress, { progress: "paired" }>, ui: Ui): void {
  ui.note();
  ui.note(`paired with ${visible(step.paired_with)} (peer role: ${step.peer_role})`);
  ui.note(`peer card pinned at tier ${step.tier}`);
  ui.error(`peer relay slot saved to ${step.saved_to}`);
  ui.note(
    step.reachable
      ? "peer mailbox answers: messages can be sent"
      : "peer mailbox does not answer yet: messages wait in the outbox",
  );
  ui.note(`identity check: ${step.identity_check}`);
  ui.note("  the same on both screens for ever; wire peers shows it again, compare it by voice");
  const peer = visible(displayHandle(step.paired_with));
  const first = step.daemon_running ? "" : "wire daemon &, then ";
  ui.note(`next: ${first}wire send ${peer} "hello"`);
}

function renderQueued(queued: PairQueued, ui: Ui): void {
  const { role, code_phrase, daemon_spawned, expires_at, form } = queued;
  const name = shownName(code_phrase, form);
  if (daemon_spawned) ui.line("(started wire daemon in background)");
  if (role === "host") {
    ui.line("detached pair-host queued. Share this code with your peer:");
    ui.line();
    ui.line(`    ${code_phrase}`);
    ui.line();
  } else ui.line(`detached pair-join queued for code ${code_phrase}.`);
  ui.line(`It ends at ${timeOfDay(expires_at)} unless both sides have confirmed. Next:`);
  ui.line(`  wire pair-watch ${name}             wait for the digits`);
  ui.line("  wire pair-list                        see all pairings");
  ui.line(`  wire pair-confirm ${name} <digits>  confirm what the peer's screen shows`);
  ui.line(`  wire pair-cancel ${name}            give up`);
}

/** `2026-11-21T10:15:39.12Z` → `10:15:39 UTC`. */
const timeOfDay = (timestamp: string): string => `${timestamp.slice(11, 19)} UTC`;
