/** Runs every check, together and each within its time: none stops another, whatever it finds. */
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Check, CheckReport, Finding } from "./check.ts";
import { warn } from "./finding.ts";
import type { Scene } from "./scene.ts";

/** Longer than a relay's answer may take, also when one is asked after another. */
const CHECK_MS = 20_000;
/** How the detail begins of a check to which something else hides the answer. */
export const NOT_JUDGED = "could not be judged";
const MAX_TEXT = 1_000;

/** @returns in the order of the checks */
export function examine(checks: readonly Check[], scene: Scene): Promise<CheckReport[]> {
  return Promise.all(checks.map(async (check) => {
    const { id, about, lessons } = check;
    const { status, detail, fix, evidence } = await finding(check, scene);
    return {
      id,
      status,
      detail: shown(detail),
      ...(fix === undefined ? {} : { fix: shown(fix) }),
      about,
      lessons: [...lessons],
      ...(evidence === undefined ? {} : { evidence: evidence.map(shownEvidence) }),
    };
  }));
}

/** Names of files and peers, and words of relays, are whatever somebody made of them. */
const shown = (text: string): string => visible(text, { maxLength: MAX_TEXT });

const shownEvidence = ({ detail, fix }: { detail: string; fix?: string | undefined }) =>
  fix === undefined ? { detail: shown(detail) } : { detail: shown(detail), fix: shown(fix) };

async function finding(check: Check, scene: Scene): Promise<Finding> {
  const over = new AbortController();
  const late = scene.context.platform.clock.sleep(CHECK_MS, over.signal).then(
    () => warn(`${NOT_JUDGED} within ${CHECK_MS / 1_000} s`),
  );
  try {
    return await Promise.race([check.look(scene), late]);
  } catch (error) {
    return notJudged(error);
  } finally {
    over.abort();
    late.catch(() => undefined); // ended by us
  }
}

/** What hides the answer is told by the check that is about it; here only that there is none. */
function notJudged(error: unknown): Finding {
  if (error instanceof WireError && error.code === "not_initialized") {
    return warn(`${NOT_JUDGED}: this home has no usable identity`, "wire init <handle>");
  }
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof WireError ? error.hint : undefined;
  return warn(`${NOT_JUDGED}: ${text}`, hint);
}
