/** What `wire --version` prints; apart, so that printing it loads nothing else. */
import { VERSION } from "../protocol/version.ts";

export const VERSION_LINE = `wire ${VERSION}`;
