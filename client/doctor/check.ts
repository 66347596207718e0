/**
 * What `wire doctor` looks for: one value per way in which a home, or the machine below it, fails
 * without saying so. A check only looks; it writes nothing, and what it says holds no secret.
 */
import { z } from "zod";
import type { Scene } from "./scene.ts";

export const CheckStatus = z.enum(["PASS", "WARN", "FAIL"]);
export type CheckStatus = z.output<typeof CheckStatus>;

const Evidence = z.object({
  detail: z.string(),
  fix: z.string().optional(),
});
export type Evidence = z.output<typeof Evidence>;

export const CheckReport = z.object({
  id: z.string(),
  status: CheckStatus,
  detail: z.string(),
  /** The command that mends it, or in words what does. */
  fix: z.string().optional(),
  /** What it looks at. */
  about: z.string(),
  /** Numbers of docs/lessons.md. */
  lessons: z.array(z.int()),
  /** Where there is more than one: each thing that was found, the worst first. */
  evidence: z.array(Evidence).optional(),
});
export type CheckReport = z.output<typeof CheckReport>;

export type Finding = Pick<CheckReport, "status" | "detail" | "fix" | "evidence">;

export interface Check {
  /** API, as the names of `--json` members are. */
  readonly id: string;
  readonly about: string;
  readonly lessons: readonly number[];
  /** @throws {WireError} when it cannot be judged: the report says so */
  look(scene: Scene): Promise<Finding>;
}
