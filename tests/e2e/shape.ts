/** The keys and types of a JSON value, for golden files: values change, shapes must not. */

export type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };

/** @returns a type's name, a list with the distinct shapes of its items, or an object of shapes */
export function shapeOf(value: unknown): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const distinct = new Map(value.map((item) => {
      const shape = shapeOf(item);
      return [JSON.stringify(shape), shape] as const;
    }));
    return [...distinct.values()];
  }
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  }
  return typeof value;
}
