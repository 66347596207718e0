/** HTML in which every value is text, unless it was made here. */

/** A piece of HTML that is complete in itself. */
export class Html {
  constructor(readonly text: string) {}
}

export type Value = Html | string | number | undefined | false | readonly Value[];

const ENTITY: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Safe between tags and inside quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'`]/g, (c) => ENTITY[c] ?? c);

/** A template whose values are escaped; attributes must be quoted. `undefined` and `false` are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = strings[0] ?? "";
  for (const [i, value] of values.entries()) text += textOf(value) + (strings[i + 1] ?? "");
  return new Html(text);
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (value === undefined || value === false) return "";
  return value.map(textOf).join("");
}
