/**
 * Looks for whatever fails without saying so, on this home and the machine below it. Writes nothing.
 * See docs/protocol/cli.md §7.6 and docs/runbook.md.
 */
import { z } from "zod";
import { CheckReport } from "../doctor/check.ts";
import { CHECKS } from "../doctor/checks.ts";
import { examine } from "../doctor/examine.ts";
import { Scene } from "../doctor/scene.ts";
import type { Operation } from "../operation.ts";

const DoctorInput = z.object({
  recentRejections: z.int().min(0).max(1_000).default(5),
  /** For people: everything that was found. */
  verbose: z.boolean().optional(),
});

const DoctorOutput = z.object({
  checks: z.array(CheckReport),
  fail_count: z.int(),
  /** Nothing failed; there may be warnings. */
  ok: z.boolean(),
  warn_count: z.int(),
});

export const doctor = {
  input: DoctorInput,
  output: DoctorOutput,
  async run(context, { recentRejections }) {
    const checks = await examine(CHECKS, new Scene(context, { recentRejections }));
    const count = (status: CheckReport["status"]): number =>
      checks.filter((check) => check.status === status).length;
    const failed = count("FAIL");
    return { checks, fail_count: failed, ok: failed === 0, warn_count: count("WARN") };
  },
} satisfies Operation<typeof DoctorInput, typeof DoctorOutput>;
