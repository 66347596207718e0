/** What somebody is told of something that went wrong while looking. */
import { WireError } from "../../protocol/errors.ts";

/** One line, without the head that all messages of the store share. */
export function told(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const text = error instanceof WireError ? message.replace(/^Cannot [^:]*: /, "") : message;
  return text.replaceAll(/\s+/g, " ");
}
