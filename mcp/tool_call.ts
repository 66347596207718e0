/** What a tool works with in one call: the home, the operator, and who waits for the answer. */
import type { ClientContext } from "../client/context.ts";
import type { McpHost } from "./host.ts";

/** A question to the operator, shown by the host of the agent. */
export interface Question {
  readonly message: string;
  /** One text field, or a yes. */
  readonly wants: "digits" | "yes";
}

export type OperatorAnswer =
  | { readonly tag: "digits"; readonly digits: string }
  | { readonly tag: "yes" }
  | { readonly tag: "declined" }
  /** The host cannot ask its user. */
  | { readonly tag: "cannot_ask" };

export interface ToolCall {
  readonly host: McpHost;
  /** Made for this call: whichever identity is there now (lesson 31). */
  readonly context: ClientContext;
  /** Aborts when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** @throws {InputNeeded} once, when the host can ask: the call is made again with the answer */
  askOperator(question: Question): OperatorAnswer;
  /** @returns whether this client hears of its changes from now on */
  subscribe(uri: string): boolean;
  /** Told to whoever asked for progress. */
  progress(message: string): Promise<void>;
}

/** Not an error: the call begins anew when the client has brought the operator's answer. */
export class InputNeeded extends Error {
  constructor(readonly question: Question) {
    super("the operator is asked");
  }
}
