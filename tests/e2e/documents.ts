/** The command lines that README and docs/ show in their fenced blocks. */

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  "README.md",
  "docs/getting-started.md",
  "docs/install.md",
  "docs/sessions.md",
  "docs/mail.md",
  "docs/going-back.md",
  "docs/relay.md",
  "docs/runbook.md",
  "docs/architecture.md",
  "docs/threat-model.md",
  "docs/performance.md",
  "docs/mcp.md",
];

export interface Block {
  readonly page: string;
  /** What stands after the opening fence, such as `sh test`. */
  readonly info: string;
  readonly lines: readonly string[];
}

/** @returns the blocks of the pages that exist, in their order */
export async function blocks(pages: readonly string[] = PAGES): Promise<readonly Block[]> {
  const found: Block[] = [];
  for (const page of pages) {
    let text: string;
    try {
      text = await Deno.readTextFile(new URL(page, ROOT));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    for (const [, info = "", body = ""] of text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)) {
      found.push({ page, info: info.trim(), lines: body.split("\n") });
    }
  }
  return found;
}

/** `wire` as the documents write it: from source, by npx, compiled, behind a pipe or `WIRE_HOME=`. */
const WIRE = /(?:^|[|;] *|[$<]\(|=\S+ )(?:npx --yes deno@[\d.]+ task |deno task )?wire /g;

/** @returns for each command of ours on the line, the words after `wire` */
export function wireLines(line: string): readonly (readonly string[])[] {
  const shown = line.trim();
  return [...shown.matchAll(WIRE)].map(({ index, 0: { length } }) =>
    words(shown.slice(index + length))
  );
}

/** Words as a POSIX shell splits them, up to a comment, `&`, `|` or redirection. */
export function words(line: string): readonly string[] {
  const found: string[] = [];
  for (const [, double, single, bare] of line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)) {
    if (bare !== undefined && /^(#|&|\||>|;)/.test(bare)) break;
    if (bare?.endsWith(")")) { // the end of `$(…)`
      found.push(bare.slice(0, -1));
      break;
    }
    found.push(double ?? single ?? bare ?? "");
  }
  return found;
}
