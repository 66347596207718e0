/** The sign of wire: two ends and the line between them. */
import { Html } from "./html.ts";

const SHAPE =
  '<circle cx="8" cy="22" r="4.5"/><circle cx="24" cy="10" r="4.5"/><path d="M8 22C16 22 16 10 24 10" fill="none" stroke="currentColor" stroke-width="2.5"/>';

/** Beside the name, which says it all. */
export const MARK = new Html(
  `<svg viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">${SHAPE}</svg>`,
);

/** `GET /favicon.svg`. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">` +
  `<style>svg{color:#0b5aa8;fill:currentColor}@media(prefers-color-scheme:dark){svg{color:#82bcff}}</style>` +
  `${SHAPE}</svg>`;
