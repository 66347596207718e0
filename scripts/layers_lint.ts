/**
 * Deno lint plugin: imports point the way docs/style.md says, and only platform/ touches the
 * world. `deno lint` and editors show what is wrong; scripts/layers.ts is the same as a program.
 */
import { layersPlugin } from "./layers_plugin.ts";

export default layersPlugin(new URL("..", import.meta.url)) satisfies Deno.lint.Plugin;
