/**
 * The parameters of a request as 0.5.19 reads them: what is optional and of another type counts as absent.
 * Pure. See docs/protocol/mcp.md §2 and §4.
 */
export type Params = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of any method; the arguments of a tool are its own affair. */
export function lenientParams(method: string, params: Params): Params {
  const { arguments: args, cursor, _meta: meta, ...others } = params;
  const { progressToken, ...otherMeta } = isRecord(meta) ? meta : {};
  const isToken = typeof progressToken === "string" || Number.isInteger(progressToken);
  return {
    ...(method === "initialize" ? initializeParams(others) : others),
    ...(args !== undefined && (method !== "tools/call" || isRecord(args))
      ? { arguments: args }
      : {}),
    ...(typeof cursor === "string" ? { cursor } : {}),
    ...(isRecord(meta) ? { _meta: isToken ? meta : otherMeta } : {}),
  };
}

/** Whatever a client asks for, it gets a revision (docs/protocol/mcp.md §3). */
function initializeParams(
  { protocolVersion, capabilities, clientInfo, ...others }: Params,
): Params {
  const { name, version, ...otherInfo } = isRecord(clientInfo) ? clientInfo : {};
  return {
    ...others,
    protocolVersion: typeof protocolVersion === "string" ? protocolVersion : "",
    capabilities: isRecord(capabilities) ? capabilities : {},
    clientInfo: {
      ...otherInfo,
      name: typeof name === "string" ? name : "",
      version: typeof version === "string" ? version : "",
    },
  };
}
