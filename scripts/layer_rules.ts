/** What the layer lint decides, apart from syntax trees. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  ALLOWANCES,
  FREE_FOLDERS,
  MAY_IMPORT,
  RESERVED_PATHS,
  TEST_SUPPORT,
  WORLD_GLOBALS,
  WORLD_MEMBERS,
  WORLD_MODULES,
} from "./layer_table.ts";

/** Where a module lies. */
export interface Place {
  /** Below the root, with forward slashes. */
  readonly path: string;
  /** The first part of the path: a folder, or a file in the root. */
  readonly folder: string;
  /** Held to no rule: tests, scripts, benchmarks. */
  readonly free: boolean;
}

export class Tree {
  readonly #root: string;
  readonly #aliases: readonly (readonly [string, string])[];

  constructor(root: URL) {
    this.#root = fileURLToPath(root);
    this.#aliases = localAliases(root);
  }

  /** @returns undefined for a file outside the tree */
  place(file: string): Place | undefined {
    const relative = path.relative(this.#root, file).replaceAll("\\", "/");
    if (relative === "" || relative.startsWith("../") || path.isAbsolute(relative)) {
      return undefined;
    }
    const folder = relative.split("/")[0] ?? relative;
    return { path: relative, folder, free: isFree(folder, relative) };
  }

  /** @returns where a specifier points to, or undefined if that is nothing of ours */
  resolve(from: Place, specifier: string): Place | undefined {
    if (specifier.startsWith("./") || specifier.startsWith("../")) {
      return this.place(path.join(this.#root, path.dirname(from.path), specifier));
    }
    if (specifier.startsWith("file:")) return this.place(fileURLToPath(specifier));
    if (path.isAbsolute(specifier)) return this.place(specifier);
    for (const [alias, target] of this.#aliases) {
      const whole = specifier === alias;
      const below = alias.endsWith("/") && specifier.startsWith(alias);
      if (!whole && !below) continue;
      return this.place(path.join(this.#root, target, specifier.slice(alias.length)));
    }
    return undefined;
  }
}

/** @returns what is wrong with the import, or undefined */
export function arrowProblem(tree: Tree, from: Place, specifier: string): string | undefined {
  const to = tree.resolve(from, specifier);
  if (to === undefined) return undefined;
  if (to.path.endsWith("_test.ts")) return `${to.path} is a test: nothing imports it`;
  if (from.free) return undefined;
  if (FREE_FOLDERS.includes(to.folder)) {
    return `${from.folder}/ imports ${to.folder}/: nothing of the program looks at it`;
  }
  if (TEST_SUPPORT.test(to.path) && !TEST_SUPPORT.test(from.path)) {
    return `${from.path} imports ${to.path}: fakes and faults are for tests`;
  }
  for (const reserved of RESERVED_PATHS) {
    if (to.path.startsWith(reserved.path) && !reserved.allowed.includes(from.folder)) {
      return `${from.path} imports ${to.path}: ${reserved.reason}`;
    }
  }
  if (to.folder === from.folder) return undefined;
  const allowed = MAY_IMPORT[from.folder];
  if (allowed === undefined) {
    return `${from.folder} is not in the layer table (scripts/layer_table.ts)`;
  }
  if (allowed.includes(to.folder)) return undefined;
  const list = allowed.length === 0 ? "nothing of ours" : `only ${allowed.join(", ")}`;
  return `${from.folder} imports ${to.folder}: it may import ${list} (docs/style.md)`;
}

/** @returns what is wrong with loading that built-in module here, or undefined */
export function moduleProblem(place: Place, specifier: string): string | undefined {
  if (!WORLD_MODULES.has(specifier)) return undefined;
  if (ALLOWANCES[place.folder]?.modules.includes(specifier)) return undefined;
  return `${specifier} outside platform/: take what you need from the Platform`;
}

/**
 * @param base a global's name
 * @param member of it that is used, if the source says which
 * @returns what is wrong with that here, or undefined
 */
export function worldProblem(
  place: Place,
  base: string,
  member: string | undefined,
): string | undefined {
  const outside = "outside platform/: take what you need from the Platform";
  if (WORLD_GLOBALS.has(base)) return `${base} ${outside}`;
  if (/^(globalThis|self|window)$/.test(base)) {
    return member !== undefined && (WORLD_GLOBALS.has(member) || member === "Deno")
      ? `${member} ${outside}`
      : undefined;
  }
  if (base === "Deno") {
    if (member === undefined) return `the whole of Deno ${outside}`;
    if (ALLOWANCES[place.folder]?.deno.includes(member)) return undefined;
    return `Deno.${member} ${outside}`;
  }
  const members = Object.hasOwn(WORLD_MEMBERS, base) ? WORLD_MEMBERS[base] : undefined;
  if (member === undefined || !members?.has(member)) return undefined;
  return `${base}.${member} ${outside}`;
}

function isFree(folder: string, relative: string): boolean {
  return FREE_FOLDERS.includes(folder) || relative.endsWith("_test.ts");
}

/** Import-map entries of the tree's deno.json that point into the tree, longest first. */
function localAliases(root: URL): readonly (readonly [string, string])[] {
  let config: unknown;
  try {
    config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  if (typeof config !== "object" || config === null || !("imports" in config)) return [];
  return Object.entries(config.imports ?? {})
    .flatMap(([alias, target]) =>
      typeof target === "string" && target.startsWith("./") ? [[alias, target] as const] : []
    )
    .sort(([a], [b]) => b.length - a.length);
}
