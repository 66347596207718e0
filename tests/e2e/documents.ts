/** The command lines that README and docs/ show in their fenced blocks. */

const ROOT = new URL("../../", import.meta.url);

/** README, CHANGELOG and each page of docs/, by name; docs/protocol/ is about other programs, too. */
export async function allPages(): Promise<readonly string[]> {
  const docs = await Array.fromAsync(Deno.readDir(new URL("docs/", ROOT)));
  const pages = docs.map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();
  return ["README.md", "CHANGELOG.md", ...pages.map((name) => `docs/${name}`)];
}

export const textOf = (page: string): Promise<string> => Deno.readTextFile(new URL(page, ROOT));

export interface Block {
  readonly page: string;
  /** What stands after the opening fence, such as `sh test`. */
  readonly info: string;
  readonly lines: readonly string[];
}

/** @returns the blocks of the pages, in their order */
export async function blocks(pages: readonly string[]): Promise<readonly Block[]> {
  const found: Block[] = [];
  for (const page of pages) {
    const text = await textOf(page);
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
