/** One meaning of a write that went wrong. */
import { WireError } from "../../protocol/errors.ts";

/** @throws {WireError} write_failed */
export async function writing<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WireError("write_failed", `Cannot store ${what}: ${reason}`, { cause });
  }
}
