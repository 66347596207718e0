/** The two sides of a pairing of the form pair/2. */

export type Side = "host" | "guest";

export const otherSide = (side: Side): Side => side === "host" ? "guest" : "host";

/** One value of each side. */
export type BySide<T> = Readonly<Record<Side, T>>;
