/** What the API's document says of a route beyond what the route itself knows. */
import { z } from "zod";

export interface Reply {
  readonly about: string;
  /** `application/json` unless told. */
  readonly type?: string;
  /** Any text unless told. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

export interface QueryParameter {
  readonly about: string;
  readonly schema: z.ZodType;
  readonly isRequired?: true;
}

/** Where an answer leads: parameters of another operation, as runtime expressions. */
export interface Link {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Description {
  /** Stays the same for ever: programs are made from it. */
  readonly operationId: string;
  readonly summary: string;
  /** Whose token is wanted, where the route finds that out by itself. */
  readonly auth?: "slot" | "side";
  /** Patterns of path parameters, where they are narrower here than elsewhere. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Request headers that change the answer; none is ever required. */
  readonly headers?: Readonly<Record<string, Omit<QueryParameter, "isRequired">>>;
  /** The body as it has to be to succeed, where that is less than what is read. */
  readonly body?: { readonly schema?: z.ZodType; readonly example: unknown };
  readonly replies: Readonly<Record<number, Reply>>;
  /** Statuses of refusals that not every route of its kind has. */
  readonly refusals?: readonly number[];
  readonly links?: readonly Link[];
}

/** Keyed by method and path as in the route list. */
export type Descriptions = Readonly<Record<string, Description>>;

export const SLOT_ID = "8f3c1e0a5b7d49268f3c1e0a5b7d4926";
export const PAIR_ID = "0d9a7c51e2f84b6390d9a7c51e2f84b6";
export const TOKEN = "f".repeat(64);

export const count = z.int().nonnegative();
export const hex = (digits: number): z.ZodType =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
export const hours: QueryParameter = {
  about: "How far back; a week at most",
  schema: z.int().nonnegative().max(100_000).default(24),
};
export const page = (about: string): Reply => ({ about, type: "text/html; charset=utf-8" });
