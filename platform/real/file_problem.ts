/** The operating system's file errors, in the words that users see. */

const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/os error 28\b|no space left/i, "the disk is full"],
  [/os error 122\b|quota exceeded/i, "the disk quota is used up"],
  [/os error 30\b|read-only file system/i, "the file system is read-only"],
  [/os error 21\b|is a directory/i, "it is a directory"],
  [/os error 20\b|not a directory/i, "a part of the path is not a directory"],
  [/os error 40\b|too many levels of symbolic links/i, "too many symbolic links"],
  [/os error 36\b|file name too long/i, "the name is too long"],
];

/** @returns a few words without the path, no final period */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  for (const [pattern, words] of PROBLEMS) if (pattern.test(error.message)) return words;
  if (error instanceof Deno.errors.NotFound) return "no such file or directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "not allowed to this process";
  return error.message.replace(/\s+/g, " ").slice(0, 200);
}
