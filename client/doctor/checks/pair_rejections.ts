/** `pair-rejected.jsonl`, as 0.5.19 writes it too: one line a failed pairing. See docs/protocol/identity-and-events.md §14.4. */
import { z } from "zod";
import { pairRejectionsIn } from "../../../store/home/pair_rejections.ts";
import { readLines } from "../../../store/mail/jsonl.ts";
import type { Check } from "../check.ts";
import { counted, pass, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";

const Line = z.object({ peer: z.string(), code: z.string() });

export const pairRejections: Check = {
  id: "pair_rejections",
  about: "requests to pair, and answers, that came to nothing on this side",
  lessons: [15],
  async look({ home, options }) {
    const file = pairRejectionsIn(home);
    const recent: string[] = [];
    let total = 0;
    for await (const { text = "" } of readLines(home.platform.files, file, 0)) {
      if (text.trim() === "") continue;
      total++;
      recent.push(named(text));
      if (recent.length > options.recentRejections) recent.shift();
    }
    if (total === 0) return pass("no pairing failed");
    return warn(
      `${counted(total, "pair failure")} recorded. recent: [${recent.join(", ")}]`,
      `pair again with those who still matter, then: rm ${shellWord(file)}`,
    );
  },
};

function named(text: string): string {
  try {
    const line = Line.safeParse(JSON.parse(text));
    if (line.success) return `${line.data.peer}/${line.data.code}`;
  } catch {
    // Counted all the same: a line that cannot be read is a failure of which no more is known.
  }
  return "unreadable";
}
