/** What a relay announces beyond 0.5.19. See docs/protocol/extensions.md, opening rule 3. */

const MAX_HEADER_LENGTH = 1_000;

/**
 * @returns the words of `wire-relay: features="grants ws …"`, or undefined for a relay that has no
 * such header, whose other new routes must not be called
 */
export function announcedFeatures(headers: Headers): readonly string[] | undefined {
  const header = headers.get("wire-relay");
  if (header === null || header.length > MAX_HEADER_LENGTH) return undefined;
  const words = header.match(/(?:^|[;,\s])features="([a-z0-9 ._-]*)"/)?.[1];
  return words?.split(" ").filter((word) => word !== "");
}
