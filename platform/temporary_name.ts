/**
 * Names of the files through which atomic writes go. A process that is killed in the middle leaves
 * one behind; by its name it is recognised and swept away.
 */
import path from "node:path";

const TEMPORARY = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * A name beside `target`, so that the rename stays in one file system.
 * @param unique a UUID that nobody else uses
 */
export function temporaryName(target: string, unique: string): string {
  const { dir, base } = path.parse(target);
  return path.join(dir, `.${base}.${unique}.tmp`);
}

/** @param name without directories */
export const isTemporaryName = (name: string): boolean => TEMPORARY.test(name);
