/**
 * Roots to verify TLS servers with: the system's (company roots) and the bundled ones (machines
 * whose store is empty or out of reach) together; either alone has failed somebody (lesson 48).
 */
import { getCACertificates, rootCertificates } from "node:tls";

export interface TrustRoots {
  /** PEM, without repetitions. */
  readonly certificates: string[];
  readonly bundled: number;
  readonly system: number;
}

export function trustRoots(): TrustRoots {
  const system = systemCertificates();
  return {
    certificates: [...new Set([...rootCertificates, ...system])],
    bundled: rootCertificates.length,
    system: system.length,
  };
}

function systemCertificates(): readonly string[] {
  try {
    return getCACertificates("system");
  } catch {
    return []; // no store on this system: the bundled roots still verify public servers
  }
}
