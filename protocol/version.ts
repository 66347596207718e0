/** Ours, as `wire --version` and pid records show it. */
export const VERSION = "0.1.0";

/** Written into every card and event we make; receivers compare the part before the dot. */
export const SCHEMA_VERSION = "v3.1";
