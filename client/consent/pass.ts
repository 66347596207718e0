/**
 * Writes down who passes a person's gate, before it is passed.
 * See docs/protocol/mcp.md §8 and docs/protocol/extensions.md §14 ruling 9.
 */
import { type Passage, recordPassage } from "../../store/home/passages.ts";
import type { ClientContext } from "../context.ts";

/** @throws {WireError} locked, unreadable, write_failed: then nobody passes */
export async function pass(
  { home, origin: { face, proof } }: ClientContext,
  op: Passage["op"],
  subject: string,
): Promise<void> {
  await recordPassage(home, { op, face, proof, subject });
}

/** With what was proved about the digits. @throws {WireError} as pass */
export async function passDigits(
  { home, origin }: ClientContext,
  code: string,
  proof: "typed" | "unproved",
): Promise<void> {
  // All of the phrase is a secret; of its first part there are too few to tell anything.
  const subject = `${code.split("-", 1)[0]}-…`;
  const shown = origin.proof === "operator" ? origin.proof : proof;
  await recordPassage(home, { op: "sas_confirm", face: origin.face, proof: shown, subject });
}
