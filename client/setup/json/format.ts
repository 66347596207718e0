/** JSON, and JSON with comments. */
import type { ConfigFormat, Plain } from "../format.ts";
import { nodeAt, plainOf, removeMember, setMember } from "./edit.ts";
import { type Dialect, scanJson } from "./scan.ts";

const jsonFormat = (dialect: Dialect): ConfigFormat => ({
  empty: "{}\n",
  read(text, path) {
    const scanned = scanJson(text, dialect);
    if (!scanned.ok) return scanned;
    const node = nodeAt(scanned.root, path);
    if (typeof node === "string") return { ok: false, problem: node };
    return { ok: true, value: node && plainOf(node) };
  },
  set: (text, path, value) => setMember(text, path, { value, dialect }),
  remove: (text, path) => removeMember(text, path, { dialect }),
  snippet(path, value) {
    const whole = path.reduceRight<Plain>((inner, name) => ({ [name]: inner }), value);
    return JSON.stringify(whole, null, 2);
  },
});

/** A file with comments is one that does not parse (docs/protocol/cli.md §7.2). */
export const json: ConfigFormat = jsonFormat({ comments: false });
export const jsonc: ConfigFormat = jsonFormat({ comments: true });
