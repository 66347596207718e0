/** What a report says of an error that does not stop the loop. */

/** One line: the message, as people read it. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}
