/** Reading Deno lint's syntax trees. */

/** The text of a string literal, also as the type in `import("…")` types; else undefined. */
export function literal(node: Deno.lint.Node | null): string | undefined {
  if (node === null) return undefined;
  if (node.type === "TSLiteralType") return literal(node.literal);
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) {
    return node.quasis[0]?.cooked;
  }
  return undefined;
}

/** The name of a property as `a.name` or `a["name"]` gives it; undefined when it is computed. */
export function memberName(node: Deno.lint.MemberExpression): string | undefined {
  if (!node.computed && node.property.type === "Identifier") return node.property.name;
  return literal(node.property);
}

/** Every name that a parameter or a variable's pattern binds. */
export function boundNames(
  pattern: Deno.lint.Node | Deno.lint.TSParameterProperty,
): readonly string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => element === null ? [] : boundNames(element));
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "Property" ? property.value : property)
      );
    case "TSParameterProperty":
      return boundNames(pattern.parameter);
    default:
      return [];
  }
}
