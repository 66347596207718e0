/** Permissions that a relay process does without. */

/**
 * Gives up starting processes and loading libraries, for the whole process and for good. Start it
 * with `--no-prompt`: a revoked permission otherwise asks on a terminal.
 */
export async function dropPermissions(): Promise<void> {
  await Deno.permissions.revoke({ name: "run" });
  await Deno.permissions.revoke({ name: "ffi" });
}
