/** What a row of cli.md promises, and how what was seen differs from it. */

/** `name:type`, or `name?:type`, in the order of the page; alternatives with `|`. */
export type Shape = readonly string[];

export interface Seen {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A failure of 0.5.19: its exit code, and a text that its stderr holds. */
export interface Failure {
  readonly code: number;
  readonly says: string;
}

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

/** Extra (`+`), missing (`-`) and mistyped (`≠`) members, and whether their order is another. */
export function shapeDifferences(value: unknown, shape: Shape): string[] {
  if (typeof value !== "object" || value === null) return [`not an object: ${typeOf(value)}`];
  const seen = Object.entries(value);
  const wanted = shape.map((text) => {
    const [name = "", types = ""] = text.split(":");
    return {
      name: name.replace("?", ""),
      isOptional: name.endsWith("?"),
      types: types.split("|"),
    };
  });
  const differences: string[] = [];
  for (const { name, isOptional, types } of wanted) {
    const found = seen.find(([key]) => key === name);
    if (found === undefined) {
      if (!isOptional) differences.push(`- ${name}`);
    } else if (!types.includes(typeOf(found[1]))) {
      differences.push(`≠ ${name}: ${typeOf(found[1])}`);
    }
  }
  const names = wanted.map(({ name }) => name);
  for (const [key, item] of seen) {
    if (!names.includes(key)) differences.push(`+ ${key}: ${typeOf(item)}`);
  }
  const common = seen.map(([key]) => key).filter((key) => names.includes(key));
  const order = names.filter((name) => common.includes(name));
  if (common.join() !== order.join()) differences.push(`order: ${common.join()}`);
  return differences;
}

export function failureDifferences(
  { code, stdout, stderr }: Seen,
  { code: wanted, says }: Failure,
): string[] {
  const differences: string[] = [];
  if (code !== wanted) differences.push(`exit ${code}, not ${wanted}`);
  if (!stderr.includes(says)) differences.push(`stderr does not say ${JSON.stringify(says)}`);
  if (wanted === 1 && says !== "" && !stderr.startsWith("error: ")) {
    differences.push("no `error: ` in front");
  }
  if (stdout !== "") differences.push("something on stdout");
  return differences;
}

/** What differs, by the row's name. */
export type Differences = Readonly<Record<string, readonly string[]>>;

export interface Known {
  readonly differences: readonly string[];
  /** A ruling, with its page. */
  readonly reason: string;
}
