/** P4: who was let through a person's gate, and by which face. See docs/protocol/extensions.md §14 ruling 9. */
import path from "node:path";
import { lastPassages, type Passage } from "../../../store/home/passages.ts";
import type { Check } from "../check.ts";
import { counted, pass, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";

/** As many as the report of a check shows. */
const MOST_SHOWN = 20;
/** More than the files hold, however short the lines are. */
const ALL = 100_000;

export const passages: Check = {
  id: "passages",
  about: "pairings that were let through, where, and whether a person was proved",
  lessons: [19],
  async look({ home }) {
    const { passages, unreadable } = await lastPassages(home, ALL);
    if (unreadable > 0) {
      const file = path.join(home.paths.stateRoot, "passages.jsonl");
      return warn(
        `${counted(unreadable, "line")} of ${file} cannot be read: somebody else wrote there`,
        `look who else can write it, then: mv ${shellWord(file)} ${shellWord(`${file}.kept`)}`,
      );
    }
    const [newest] = passages;
    if (newest === undefined) return pass("none recorded");
    const unproved = passages.filter(({ proof }) => proof === "unproved").length;
    const count = `${counted(passages.length, "passage")} recorded, ${unproved} unproved`;
    return {
      ...pass(`${count}; the last: ${told(newest)}`),
      evidence: passages.slice(0, MOST_SHOWN).map((passage) => ({ detail: told(passage) })),
    };
  },
};

const told = ({ at, op, face, proof, subject }: Passage): string =>
  `${at} ${op} of ${subject} by ${face}, ${proof}`;
