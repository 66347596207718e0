/** `wire doctor`: what is wrong here, and what mends it. */
import type { CheckReport } from "../../client/doctor/check.ts";
import { NOT_JUDGED } from "../../client/doctor/examine.ts";
import { doctor } from "../../client/operations/doctor.ts";
import type { Command } from "../command.ts";
import { flag, integer } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

const LOOK = {
  PASS: { bullet: "✓", style: "green" },
  WARN: { bullet: "!", style: "yellow" },
  FAIL: { bullet: "✗", style: "red" },
} as const;

export const command = {
  operation: doctor,
  usage: "",
  options: {
    recentRejections: integer("n", "how many failed pairings to name (5)", { min: 0 }),
    verbose: flag("say what each check looks at, and show all that it found"),
  },
  examples: ["wire doctor", "wire doctor --verbose", "wire doctor --json"],
  toInput: (_, { recentRejections, verbose }) => ({ recentRejections, verbose }),
  render(output, ui, { input }) {
    ui.line(`wire doctor: ${output.checks.length} checks`);
    const isVerbose = input.verbose === true;
    const [judged, hidden] = isVerbose ? [output.checks, []] : parted(output.checks);
    for (const check of judged) renderCheck(check, ui, { isVerbose });
    // One broken file hides the answer of many.
    for (const [detail, checks] of Map.groupBy(hidden, (check) => check.detail)) {
      const ids = checks.map(({ id }) => id).join(", ");
      ui.line(`  ${ui.style("yellow", `! [WARN] ${ids}`)}: ${detail}`);
    }
    const { fail_count, warn_count } = output;
    ui.line(
      fail_count + warn_count === 0 ? "ALL GREEN" : `${fail_count} FAIL, ${warn_count} WARN`,
    );
  },
} satisfies Command<typeof doctor>;

function parted(checks: readonly CheckReport[]): [CheckReport[], CheckReport[]] {
  const isHidden = ({ detail }: CheckReport): boolean => detail.startsWith(NOT_JUDGED);
  return [checks.filter((check) => !isHidden(check)), checks.filter(isHidden)];
}

function renderCheck(
  { status, id, detail, fix, about, evidence = [] }: CheckReport,
  ui: Ui,
  { isVerbose }: { readonly isVerbose: boolean },
): void {
  const { bullet, style } = LOOK[status];
  ui.line(`  ${ui.style(style, `${bullet} [${status}] ${id}`)}: ${detail}`);
  if (isVerbose) ui.line(`      looks at: ${about}`);
  if (!isVerbose || evidence.length === 0) {
    if (fix !== undefined) ui.line(`      fix: ${fix}`);
    return;
  }
  for (const item of evidence) {
    ui.line(`      - ${item.detail}`);
    if (item.fix !== undefined) ui.line(`        fix: ${item.fix}`);
  }
}
