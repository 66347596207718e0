/** From a path to the methods it has, and its decoded parameters. */
import { TrieRouter } from "hono/router/trie-router";
import type { Method, Params, Route } from "./route.ts";

export type Match =
  | { readonly tag: "none" }
  /** A parameter's bytes are not UTF-8. */
  | { readonly tag: "bad_path"; readonly name: string }
  | {
    readonly tag: "found";
    readonly methods: ReadonlyMap<Method, Route>;
    readonly params: Params;
  };

export class Router {
  readonly #paths = new TrieRouter<Map<Method, Route>>();

  constructor(routes: readonly Route[]) {
    for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
      this.#paths.add("ALL", path, new Map(group.map((route) => [route.method, route])));
    }
  }

  /** @param path as sent, still percent-encoded */
  match(path: string): Match {
    const [[first] = [], stash] = this.#paths.match("ALL", withoutDoubledStart(path));
    if (first === undefined) return { tag: "none" };
    const [methods, found] = first;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found)) {
      const raw = typeof value === "number" ? stash?.[value] : value;
      const decoded = percentDecoded(raw ?? "");
      if (decoded === undefined) return { tag: "bad_path", name };
      params[name] = decoded;
    }
    return { tag: "found", methods, params };
  }
}

/** 0.5.19's stream client asks for `//v1/…` when its relay URL ends with a slash. */
const withoutDoubledStart = (path: string): string => path.replace(/^\/{2,}/, "/");

/** @returns undefined if the bytes are not UTF-8; a lone `%` stands for itself */
function percentDecoded(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-fA-F]{2})/g, "%25"));
  } catch {
    return undefined; // decodeURIComponent has no other complaint
  }
}

/** The value of `allow`, in the reference's order. */
export const allowOf = (methods: ReadonlyMap<Method, Route>): string =>
  METHOD_ORDER.filter((method) => methods.has(method))
    .map((method) => method === "GET" ? "GET,HEAD" : method).join(",");

const METHOD_ORDER: readonly Method[] = ["POST", "GET", "PUT", "PATCH", "DELETE"];
