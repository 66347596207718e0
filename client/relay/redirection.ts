/**
 * Redirections are told and never followed: a token may travel in a header, in the body or in the
 * path, and a relay could send any of them to a third place, or to one inside our own network.
 * See docs/protocol/extensions.md §9.
 */
import { visible } from "../../protocol/text/visible.ts";

export interface Redirected {
  /** The origin only, harmless to show; a path or a query could repeat what was sent. */
  readonly towards?: string;
}

/** @returns nothing unless the answer is a redirection that names a place */
export function redirected(request: Request, response: Response): Redirected {
  const location = response.headers.get("location");
  if (response.status < 300 || response.status > 399 || location === null) return {};
  if (!URL.canParse(location, request.url)) return { towards: "no usable address" };
  const { origin, protocol } = new URL(location, request.url);
  const place = origin === "null" ? `${protocol}…` : origin;
  return { towards: visible(place, { maxLength: 200 }) };
}
