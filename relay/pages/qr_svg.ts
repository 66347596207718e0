/** A QR code as SVG: dark on light whatever the page's colours, in the quiet zone that readers need. */
import { Html } from "./html.ts";

const QUIET_ZONE = 4;

/** @param label what a screen reader says of it; plain text of ours */
export async function qrSvg(text: string, label: string): Promise<Html> {
  const { default: encodeQr } = await import("qr");
  const dark = encodeQr(text, "raw", { ecc: "medium", border: QUIET_ZONE });
  let path = "";
  for (const [y, row] of dark.entries()) {
    for (const [x, isDark] of row.entries()) if (isDark) path += `M${x} ${y}h1v1h-1z`;
  }
  const size = dark.length;
  return new Html(
    `<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges">` +
      `<path d="M0 0h${size}v${size}H0z" fill="#fff"/><path d="${path}" fill="#000"/></svg>`,
  );
}
